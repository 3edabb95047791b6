#include "waf/body/json.h"

#include <stdlib.h>

#include "base/banned.h"

static enum result keep_name(struct json *json, struct span text)
{
	enum result result = buffer_append(&json->name, text);

	return result == RESULT_LIMIT ? json_fail(json, "name of an argument too long") : result;
}

static void cut_name(struct json *json, size_t len)
{
	json->name.end = json->name.start + len;
}

/* The key of a map: prefix '.' key. */
static enum result set_key(struct json *json, struct span key)
{
	enum result result = RESULT_OK;

	cut_name(json, json->has_prefix ? json->prefix_len : 0);
	json->has_key = true;
	if (json->has_prefix)
		result = keep_name(json, SPAN("."));
	return result == RESULT_OK ? keep_name(json, key) : result;
}

/* What is said of the elements of an array: its own key again. */
static enum result repeat_key(struct json *json, size_t key_at)
{
	size_t len = buffer_len(&json->name) - key_at;
	char *room = buffer_reserve(&json->name, len + 1);

	if (!room)
		return len + 1 > buffer_room(&json->name) ? json_fail(json, "name of an argument too long") : RESULT_NO_MEMORY;
	*room = '.';
	memcpy(room + 1, json->name.bytes + json->name.start + key_at, len);
	buffer_commit(&json->name, len + 1);
	return RESULT_OK;
}

/* The whole name so far becomes the prefix of what is inside. */
static enum result enter(struct json *json, bool is_map)
{
	size_t key_at = json->has_prefix ? json->prefix_len + 1 : 0;
	bool is_top = !json->has_key && !json->has_prefix;
	enum result result = RESULT_OK;

	if (json->counted_depth >= json->base.limits.depth && !(is_map && is_top))
		return json_fail(json, "JSON depth limit exceeded");
	json->open[json->depth / 8] = (uint8_t)((json->open[json->depth / 8] & ~(1u << json->depth % 8)) | (unsigned)is_map << json->depth % 8);
	json->depth++;
	if (is_map && is_top)
		return RESULT_OK;
	json->counted_depth++;
	if (is_top)
		result = keep_name(json, SPAN("array"));
	json->has_key = json->has_prefix = true;
	json->prefix_len = buffer_len(&json->name);
	return is_map || result != RESULT_OK ? result : repeat_key(json, key_at);
}

/* The prefix loses what is behind its last dot: 2.9.7 does so even where the dot belongs to a key. */
static void leave(struct json *json)
{
	const char *prefix = json->name.bytes + json->name.start;
	const char *dot;

	json->depth--;
	if (json->counted_depth)
		json->counted_depth--;
	if (!json->has_prefix) {
		json->has_key = false;
		cut_name(json, 0);
		return;
	}
	cut_name(json, json->prefix_len);
	dot = json->prefix_len ? memrchr(prefix, '.', json->prefix_len) : NULL;
	json->has_prefix = dot != NULL;
	json->prefix_len = dot ? (size_t)(dot - prefix) : 0;
	json->has_key = true;
}

static bool is_in_map(const struct json *json)
{
	uint32_t at = json->depth - 1;

	return json->open[at / 8] >> at % 8 & 1;
}

static void after_value(struct json *json)
{
	json->state = !json->depth ? JSON_DONE : is_in_map(json) ? JSON_AFTER_MAP_VALUE : JSON_AFTER_ELEMENT;
}

static enum result take_value(struct json *json, enum json_token token, struct span text)
{
	enum result result;

	switch (token) {
	case TOKEN_STRING: case TOKEN_SCALAR:
		result = reader_argument(&json->base, buffer_span(&json->name), text);
		after_value(json);
		return result;
	case TOKEN_OPEN_MAP: case TOKEN_OPEN_ARRAY:
		json->state = token == TOKEN_OPEN_MAP ? JSON_FIRST_KEY : JSON_FIRST_ELEMENT;
		return enter(json, token == TOKEN_OPEN_MAP);
	case TOKEN_CLOSE_MAP: case TOKEN_CLOSE_ARRAY: case TOKEN_COLON: case TOKEN_COMMA: default:
		return json_grammar(json, "unallowed token at this point in JSON text");
	}
}

static enum result close_container(struct json *json)
{
	leave(json);
	after_value(json);
	return RESULT_OK;
}

static enum result take_key(struct json *json, enum json_token token, struct span text)
{
	if (token == TOKEN_CLOSE_MAP && json->state == JSON_FIRST_KEY)
		return close_container(json);
	if (token != TOKEN_STRING)
		return json_grammar(json, "invalid object key (must be a string)");
	json->state = JSON_COLON;
	return set_key(json, text);
}

enum result json_take(struct json *json, enum json_token token, struct span text)
{
	switch (json->state) {
	case JSON_FIRST_KEY: case JSON_KEY:
		return take_key(json, token, text);
	case JSON_COLON:
		if (token != TOKEN_COLON)
			return json_grammar(json, "object key and value must be separated by a colon (':')");
		json->state = JSON_MAP_VALUE;
		return RESULT_OK;
	case JSON_AFTER_MAP_VALUE:
		if (token == TOKEN_CLOSE_MAP)
			return close_container(json);
		if (token != TOKEN_COMMA)
			return json_grammar(json, "after key and value, inside map, I expect ',' or '}'");
		json->state = JSON_KEY;
		return RESULT_OK;
	case JSON_AFTER_ELEMENT:
		if (token == TOKEN_CLOSE_ARRAY)
			return close_container(json);
		if (token != TOKEN_COMMA)
			return json_grammar(json, "after array element, I expect ',' or ']'");
		json->state = JSON_ELEMENT;
		return RESULT_OK;
	case JSON_FIRST_ELEMENT:
		return token == TOKEN_CLOSE_ARRAY ? close_container(json) : take_value(json, token, text);
	case JSON_DONE:
		return json_grammar(json, "trailing garbage");
	case JSON_VALUE: case JSON_MAP_VALUE: case JSON_ELEMENT: default:
		return take_value(json, token, text);
	}
}

static enum result json_feed(struct reader *reader, struct span piece)
{
	return json_lex((struct json *)reader, piece);
}

static enum result json_end(struct reader *reader)
{
	struct json *json = (struct json *)reader;
	enum result result = RESULT_OK;

	json->is_ending = true;
	if (json->lex != LEX_BETWEEN && json->lex != LEX_UTF8)  /* a character cut in two is a text cut in two */
		result = json_lex(json, SPAN(" "));                /* as YAJL: what may end a number, and breaks what is begun */
	if (result == RESULT_OK && json->state != JSON_DONE)
		result = json_grammar(json, "premature EOF");
	return result;
}

static enum result json_begin(struct reader *reader, const struct reader_birth *birth)
{
	struct json *json = (struct json *)reader;

	(void)birth;
	json->state = JSON_VALUE;
	buffer_init(&json->text, reader->limits.value_bytes);
	buffer_init(&json->name, reader->limits.name_bytes);
	json->open = calloc((size_t)reader->limits.depth / 8 + 1, 1);
	return json->open ? RESULT_OK : RESULT_NO_MEMORY;
}

static void json_done(struct reader *reader)
{
	struct json *json = (struct json *)reader;

	buffer_done(&json->text);
	buffer_done(&json->name);
	free(json->open);
}

const struct reader_type json_type = { sizeof(struct json), json_begin, json_feed, json_end, json_done };
