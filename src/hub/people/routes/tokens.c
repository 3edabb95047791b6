/* /api/v1/me/tokens: what one gives one's programs. */
#include "config/value.h"
#include "event/json.h"
#include "hub/people/inside.h"
#include "hub/people/routes/routes.h"
#include "incident/text.h"

#include "base/banned.h"

static void put_token(struct json_writer *writer, const struct program_token *token)
{
	json_put_text(writer, SPAN("id"), span_make(token->key, PROGRAM_TOKEN_ID_LEN));
	json_put_text(writer, SPAN("name"), span_of(token->name));
	people_put_permits(writer, SPAN("scopes"), token->scopes);
	tenant_set_put(writer, SPAN("tenants"), &token->tenants);
	json_put_time_ms(writer, SPAN("expires"), token->until_ms);
	json_put_time_ms(writer, SPAN("used"), token->used_ms);
}

static bool put_one(void *context, const struct program_token *token)
{
	json_open(context, SPAN_NONE, '{');
	put_token(context, token);
	json_close(context, '}');
	return true;
}

void route_tokens_get(void *context, struct web_request *request, struct web_answer *answer)
{
	struct people *people = context;
	struct json_writer writer;
	struct person person;
	enum result result;

	if (!people_self(people, request, answer, &person))
		return;
	people_answer_begin(answer, &writer);
	json_open(&writer, SPAN("tokens"), '[');
	result = program_token_each(people->store, &person, put_one, &writer);
	json_close(&writer, ']');
	if (result == RESULT_OK)
		people_answer_end(answer, &writer, 200);
	else
		people_not_kept(answer, result);
}

/* -- a new one -- */

struct counting {
	unsigned count;
	struct span name;
	bool is_there;
};

static bool count_one(void *context, const struct program_token *token)
{
	struct counting *counting = context;

	counting->count++;
	counting->is_there |= span_equal(span_of(token->name), counting->name);
	return true;
}

/* What he may himself at this moment, and what a program may at all. */
static bool read_scopes(const struct person_view *caller, const struct json *list, struct web_answer *answer, uint32_t *out)
{
	uint32_t scopes = 0;

	for (size_t i = 0; json_has_list(list) && i < json_length(list); i++) {
		uint32_t permit = permit_of(json_text_of(json_item(list, i)));

		if (!permit || !(permit & caller->permits & PROGRAM_TOKEN_PERMITS)) {
			web_refuse(answer, 400, "bad-member", "scopes may have what you may yourself, and never approve, people or tokens");
			return false;
		}
		scopes |= permit;
	}
	*out = scopes;
	if (!scopes)
		web_refuse(answer, 400, "bad-member", "scopes has to be a list of permits");
	return scopes != 0;
}

static bool read_tenants(const struct person *person, const struct json *list, struct web_answer *answer, struct tenant_set *out)
{
	if (!list)
		*out = person->tenants;
	else if (tenant_set_read(list, out) != RESULT_OK || !tenant_set_within(out, &person->tenants)) {
		web_refuse(answer, 400, "bad-member", "tenants may have those that you see yourself");
		return false;
	}
	return true;
}

static bool read_end(const struct json *value, uint64_t now_ms, struct web_answer *answer, uint64_t *out)
{
	int64_t ms = 0;

	if (time_read(json_text_of(value), &ms) == RESULT_OK && (uint64_t)ms > now_ms && (uint64_t)ms - now_ms <= PROGRAM_TOKEN_LONGEST_MS) {
		*out = (uint64_t)ms;
		return true;
	}
	web_refuse(answer, 400, "bad-member", "expires has to be a time (2027-01-31T00:00:00Z) within a year from now");
	return false;
}

static bool is_free(struct people *people, const struct person *person, const char *name, struct web_answer *answer)
{
	struct counting counting = { .name = span_of(name) };
	enum result result = program_token_each(people->store, person, count_one, &counting);

	if (result != RESULT_OK)
		people_not_kept(answer, result);
	else if (counting.is_there)
		web_refuse(answer, 409, "not-possible", "you have a token of that name");
	else if (counting.count >= PROGRAM_TOKENS_MAX)
		web_refuse(answer, 409, "full", "you have %u tokens; take one away first", counting.count);
	else
		return true;
	return false;
}

