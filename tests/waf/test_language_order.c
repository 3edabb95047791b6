#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ruleset_reading.h"

static const struct rule *rule_of(const struct reading *reading, uint32_t id)
{
	static const struct rule none;

	for (const struct rule *rule = reading->ruleset->first; rule; rule = rule->next) {
		if (rule->id == id && !rule->is_marker)
			return rule;
	}
	fail_msg("no rule %u", id);
	return &none;
}

static void a_default_is_inherited(void **state)
{
	struct reading reading;
	const struct rule *rule = reading_good(&reading,
		"SecDefaultAction \"phase:1,log,noauditlog,deny,status:401,t:lowercase,setvar:tx.d=1,logdata:x\"\n"
		"SecRule ARGS \"@rx a\" \"id:1,t:trim,setvar:tx.e=1\"\n"
		"SecRule ARGS \"@rx a\" \"id:2,t:none,pass,auditlog,logdata:y\"\n");

	(void)state;
	assert_int_equal(rule->phase, 1);
	assert_int_equal(rule->disruption, DISRUPT_DENY);
	assert_false(rule->is_block || rule->is_audited);
	assert_int_equal(rule->status, 401);
	assert_int_equal(rule->transform_count, 2);
	assert_int_equal(rule->transforms[0], TRANSFORM_LOWERCASE);
	assert_int_equal(rule->transforms[1], TRANSFORM_TRIM);
	assert_int_equal(rule->action_count, 2);
	assert_span(rule->actions[0].setvar.name.text, "d");
	assert_span(rule->log_data.text, "x");
	rule = rule->next;
	assert_int_equal(rule->disruption, DISRUPT_PASS);
	assert_int_equal(rule->transform_count, 0);
	assert_int_equal(rule->action_count, 1);
	assert_true(rule->is_audited);
	assert_span(rule->log_data.text, "y");
	reading_done(&reading);
}

/* Each phase has its own; a phase without one has the last; a rule that names no phase is in that of the
 * last. In phase 5 nothing can be disrupted. */
static void block_means_the_default_of_its_phase(void **state)
{
	static const struct {
		uint32_t id;
		uint8_t phase;
		enum disruption disruption;
		unsigned status;
	} wanted[] = {
		{ 1, 2, DISRUPT_PASS, 403 }, { 2, 1, DISRUPT_DENY, 401 }, { 3, 2, DISRUPT_REDIRECT, 302 }, { 4, 2, DISRUPT_REDIRECT, 302 },
		{ 5, 4, DISRUPT_REDIRECT, 302 }, { 6, 1, DISRUPT_DENY, 404 }, { 7, 5, DISRUPT_PASS, 403 },
	};
	struct reading reading;

	(void)state;
	reading_good(&reading, "SecAction \"id:1,block\"\n"
	                       "SecDefaultAction \"phase:1,deny,status:401\"\nSecDefaultAction \"phase:2,redirect:http://x/\"\n"
	                       "SecAction \"id:2,phase:1,block\"\nSecAction \"id:3,phase:2,block\"\nSecAction \"id:4,block\"\n"
	                       "SecAction \"id:5,phase:4,block\"\nSecAction \"id:6,phase:1,block,status:404\"\nSecAction \"id:7,phase:5,block\"");
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		const struct rule *rule = rule_of(&reading, wanted[i].id);

		assert_int_equal(rule->phase, wanted[i].phase);
		assert_int_equal(rule->disruption, wanted[i].disruption);
		assert_int_equal(rule->status, wanted[i].status);
		assert_true(rule->is_block);
		assert_true(wanted[i].disruption != DISRUPT_REDIRECT || rule->redirect.text.len > 0);
	}
	reading_done(&reading);
}

