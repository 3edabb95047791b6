#include "hub/api/ask/arguments.h"

#include "config/value.h"
#include "incident/text.h"

#include "base/banned.h"

#define NAME_SHOWN 64u

/* -- parameters -- */

static bool is_named(struct span name, const char *const *names)
{
	for (; *names; names++) {
		if (span_equal(name, span_of(*names)))
			return true;
	}
	return false;
}

bool arguments_begin(struct arguments *arguments, struct web_request *request, struct web_answer *answer, const char *const *names)
{
	struct span rest = request->head->query;

	*arguments = (struct arguments){ request, answer, false };
	while (rest.len) {
		struct span pair = span_cut(&rest, '&');
		struct span name = span_take(pair, span_find(pair, '='));

		if (!pair.len || is_named(name, names))
			continue;
		arguments->is_bad = true;
		web_refuse(answer, 400, "unknown-parameter", "there is no parameter %.*s here", SPAN_ARG(span_take(name, NAME_SHOWN)));
		break;
	}
	return !arguments->is_bad;
}

static void refuse(struct arguments *arguments, const char *name, const char *wants)
{
	if (!arguments->is_bad)
		web_refuse(arguments->answer, 400, "bad-parameter", "the parameter %s: expected %s", name, wants);
	arguments->is_bad = true;
}

struct span argument_text(struct arguments *arguments, const char *name, size_t max)
{
	struct span text = SPAN_NONE;

	if (arguments->is_bad)
		return SPAN_NONE;
	if (web_query(arguments->request, span_of(name), &text) != RESULT_OK)
		refuse(arguments, name, "one value, in UTF-8");
	else if (text.len > max || !text_is_kept(text, max + 1, false))
		refuse(arguments, name, "a shorter text, without control characters");
	else
		return text;
	return SPAN_NONE;
}

uint64_t argument_number(struct arguments *arguments, const char *name, uint64_t min, uint64_t max, uint64_t otherwise)
{
	struct span text = argument_text(arguments, name, DECIMAL_MAX);
	uint64_t number = otherwise;

	if (!text.len)
		return otherwise;
	if (span_to_u64(text, max, &number) == RESULT_OK && number >= min)
		return number;
	refuse(arguments, name, "a number within its limits");
	return otherwise;
}

uint64_t argument_time(struct arguments *arguments, const char *name, uint64_t otherwise_ms)
{
	struct span text = argument_text(arguments, name, 64);
	int64_t ms;

	if (!text.len)
		return otherwise_ms;
	if (time_read(text, &ms) == RESULT_OK)
		return (uint64_t)ms;
	refuse(arguments, name, "a time, as 2026-01-31T08:00:00Z");
	return otherwise_ms;
}

static bool find_word(struct span text, const char *const *words, unsigned *out)
{
	for (unsigned i = 0; words[i]; i++) {
		if (span_equal(text, span_of(words[i]))) {
			*out = i;
			return true;
		}
	}
	return false;
}

unsigned argument_word(struct arguments *arguments, const char *name, const char *const *words, unsigned otherwise)
{
	struct span text = argument_text(arguments, name, NAME_SHOWN);
	unsigned word = otherwise;

	if (text.len && !find_word(text, words, &word))
		refuse(arguments, name, "one of its words");
	return word;
}

struct span argument_why(struct arguments *arguments)
{
	struct span why = argument_text(arguments, "why", API_WHY_MAX);

	if (!why.len)
		refuse(arguments, "why", "a reason");
	return why;
}

/* -- bodies -- */

struct looking {
	struct content *body;
	const char *const *names;
};

static void check_name(void *context, struct span name, const struct json *value)
{
	struct looking *looking = context;

	(void)value;
	if (looking->body->is_bad || is_named(name, looking->names))
		return;
	looking->body->is_bad = true;
	web_refuse(looking->body->answer, 400, "unknown-member", "there is no member \"%.*s\" here", SPAN_ARG(span_take(name, NAME_SHOWN)));
}

