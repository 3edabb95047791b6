#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Memory may run out at any request for it: the load says so, and nothing of it is left. The arena is the real one; its
 * doors are taken over, so that the library's copy is not linked in. */
#define arena_take plain_arena_take
#define arena_take_zero plain_arena_take_zero
#define arena_copy plain_arena_copy
#include "base/arena.c"
#undef arena_take
#undef arena_take_zero
#undef arena_copy

void *arena_take(struct arena *arena, size_t count);
void *arena_take_zero(struct arena *arena, size_t count, size_t size);
struct span arena_copy(struct arena *arena, struct span span);

static size_t calls, failing_call;

static bool may_take(void)
{
	return ++calls != failing_call;
}

void *arena_take(struct arena *arena, size_t count)
{
	return may_take() ? plain_arena_take(arena, count) : NULL;
}

void *arena_take_zero(struct arena *arena, size_t count, size_t size)
{
	return may_take() ? plain_arena_take_zero(arena, count, size) : NULL;
}

struct span arena_copy(struct arena *arena, struct span span)
{
	return may_take() ? plain_arena_copy(arena, span) : SPAN_NONE;
}

#include "ruleset_reading.h"

static const char rules[] =
	"SecRuleEngine On\nSecResponseBodyMimeType a b c d e f\nSecAuditLogRelevantStatus ^5\nSecComponentSignature x\n"
	"SecDefaultAction \"phase:2,pass,log,t:lowercase,setvar:tx.d=1\"\n"
	"SecRule \"ARGS|!ARGS:/^a/|TX:'b\\\\'c'\" \"@rx %{tx.x}\" \"id:1,phase:2,block,msg:'a %{tx.b} c',tag:x,t:none,t:trim,setvar:'tx.a=+%{tx.z}',"
	"xmlns:a=b,ctl:ruleRemoveTargetByTag=x;ARGS:p,ctl:ruleRemoveById=1-2,initcol:ip=%{REMOTE_ADDR},skipAfter:M,chain\"\n"
	"SecRule ARGS \"!@streq b\"\nSecMarker M\nSecAction \"id:2,deny,skipAfter:3\"\nSecAction \"id:3\"\n"
	"SecRuleUpdateTargetById 1:0 \"!ARGS:z\" \"ARGS\"\nSecRuleUpdateTargetByTag x \"ARGS\"\nSecRuleUpdateActionById 1 \"tag:y,pass\"\n"
	"SecRuleRemoveByMsg none\nInclude y\nIncludeOptional z*\n";

/* The load of the rules alone is made to fail: not the test's own preparations. */
static void load(struct reading *reading)
{
	reading_start(reading);
	failing_call = 0;
	assert_int_equal(texts_add(&reading->texts, SPAN("x"), SPAN(rules)), RESULT_OK);
	assert_int_equal(texts_add(&reading->texts, SPAN("y"), SPAN("SecAction \"id:4\"")), RESULT_OK);
	calls = 0;
}

/* How much the rules say: less of it would be a weaker rule. */
static size_t weigh(const struct ruleset *ruleset)
{
	size_t weight = 0;

	for (const struct rule *first = ruleset ? ruleset->first : NULL; first; first = first->next)
		for (const struct rule *rule = first; rule; rule = rule->chained)
			weight += 1 + rule->target_count + rule->action_count + rule->tag_count + rule->transform_count + rule->xmlns_count +
			          rule->msg.text.len + rule->msg.count + rule->parameter.count + rule->skip_after.len + rule->is_block;
	return weight;
}

static void any_request_for_memory_may_fail(void **state)
{
	struct reading reading;
	size_t all, weight;

	(void)state;
	load(&reading);
	reading_load(&reading, "x");
	all = calls;
	if (reading.result != RESULT_OK)
		fail_msg("%s", reading_said(&reading));
	assert_true(all > 100);
	weight = weigh(reading.ruleset);
	reading_done(&reading);
	for (size_t at = 1; at <= all; at++) {
		load(&reading);
		failing_call = at;
		reading_load(&reading, "x");
		failing_call = 0;
		/* What is lost may be no more than a suggestion or a warning's words; a rule set is whole, or is none. */
		if (reading.result == RESULT_OK ? weigh(reading.ruleset) != weight : reading.result != RESULT_NO_MEMORY)
			fail_msg("request %zu: %s", at, result_name(reading.result));
		assert_int_equal(reading.ruleset == NULL, reading.result != RESULT_OK);
		reading_done(&reading);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(any_request_for_memory_may_fail) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
