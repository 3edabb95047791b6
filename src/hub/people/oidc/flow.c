#include "hub/people/oidc/flow.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/encode.h"

#include "base/banned.h"

enum result oidc_new(const struct people_settings *settings, struct oidc **out)
{
	struct oidc *oidc = calloc(1, sizeof(*oidc));

	if (!oidc)
		return RESULT_NO_MEMORY;
	oidc->settings = settings;
	oidc->provider.settings = settings->oidc;
	challenges_init(&oidc->challenges);
	*out = oidc;
	return RESULT_OK;
}

void oidc_free(struct oidc *oidc)
{
	if (!oidc)
		return;
	provider_done(&oidc->provider);
	explicit_bzero(oidc, sizeof(*oidc));
	free(oidc);
}

/* -- a flow -- */

struct flow *flow_new(struct people *people, struct web_request *request, struct web_answer *answer)
{
	struct flow *flow = people->oidc->flows < FLOWS_MAX ? calloc(1, sizeof(*flow)) : NULL;

	if (!flow) {
		web_refuse(answer, 503, "busy", "too many log in at this moment; try again");
		return NULL;
	}
	people->oidc->flows++;
	*flow = (struct flow){ .people = people, .request = request, .answer = answer, .wall_ns = request->wall_ns };
	buffer_init(&flow->unread.body, WEB_ANSWER_MAX);
	buffer_init(&flow->token, JWT_MAX);
	return flow;
}

void flow_land(struct web_request *request, struct web_answer *answer, const char *code)
{
	char to[64];

	if (answer->status < 400 || !web_wants_page(request))
		return;
	snprintf(to, sizeof(to), "/?login=%s", code);
	buffer_reset(&answer->body);
	answer->status = 303;
	(void)web_field(request, answer, SPAN("Location"), span_of(to));
}

void flow_end(struct flow *flow)
{
	struct web_request *request = flow->is_waiting ? flow->request : NULL;

	if (flow->request)
		flow_land(flow->request, flow->answer, flow->landing ? flow->landing : "failed");
	flow->people->oidc->flows--;
	buffer_done(&flow->unread.body);
	buffer_done(&flow->token);
	explicit_bzero(flow, sizeof(*flow));
	free(flow);
	if (request)
		web_finish(request);
}

static void gone(void *context, struct web_request *request)
{
	struct flow *flow = context;

	(void)request;
	flow->request = NULL;
	flow->answer = &flow->unread;
}

void flow_refuse_provider(struct flow *flow, const char *why)
{
	struct provider *provider = &flow->people->oidc->provider;

	flow->landing = "provider-failed";
	provider->rest_ms = flow->wall_ns / 1000000 + PROVIDER_REST_MS;
	web_refuse(flow->answer, 502, "provider-failed", "the provider of logins: %s", why);
	flow_end(flow);
}

static void fetched(void *context, unsigned status, struct span body, const char *why)
{
	struct flow *flow = context;
	char text[48];

	flow->wall_ns = flow->people->loop->wall_ns;
	snprintf(text, sizeof(text), "it answered %u", status);
	if (!flow->request)
		flow_end(flow);
	else if (status != 200)
		flow_refuse_provider(flow, status ? text : why);
	else
		flow->next(flow, body);
}

void flow_ask(struct flow *flow, struct span url, struct span authorization, struct span form, void (*next)(struct flow *flow, struct span body))
{
	const struct people_settings *settings = &flow->people->settings;
	const struct people_oidc *oidc = settings->oidc;
	struct people_fetch fetch = { url, oidc->ca, authorization, form, oidc->is_insecure, fetched, flow };

	flow->next = next;
	if (!settings->fetch || settings->fetch(settings->fetch_context, &fetch) != RESULT_OK) {
		flow_refuse_provider(flow, "nobody can ask it at this moment");
		return;
	}
	if (!flow->is_waiting)
		web_wait(flow->request, gone, flow);
	flow->is_waiting = true;
}

/* -- what binds the halves -- */

static enum result make_text(const struct oidc *oidc, const uint8_t challenge[CHALLENGE_LEN], const char *label, char out[FLOW_TEXT_BYTES])
{
	char text[32 + CHALLENGE_LEN];
	uint8_t mac[MAC_LEN];
	size_t len = strlen(label);
	enum result result;

	memcpy(text, label, len);
	memcpy(text + len, challenge, CHALLENGE_LEN);
	result = mac_make(oidc->challenges.key, span_make(text, len + CHALLENGE_LEN), mac);
	base64url_write(mac, sizeof(mac), out);
	out[FLOW_TEXT_BYTES - 1] = 0;
	return result;
}

enum result flow_texts_make(const struct oidc *oidc, const uint8_t challenge[CHALLENGE_LEN], struct flow_texts *out)
{
	enum result result = make_text(oidc, challenge, "oidc state", out->state);

	if (result == RESULT_OK)
		result = make_text(oidc, challenge, "oidc nonce", out->nonce);
	return result == RESULT_OK ? make_text(oidc, challenge, "oidc verifier", out->verifier) : result;
}

/* -- forms -- */

enum result form_put_value(struct buffer *out, struct span value)
{
	static const char digits[] = "0123456789ABCDEF";
	enum result result = RESULT_OK;

	for (size_t i = 0; i < value.len && result == RESULT_OK; i++) {
		unsigned char c = (unsigned char)value.at[i];
		char lower = ascii_lower(value.at[i]);
		bool is_plain = (lower >= 'a' && lower <= 'z') || is_digit(value.at[i]) || c == '-' || c == '.' || c == '_' || c == '~';
		char coded[3] = { '%', digits[c >> 4], digits[c & 15] };

		result = buffer_append(out, is_plain ? span_make(value.at + i, 1) : span_make(coded, 3));
	}
	return result;
}

enum result form_put(struct buffer *out, const char *front, const char *name, struct span value)
{
	enum result result = buffer_print(out, "%s%s=", front, name);

	return result == RESULT_OK ? form_put_value(out, value) : result;
}
