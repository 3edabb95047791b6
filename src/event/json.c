#include "event/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"

#include "base/banned.h"

void json_writer_init(struct json_writer *writer, struct buffer *out)
{
	*writer = (struct json_writer){ .out = out, .result = RESULT_OK };
}

static void keep(struct json_writer *writer, enum result result)
{
	if (writer->result == RESULT_OK)
		writer->result = result;
}

static void begin_value(struct json_writer *writer, struct span name)
{
	if (writer->needs_comma)
		keep(writer, buffer_append_byte(writer->out, ','));
	writer->needs_comma = true;
	if (name.len) {
		keep(writer, json_write_string(name, writer->out));
		keep(writer, buffer_append_byte(writer->out, ':'));
	}
}

void json_open(struct json_writer *writer, struct span name, char bracket)
{
	begin_value(writer, name);
	keep(writer, buffer_append_byte(writer->out, bracket));
	writer->needs_comma = false;
}

void json_close(struct json_writer *writer, char bracket)
{
	keep(writer, buffer_append_byte(writer->out, bracket));
	writer->needs_comma = true;
}

void json_put_text(struct json_writer *writer, struct span name, struct span text)
{
	begin_value(writer, name);
	keep(writer, json_write_string(text, writer->out));
}

void json_put_number(struct json_writer *writer, struct span name, uint64_t number)
{
	begin_value(writer, name);
	keep(writer, buffer_append_u64(writer->out, number));
}

void json_put_bool(struct json_writer *writer, struct span name, bool is_true)
{
	begin_value(writer, name);
	keep(writer, buffer_append(writer->out, is_true ? SPAN("true") : SPAN("false")));
}

void json_put_time(struct json_writer *writer, struct span name, uint64_t wall_ns)
{
	json_put_time_ms(writer, name, wall_ns / 1000000);
}

void json_put_time_ms(struct json_writer *writer, struct span name, uint64_t wall_ms)
{
	char text[CLOCK_ISO_LEN + 1];

	if (wall_ms) {
		clock_write_iso_ms(wall_ms, text);
		json_put_text(writer, name, span_make(text, CLOCK_ISO_LEN));
		return;
	}
	json_put_null(writer, name);
}

void json_put_null(struct json_writer *writer, struct span name)
{
	json_put_raw(writer, name, SPAN("null"));
}

void json_put_raw(struct json_writer *writer, struct span name, struct span text)
{
	begin_value(writer, name);
	keep(writer, buffer_append(writer->out, text));
}

/* A struct json is a json_t by another name: nobody else sees jansson. */
static const json_t *inner(const struct json *value)
{
	return (const json_t *)(const void *)value;
}

static const struct json *outer(const json_t *value)
{
	return (const struct json *)(const void *)value;
}

/* -- memory that is wiped -- */

#define HEADER_BYTES ((size_t)16)   /* the size, and what malloc promises of alignment */

static void *take_wiped(size_t size)
{
	char *block = size <= SIZE_MAX - HEADER_BYTES ? malloc(HEADER_BYTES + size) : NULL;

	if (!block)
		return NULL;
	memcpy(block, &size, sizeof(size));
	return block + HEADER_BYTES;
}

static void give_wiped(void *memory)
{
	char *block = memory ? (char *)memory - HEADER_BYTES : NULL;
	size_t size = 0;

	if (!block)
		return;
	memcpy(&size, block, sizeof(size));
	explicit_bzero(memory, size);
	free(block);
}

void json_wipe_dropped(void)
{
	json_set_alloc_funcs(take_wiped, give_wiped);
}

enum result json_read(struct span text, struct json **out)
{
	json_error_t error;
	json_t *root;

	if (text.len > JSON_READ_BYTES_MAX)
		return RESULT_LIMIT;
	root = json_loadb(text.at ? text.at : "", text.len, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		return json_error_code(&error) == json_error_out_of_memory ? RESULT_NO_MEMORY : RESULT_MALFORMED;
	*out = (struct json *)(void *)root;
	return RESULT_OK;
}

void json_drop(struct json *root)
{
	json_decref((json_t *)(void *)root);
}

const struct json *json_find(const struct json *object, const char *name)
{
	return outer(json_object_get(inner(object), name));
}

size_t json_length(const struct json *value)
{
	return json_is_array(inner(value)) ? json_array_size(inner(value)) : json_object_size(inner(value));
}

const struct json *json_item(const struct json *list, size_t index)
{
	return outer(json_array_get(inner(list), index));
}

void json_each(const struct json *object, void (*each)(void *context, struct span name, const struct json *value), void *context)
{
	/* jansson's iterators want a value that may change; this one does not. */
	json_t *value = (json_t *)(uintptr_t)(const void *)object;

	for (void *at = json_object_iter(value); at; at = json_object_iter_next(value, at))
		each(context, span_of(json_object_iter_key(at)), outer(json_object_iter_value(at)));
}

struct span json_text_of(const struct json *value)
{
	const char *text = json_string_value(inner(value));

	return text ? span_make(text, json_string_length(inner(value))) : SPAN_NONE;
}

uint64_t json_number_of(const struct json *value)
{
	json_int_t number = json_integer_value(inner(value));

	return number > 0 ? (uint64_t)number : 0;
}

bool json_bool_of(const struct json *value)
{
	return value && json_typeof(inner(value)) == JSON_TRUE;
}

bool json_has_text(const struct json *value)
{
	return value && json_typeof(inner(value)) == JSON_STRING;
}

bool json_has_number(const struct json *value)
{
	return value && json_typeof(inner(value)) == JSON_INTEGER && json_integer_value(inner(value)) >= 0;
}

bool json_has_bool(const struct json *value)
{
	return value && (json_typeof(inner(value)) == JSON_TRUE || json_typeof(inner(value)) == JSON_FALSE);
}

bool json_has_null(const struct json *value)
{
	return value && json_typeof(inner(value)) == JSON_NULL;
}

bool json_has_list(const struct json *value)
{
	return value && json_typeof(inner(value)) == JSON_ARRAY;
}

bool json_has_object(const struct json *value)
{
	return value && json_typeof(inner(value)) == JSON_OBJECT;
}

static int take_piece(const char *bytes, size_t len, void *context)
{
	struct json_writer *writer = context;

	keep(writer, buffer_append(writer->out, span_make(bytes, len)));
	return writer->result == RESULT_OK ? 0 : -1;
}

void json_put_value(struct json_writer *writer, struct span name, const struct json *value)
{
	if (!value) {
		json_put_null(writer, name);
		return;
	}
	begin_value(writer, name);
	if (json_dump_callback(inner(value), take_piece, writer, JSON_COMPACT | JSON_ENCODE_ANY) != 0)
		keep(writer, RESULT_NO_MEMORY);
}
