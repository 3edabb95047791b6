#include "store/strip.h"

#include "event/member.h"

#include "base/banned.h"

static const struct span taken_out[] = {
	SPAN_INIT("source.ip"), SPAN_INIT("source.port"), SPAN_INIT("bouclier.client_key"), SPAN_INIT("user_agent.original"), SPAN_INIT("url.query"),
	SPAN_INIT("bouclier.crc"),
};

static bool is_taken_out(struct span name)
{
	for (size_t i = 0; i < sizeof(taken_out) / sizeof(taken_out[0]); i++) {
		if (span_equal(name, taken_out[i]))
			return true;
	}
	return false;
}

/* "name":value as it stands in the line. */
static struct span whole(const struct member *member)
{
	const char *from = member->name.at - 1, *to = member->value.at + member->value.len + (member->kind == MEMBER_TEXT);

	return span_make(from, (size_t)(to - from));
}

struct span strip_line(struct span line, char *out)
{
	struct members members;
	struct member member;
	size_t len = 0;
	bool is_changed = false;
	enum result result;

	members_init(&members, line);
	while ((result = members_next(&members, &member)) == RESULT_OK && !members.is_list) {
		struct span text = whole(&member);

		if (is_taken_out(member.name)) {
			is_changed = true;
			continue;
		}
		out[len] = len ? ',' : '{';
		memcpy(out + len + 1, text.at, text.len);
		len += 1 + text.len;
	}
	if (result != RESULT_END || members.is_list || len == 0)
		return SPAN("{}");
	out[len++] = '}';
	return is_changed ? span_make(out, len) : line;
}