static void make(struct people *people, struct web_request *request, struct web_answer *answer, const struct person *person, struct program_token *token)
{
	char secret[PROGRAM_TOKEN_BYTES] = PROGRAM_TOKEN_FRONT;
	struct document_change change;
	struct json_writer writer;
	struct buffer text;
	enum result result;

	secret_draw(secret + sizeof(PROGRAM_TOKEN_FRONT) - 1);
	buffer_init(&text, PROGRAM_TOKEN_TEXT_MAX);
	result = secret_hash(span_of(secret), token->key);
	if (result == RESULT_OK)
		result = program_token_change(token, &text, &change);
	if (result != RESULT_OK)
		people_not_kept(answer, result);
	else if (people_commit(people, answer, request->wall_ns, &(struct people_act){ span_of(person->name), "token.make", span_of(token->name), .detail = SPAN_NONE }, &change, 1)) {
		people_answer_begin(answer, &writer);
		put_token(&writer, token);
		json_put_text(&writer, SPAN("token"), span_of(secret));
		people_answer_end(answer, &writer, 200);
	}
	buffer_done(&text);
	explicit_bzero(secret, sizeof(secret));
}

void route_token_make(void *context, struct web_request *request, struct web_answer *answer)
{
	static const char *const allowed[] = { "name", "scopes", "tenants", "expires", NULL };
	static struct program_token token;   /* the loop's thread alone; large for a stack */
	struct people *people = context;
	struct person person;
	struct json *body;
	struct span name;

	if (!people_self(people, request, answer, &person) || !people_body(request, answer, allowed, &body))
		return;
	token = (struct program_token){ .birth = person.birth, .made_ms = request_ms(request) };
	if (people_text(body, answer, "name", 1, PROGRAM_TOKEN_NAME_BYTES - 1, &name) && read_scopes(people_caller(people, request), json_find(body, "scopes"), answer, &token.scopes) &&
	    read_tenants(&person, json_find(body, "tenants"), answer, &token.tenants) && read_end(json_find(body, "expires"), request_ms(request), answer, &token.until_ms)) {
		text_set(token.name, sizeof(token.name), name);
		text_set(token.person, sizeof(token.person), span_of(person.name));
		if (is_free(people, &person, token.name, answer))
			make(people, request, answer, &person, &token);
	}
	json_drop(body);
}

/* -- the end of one -- */

struct search {
	struct span id;
	char key[SECRET_HASH_BYTES], name[PROGRAM_TOKEN_NAME_BYTES];
};

static bool match(void *context, const struct program_token *token)
{
	struct search *search = context;

	if (!span_equal(span_make(token->key, PROGRAM_TOKEN_ID_LEN), search->id))
		return true;
	memcpy(search->key, token->key, sizeof(search->key));
	memcpy(search->name, token->name, sizeof(search->name));
	return false;
}

void route_token_end(void *context, struct web_request *request, struct web_answer *answer)
{
	struct people *people = context;
	struct search search = { .id = request->parts[0] };
	struct document_change change = { DOCUMENT_TOKEN, SPAN_NONE, SPAN_NONE, 0, DOCUMENT_ANY };
	struct person person;
	enum result result;

	if (!people_self(people, request, answer, &person))
		return;
	result = program_token_each(people->store, &person, match, &search);
	change.key = span_of(search.key);
	if (result != RESULT_OK)
		people_not_kept(answer, result);
	else if (!search.key[0])
		web_refuse(answer, 404, "not-found", "you have no such token");
	else if (people_commit(people, answer, request->wall_ns, &(struct people_act){ span_of(person.name), "token.end", span_of(search.name), .detail = SPAN_NONE }, &change, 1))
		people_done(answer);
}
