/* Logging in through a provider: to it, and back. */
#include <stdio.h>

#include "base/encode.h"
#include "hub/people/oidc/flow.h"
#include "hub/people/routes/routes.h"
#include "net/digest.h"

#include "base/banned.h"

#define RETURN_PATH "/api/v1/session/oidc/return"
#define PURPOSE SPAN("oidc")
#define COOKIE_MAX 256u
#define CODE_MAX 2048u

/* -- the cookie between the halves -- */

static struct span cookie_name(const struct web_request *request)
{
	return request->door == WEB_TLS ? SPAN("__Host-bouclier_oidc") : SPAN("bouclier_oidc");
}

/* Lax, not Strict: it is the provider's page that sends the browser back. */
static void set_cookie(struct web_request *request, struct web_answer *answer, struct span value, unsigned seconds)
{
	char text[COOKIE_MAX];

	snprintf(text, sizeof(text), "%.*s=%.*s; Path=/; HttpOnly; SameSite=Lax; Max-Age=%u%s", SPAN_ARG(cookie_name(request)), SPAN_ARG(value), seconds,
	         request->door == WEB_TLS ? "; Secure" : "");
	(void)web_field(request, answer, SPAN("Set-Cookie"), span_of(text));
}

static void redirect(struct flow *flow, struct span to)
{
	buffer_reset(&flow->answer->body);
	flow->answer->status = 303;
	(void)web_field(flow->request, flow->answer, SPAN("Location"), to);
}

static bool may_begin(struct people *people, struct web_answer *answer, uint64_t now_ms)
{
	struct provider *provider;

	if (!people->oidc) {
		web_refuse(answer, 404, "not-found", "nobody logs in through a provider here");
		return false;
	}
	provider = &people->oidc->provider;
	provider_tick(provider, now_ms);
	if (!provider->discovery && now_ms < provider->rest_ms)
		web_refuse(answer, 503, "provider-failed", "the provider of logins could not be asked a moment ago; try again");
	else
		return true;
	return false;
}

/* NULL: ANSWER says why not. */
static struct flow *begin_flow(struct people *people, struct web_request *request, struct web_answer *answer)
{
	struct flow *flow = NULL;

	if (may_begin(people, answer, request_ms(request)))
		flow = flow_new(people, request, answer);
	if (!flow)
		flow_land(request, answer, people->oidc ? "provider-failed" : "failed");
	return flow;
}

static enum result put_return_url(const struct people *people, struct buffer *out)
{
	return buffer_print(out, "%s" RETURN_PATH, people->settings.url);
}

/* -- what the provider says of itself -- */

static void learned(struct flow *flow, struct span body, void (*then)(struct flow *flow, struct span body))
{
	enum result result = provider_take_discovery(&flow->people->oidc->provider, body, flow->wall_ns / 1000000);

	if (result == RESULT_OK)
		then(flow, SPAN_NONE);
	else
		flow_refuse_provider(flow, result == RESULT_REFUSED ? "its document is of another issuer, or names a place that is not the issuer's, or not https" : "its document cannot be read");
}

static void ask_discovery(struct flow *flow, void (*next)(struct flow *flow, struct span body))
{
	struct buffer url;

	buffer_init(&url, FLOW_URL_MAX);
	if (provider_discovery_url(&flow->people->oidc->provider, &url) == RESULT_OK)
		flow_ask(flow, buffer_span(&url), SPAN_NONE, SPAN_NONE, next);
	else
		flow_refuse_provider(flow, "there is no memory");
	buffer_done(&url);
}

/* -- to it -- */

static struct span scope_of(enum token_claim claim)
{
	return claim == TOKEN_EMAIL ? SPAN("openid email") : claim == TOKEN_USERNAME ? SPAN("openid profile") : SPAN("openid");
}

/* SHA-256 of the verifier: who reads the address on its way cannot make the verifier of it. */
static enum result put_pkce(struct buffer *out, struct span verifier)
{
	unsigned char digest[DIGEST_LEN];
	char text[BASE64URL_LEN(DIGEST_LEN)];
	enum result result = digest_plain(verifier, digest);

	if (result != RESULT_OK)
		return result;
	base64url_write(digest, sizeof(digest), text);
	result = form_put(out, "&", "code_challenge", span_make(text, sizeof(text)));
	return result == RESULT_OK ? form_put(out, "&", "code_challenge_method", SPAN("S256")) : result;
}