static void chains_hang_together(void **state)
{
	struct reading reading;
	const struct rule *rule = reading_good(&reading,
		"SecRule ARGS \"@rx a\" \"id:1,phase:1,deny,chain\"\n SecRule ARGS \"@rx b\" \"t:lowercase,setvar:tx.a=1,tag:x,block,chain\"\n"
		"  SecAction \"t:none,nolog\"\nSecRule ARGS \"@rx c\" \"id:2,phase:2,pass\"\n"
		"SecRule ARGS \"@rx c\" \"id:3,chain\"\nSecRule ARGS \"@rx c\"");

	(void)state;
	assert_int_equal(reading.ruleset->starters, 3);
	assert_int_equal(reading.ruleset->chained, 3);
	assert_int_equal(reading.ruleset->actions, 0);
	assert_span(rule->chained->parameter.text, "b");
	assert_int_equal(rule->chained->phase, 1);
	assert_int_equal(rule->chained->id, 0);
	assert_int_equal(rule->chained->transform_count, 1);
	assert_int_equal(rule->chained->tag_count, 1);
	assert_true(rule->chained->chained->is_action);
	assert_null(rule->chained->chained->chained);
	assert_int_equal(rule->next->id, 2);
	assert_null(rule->next->chained);
	assert_int_equal(rule->next->next->id, 3);
	assert_non_null(rule->next->next->chained);
	assert_int_equal(rule->next->next->chained->severity, -1);
	assert_null(rule->next->next->next);
	reading_done(&reading);
}

static void markers_stand_where_they_are_written(void **state)
{
	struct reading reading;
	const struct rule *rule = reading_good(&reading, "SecAction \"id:1,skipAfter:END\"\nSecAction \"id:2,skip:1\"\nSecMarker \"END\"\nSecAction \"id:3\"");

	(void)state;
	assert_span(rule->skip_after, "END");
	assert_int_equal(rule->next->skip, 1);
	assert_true(rule->next->next->is_marker);
	assert_int_equal(rule->next->next->phase, 0);
	assert_span(rule->next->next->msg.text, "END");
	assert_int_equal(rule->next->next->next->id, 3);
	assert_int_equal(reading.ruleset->markers, 1);
	reading_done(&reading);
}

/* 2.9.7 goes behind a rule that is named by its id; also when that rule is removed. */
static void a_rule_can_be_skipped_to_by_its_id(void **state)
{
	struct reading reading;
	const struct rule *rule = reading_good(&reading, "SecAction \"id:1,skipAfter:2\"\nSecAction \"id:5,skipAfter:3\"\nSecAction \"id:2\"\n"
	                                                 "SecAction \"id:3\"\nSecAction \"id:4\"\nSecRuleRemoveById 3");
	static const uint32_t ids[] = { 1, 5, 2, 0, 0, 4 };

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++, rule = rule->next) {
		assert_non_null(rule);
		assert_int_equal(rule->id, ids[i]);
		assert_int_equal(rule->is_marker, !ids[i]);
	}
	assert_null(rule);
	rule = reading.ruleset->first->next->next->next;
	assert_span(rule->msg.text, "2");
	assert_span(rule->next->msg.text, "3");
	reading_done(&reading);
}

/* A target behind its exclusion is looked at again (2.9.7): an update leaves the order as it is. */
static void the_order_of_targets_stays(void **state)
{
	struct reading reading;
	const struct rule *rule = reading_good(&reading, "SecRule ARGS:a|!ARGS:a|ARGS:a \"@rx a\" \"id:1\"\nSecRuleUpdateTargetById 1 \"ARGS:a|ARGS:b\"");

	(void)state;
	assert_int_equal(rule->target_count, 4);
	assert_true(!rule->targets[0].is_excluded && rule->targets[1].is_excluded && !rule->targets[2].is_excluded);
	assert_span(rule->targets[3].selector, "b");
	reading_done(&reading);
}

static const char four_rules[] = "SecRule ARGS \"@rx a\" \"id:1,tag:foo/bar,msg:'One thing',chain\"\nSecRule ARGS \"@rx b\" \"tag:kid\"\n"
                                 "SecRule ARGS \"@rx a\" \"id:2,tag:foo/baz,msg:'Two things'\"\n"
                                 "SecRule ARGS|!ARGS:p \"@rx a\" \"id:3,msg:'three'\"\nSecAction \"id:4,tag:act\"\n";

