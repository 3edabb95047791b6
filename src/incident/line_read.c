#include "incident/line_read.h"

#include <endian.h>

#include "base/encode.h"
#include "config/value.h"
#include "event/format.h"
#include "event/member.h"
#include "incident/number_name.h"

#include "base/banned.h"

static const struct span counts_prefix = SPAN_INIT("bouclier.counts.");

static enum line_dataset dataset_of(struct span text)
{
	static const struct span names[] = { [LINE_OTHER] = SPAN_INIT(""), [LINE_COUNTS] = SPAN_INIT("bouclier.counts"), [LINE_NOTICE] = SPAN_INIT("bouclier.notice"),
		                             [LINE_REQUEST] = SPAN_INIT("bouclier.request"), [LINE_JOURNAL] = SPAN_INIT("bouclier.journal") };

	for (unsigned i = LINE_COUNTS; i <= LINE_JOURNAL; i++) {
		if (span_equal(text, names[i]))
			return (enum line_dataset)i;
	}
	return LINE_OTHER;
}

static void add_rule(struct line_read *line, struct span digits)
{
	uint64_t id;

	if (line->rule_count < OBSERVATION_RULES_MAX && span_to_u64(digits, UINT32_MAX, &id) == RESULT_OK)
		line->rules[line->rule_count++] = (uint32_t)id;
}

/* Objects with an id, or ids. */
static void read_rules(struct line_read *line, struct span list)
{
	struct members members;
	struct member member, id;

	members_init(&members, list);
	while (members_next(&members, &member) == RESULT_OK) {
		if (member.kind == MEMBER_NUMBER)
			add_rule(line, member.value);
		else if (member.kind == MEMBER_OBJECT && member_find(member.value, SPAN("id"), &id) == RESULT_OK)
			add_rule(line, id.value);
	}
}

/* Texts that are kept as they are. */
static struct span *text_of(struct line_read *line, struct span name, char **space, size_t *size)
{
	const struct {
		struct span name, *text;
	} texts[] = {
		{ SPAN("bouclier.node"), &line->node }, { SPAN("bouclier.site"), &line->site }, { SPAN("bouclier.tenant"), &line->tenant },
		{ SPAN("bouclier.origin"), &line->origin }, { SPAN("event.action"), &line->action }, { SPAN("bouclier.detail"), &line->detail },
		{ SPAN("bouclier.decision"), &line->decision }, { SPAN("bouclier.after"), &line->after },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (!span_equal(name, texts[i].name))
			continue;
		*space = i < 5 ? line->space[i] : line->detail_space;
		*size = i < 5 ? LINE_READ_NAME_MAX : texts[i].text == &line->detail ? LINE_READ_DETAIL_MAX : 0;
		return texts[i].text;
	}
	return NULL;
}

static void read_text(struct line_read *line, const struct member *member)
{
	char *space;
	size_t size;
	struct span *text = text_of(line, member->name, &space, &size);
	int64_t ms;
	uint32_t big;

	if (text)
		*text = member_text(member->value, space, size);
	else if (span_equal(member->name, SPAN("event.dataset")))
		line->dataset = dataset_of(member->value);
	else if (span_equal(member->name, SPAN("@timestamp")))
		line->at_s = time_read(member->value, &ms) == RESULT_OK ? (uint64_t)ms / 1000 : 0;
	else if (span_equal(member->name, SPAN("source.ip")))
		line->has_source = address_read(member->value, &line->source) == RESULT_OK;
	else if (span_equal(member->name, SPAN("bouclier.counts.since")) && hex_read(member->value, &big, sizeof(big)) == RESULT_OK)
		line->since = be32toh(big);
}

static enum result read_member(struct line_read *line, const struct member *member)
{
	unsigned index;

	if (member->kind == MEMBER_TEXT)
		read_text(line, member);
	else if (member->kind == MEMBER_LIST && (span_equal(member->name, SPAN("bouclier.rules")) || span_equal(member->name, SPAN("bouclier.rules_more"))))
		read_rules(line, member->value);
	else if (member->kind == MEMBER_NUMBER && span_starts(member->name, counts_prefix) &&
	         number_of_name(span_skip(member->name, counts_prefix.len), &index) == RESULT_OK)
		return span_to_u64(member->value, INT64_MAX, &line->numbers[index]) == RESULT_OK ? RESULT_OK : RESULT_MALFORMED;
	return RESULT_OK;
}

enum result line_read(struct span text, struct line_read *out)
{
	struct members members;
	struct member member;
	enum result result;

	memset(out, 0, offsetof(struct line_read, space));
	if (text.len > LINE_MAX_BYTES)
		return RESULT_MALFORMED;
	members_init(&members, text);
	while ((result = members_next(&members, &member)) == RESULT_OK) {
		if (read_member(out, &member) != RESULT_OK)
			return RESULT_MALFORMED;
	}
	return result == RESULT_END && !members.is_list && out->at_s ? RESULT_OK : RESULT_MALFORMED;
}

static bool find_packet_reason(struct span name, unsigned *out)
{
	static const struct span names[PACKET_REASON_COUNT] = {
#define X(upper, lower, verdict, text) [PACKET_##upper] = SPAN_INIT(#lower),
		PACKET_REASON_LIST(X)
#undef X
	};

	for (unsigned i = 0; i < PACKET_REASON_COUNT; i++) {
		if (span_equal(name, names[i])) {
			*out = i;
			return true;
		}
	}
	return false;
}

enum result line_read_packets(struct span detail, uint64_t out[PACKET_REASON_COUNT])
{
	memset(out, 0, PACKET_REASON_COUNT * sizeof(*out));
	if (!detail.len)
		return RESULT_MALFORMED;
	if (span_ends(detail, SPAN("\xe2\x80\xa6")))  /* the line had no room for all: the last one is half of one */
		detail = span_take(detail, span_find_last(detail, ','));
	while (detail.len) {
		struct span part = span_cut(&detail, ','), name;
		unsigned index;
		uint64_t count;

		part = span_trim(part);
		name = span_cut(&part, ' ');
		if (!find_packet_reason(name, &index) || span_to_u64(part, INT64_MAX, &count) != RESULT_OK)
			return RESULT_MALFORMED;
		out[index] = count;
	}
	return RESULT_OK;
}
