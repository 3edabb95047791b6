/* Who asks, and the cookie that he shows. */
#include "edge/challenge/inner.h"

#include "base/hash.h"

#include "base/banned.h"

#define COOKIES_TRIED_MAX 4u   /* of our name: another of the same domain may have set one */

static struct span cookie_name(const struct request *request)
{
	return request->connection->is_tls ? SPAN(TOKEN_COOKIE_TLS) : SPAN(TOKEN_COOKIE);
}

/* The first of our name that is good; else one that was. */
static void read_cookies(const struct request *request, struct span cookies, struct visit *visit, unsigned *tried)
{
	while (cookies.len && *tried < COOKIES_TRIED_MAX && !visit_is_admitted(visit)) {
		struct span pair = span_trim(span_cut(&cookies, ';'));
		struct span name = span_cut(&pair, '=');
		struct token token;
		enum result result;

		if (!span_equal(name, cookie_name(request)))
			continue;
		++*tried;
		result = token_read(&visit->asker, pair, &token);
		if (result != RESULT_OK && result != RESULT_TIMEOUT)
			continue;
		visit->has_token = true;
		visit->shown = token;
	}
}

bool visit_of(const struct request *request, struct visit *out)
{
	const struct connection *connection = request->connection;
	const struct challenge_memory *memory = connection->worker->common->challenge;
	const struct fields *fields = &request->head.fields;
	const struct field *agent = fields_find(fields, FIELD_USER_AGENT);
	uint64_t now_us = connection->worker->loop.now_ns / 1000;
	unsigned tried = 0;

	if (!memory || !request->site || edge_settings_of(request->site->site->sections)->challenge == EDGE_CHALLENGE_OFF)
		return false;
	*out = (struct visit){
		.asker = { &memory->keys, request->site->key, request->source, challenge_now_ms(memory, now_us) },
		.source = request->caller.key, .now_us = now_us,
		.client = agent ? hash_span((struct hash_seed){ request->site->key, 0 }, agent->value) : 0,
	};
	for (unsigned i = 0; i < fields->count; i++) {
		if (fields->list[i].id == FIELD_COOKIE)
			read_cookies(request, fields->list[i].value, out, &tried);
	}
	return true;
}

bool visit_is_admitted(const struct visit *visit)
{
	return visit->has_token && visit->shown.lane != TOKEN_ASKED &&
	       visit->asker.now_ms / 1000 < (uint64_t)visit->shown.made_s + visit->shown.lifetime_s;
}

bool visit_is_proven(const struct request *request, const struct visit *visit)
{
	return visit_is_admitted(visit) || (!visit->has_token && challenge_passes(challenge_memory_of(request), visit));
}

void visit_give(struct request *request, const struct visit *visit, const struct token *token)
{
	uint64_t now_s = visit->asker.now_ms / 1000, end_s = (uint64_t)token->made_s + token->lifetime_s;
	char text[TOKEN_TEXT_LEN];

	if (end_s <= now_s || token_write(&visit->asker, token, text) != RESULT_OK)
		return;
	request->set_cookie = arena_print(&request->arena, "%.*s=%.*s; Path=/; Max-Age=%u; HttpOnly; SameSite=Lax%s", SPAN_ARG(cookie_name(request)),
	                                  (int)sizeof(text), text, (unsigned)(end_s - now_s), request->connection->is_tls ? "; Secure" : "");
}

/* The other cookies of LIST, in the request's arena; NULL: no memory. */
static struct span without_ours(struct request *request, struct span list)
{
	char *text = arena_take(&request->arena, 2 * list.len);  /* "a;b" becomes "a; b" */
	size_t len = 0;

	while (text && list.len) {
		struct span pair = span_trim(span_cut(&list, ';')), name = pair;

		if (!pair.len || span_equal(span_cut(&name, '='), cookie_name(request)))
			continue;
		if (len) {
			memcpy(text + len, "; ", 2);
			len += 2;
		}
		memcpy(text + len, pair.at, pair.len);
		len += pair.len;
	}
	return span_make(text, len);
}

void visit_hide(struct request *request)
{
	struct fields *fields = &request->head.fields;
	unsigned kept = 0;

	for (unsigned i = 0; i < fields->count; i++) {
		struct field field = fields->list[i];

		if (field.id == FIELD_COOKIE && span_contains(field.value, cookie_name(request))) {
			struct span others = without_ours(request, field.value);

			if (others.at && !others.len)
				continue;
			field.value = others.at ? others : field.value;
		}
		fields->list[kept++] = field;
	}
	fields->count = kept;
}
