/* Frames of what is fetched (wire.h). */
#include "event/json.h"
#include "hub/alert/send/wire.h"
#include "hub/settings/oidc.h"
#include "incident/reading.h"

#include "base/banned.h"

#define STATUS_MAX 599u

static enum result put(struct buffer *out, struct buffer *text, const struct json_writer *json)
{
	enum result result = json->result == RESULT_OK ? wire_put(out, buffer_span(text)) : json->result;

	buffer_done(text);
	return result;
}

enum result wire_fetch_put(struct buffer *out, const struct wire_fetch *fetch)
{
	struct json_writer json;
	struct buffer text;

	buffer_init(&text, WIRE_FRAME_MAX);
	json_writer_init(&json, &text);
	json_open(&json, SPAN_NONE, '{');
	json_put_text(&json, SPAN("do"), SPAN("fetch"));
	json_put_number(&json, SPAN("number"), fetch->number);
	json_put_text(&json, SPAN("url"), fetch->url);
	json_put_bool(&json, SPAN("clear"), fetch->is_clear);
	json_put_text(&json, SPAN("ca"), fetch->ca);
	json_put_text(&json, SPAN("authorization"), fetch->authorization);
	json_put_text(&json, SPAN("form"), fetch->form);
	json_close(&json, '}');
	return put(out, &text, &json);
}

static struct span text_of(struct reading *reading, const char *name, size_t max)
{
	const struct json *value = reading_member(reading, name);
	struct span text = json_text_of(value);

	reading_check(reading, json_has_text(value) && text.len <= max);
	return text;
}

/* What goes into a field's line is one. */
static bool is_line(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.at[i] < ' ' || (unsigned char)text.at[i] >= 0x7f)
			return false;
	}
	return true;
}

static bool read_fetch(const struct json *root, struct wire_fetch *out)
{
	struct oidc_destination destination;
	struct reading reading;

	reading_begin(&reading, root);
	reading_check(&reading, span_equal(json_text_of(reading_member(&reading, "do")), SPAN("fetch")));
	out->number = reading_number(&reading, "number", INT64_MAX);
	out->url = text_of(&reading, "url", WIRE_URL_MAX);
	out->is_clear = reading_bool(&reading, "clear");
	out->ca = text_of(&reading, "ca", ALERT_FILE_MAX);
	out->authorization = text_of(&reading, "authorization", WIRE_URL_MAX);
	out->form = text_of(&reading, "form", WIRE_FETCH_MAX);
	return reading_end(&reading) && is_line(out->url) && is_line(out->authorization) && oidc_destination_read(out->url, out->is_clear, &destination) == RESULT_OK;
}

enum result wire_fetch_read(struct span frame, struct json **root, struct wire_fetch *out)
{
	enum result result = json_read(frame, root);

	if (result == RESULT_OK && !read_fetch(*root, out)) {
		json_drop(*root);
		result = RESULT_MALFORMED;
	}
	return result;
}

enum result wire_fetched_put(struct buffer *out, const struct wire_fetched *fetched)
{
	struct json_writer json;
	struct buffer text;

	buffer_init(&text, WIRE_FRAME_MAX);
	json_writer_init(&json, &text);
	json_open(&json, SPAN_NONE, '{');
	json_put_number(&json, SPAN("fetched"), fetched->number);
	json_put_number(&json, SPAN("status"), fetched->status);
	json_put_text(&json, SPAN("body"), fetched->body);
	json_put_text(&json, SPAN("why"), span_of(fetched->why));
	json_close(&json, '}');
	return put(out, &text, &json);
}

static bool read_fetched(const struct json *root, struct wire_fetched *out)
{
	struct reading reading;

	*out = (struct wire_fetched){ .number = 0 };
	reading_begin(&reading, root);
	out->number = reading_number(&reading, "fetched", INT64_MAX);
	out->status = (unsigned)reading_number(&reading, "status", STATUS_MAX);
	out->body = text_of(&reading, "body", 3 * WIRE_FETCH_MAX);  /* bytes that are no UTF-8 have become longer */
	reading_text(&reading, "why", out->why, sizeof(out->why));
	return reading_end(&reading);
}

enum result wire_fetched_read(struct span frame, struct json **root, struct wire_fetched *out)
{
	enum result result = json_read(frame, root);

	if (result == RESULT_OK && !read_fetched(*root, out)) {
		json_drop(*root);
		result = RESULT_MALFORMED;
	}
	return result;
}
