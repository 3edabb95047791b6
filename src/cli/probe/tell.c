#include <stdio.h>

#include "base/clock.h"
#include "cli/probe/probe.h"
#include "event/json.h"

#include "base/banned.h"

#define LINE_MAX_BYTES ((size_t)16 << 10)
#define DAY_MS 86400000

static int64_t days_left(const struct look *look)
{
	int64_t left_ms = look->certificate_until_ms - (int64_t)(clock_wall_ns() / 1000000);

	return left_ms < 0 ? (left_ms - DAY_MS + 1) / DAY_MS : left_ms / DAY_MS;
}

static enum result write_human(const char *text, const struct look *look, struct buffer *out)
{
	enum result result = buffer_print(out, "%s: ", text);
	unsigned tenths = (look->took_ms + 50) / 100;

	if (result != RESULT_OK)
		return result;
	if (look->outcome == LOOK_UNREACHABLE)
		result = buffer_print(out, "unreachable (%s): %s", probe_step_name(look->step), look->error);
	else if (look->outcome == LOOK_REFUSED)
		result = buffer_print(out, "refused: %s", look->error);
	else
		result = buffer_print(out, "%s in %u.%u s, %llu bytes", look->outcome == LOOK_SLOW ? "served, but too late for a citizen," : "served", tenths / 10, tenths % 10,
		                      (unsigned long long)look->bytes);
	if (result == RESULT_OK && look->was_challenged)
		result = buffer_print(out, "; a stranger has to prove himself");
	if (result == RESULT_OK && look->certificate_until_ms)
		result = buffer_print(out, "; days that the certificate is still valid: %lld", (long long)days_left(look));
	return result == RESULT_OK ? buffer_append_byte(out, '\n') : result;
}

static enum result write_json(const char *text, const struct look *look, struct buffer *out)
{
	struct json_writer json;

	json_writer_init(&json, out);
	json_open(&json, SPAN_NONE, '{');
	json_put_time(&json, SPAN("time"), clock_wall_ns());
	json_put_text(&json, SPAN("url"), span_of(text));
	json_put_text(&json, SPAN("outcome"), span_of(look_outcome_name(look->outcome)));
	json_put_text(&json, SPAN("step"), look->outcome == LOOK_UNREACHABLE ? span_of(probe_step_name(look->step)) : SPAN(""));
	json_put_text(&json, SPAN("error"), span_of(look->error));
	json_put_number(&json, SPAN("status"), look->status);
	json_put_number(&json, SPAN("took_ms"), look->took_ms);
	json_put_number(&json, SPAN("bytes"), look->bytes);
	json_put_bool(&json, SPAN("challenged"), look->was_challenged);
	json_put_time_ms(&json, SPAN("certificate_until"), look->certificate_until_ms > 0 ? (uint64_t)look->certificate_until_ms : 0);
	json_close(&json, '}');
	return json.result == RESULT_OK ? buffer_append_byte(out, '\n') : json.result;
}

void tell_look(const char *text, const struct look *look, bool is_json)
{
	struct buffer line;

	buffer_init(&line, LINE_MAX_BYTES);
	if ((is_json ? write_json : write_human)(text, look, &line) == RESULT_OK)
		command_print(stdout, buffer_span(&line));
	(void)fflush(stdout);
	buffer_done(&line);
}
