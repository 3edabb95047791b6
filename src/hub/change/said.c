#include "hub/change/said.h"

#include "base/banned.h"

struct one {
	struct span file, text, suggestion;
	uint64_t line, column;
};

/* What stands before the first PART, which is taken away too. False: there is none. */
static bool cut_at(struct span *rest, struct span part, struct span *front)
{
	for (size_t at = 0; at + part.len <= rest->len; at++) {
		if (memcmp(rest->at + at, part.at, part.len) != 0)
			continue;
		*front = span_take(*rest, at);
		*rest = span_skip(*rest, at + part.len);
		return true;
	}
	return false;
}

/* Takes ":NUMBER" from the end. */
static bool cut_number(struct span *place, uint64_t *out)
{
	size_t at = span_find_last(*place, ':');

	if (at >= place->len || span_to_u64(span_skip(*place, at + 1), UINT32_MAX, out) != RESULT_OK)
		return false;
	*place = span_take(*place, at);
	return true;
}

/* "FILE:LINE:COLUMN:", "FILE:", or neither: then nothing is taken. */
static void read_place(struct span place, struct one *out)
{
	struct span file = place;
	uint64_t line, column;

	if (cut_number(&file, &column) && cut_number(&file, &line)) {
		out->line = line;
		out->column = column;
		out->file = file;
	} else {
		out->file = place;
	}
}

static struct one read_line(struct span line)
{
	static const struct span marks[] = { SPAN_INIT(": error: "), SPAN_INIT(": warning: ") };
	struct one one = { .text = line };
	struct span place;
	size_t at;

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (cut_at(&one.text, marks[i], &place)) {
			read_place(place, &one);
			break;
		}
	}
	at = span_find_last(one.text, '(');
	if (at > 1 && at < one.text.len && span_ends(one.text, SPAN(")")) && one.text.at[at - 1] == ' ') {
		one.suggestion = span_skip(span_take(one.text, one.text.len - 1), at + 1);
		one.text = span_take(one.text, at - 1);
	}
	return one;
}

void said_put(struct json_writer *json, struct span name, struct span text)
{
	unsigned count = 0;

	json_open(json, name, '[');
	while (text.len && count < SAID_MAX) {
		struct span line = span_cut(&text, '\n');
		struct one one = read_line(line);

		if (!line.len)
			continue;
		json_open(json, SPAN_NONE, '{');
		json_put_text(json, SPAN("file"), one.file);
		json_put_number(json, SPAN("line"), one.line);
		json_put_number(json, SPAN("column"), one.column);
		json_put_text(json, SPAN("text"), one.text);
		if (one.suggestion.len)
			json_put_text(json, SPAN("suggestion"), one.suggestion);
		else
			json_put_null(json, SPAN("suggestion"));
		json_close(json, '}');
		count++;
	}
	json_close(json, ']');
}