bool content_begin(struct content *body, struct web_request *request, struct web_answer *answer, const char *const *names)
{
	struct looking looking = { body, names };
	enum result result = RESULT_MALFORMED;

	*body = (struct content){ .answer = answer };
	if (request->body.len <= WEB_BODY_MAX)
		result = json_read(request->body, &body->root);
	if (result != RESULT_OK || !json_has_object(body->root)) {
		content_end(body);
		web_refuse(answer, result == RESULT_NO_MEMORY ? 503 : 400, result == RESULT_NO_MEMORY ? "busy" : "bad-body", "the body is not a JSON object");
		return false;
	}
	json_each(body->root, check_name, &looking);
	if (body->is_bad)
		content_end(body);
	return !body->is_bad;
}

void content_end(struct content *body)
{
	if (body->root)
		json_drop(body->root);
	body->root = NULL;
}

static void refuse_member(struct content *body, const char *name, const char *wants)
{
	if (!body->is_bad)
		web_refuse(body->answer, 400, "bad-member", "\"%s\": expected %s", name, wants);
	body->is_bad = true;
}

bool content_has(const struct content *body, const char *name)
{
	return json_find(body->root, name) != NULL;
}

struct span content_text(struct content *body, const char *name, size_t min, size_t max, bool lines)
{
	const struct json *value = json_find(body->root, name);
	struct span text = json_text_of(value);

	if (!value && !min)
		return SPAN_NONE;
	if (!json_has_text(value))
		refuse_member(body, name, "a text");
	else if (text.len < min || text.len > max)
		refuse_member(body, name, min ? "a text that is not empty, and not longer than is kept" : "a text that is not longer than is kept");
	else if (!text_is_kept(text, max + 1, lines))
		refuse_member(body, name, "a text without control characters");
	else
		return text;
	return SPAN_NONE;
}

uint64_t content_number(struct content *body, const char *name, uint64_t min, uint64_t max)
{
	const struct json *value = json_find(body->root, name);
	uint64_t number = json_number_of(value);

	if (json_has_number(value) && number >= min && number <= max)
		return number;
	refuse_member(body, name, "a number within its limits");
	return 0;
}

uint64_t content_length(struct content *body, const char *name, uint64_t min_ms, uint64_t max_ms)
{
	static const struct key key = { .type = KEY_DURATION, .min = 1, .max = INT64_MAX };
	const struct json *value = json_find(body->root, name);
	char words[96];
	int64_t ms = 0;

	if (!value)
		return 0;
	if (json_has_text(value) && units_read(&key, json_text_of(value), words, &ms) == RESULT_OK && (uint64_t)ms >= min_ms && (uint64_t)ms <= max_ms)
		return (uint64_t)ms;
	refuse_member(body, name, "how long, as 90s, 15m, 4h or 7d, within its limits");
	return 0;
}

unsigned content_word(struct content *body, const char *name, const char *const *words)
{
	unsigned word = 0;

	if (!find_word(json_text_of(json_find(body->root, name)), words, &word))
		refuse_member(body, name, "one of its words");
	return word;
}

const struct json *content_list(struct content *body, const char *name, size_t max)
{
	const struct json *value = json_find(body->root, name);

	if (!value)
		return NULL;
	if (json_has_list(value) && json_length(value) <= max)
		return value;
	refuse_member(body, name, "a list that is not longer than its limit");
	return NULL;
}

/* -- answers -- */

bool part_number(const struct web_request *request, struct web_answer *answer, uint64_t *out)
{
	if (span_to_u64(request->parts[0], INT64_MAX, out) == RESULT_OK && *out)
		return true;
	answer_not_found(answer, "number");
	return false;
}

void answer_begin(struct web_answer *answer, struct json_writer *json)
{
	answer->status = 200;
	answer->type = SPAN("application/json");
	json_writer_init(json, &answer->body);
	json_open(json, SPAN_NONE, '{');
}

void answer_end(struct web_answer *answer, struct json_writer *json)
{
	json_close(json, '}');
	if (json->result != RESULT_OK)
		web_refuse(answer, 503, "busy", "the answer could not be written: %s", result_name(json->result));
}

/* Availability: asked again, it may go. */
void answer_store_failed(struct web_answer *answer, enum result result)
{
	web_refuse(answer, 503, "store-failed", "what the hub keeps could not be asked: %s", result_name(result));
}

void answer_not_found(struct web_answer *answer, const char *what)
{
	web_refuse(answer, 404, "not-found", "there is no such %s, or it is not yours to see", what);
}
