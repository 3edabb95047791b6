#include "hub/settings/oidc.h"

#include "hub/settings/alerts_names.h"

#include "base/banned.h"

#define FIELD(field) offsetof(struct hub_oidc_settings, field)

/* In the order of enum token_claim. */
static const char *const claims[] = { "sub", "preferred_username", "email", NULL };

static const struct key oidc_keys[] = {
	{ .name = "issuer", .type = KEY_TEXT, .flags = KEY_REQUIRED, .offset = FIELD(issuer), .min = 1, .max = OIDC_URL_MAX,
	  .help = "The provider, as it calls itself: https://login.commune.example/realms/staff. Its keys and its token endpoint have to be at the same host and port." },
	{ .name = "client_id", .type = KEY_TEXT, .flags = KEY_REQUIRED, .offset = FIELD(client_id), .min = 1, .max = 255, .help = "What the provider knows the hub as." },
	{ .name = "client_secret_file", .type = KEY_PATH, .flags = KEY_HUB_FILE, .offset = FIELD(client_secret_file),
	  .help = "A file whose first line is the client's secret (client_secret_basic). Without it: a public client, which PKCE protects alone." },
	{ .name = "acr_values", .type = KEY_TEXT, .offset = FIELD(acr_values), .max = 255,
	  .help = "How people have to be authenticated, separated by spaces. A token that says none of them in acr is refused. Without it: however the provider does it." },
	{ .name = "claim", .type = KEY_CHOICE, .offset = FIELD(claim), .choices = claims,
	  .help = "What of the token is compared with oidc_subject of people. sub is never given to somebody else; email has to be verified by the provider." },
	{ .name = "ca", .type = KEY_PATH, .flags = KEY_HUB_FILE, .offset = FIELD(ca), .help = "The authorities (PEM) that its certificate must come from. Without it: those of the system." },
	{ .name = "insecure", .type = KEY_BOOL, .offset = FIELD(is_insecure), .fallback = "false",
	  .help = "true: the issuer may be http://, on this machine only. For trials." },
	{ .name = NULL },
};

enum result oidc_destination_read(struct span url, bool is_insecure, struct oidc_destination *out)
{
	bool is_tls = span_starts(url, SPAN("https://"));
	struct span rest = span_skip(url, is_tls ? 8 : 7);
	struct alert_destination read = { .is_tls = is_tls };
	struct address address;

	if ((!is_tls && !span_starts(url, SPAN("http://"))) || alert_authority_read(span_take(rest, span_find(rest, '/')), is_tls ? 443 : 80, &read) != RESULT_OK)
		return RESULT_MALFORMED;
	if (!is_tls && !(is_insecure && (span_equal(read.host, SPAN("localhost")) || (address_read(read.host, &address) == RESULT_OK && address_is_loopback(&address)))))
		return RESULT_MALFORMED;
	*out = (struct oidc_destination){ read.host, read.port, is_tls };
	return RESULT_OK;
}

static void check_oidc(const void *values, struct key_check *check)
{
	const struct hub_oidc_settings *oidc = values;
	struct oidc_destination destination;

	if (oidc_destination_read(oidc->issuer, oidc->is_insecure, &destination) != RESULT_OK || span_find(oidc->issuer, '?') < oidc->issuer.len ||
	    span_find(oidc->issuer, '#') < oidc->issuer.len || span_find(oidc->issuer, ' ') < oidc->issuer.len)
		key_complain(check, "issuer", SPAN("https://login.commune.example"), "issuer: found \"%.*s\", expected https://, a host, and perhaps a port and a path", SPAN_ARG(oidc->issuer));
}

const struct key_table hub_oidc_table = {
	.name = "oidc", .keys = oidc_keys, .size = sizeof(struct hub_oidc_settings), .check = check_oidc, .help = "Logging in through a provider (OpenID Connect).",
};
