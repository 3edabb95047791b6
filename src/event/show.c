#include "event/show.h"

#include "event/format.h"
#include "event/member.h"

#include "base/banned.h"

/* What a line is shown by: each member is looked for once. */
#define SHOWN_LIST(X) \
	X(TIME, "@timestamp") \
	X(DATASET, "event.dataset") \
	X(SITE, "bouclier.site") \
	X(DECISION, "bouclier.decision") \
	X(REASONS, "bouclier.reasons") \
	X(FAULT, "bouclier.fault") \
	X(IP, "source.ip") \
	X(KEY, "bouclier.client_key") \
	X(STATUS, "http.response.status_code") \
	X(DURATION, "event.duration") \
	X(METHOD, "http.request.method") \
	X(HOST, "url.domain") \
	X(PATH, "url.path") \
	X(QUERY, "url.query") \
	X(SNI, "tls.client.server_name") \
	X(DETAIL, "bouclier.detail") \
	X(ACTION, "event.action") \
	X(LOST, "bouclier.journal.lost.lines") \
	X(EVENTS, "bouclier.counts.events")

enum shown {
#define X(id, name) SHOWN_##id,
	SHOWN_LIST(X)
#undef X
	SHOWN_COUNT,
};

static enum result find_shown(struct span line, struct member found[SHOWN_COUNT])
{
	static const struct span names[SHOWN_COUNT] = {
#define X(id, name) [SHOWN_##id] = SPAN_INIT(name),
		SHOWN_LIST(X)
#undef X
	};
	struct members members;
	struct member member;
	enum result result;

	members_init(&members, line);
	while ((result = members_next(&members, &member)) == RESULT_OK) {
		for (unsigned i = 0; i < SHOWN_COUNT; i++) {
			if (found[i].name.len == 0 && span_equal(member.name, names[i]))
				found[i] = member;
		}
	}
	return result == RESULT_END ? RESULT_OK : result;
}

/* Is a character at the front one that a terminal may act on (C0, DEL, C1)? */
static bool is_control(struct span text)
{
	unsigned char first = (unsigned char)text.at[0];

	return first < 0x20 || first == 0x7f || (first == 0xc2 && text.len > 1 && (unsigned char)text.at[1] < 0xa0);
}

static enum result add_safe(struct span text, struct buffer *out)
{
	enum result result = RESULT_OK;

	while (text.len && result == RESULT_OK) {
		if (is_control(text))
			result = buffer_print(out, "\\x%02x", (unsigned char)text.at[text.at[0] == '\xc2' ? 1 : 0]);
		else
			result = buffer_append_byte(out, text.at[0]);
		text = span_skip(text, is_control(text) && text.at[0] == '\xc2' ? 2 : 1);
	}
	return result;
}

static enum result add_text(const struct member *member, struct buffer *out)
{
	char text[LINE_MAX_BYTES];

	return add_safe(member->kind == MEMBER_TEXT ? member_text(member->value, text, sizeof(text)) : member->value, out);
}

/* Spaces until the text that began at FROM is WIDTH wide, and one more. Bytes are taken for columns: names are ASCII. */
static enum result pad(struct buffer *out, size_t from, size_t width)
{
	enum result result = RESULT_OK;

	do
		result = buffer_append_byte(out, ' ');
	while (result == RESULT_OK && buffer_len(out) - from <= width);
	return result;
}

static enum result add_column(const struct member *member, size_t width, struct buffer *out)
{
	size_t from = buffer_len(out);
	enum result result = member->name.len ? add_text(member, out) : buffer_append_byte(out, '-');

	return result == RESULT_OK ? pad(out, from, width) : result;
}

static enum result add_duration(const struct member *member, struct buffer *out)
{
	size_t from = buffer_len(out);
	enum result result;
	uint64_t ns;

	if (member->name.len == 0 || span_to_u64(member->value, UINT64_MAX, &ns) != RESULT_OK)
		result = buffer_append_byte(out, '-');
	else if (ns < 1000000)
		result = buffer_print(out, "%3uus", (unsigned)(ns / 1000));
	else if (ns < 1000000000)
		result = buffer_print(out, "%3u.%ums", (unsigned)(ns / 1000000), (unsigned)(ns / 100000 % 10));
	else
		result = buffer_print(out, "%3llu.%us", (unsigned long long)(ns / 1000000000), (unsigned)(ns / 100000000 % 10));
	return result == RESULT_OK ? pad(out, from, 7) : result;
}

static struct span colour_of(const struct member found[SHOWN_COUNT])
{
	struct span decision = found[SHOWN_DECISION].value, status = found[SHOWN_STATUS].value;

	if (span_equal(decision, SPAN("block")) || span_equal(decision, SPAN("drop")) || found[SHOWN_LOST].name.len)
		return SPAN("\033[31m");
	if (span_equal(decision, SPAN("limit")) || span_equal(decision, SPAN("challenge")) || span_equal(decision, SPAN("queue")))
		return SPAN("\033[33m");
	if (span_starts(status, SPAN("5")))
		return SPAN("\033[35m");
	return span_starts(status, SPAN("4")) ? SPAN("\033[36m") : SPAN_NONE;
}

