#include "edge/hits/graduate.h"

#include "base/banned.h"

static uint32_t later(uint32_t one, uint32_t other)
{
	return one > other ? one : other;
}

static uint32_t quiet_until(const struct graduation *graduation, const struct graduation_facts *facts)
{
	return later(graduation->since_s, graduation->bad_s) + facts->graduate_s;
}

bool graduation_meets_few(const struct graduation *graduation, const struct graduation_facts *facts)
{
	return facts->few && facts->few_s && facts->few_s >= graduation->since_s;
}

static void learn(struct graduation *graduation, const struct graduation_facts *facts)
{
	/* A clock that was set back: nothing has lasted until tomorrow. */
	if (!graduation->since_s || graduation->since_s > facts->now_s)
		graduation->since_s = facts->now_s;
	if (graduation->bad_s > facts->now_s)
		graduation->bad_s = facts->now_s;
	if (facts->visitors > graduation->visitors)
		graduation->visitors = facts->visitors;
}

enum graduation_news graduation_advance(struct graduation *graduation, const struct graduation_facts *facts)
{
	bool is_new = !graduation->since_s, was_announced = graduation->announced_s;

	if (graduation->moved_s || graduation->undone_s)
		return GRADUATION_SAME;
	learn(graduation, facts);
	/* What was counted before this observation began does not speak against it. */
	if (facts->bad_s > graduation->bad_s && facts->bad_s > graduation->since_s) {
		graduation->bad_s = facts->bad_s;
		graduation->announced_s = graduation->moves_s = 0;
		return was_announced ? GRADUATION_PUT_OFF : GRADUATION_SAME;
	}
	if (graduation->announced_s && facts->now_s >= graduation->moves_s) {
		graduation->moved_s = facts->now_s;
		return GRADUATION_MOVED;
	}
	if (!graduation->announced_s && graduation->visitors >= GRADUATE_VISITORS &&
	    facts->now_s + facts->notice_s >= quiet_until(graduation, facts)) {
		graduation->announced_s = facts->now_s;
		graduation->moves_s = later(quiet_until(graduation, facts), facts->now_s + facts->notice_s);
		return GRADUATION_ANNOUNCED;
	}
	return is_new ? GRADUATION_BEGUN : GRADUATION_SAME;
}

uint32_t graduation_earliest_s(const struct graduation *graduation, const struct graduation_facts *facts)
{
	if (graduation->moved_s || graduation->undone_s)
		return 0;
	if (graduation->announced_s)
		return graduation->moves_s;
	if (!graduation->since_s)
		return facts->now_s + later(facts->graduate_s, facts->notice_s);
	return later(quiet_until(graduation, facts), facts->now_s + facts->notice_s);
}

uint32_t graduation_due_s(const struct graduation *graduation, const struct graduation_facts *facts)
{
	return graduation->visitors < GRADUATE_VISITORS ? 0 : graduation_earliest_s(graduation, facts);
}