static const struct {
	const char *text;
	uint32_t left[5];
	const char *said;
} removals[] = {
	{ "SecRuleRemoveById 1", { 2, 3, 4 }, NULL },
	{ "SecRuleRemoveById 2-3", { 1, 4 }, NULL },
	{ "SecRuleRemoveById 1 \"3,4\"", { 2 }, NULL },
	{ "SecRuleRemoveById 9", { 1, 2, 3, 4 }, "x:6:19: warning: no rule above is meant by \"9\" (it works on rules above it only)\n" },
	{ "SecRuleRemoveById 5\nSecAction \"id:5\"", { 1, 2, 3, 4, 5 },
	  "x:6:19: warning: no rule above is meant by \"5\" (it works on rules above it only)\n" },
	{ "SecRuleRemoveByTag foo/", { 3, 4 }, NULL },
	{ "SecRuleRemoveByTag ^act$ baz", { 1, 3 }, NULL },
	{ "SecRuleRemoveByTag kid", { 1, 2, 3, 4 }, "x:6:20: warning: no rule above is meant by \"kid\" (it works on rules above it only)\n" },
	{ "SecRuleRemoveByMsg \"thing\"", { 3, 4 }, NULL },
	{ "SecRuleRemoveByMsg \"THING\"", { 1, 2, 3, 4 }, "x:6:21: warning: no rule above is meant by \"THING\" (it works on rules above it only)\n" },
};

static void removals_work_on_what_stands_above(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(removals) / sizeof(*removals); i++) {
		struct reading reading;
		const struct rule *rule;
		char text[1000];

		snprintf(text, sizeof(text), "%s%s", four_rules, removals[i].text);
		rule = reading_good(&reading, text);
		for (size_t j = 0; j < 5 && removals[i].left[j]; j++, rule = rule->next) {
			if (!rule || rule->id != removals[i].left[j])
				fail_msg("%s: rule %u", removals[i].text, rule ? rule->id : 0);
		}
		assert_null(rule);
		assert_string_equal(reading_said(&reading), removals[i].said ? removals[i].said : "");
		reading_done(&reading);
	}
}

/* Targets as they would be written. */
static void print_targets(const struct rule *rule, char *out, size_t size)
{
	size_t len = 0;

	*out = 0;
	for (unsigned i = 0; i < rule->target_count && len < size; i++) {
		const struct target *target = &rule->targets[i];

		len += (size_t)snprintf(out + len, size - len, "%s%s%s%s%s%.*s", i ? "|" : "", target->is_excluded ? "!" : "", target->is_count ? "&" : "",
		                        variable_name(target->variable), target->selector.len ? ":" : "", SPAN_ARG(target->selector));
	}
}

static const struct {
	const char *text;
	uint32_t id;
	unsigned depth;
	const char *targets;
} target_updates[] = {
	{ "SecRuleUpdateTargetById 2 \"!ARGS:a|!ARGS:/^b/\"", 2, 0, "ARGS|!ARGS:a|!ARGS:/^b/" },
	{ "SecRuleUpdateTargetById 2 \"REQUEST_URI\"", 2, 0, "ARGS|REQUEST_URI" },
	{ "SecRuleUpdateTargetById 2 \"args\"", 2, 0, "ARGS" },
	{ "SecRuleUpdateTargetById 1-3 \"!ARGS:a\"", 3, 0, "ARGS|!ARGS:p|!ARGS:a" },
	{ "SecRuleUpdateTargetById 1-3 \"!ARGS:a\"", 1, 0, "ARGS|!ARGS:a" },
	{ "SecRuleUpdateTargetById 1 \"!ARGS:a\"", 1, 1, "ARGS|!ARGS:a" },
	{ "SecRuleUpdateTargetById 1:0 \"!ARGS:a\"", 1, 1, "ARGS" },
	{ "SecRuleUpdateTargetById 1:1 \"!ARGS:a\"", 1, 1, "ARGS|!ARGS:a" },
	{ "SecRuleUpdateTargetById 3 \"REQUEST_URI|ARGS_NAMES\" \"ARGS\"", 3, 0, "!ARGS:p|REQUEST_URI|ARGS_NAMES" },
	{ "SecRuleUpdateTargetById 3 \"!ARGS:q\" \"!ARGS:P\"", 3, 0, "ARGS|!ARGS:q" },
	{ "SecRuleUpdateTargetById 3 \"!ARGS:q\" \"REQUEST_URI\"", 3, 0, "ARGS|!ARGS:p" },
	{ "SecRuleUpdateTargetByTag foo/baz \"!ARGS:a\"", 2, 0, "ARGS|!ARGS:a" },
	{ "SecRuleUpdateTargetByTag foo/baz \"!ARGS:a\"", 1, 0, "ARGS" },
	{ "SecRuleUpdateTargetByMsg thing \"!ARGS:a\"", 1, 0, "ARGS|!ARGS:a" },
};

