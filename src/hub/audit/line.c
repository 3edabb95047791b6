#include "hub/audit/line.h"

#include "base/clock.h"
#include "base/encode.h"
#include "config/value.h"
#include "event/json.h"
#include "incident/reading.h"
#include "incident/text.h"
#include "net/digest.h"

#include "base/banned.h"

static struct span hex_of(const unsigned char bytes[AUDIT_HASH_LEN], char out[2 * AUDIT_HASH_LEN])
{
	hex_write(bytes, AUDIT_HASH_LEN, out);
	return span_make(out, 2 * AUDIT_HASH_LEN);
}

static void put_said(struct json_writer *writer, const struct audit_entry *entry)
{
	if (!entry->said[0])
		return;
	json_put_text(writer, SPAN("said"), span_of(entry->said));
	json_open(writer, SPAN("arguments"), '[');
	for (uint64_t i = 0; i < entry->argument_count; i++)
		json_put_text(writer, SPAN_NONE, span_of(entry->arguments[i]));
	json_close(writer, ']');
}

/* All that the hash is of. The bracket stays open. */
static enum result write_front(const struct audit_entry *entry, struct buffer *out)
{
	struct json_writer writer;
	char hex[2 * AUDIT_HASH_LEN];

	json_writer_init(&writer, out);
	json_open(&writer, SPAN_NONE, '{');
	json_put_number(&writer, SPAN("number"), entry->number);
	json_put_time_ms(&writer, SPAN("at"), entry->wall_ms);
	json_put_text(&writer, SPAN("who"), span_of(entry->who));
	json_put_text(&writer, SPAN("what"), span_of(entry->what));
	json_put_text(&writer, SPAN("object"), span_of(entry->object));
	json_put_text(&writer, SPAN("detail"), span_of(entry->detail));
	put_said(&writer, entry);
	json_put_text(&writer, SPAN("previous"), hex_of(entry->previous, hex));
	return writer.result;
}

enum result audit_line_write(struct audit_entry *entry, struct buffer *out)
{
	size_t before = buffer_len(out);
	char hex[2 * AUDIT_HASH_LEN];
	enum result result = write_front(entry, out);

	if (result == RESULT_OK)
		result = digest_plain(span_skip(buffer_span(out), before), entry->hash);
	return result == RESULT_OK ? buffer_print(out, ",\"hash\":\"%.*s\"}\n", SPAN_ARG(hex_of(entry->hash, hex))) : result;
}

static void read_hash(struct reading *reading, const char *name, unsigned char out[AUDIT_HASH_LEN])
{
	struct span text = json_text_of(reading_member(reading, name));

	reading_check(reading, hex_read(text, out, AUDIT_HASH_LEN) == RESULT_OK);
}

static void read_argument(struct reading *reading, const struct json *text, char out[AUDIT_ARGUMENT_BYTES])
{
	reading_check(reading, json_has_text(text) && json_text_of(text).len < AUDIT_ARGUMENT_BYTES);
	text_set(out, AUDIT_ARGUMENT_BYTES, json_text_of(text));
	reading_check(reading, span_equal(span_of(out), json_text_of(text)));
}

/* Whatever the code is: a later hub may know more of them. */
static void read_said(struct reading *reading, const struct json *root, struct audit_entry *out)
{
	const struct json *list;
	uint32_t count = 0;

	if (!json_find(root, "said"))
		return;
	reading_text(reading, "said", out->said, sizeof(out->said));
	list = reading_list(reading, "arguments", AUDIT_ARGUMENTS, &count);
	out->argument_count = count;
	for (uint32_t i = 0; list && i < count; i++)
		read_argument(reading, json_item(list, i), out->arguments[i]);
	reading_check(reading, out->said[0]);
}

static bool read_members(const struct json *root, struct audit_entry *out)
{
	struct reading reading;
	int64_t ms = 0;

	reading_begin(&reading, root);
	out->number = reading_number(&reading, "number", INT64_MAX);
	reading_check(&reading, time_read(json_text_of(reading_member(&reading, "at")), &ms) == RESULT_OK && ms > 0);
	out->wall_ms = (uint64_t)ms;
	reading_text(&reading, "who", out->who, sizeof(out->who));
	reading_text(&reading, "what", out->what, sizeof(out->what));
	reading_text(&reading, "object", out->object, sizeof(out->object));
	reading_text(&reading, "detail", out->detail, sizeof(out->detail));
	read_said(&reading, root, out);
	read_hash(&reading, "previous", out->previous);
	read_hash(&reading, "hash", out->hash);
	return reading_end(&reading) && out->number;
}

/* Written again it must be the same bytes: so there is nothing in a line that its hash does not say. */
static enum result check_bytes(struct span line, const struct audit_entry *entry)
{
	struct audit_entry again = *entry;
	struct buffer text;
	enum result result;

	buffer_init(&text, AUDIT_LINE_MAX);
	result = audit_line_write(&again, &text);
	if (result == RESULT_OK && !span_equal(span_take(buffer_span(&text), buffer_len(&text) - 1), line))
		result = RESULT_MALFORMED;
	buffer_done(&text);
	return result;
}

enum result audit_line_read(struct span line, struct audit_entry *out)
{
	struct audit_entry entry = { 0 };
	struct json *root;
	enum result result;

	if (line.len >= AUDIT_LINE_MAX)
		return RESULT_MALFORMED;
	result = json_read(line, &root);
	if (result != RESULT_OK)
		return result == RESULT_NO_MEMORY ? result : RESULT_MALFORMED;
	result = read_members(root, &entry) ? check_bytes(line, &entry) : RESULT_MALFORMED;
	json_drop(root);
	if (result == RESULT_OK)
		*out = entry;
	return result;
}