static enum result put_login_url(struct flow *flow, const struct flow_texts *texts, struct buffer *out)
{
	const struct people_oidc *settings = flow->people->settings.oidc;
	struct span endpoint = provider_endpoint(&flow->people->oidc->provider, "authorization_endpoint");
	struct buffer back;
	enum result result;

	buffer_init(&back, FLOW_URL_MAX);
	result = put_return_url(flow->people, &back);
	if (result == RESULT_OK)
		result = buffer_append(out, endpoint);
	if (result == RESULT_OK)
		result = form_put(out, span_find(endpoint, '?') < endpoint.len ? "&" : "?", "response_type", SPAN("code"));
	if (result == RESULT_OK)
		result = form_put(out, "&", "client_id", settings->client_id);
	if (result == RESULT_OK)
		result = form_put(out, "&", "redirect_uri", buffer_span(&back));
	if (result == RESULT_OK)
		result = form_put(out, "&", "scope", scope_of((enum token_claim)settings->claim));
	if (result == RESULT_OK)
		result = form_put(out, "&", "state", span_of(texts->state));
	if (result == RESULT_OK)
		result = form_put(out, "&", "nonce", span_of(texts->nonce));
	if (result == RESULT_OK && settings->acr_values.len)
		result = form_put(out, "&", "acr_values", settings->acr_values);
	if (result == RESULT_OK)
		result = put_pkce(out, span_of(texts->verifier));
	buffer_done(&back);
	return result;
}

static void send_there(struct flow *flow, struct span unused)
{
	struct oidc *oidc = flow->people->oidc;
	char cookie[BASE64URL_LEN(CHALLENGE_LEN)];
	struct flow_texts texts;
	struct buffer url;
	enum result result = challenge_make(&oidc->challenges, PURPOSE, flow->wall_ns / 1000000, flow->challenge);

	(void)unused;
	buffer_init(&url, FLOW_URL_MAX);
	if (result == RESULT_OK)
		result = flow_texts_make(oidc, flow->challenge, &texts);
	if (result == RESULT_OK)
		result = put_login_url(flow, &texts, &url);
	base64url_write(flow->challenge, CHALLENGE_LEN, cookie);
	if (result == RESULT_OK) {
		set_cookie(flow->request, flow->answer, span_make(cookie, sizeof(cookie)), CHALLENGE_MS / 1000);
		redirect(flow, buffer_span(&url));
	} else {
		people_not_kept(flow->answer, result);
	}
	buffer_done(&url);
	flow_end(flow);
}

static void learned_before(struct flow *flow, struct span body)
{
	learned(flow, body, send_there);
}

void route_oidc(void *context, struct web_request *request, struct web_answer *answer)
{
	struct people *people = context;
	struct flow *flow = begin_flow(people, request, answer);

	if (!flow)
		return;
	if (people->oidc->provider.discovery)
		send_there(flow, SPAN_NONE);
	else
		ask_discovery(flow, learned_before);
}

/* -- and back: who he is -- */

static void refuse(struct flow *flow, const char *landing, struct span object, struct audit_words why, const char *text)
{
	flow->landing = landing;
	if (people_write_refused(flow->people, flow->answer, flow->wall_ns, object, why))
		web_refuse(flow->answer, 401, "wrong-credentials", "%s", text);
}

struct owner {
	struct span subject;
	struct person person;
	unsigned found;
};

static bool look_at(void *context, const struct person *person)
{
	struct owner *owner = context;

	if (person->oidc_subject[0] && span_equal(span_of(person->oidc_subject), owner->subject) && !owner->found++)
		owner->person = *person;
	return true;
}

