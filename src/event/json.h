/* JSON written by hand into a buffer, and read through jansson, whose only user this file is.
 *
 * Limits   reading: JSON_READ_BYTES_MAX, and jansson's nesting limit; a repeated name is an error
 * Owns     a struct json is jansson's, until json_drop of the root; texts point into it
 * Threads  one at a time
 */
#ifndef BOUCLIER_EVENT_JSON_H
#define BOUCLIER_EVENT_JSON_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/span.h"

/* -- writing: commas by itself, and the first failure remembered -- */

struct json_writer {
	struct buffer *out;
	enum result result;
	bool needs_comma;
};

void json_writer_init(struct json_writer *writer, struct buffer *out);
/* NAME is empty inside a list. BRACKET: '{' or '['. */
void json_open(struct json_writer *writer, struct span name, char bracket);
void json_close(struct json_writer *writer, char bracket);
void json_put_text(struct json_writer *writer, struct span name, struct span text);
void json_put_number(struct json_writer *writer, struct span name, uint64_t number);
void json_put_bool(struct json_writer *writer, struct span name, bool is_true);
/* RFC 3339, or null when 0. */
void json_put_time(struct json_writer *writer, struct span name, uint64_t wall_ns);
void json_put_time_ms(struct json_writer *writer, struct span name, uint64_t wall_ms);
void json_put_null(struct json_writer *writer, struct span name);
/* TEXT is JSON already, as it stands. */
void json_put_raw(struct json_writer *writer, struct span name, struct span text);

/* -- reading -- */

#define JSON_READ_BYTES_MAX ((size_t)64 << 20)

struct json;  /* a value; NULL stands for one that is not there, everywhere below */

/* RESULT_MALFORMED, RESULT_LIMIT, RESULT_NO_MEMORY. */
enum result json_read(struct span text, struct json **out) must_check;
void json_drop(struct json *root);
/* From now on whatever a text was read into is wiped before its memory is given back: for a process that is told passwords. Before the first json_read,
 * and the first thread. */
void json_wipe_dropped(void);
const struct json *json_find(const struct json *object, const char *name);
/* Elements of a list, or members of an object. */
size_t json_length(const struct json *value);
const struct json *json_item(const struct json *list, size_t index);
/* Calls EACH for every member of OBJECT, in their order. */
void json_each(const struct json *object, void (*each)(void *context, struct span name, const struct json *value), void *context);
/* Empty, 0, false for anything of another kind. */
struct span json_text_of(const struct json *value);
uint64_t json_number_of(const struct json *value);
bool json_bool_of(const struct json *value);
bool json_has_text(const struct json *value);
bool json_has_number(const struct json *value);
bool json_has_bool(const struct json *value);
bool json_has_null(const struct json *value);
bool json_has_list(const struct json *value);
bool json_has_object(const struct json *value);
/* What was read, written again; null for what is not there. */
void json_put_value(struct json_writer *writer, struct span name, const struct json *value);

#endif
