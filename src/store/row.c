#include "store/row.h"

#include <endian.h>
#include <time.h>

#include "base/clock.h"
#include "base/encode.h"
#include "event/format.h"
#include "event/member.h"

#include "base/banned.h"

static bool take_number(struct span *text, size_t digits, char end, unsigned *out)
{
	uint64_t value;

	if (text->len < digits + 1 || text->at[digits] != end || span_to_u64(span_take(*text, digits), 9999, &value) != RESULT_OK)
		return false;
	*out = (unsigned)value;
	*text = span_skip(*text, digits + 1);
	return true;
}

uint64_t row_time(struct span text)
{
	char again[CLOCK_ISO_LEN + 1];
	unsigned year, month, day, hour, minute, second, ms;
	struct span rest = text;
	struct tm tm = { 0 };
	int64_t seconds;

	if (!take_number(&rest, 4, '-', &year) || !take_number(&rest, 2, '-', &month) || !take_number(&rest, 2, 'T', &day) ||
	    !take_number(&rest, 2, ':', &hour) || !take_number(&rest, 2, ':', &minute) || !take_number(&rest, 2, '.', &second) ||
	    !take_number(&rest, 3, 'Z', &ms) || rest.len || year < 1971)
		return 0;
	tm.tm_year = (int)year - 1900;
	tm.tm_mon = (int)month - 1;
	tm.tm_mday = (int)day;
	tm.tm_hour = (int)hour;
	tm.tm_min = (int)minute;
	tm.tm_sec = (int)second;
	seconds = timegm(&tm);
	if (seconds <= 0)
		return 0;
	/* The 31st of February is a day of March for timegm. */
	clock_write_iso_ms((uint64_t)seconds * 1000 + ms, again);
	return span_equal(span_of(again), text) ? (uint64_t)seconds * 1000 + ms : 0;
}

bool row_request(struct span text, uint32_t *out)
{
	uint32_t big[4];

	if (hex_read(text, big, sizeof(big)) != RESULT_OK)
		return false;
	*out = be32toh(big[0]);
	return true;
}

static unsigned decision_of(struct span text)
{
	for (unsigned i = 0; i < DECISION_COUNT; i++) {
		if (span_equal(text, format_decision((enum decision)i)))
			return i;
	}
	return ROW_DECISION_UNKNOWN;
}

/* What was found so far: the first of each name. */
struct found {
	bool time, tenant, site, decision, request;
};

static bool is_new(bool *found, const struct member *member, struct span name)
{
	if (*found || member->kind != MEMBER_TEXT || !span_equal(member->name, name))
		return false;
	*found = true;
	return true;
}

static void take(const struct member *member, struct found *found, struct row_space *space, struct row *row)
{
	if (is_new(&found->time, member, SPAN("@timestamp")))
		row->time_ms = row_time(member->value);
	else if (is_new(&found->tenant, member, SPAN("bouclier.tenant")))
		row->tenant = member_text(member->value, space->tenant, sizeof(space->tenant));
	else if (is_new(&found->site, member, SPAN("bouclier.site")))
		row->site = member_text(member->value, space->site, sizeof(space->site));
	else if (is_new(&found->decision, member, SPAN("bouclier.decision")))
		row->decision = decision_of(member->value);
	else if (is_new(&found->request, member, SPAN("bouclier.request_id")))
		row->has_request = row_request(member->value, &row->request);
}

void row_read(struct span line, struct row_space *space, struct row *out)
{
	struct row row = { .decision = ROW_DECISION_UNKNOWN };
	struct found found = { 0 };
	struct members members;
	struct member member;
	enum result result;

	members_init(&members, line);
	while ((result = members_next(&members, &member)) == RESULT_OK)
		take(&member, &found, space, &row);
	if (result != RESULT_END || members.is_list) {
		row.tenant = row.site = SPAN_NONE;
		row.has_request = false;
	}
	*out = row;
}