/* A second factor is the provider's business, and acr_values says whether there has to be one. */
static void enter(struct flow *flow, struct span subject)
{
	static struct owner owner;           /* the loop's thread alone; large for a stack */
	struct people *people = flow->people;
	enum result result;

	memset(&owner, 0, sizeof(owner));
	owner.subject = subject;
	result = person_each(people->store, look_at, &owner);
	if (result == RESULT_OK && owner.found == 1 && !owner.person.is_disabled)
		result = challenge_meet(&people->oidc->challenges, flow->wall_ns / 1000000, flow->challenge);
	if (result != RESULT_OK)
		people_not_kept(flow->answer, result);
	else if (owner.found != 1 || owner.person.is_disabled)
		refuse(flow, "nobody-here", subject, AUDIT_SAY(OIDC_NOBODY), "whoever you are at the provider is nobody here; an administrator can say who you are (oidc_subject)");
	else if (people_enter(people, flow->request, flow->answer, &(struct entry_wish){ .person = &owner.person, .way = SESSION_BY_OIDC, .has_second = true, .what = "session.begin" }))
		redirect(flow, SPAN("/"));
}

static void check_token(struct flow *flow, struct span unused);

static void take_keys(struct flow *flow, struct span body)
{
	flow->has_new_keys = true;
	if (provider_take_keys(&flow->people->oidc->provider, body) == RESULT_OK)
		check_token(flow, SPAN_NONE);
	else
		flow_refuse_provider(flow, "its keys cannot be read");
}

static enum result check_claims(struct flow *flow, const struct jwt *jwt, struct span *subject, const char **why)
{
	const struct people_oidc *settings = flow->people->settings.oidc;
	struct flow_texts texts;
	enum result result = flow_texts_make(flow->people->oidc, flow->challenge, &texts);
	struct token_due due = { settings->issuer, settings->client_id, span_of(texts.nonce), settings->acr_values, (enum token_claim)settings->claim, flow->wall_ns / 1000000000 };

	return result == RESULT_OK ? token_check(jwt->claims, &due, subject, why) : result;
}

/* With keys that are not known yet, they are fetched, once. */
static void check_token(struct flow *flow, struct span unused)
{
	struct provider *provider = &flow->people->oidc->provider;
	const char *why = "its ID token is not one that is taken here (RS256, ES256), or its signature is not the provider's";
	struct span subject = SPAN_NONE;
	bool is_weak;
	struct jwt jwt;
	enum result result = jwt_read(buffer_span(&flow->token), &jwt);

	(void)unused;
	if (result == RESULT_OK)
		result = provider->keys ? jwt_check_signature(&jwt, provider->keys) : RESULT_NOT_FOUND;
	if (result == RESULT_NOT_FOUND && !flow->has_new_keys) {
		jwt_done(&jwt);
		flow_ask(flow, provider_endpoint(provider, "jwks_uri"), SPAN_NONE, SPAN_NONE, take_keys);
		return;
	}
	if (result == RESULT_OK)
		result = check_claims(flow, &jwt, &subject, &why);
	is_weak = why && strcmp(why, TOKEN_WHY_ACR) == 0;
	if (result == RESULT_OK)
		enter(flow, subject);
	else if (result == RESULT_NO_MEMORY)
		people_not_kept(flow->answer, result);
	else
		refuse(flow, is_weak ? "too-weak" : "not-taken", SPAN("oidc"), is_weak ? AUDIT_SAY(OIDC_WEAK) : AUDIT_SAY(OIDC_TOKEN, span_of(why)), "what the provider says of you is not taken here; the audit log says why");
	jwt_done(&jwt);
	flow_end(flow);
}

static void take_token(struct flow *flow, struct span body)
{
	struct json *root = NULL;
	enum result result = json_read(body, &root);

	if (result == RESULT_OK)
		result = buffer_append(&flow->token, json_text_of(json_find(root, "id_token")));
	json_drop(root);
	if (result == RESULT_OK && buffer_len(&flow->token))
		check_token(flow, SPAN_NONE);
	else
		flow_refuse_provider(flow, "it gave no ID token");
}

/* -- and back: the code for a token -- */

static enum result put_authorization(const struct people_oidc *settings, struct buffer *out)
{
	struct buffer pair;
	enum result result;

	if (!settings->client_secret.len)
		return RESULT_OK;
	buffer_init(&pair, FLOW_URL_MAX);
	result = form_put_value(&pair, settings->client_id);
	if (result == RESULT_OK)
		result = buffer_append_byte(&pair, ':');
	if (result == RESULT_OK)
		result = form_put_value(&pair, settings->client_secret);
	if (result == RESULT_OK)
		result = buffer_append(out, SPAN("Basic "));
	if (result == RESULT_OK)
		result = base64_write(buffer_span(&pair), out);
	buffer_done(&pair);
	return result;
}

