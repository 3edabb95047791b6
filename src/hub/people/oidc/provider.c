#include "hub/people/oidc/provider.h"

#include "hub/settings/oidc.h"

#include "base/banned.h"

void provider_done(struct provider *provider)
{
	json_drop(provider->discovery);
	json_drop(provider->keys);
	provider->discovery = provider->keys = NULL;
}

void provider_tick(struct provider *provider, uint64_t now_ms)
{
	if (now_ms >= provider->until_ms || provider->until_ms - now_ms > PROVIDER_MS)  /* a clock that was set back keeps nothing */
		provider_done(provider);
	if (provider->rest_ms > now_ms + PROVIDER_REST_MS)
		provider->rest_ms = 0;
}

enum result provider_discovery_url(const struct provider *provider, struct buffer *out)
{
	struct span issuer = provider->settings->issuer;
	bool has_slash = issuer.len && issuer.at[issuer.len - 1] == '/';

	return buffer_print(out, "%.*s%s", SPAN_ARG(issuer), has_slash ? ".well-known/openid-configuration" : "/.well-known/openid-configuration");
}

struct span provider_endpoint(const struct provider *provider, const char *name)
{
	return json_text_of(json_find(provider->discovery, name));
}

/* Nothing that ends a line, or a name of a parameter, of ours. */
static bool is_url(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.at[i] <= ' ' || (unsigned char)text.at[i] >= 0x7f || text.at[i] == '#')
			return false;
	}
	return text.len && text.len <= OIDC_URL_MAX;
}

static bool is_place(const struct provider *provider, const struct json *document, const char *name, bool is_at_issuer)
{
	struct span url = json_text_of(json_find(document, name));
	struct oidc_destination ours, theirs;

	if (!is_url(url) || oidc_destination_read(url, provider->settings->is_insecure, &theirs) != RESULT_OK ||
	    oidc_destination_read(provider->settings->issuer, provider->settings->is_insecure, &ours) != RESULT_OK)
		return false;
	return !is_at_issuer || (span_equal_nocase(ours.host, theirs.host) && ours.port == theirs.port && ours.is_tls == theirs.is_tls);
}

enum result provider_take_discovery(struct provider *provider, struct span body, uint64_t now_ms)
{
	struct json *document;
	enum result result = json_read(body, &document);

	if (result != RESULT_OK)
		return result;
	if (!span_equal(json_text_of(json_find(document, "issuer")), provider->settings->issuer) || !is_place(provider, document, "authorization_endpoint", false) ||
	    !is_place(provider, document, "token_endpoint", true) || !is_place(provider, document, "jwks_uri", true)) {
		json_drop(document);
		return RESULT_REFUSED;
	}
	provider_done(provider);
	provider->discovery = document;
	provider->until_ms = now_ms + PROVIDER_MS;
	return RESULT_OK;
}

enum result provider_take_keys(struct provider *provider, struct span body)
{
	struct json *keys;
	enum result result = json_read(body, &keys);

	if (result != RESULT_OK)
		return result;
	json_drop(provider->keys);
	provider->keys = keys;
	return json_has_list(json_find(keys, "keys")) ? RESULT_OK : RESULT_MALFORMED;
}
