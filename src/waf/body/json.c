#include "waf/body/json.h"

#include <stdlib.h>

#include "base/banned.h"

static enum result keep(struct json *json, struct buffer *buffer, struct span text)
{
	enum result result = buffer_append(buffer, text);

	return result == RESULT_LIMIT ? json_fail(json, "name of an argument too long") : result;
}

static enum result set_key(struct json *json, struct span key)
{
	buffer_reset(&json->key);
	json->has_key = true;
	return keep(json, &json->key, key);
}

/* Behind what BUFFER has: '.' and the key, or the key alone. */
static enum result join_key(struct json *json, struct buffer *buffer)
{
	enum result result = json->has_prefix ? keep(json, buffer, SPAN(".")) : RESULT_OK;

	return result == RESULT_OK ? keep(json, buffer, buffer_span(&json->key)) : result;
}

/* What is inside has the whole name as its prefix, and, in an array, the same key. */
static enum result enter(struct json *json, bool is_map)
{
	uint8_t *open = &json->open[json->depth / 8], bit = (uint8_t)(1u << json->depth % 8);
	bool is_top = !json->has_key && !json->has_prefix;
	enum result result = RESULT_OK;

	if (json->counted_depth >= json->base.limits.depth && !(is_map && is_top))
		return json_fail(json, "JSON depth limit exceeded");
	*open = (uint8_t)(is_map ? *open | bit : *open & ~bit);
	json->depth++;
	if (is_map && is_top)
		return RESULT_OK;
	json->counted_depth++;
	if (is_top)
		result = set_key(json, SPAN("array"));
	if (result == RESULT_OK)
		result = join_key(json, &json->prefix);
	json->has_prefix = true;
	return result;
}

/* What is behind the prefix's last dot is the key again, behind a map: 2.9.7 does so even where the dot belongs to a key, and
 * leaves the key alone behind an array. */
static enum result leave(struct json *json, bool is_map)
{
	struct span prefix = buffer_span(&json->prefix);
	size_t dot = span_find_last(prefix, '.');
	enum result result = RESULT_OK;

	json->depth--;
	if (json->counted_depth)
		json->counted_depth--;
	if (!json->has_prefix)
		return RESULT_OK;
	json->has_prefix = dot < prefix.len;
	if (is_map)
		result = set_key(json, json->has_prefix ? span_skip(prefix, dot + 1) : prefix);
	json->prefix.end = json->prefix.start + (json->has_prefix ? dot : 0);
	return result;
}

static enum result give(struct json *json, struct span value)
{
	enum result result;

	if (!json->has_prefix)
		return reader_argument(&json->base, buffer_span(&json->key), value);
	buffer_reset(&json->name);
	result = keep(json, &json->name, buffer_span(&json->prefix));
	if (result == RESULT_OK)
		result = join_key(json, &json->name);
	return result == RESULT_OK ? reader_argument(&json->base, buffer_span(&json->name), value) : result;
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
		result = give(json, text);
		after_value(json);
		return result;
	case TOKEN_OPEN_MAP: case TOKEN_OPEN_ARRAY:
		json->state = token == TOKEN_OPEN_MAP ? JSON_FIRST_KEY : JSON_FIRST_ELEMENT;
		return enter(json, token == TOKEN_OPEN_MAP);
	case TOKEN_CLOSE_MAP: case TOKEN_CLOSE_ARRAY: case TOKEN_COLON: case TOKEN_COMMA: default:
		return json_grammar(json, "unallowed token at this point in JSON text");
	}
}

static enum result close_container(struct json *json, bool is_map)
{
	enum result result = leave(json, is_map);

	after_value(json);
	return result;
}

static enum result take_key(struct json *json, enum json_token token, struct span text)
{
	if (token == TOKEN_CLOSE_MAP && json->state == JSON_FIRST_KEY)
		return close_container(json, true);
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
			return close_container(json, true);
		if (token != TOKEN_COMMA)
			return json_grammar(json, "after key and value, inside map, I expect ',' or '}'");
		json->state = JSON_KEY;
		return RESULT_OK;
	case JSON_AFTER_ELEMENT:
		if (token == TOKEN_CLOSE_ARRAY)
			return close_container(json, false);
		if (token != TOKEN_COMMA)
			return json_grammar(json, "after array element, I expect ',' or ']'");
		json->state = JSON_ELEMENT;
		return RESULT_OK;
	case JSON_FIRST_ELEMENT:
		return token == TOKEN_CLOSE_ARRAY ? close_container(json, false) : take_value(json, token, text);
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
	buffer_init(&json->prefix, reader->limits.name_bytes);
	buffer_init(&json->key, reader->limits.name_bytes);
	buffer_init(&json->name, reader->limits.name_bytes);
	json->open = calloc((size_t)reader->limits.depth / 8 + 1, 1);
	return json->open ? RESULT_OK : RESULT_NO_MEMORY;
}

static void json_done(struct reader *reader)
{
	struct json *json = (struct json *)reader;

	buffer_done(&json->text);
	buffer_done(&json->prefix);
	buffer_done(&json->key);
	buffer_done(&json->name);
	free(json->open);
}

const struct reader_type json_type = { sizeof(struct json), json_begin, json_feed, json_end, json_done };
