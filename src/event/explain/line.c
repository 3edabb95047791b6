/* A line of the journal as struct explained. */
#include "event/explain/explained.h"
#include "event/format.h"
#include "event/member.h"

#include "base/banned.h"

struct reading {
	struct arena *arena;
	struct explained *out;
	bool has_failed;
};

static struct span text_of(struct reading *reading, const struct member *member)
{
	char text[LINE_MAX_BYTES];
	struct span copy = arena_copy(reading->arena, member_text(member->value, text, sizeof(text)));

	reading->has_failed |= !copy.at;
	return copy.at ? copy : SPAN_NONE;
}

static uint64_t number_of(const struct member *member)
{
	uint64_t number = 0;

	return span_to_u64(member->value, UINT32_MAX, &number) == RESULT_OK ? number : 0;
}

static struct explained_rule *add(struct explained *out)
{
	struct explained_rule *rule;

	if (out->rule_count == EXPLAINED_RULES_MAX) {
		out->is_cut = true;
		return NULL;
	}
	rule = &out->rules[out->rule_count++];
	*rule = (struct explained_rule){ .severity = -1 };
	return rule;
}

static void read_rule_member(struct reading *reading, const struct member *member, struct explained_rule *rule)
{
	if (span_equal(member->name, SPAN("id")))
		rule->id = (uint32_t)number_of(member);
	else if (span_equal(member->name, SPAN("phase")))
		rule->phase = (unsigned)number_of(member);
	else if (span_equal(member->name, SPAN("severity")))
		rule->severity = (int)number_of(member);
	else if (span_equal(member->name, SPAN("length")))
		rule->length = number_of(member);
	else if (span_equal(member->name, SPAN("masked")))
		rule->is_masked = true;
	else if (span_equal(member->name, SPAN("target")))
		rule->target = text_of(reading, member);
	else if (span_equal(member->name, SPAN("msg")))
		rule->msg = text_of(reading, member);
	else if (span_equal(member->name, SPAN("data")))
		rule->data = text_of(reading, member);
}

/* A list of objects, or of ids alone. */
static void read_rules(struct reading *reading, struct span list)
{
	struct members members, inner;
	struct member element, member;

	members_init(&members, list);
	while (members_next(&members, &element) == RESULT_OK) {
		struct explained_rule *rule = add(reading->out);

		if (!rule)
			return;
		if (element.kind != MEMBER_OBJECT) {
			rule->id = (uint32_t)number_of(&element);
			continue;
		}
		members_init(&inner, element.value);
		while (members_next(&inner, &member) == RESULT_OK)
			read_rule_member(reading, &member, rule);
	}
}

static void read_reason(struct reading *reading, struct span list)
{
	struct members members;
	struct member member;

	members_init(&members, list);
	if (members_next(&members, &member) == RESULT_OK)
		reading->out->reason = text_of(reading, &member);
}

static void read_member(struct reading *reading, const struct member *member)
{
	struct explained *out = reading->out;
	const struct {
		struct span name;
		struct span *to;
	} texts[] = {
		{ SPAN("@timestamp"), &out->time }, { SPAN("bouclier.request_id"), &out->id }, { SPAN("bouclier.tenant"), &out->tenant },
		{ SPAN("bouclier.site"), &out->site }, { SPAN("bouclier.decision"), &out->decision }, { SPAN("bouclier.would"), &out->would }, { SPAN("bouclier.fault"), &out->fault },
		{ SPAN("http.request.method"), &out->method }, { SPAN("url.domain"), &out->host }, { SPAN("url.path"), &out->path },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (span_equal(member->name, texts[i].name))
			*texts[i].to = text_of(reading, member);
	}
	if (span_equal(member->name, SPAN("http.response.status_code")))
		out->status = (unsigned)number_of(member);
	else if (span_equal(member->name, SPAN("bouclier.cut")))
		out->is_cut = true;
	else if (span_equal(member->name, SPAN("bouclier.reasons")))
		read_reason(reading, member->value);
	else if (span_equal(member->name, SPAN("bouclier.rules")) || span_equal(member->name, SPAN("bouclier.rules_more")))
		read_rules(reading, member->value);
}

enum result explained_of_line(struct span line, struct arena *arena, struct explained *out)
{
	struct reading reading = { arena, out, false };
	struct members members;
	struct member member;
	enum result result;

	*out = (struct explained){ .is_offline = false };
	members_init(&members, line);
	while ((result = members_next(&members, &member)) == RESULT_OK)
		read_member(&reading, &member);
	if (reading.has_failed)
		return RESULT_NO_MEMORY;
	return result == RESULT_END ? RESULT_OK : result;
}

bool explained_is_id(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = ascii_lower(text.at[i]);

		if (!is_digit(c) && !(c >= 'a' && c <= 'f'))
			return false;
	}
	return text.len == EXPLAINED_ID_DIGITS;
}
