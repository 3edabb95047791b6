/* Appends to a line of fixed size, as fast as bytes can be copied. What does not fit is left out whole: a line may miss a
 * member, and says so, but it is always JSON.
 *
 * Shape    members: ,"name":value  (the caller writes the '{' and overwrites the first comma)
 * Limits   `end`; a text is cut at a limit of its own and ends in U+2026 then
 * Owns     nothing
 */
#ifndef BOUCLIER_EVENT_LINE_H
#define BOUCLIER_EVENT_LINE_H

#include "base/address.h"
#include "base/span.h"

struct line {
	char *at, *end;
	bool is_cut;  /* something was left out or shortened */
};

static inline size_t line_room(const struct line *line)
{
	return (size_t)(line->end - line->at);
}

static inline void line_raw(struct line *line, struct span text)
{
	if (text.len > line_room(line)) {
		line->is_cut = true;
		return;
	}
	if (text.len)
		memcpy(line->at, text.at, text.len);
	line->at += text.len;
}

/* Decimal digits. */
void line_number(struct line *line, uint64_t value);
/* TEXT as the inside of a JSON string: escaped, what is not UTF-8 replaced by U+FFFD, at most MAX bytes of output and
 * U+2026 when it was longer. */
void line_text(struct line *line, struct span text, size_t max);
void line_address(struct line *line, const struct address *address);

/* Whole members. NAME is written as given: ",\"url.path\":". Nothing is written when it does not fit. */
void line_member_number(struct line *line, struct span name, uint64_t value);
/* The same, and nothing when VALUE is 0. */
static inline void line_member_count(struct line *line, struct span name, uint64_t value)
{
	if (value)
		line_member_number(line, name, value);
}
/* Nothing when TEXT is empty. */
void line_member_text(struct line *line, struct span name, struct span text, size_t max);
/* NAME and a value that is known to be plain. */
static inline void line_member_plain(struct line *line, struct span name, struct span text)
{
	if (name.len + text.len + 2 > line_room(line)) {
		line->is_cut = true;
		return;
	}
	line_raw(line, name);
	*line->at++ = '"';
	line_raw(line, text);
	*line->at++ = '"';
}

#define LINE_ISO_LEN 24
/* "1994-11-06T08:49:37.123Z"; SECOND and TEXT remember the last second, so that the calendar is asked once a second. */
struct line_clock {
	uint64_t second;
	char text[LINE_ISO_LEN + 1];
};
struct span line_clock_text(struct line_clock *clock, uint64_t wall_ns);

#endif