static enum result put_form(struct flow *flow, struct span code, struct buffer *out)
{
	const struct people_oidc *settings = flow->people->settings.oidc;
	struct flow_texts texts;
	struct buffer back;
	enum result result = flow_texts_make(flow->people->oidc, flow->challenge, &texts);

	buffer_init(&back, FLOW_URL_MAX);
	if (result == RESULT_OK)
		result = put_return_url(flow->people, &back);
	if (result == RESULT_OK)
		result = form_put(out, "", "grant_type", SPAN("authorization_code"));
	if (result == RESULT_OK)
		result = form_put(out, "&", "code", code);
	if (result == RESULT_OK)
		result = form_put(out, "&", "redirect_uri", buffer_span(&back));
	if (result == RESULT_OK)
		result = form_put(out, "&", "code_verifier", span_of(texts.verifier));
	if (result == RESULT_OK && !settings->client_secret.len)
		result = form_put(out, "&", "client_id", settings->client_id);
	buffer_done(&back);
	return result;
}

static void ask_token(struct flow *flow, struct span unused)
{
	struct buffer authorization, form;
	struct span code = SPAN_NONE;
	enum result result = web_query(flow->request, SPAN("code"), &code);

	(void)unused;
	buffer_init(&authorization, FLOW_URL_MAX);
	buffer_init(&form, FLOW_URL_MAX);
	if (result == RESULT_OK)
		result = put_authorization(flow->people->settings.oidc, &authorization);
	if (result == RESULT_OK)
		result = put_form(flow, code, &form);
	if (result == RESULT_OK)
		flow_ask(flow, provider_endpoint(&flow->people->oidc->provider, "token_endpoint"), buffer_span(&authorization), buffer_span(&form), take_token);
	else
		flow_refuse_provider(flow, "there is no room for what it is to be asked");
	buffer_done(&authorization);
	buffer_done(&form);
}

static void learned_after(struct flow *flow, struct span body)
{
	learned(flow, body, ask_token);
}

/* Is it this browser that went there, a moment ago, and has it not been back yet? */
static bool is_ours(struct flow *flow)
{
	struct oidc *oidc = flow->people->oidc;
	struct flow_texts texts;
	struct span state, code;

	return base64url_read(web_cookie(flow->request, cookie_name(flow->request)), flow->challenge, CHALLENGE_LEN) == RESULT_OK &&
	       challenge_check(&oidc->challenges, PURPOSE, flow->wall_ns / 1000000, flow->challenge) == RESULT_OK &&
	       flow_texts_make(oidc, flow->challenge, &texts) == RESULT_OK && web_query(flow->request, SPAN("state"), &state) == RESULT_OK &&
	       web_query(flow->request, SPAN("code"), &code) == RESULT_OK && code.len <= CODE_MAX && state.len == FLOW_TEXT_BYTES - 1 &&
	       mac_equal((const uint8_t *)state.at, (const uint8_t *)texts.state, FLOW_TEXT_BYTES - 1);
}

/* The provider says who it is, too, where it can (RFC 9207). */
static bool has_code(struct flow *flow)
{
	struct span code = SPAN_NONE, issuer = SPAN_NONE;

	return web_query(flow->request, SPAN("code"), &code) == RESULT_OK && code.len && web_query(flow->request, SPAN("iss"), &issuer) == RESULT_OK &&
	       (!issuer.len || span_equal(issuer, flow->people->settings.oidc->issuer));
}

void route_oidc_return(void *context, struct web_request *request, struct web_answer *answer)
{
	struct people *people = context;
	struct flow *flow = begin_flow(people, request, answer);

	if (!flow)
		return;
	set_cookie(request, answer, SPAN_NONE, 0);
	if (!is_ours(flow)) {
		flow->landing = "lost";
		web_refuse(answer, 401, "wrong-credentials", "this login did not begin in this browser, or too long ago; begin anew");
		flow_end(flow);
	} else if (!has_code(flow)) {
		refuse(flow, "provider-refused", SPAN("oidc"), AUDIT_SAY(OIDC_NO_CODE), "the provider has let nobody in");
		flow_end(flow);
	} else if (people->oidc->provider.discovery) {
		ask_token(flow, SPAN_NONE);
	} else {
		ask_discovery(flow, learned_after);
	}
}