static void targets_are_updated(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(target_updates) / sizeof(*target_updates); i++) {
		struct reading reading;
		const struct rule *rule;
		char text[1000], got[200];

		snprintf(text, sizeof(text), "%s%s", four_rules, target_updates[i].text);
		reading_good(&reading, text);
		rule = rule_of(&reading, target_updates[i].id);
		for (unsigned depth = 0; depth < target_updates[i].depth; depth++)
			rule = rule->chained;
		print_targets(rule, got, sizeof(got));
		assert_string_equal(got, target_updates[i].targets);
		reading_done(&reading);
	}
}

static void actions_are_updated(void **state)
{
	struct reading reading;
	const struct rule *rule;

	(void)state;
	reading_good(&reading, "SecDefaultAction \"phase:2,drop\"\n"
	                       "SecRule ARGS \"@rx a\" \"id:1,deny,status:404,msg:'old',tag:a,t:sha1,setvar:tx.a=1,chain\"\nSecRule ARGS \"@rx b\" \"t:trim\"\n"
	                       "SecDefaultAction \"phase:2,allow\"\n"
	                       "SecRuleUpdateActionById 1 \"block,msg:'new',tag:b,t:none,t:lowercase,nolog,setvar:tx.b=1\"\n"
	                       "SecRuleUpdateActionById 1:1 \"t:md5,setvar:tx.c=1\"\nSecRuleUpdateActionById 7 \"pass\"");
	rule = rule_of(&reading, 1);
	assert_true(rule->is_block && !rule->is_logged);
	assert_int_equal(rule->disruption, DISRUPT_DROP);
	assert_int_equal(rule->status, 404);
	assert_int_equal(rule->phase, 2);
	assert_span(rule->msg.text, "new");
	assert_int_equal(rule->tag_count, 2);
	assert_int_equal(rule->transform_count, 1);
	assert_int_equal(rule->transforms[0], TRANSFORM_LOWERCASE);
	assert_int_equal(rule->action_count, 2);
	assert_non_null(rule->chained);
	assert_int_equal(rule->chained->transform_count, 2);
	assert_int_equal(rule->chained->transforms[1], TRANSFORM_MD5);
	assert_int_equal(rule->chained->action_count, 1);
	assert_string_equal(reading_said(&reading), "x:7:25: warning: no rule above is meant by \"7\" (it works on rules above it only)\n");
	reading_done(&reading);
}

/* What is said twice in one list is told; the last one counts. */
static void a_repetition_is_told(void **state)
{
	struct reading reading;
	const struct rule *rule = reading_good(&reading, "SecAction \"id:1,msg:a,deny,msg:b,pass\"");

	(void)state;
	assert_span(rule->msg.text, "b");
	assert_int_equal(rule->disruption, DISRUPT_PASS);
	assert_string_equal(reading_said(&reading),
	                    "x:1:28: warning: rule 1: \"msg\" changes what the same list said before: the last one counts\n"
	                    "x:1:34: warning: rule 1: \"pass\" changes what the same list said before: the last one counts\n");
	reading_done(&reading);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_default_is_inherited), cmocka_unit_test(block_means_the_default_of_its_phase),
		cmocka_unit_test(chains_hang_together), cmocka_unit_test(markers_stand_where_they_are_written),
		cmocka_unit_test(a_rule_can_be_skipped_to_by_its_id), cmocka_unit_test(removals_work_on_what_stands_above),
		cmocka_unit_test(the_order_of_targets_stays), cmocka_unit_test(targets_are_updated), cmocka_unit_test(actions_are_updated), cmocka_unit_test(a_repetition_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
