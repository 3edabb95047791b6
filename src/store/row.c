#include "store/row.h"

#include <endian.h>

#include "base/clock.h"
#include "base/encode.h"
#include "config/value.h"
#include "event/format.h"
#include "event/member.h"

#include "base/banned.h"

uint64_t row_time(struct span text)
{
	int64_t ms;

	return text.len == CLOCK_ISO_LEN && text.at[text.len - 1] == 'Z' && time_read(text, &ms) == RESULT_OK ? (uint64_t)ms : 0;
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
