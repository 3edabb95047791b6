#include "store/count_line.h"

#include <endian.h>

#include "base/encode.h"
#include "event/format.h"
#include "event/member.h"

#include "base/banned.h"

static const struct span site_prefix = SPAN_INIT("bouclier.counts.");
static const struct span journal_prefix = SPAN_INIT("bouclier.");  /* "journal." stays in the name */
static const struct span since_name = SPAN_INIT("bouclier.counts.since");

static struct count *find(struct count_line *line, struct span name)
{
	for (unsigned i = 0; i < line->count; i++) {
		if (span_equal(count_name(&line->list[i]), name))
			return &line->list[i];
	}
	return NULL;
}

static void add(struct count_line *line, struct span front, struct span name, uint64_t value)
{
	struct count *count = &line->list[line->count];

	if (line->count == COUNT_LINE_MAX || front.len + name.len > COUNT_NAME_MAX)
		return;
	if (front.len)
		memcpy(count->name, front.at, front.len);
	memcpy(count->name + front.len, name.at, name.len);
	count->name_len = front.len + name.len;
	count->value = value;
	line->count++;
}

/* "block.4xx" and "connections.block" are of the decision block; "reasons.rules" is of none. */
static struct span decision_in(struct span name)
{
	static const struct span connections = SPAN_INIT("connections.");
	struct span front = span_starts(name, connections) ? span_skip(name, connections.len) : span_take(name, span_find(name, '.'));

	for (unsigned i = 0; i < DECISION_COUNT; i++) {
		if (span_equal(front, format_decision((enum decision)i)))
			return format_decision((enum decision)i);
	}
	return SPAN_NONE;
}

static void add_decisions(struct count_line *line)
{
	static const struct span front = SPAN_INIT("decisions.");
	unsigned count = line->count;

	for (unsigned i = 0; i < count; i++) {
		struct span decision = decision_in(count_name(&line->list[i]));
		char name[COUNT_NAME_MAX];
		struct count *sum;

		if (!decision.len)
			continue;
		memcpy(name, front.at, front.len);
		memcpy(name + front.len, decision.at, decision.len);
		sum = find(line, span_make(name, front.len + decision.len));
		if (sum)
			sum->value += line->list[i].value;
		else
			add(line, front, decision, line->list[i].value);
	}
}

static void read_number(const struct member *member, struct count_line *line)
{
	struct span prefix = line->is_journal ? journal_prefix : site_prefix, name = span_skip(member->name, prefix.len);
	uint64_t value;

	/* Above the half a sum could run over. */
	if (!span_starts(member->name, prefix) || !name.len || span_to_u64(member->value, INT64_MAX / 2, &value) != RESULT_OK)
		return;
	if (!find(line, name))
		add(line, SPAN_NONE, name, value);
}

static void read_member(const struct member *member, struct count_line *line, bool *is_counts)
{
	uint32_t big;

	if (member->kind == MEMBER_NUMBER) {
		read_number(member, line);
	} else if (member->kind != MEMBER_TEXT) {
		return;
	} else if (span_equal(member->name, SPAN("event.dataset"))) {
		line->is_journal = span_equal(member->value, SPAN("bouclier.counts.journal"));
		*is_counts = line->is_journal || span_equal(member->value, SPAN("bouclier.counts"));
	} else if (span_equal(member->name, SPAN("@timestamp"))) {
		line->time_ms = row_time(member->value);
	} else if (span_equal(member->name, SPAN("bouclier.site"))) {
		line->site = member_text(member->value, line->space, sizeof(line->space));
	} else if (span_equal(member->name, since_name) && hex_read(member->value, &big, sizeof(big)) == RESULT_OK) {
		line->since = be32toh(big);
	}
}

enum result count_line_read(struct span text, struct count_line *out)
{
	struct members members;
	struct member member;
	bool is_counts = false;
	enum result result;

	out->time_ms = 0;
	out->site = SPAN_NONE;
	out->is_journal = false;
	out->since = out->count = 0;
	members_init(&members, text);
	while ((result = members_next(&members, &member)) == RESULT_OK)
		read_member(&member, out, &is_counts);
	if (result != RESULT_END || members.is_list || !is_counts)
		return RESULT_MALFORMED;
	if (!out->is_journal)
		add_decisions(out);
	return RESULT_OK;
}

uint64_t count_line_growth(const struct count_line *before, const struct count_line *now, const struct count *count)
{
	if (!before || before->since != now->since)
		return count->value;
	for (unsigned i = 0; i < before->count; i++) {
		const struct count *old = &before->list[i];

		if (span_equal(count_name(old), count_name(count)))
			return count->value > old->value ? count->value - old->value : 0;
	}
	return count->value;
}