/* " [reason fault detail]" */
static enum result add_reasons(const struct member found[SHOWN_COUNT], struct buffer *out)
{
	struct span opening = SPAN(" ["), between = SPAN(" ");
	bool is_open = false;
	enum result result = RESULT_OK;
	struct members members;
	struct member element;

	if (found[SHOWN_REASONS].kind == MEMBER_LIST) {
		members_init(&members, found[SHOWN_REASONS].value);
		while (result == RESULT_OK && members_next(&members, &element) == RESULT_OK) {
			result = buffer_append(out, is_open ? between : opening);
			is_open = true;
			if (result == RESULT_OK)
				result = add_text(&element, out);
		}
	}
	for (unsigned i = SHOWN_FAULT; i <= SHOWN_DETAIL && result == RESULT_OK; i += SHOWN_DETAIL - SHOWN_FAULT) {
		if (found[i].name.len == 0)
			continue;
		result = buffer_append(out, is_open ? between : opening);
		is_open = true;
		if (result == RESULT_OK)
			result = add_text(&found[i], out);
	}
	return result == RESULT_OK && is_open ? buffer_append_byte(out, ']') : result;
}

/* The rest of the line of a request or a connection, behind the columns. */
static enum result add_target(const struct member found[SHOWN_COUNT], struct buffer *out)
{
	const struct member *host = found[SHOWN_HOST].name.len ? &found[SHOWN_HOST] : &found[SHOWN_SNI];
	enum result result = host->name.len ? add_text(host, out) : buffer_append_byte(out, '-');

	if (result == RESULT_OK && found[SHOWN_PATH].name.len)
		result = add_text(&found[SHOWN_PATH], out);
	if (result == RESULT_OK && found[SHOWN_QUERY].name.len) {
		result = buffer_append_byte(out, '?');
		if (result == RESULT_OK)
			result = add_text(&found[SHOWN_QUERY], out);
	}
	if (result == RESULT_OK)
		result = add_reasons(found, out);
	if (result == RESULT_OK && found[SHOWN_SITE].name.len) {
		result = buffer_append(out, SPAN(" ("));
		if (result == RESULT_OK)
			result = add_text(&found[SHOWN_SITE], out);
		if (result == RESULT_OK)
			result = buffer_append_byte(out, ')');
	}
	return result;
}

static enum result add_columns(const struct member found[SHOWN_COUNT], struct buffer *out)
{
	const struct member *client = found[SHOWN_IP].name.len ? &found[SHOWN_IP] : &found[SHOWN_KEY];
	enum result result = add_column(&found[SHOWN_STATUS], 3, out);

	if (result == RESULT_OK)
		result = add_column(&found[SHOWN_DECISION], 9, out);
	if (result == RESULT_OK)
		result = add_duration(&found[SHOWN_DURATION], out);
	if (result == RESULT_OK)
		result = add_column(client, 16, out);
	if (result == RESULT_OK)
		result = add_column(&found[SHOWN_METHOD], 6, out);
	return result == RESULT_OK ? add_target(found, out) : result;
}

/* Lines of the journal's own, and of the counts. */
static enum result add_other(const struct member found[SHOWN_COUNT], struct buffer *out)
{
	enum result result = add_column(&found[SHOWN_DATASET], 0, out);

	for (unsigned i = 0; i < SHOWN_COUNT && result == RESULT_OK; i++) {
		if (i == SHOWN_TIME || i == SHOWN_DATASET || found[i].name.len == 0)
			continue;
		result = add_safe(found[i].name, out);
		if (result == RESULT_OK)
			result = buffer_append_byte(out, '=');
		if (result == RESULT_OK)
			result = add_column(&found[i], 0, out);
	}
	return result;
}

/* The time of the day; the date is in the JSON. */
static enum result add_time(const struct member *time, struct buffer *out)
{
	if (time->value.len == 24)
		return add_safe(span_take(span_skip(time->value, 11), 12), out);
	return add_text(time, out);
}

enum result show_line(struct span line, bool colours, struct buffer *out)
{
	struct member found[SHOWN_COUNT] = { { .name = SPAN_NONE } };
	enum result result = find_shown(line, found);
	struct span colour;

	if (result != RESULT_OK)
		return result;
	colour = colours ? colour_of(found) : SPAN_NONE;
	result = buffer_append(out, colour);
	if (result == RESULT_OK)
		result = add_time(&found[SHOWN_TIME], out);
	if (result == RESULT_OK)
		result = buffer_append_byte(out, ' ');
	if (result == RESULT_OK)
		result = found[SHOWN_DECISION].name.len ? add_columns(found, out) : add_other(found, out);
	if (result == RESULT_OK && colour.len)
		result = buffer_append(out, SPAN("\033[0m"));
	return result == RESULT_OK ? buffer_append_byte(out, '\n') : result;
}
