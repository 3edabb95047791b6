/* Decisions of alerts on a clock that the test moves, and what was told. */
#ifndef TESTS_HUB_ALERT_DECIDING_H
#define TESTS_HUB_ALERT_DECIDING_H

#include "alert.h"
#include "hub/alert/decide/decide.h"

#define TOLD_MAX 4096u

static struct decide *decide;
static struct alert told[TOLD_MAX];
static unsigned count;
static uint64_t now_s;

static inline void stage_take(void *context, const struct alert *alert)
{
	(void)context;
	assert_true(count < TOLD_MAX);
	told[count] = *alert;
	told[count].path_name = alert->path_name[0] ? "another" : "";
	count++;
}

static inline void stage_begin(void)
{
	struct decide_birth birth = { .plan = &test_plan, .tell = stage_take };

	decide_free(decide);
	assert_ok(decide_new(&birth, &decide));
	count = 0;
	now_s = NOON;
	decide_second(decide, now_s);
}

static inline int stage_end(void **state)
{
	decide_free(decide);
	decide = NULL;
	return test_end(state);
}

static inline void stage_pass(uint64_t seconds)
{
	for (uint64_t i = 0; i < seconds; i++)
		decide_second(decide, ++now_s);
}

/* A minute at a time, for what takes days. */
static inline void stage_minutes(uint64_t minutes)
{
	for (uint64_t i = 0; i < minutes; i++)
		decide_second(decide, now_s += MINUTE);
}

static inline unsigned stage_count(unsigned path, enum alert_kind kind)
{
	unsigned found = 0;

	for (unsigned i = 0; i < count; i++)
		found += told[i].path == path && told[i].kind == kind;
	return found;
}

static inline void stage_restart(void)
{
	struct decide_birth birth = { .plan = &test_plan, .tell = stage_take };
	struct buffer text;

	buffer_init(&text, DECIDE_STATE_MAX);
	assert_ok(decide_write(decide, &text));
	decide_free(decide);
	assert_ok(decide_new(&birth, &decide));
	assert_ok(decide_read(decide, buffer_span(&text)));
	buffer_done(&text);
}

static inline void stage_escalate_rate(unsigned rate)
{
	test_settings.rate = rate;
	test_settings.mail = (struct list_value){ test_mail, 3 };
	test_settings.escalate_to = (struct list_value){ test_escalate, 2 };
	test_plan_make();
	stage_begin();
}

static inline void stage_escalate(void)
{
	stage_escalate_rate(12);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_begin, stage_end)

#endif
