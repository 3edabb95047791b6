#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ruleset_reading.h"

static enum match ask(const struct regex *regex, const char *subject)
{
	struct operator_scratch *scratch = operator_scratch_new();
	enum match match;

	assert_non_null(scratch);
	match = regex_match(regex, scratch, span_of(subject), 0, 0, NULL);
	operator_scratch_free(scratch);
	return match;
}

/* An expression of a selector matches in any case (2.9.7), and not its slashes. */
static void a_selector_ignores_case(void **state)
{
	struct reading reading;
	const struct rule *rule = reading_good(&reading, "SecRule \"ARGS:/^a$/\" \"@rx a\" \"id:1\"");

	(void)state;
	assert_int_equal(ask(rule->targets[0].regex, "A"), MATCH_YES);
	assert_int_equal(ask(rule->targets[0].regex, "/a/"), MATCH_NO);
	reading_done(&reading);
}

/* One target of a rule of its own. */
static const struct {
	const char *text;
	struct target target;
} targets[] = {
	{ "ARGS", { .variable = VARIABLE_ARGS } },
	{ "args", { .variable = VARIABLE_ARGS } },
	{ "&ARGS", { .variable = VARIABLE_ARGS, .is_count = true } },
	{ "ARGS:Foo", { .variable = VARIABLE_ARGS, .kind = SELECTOR_NAME, .selector = SPAN_INIT("Foo") } },
	{ "&TX:foo", { .variable = VARIABLE_TX, .kind = SELECTOR_NAME, .selector = SPAN_INIT("foo"), .is_count = true } },
	{ "ARGS:/^a/", { .variable = VARIABLE_ARGS, .kind = SELECTOR_REGEX, .selector = SPAN_INIT("/^a/") } },
	{ "ARGS:'/^a|b c/'", { .variable = VARIABLE_ARGS, .kind = SELECTOR_REGEX, .selector = SPAN_INIT("/^a|b c/") } },
	{ "&TX:'/A\\\\\\/B/'", { .variable = VARIABLE_TX, .kind = SELECTOR_REGEX, .selector = SPAN_INIT("/A\\/B/"), .is_count = true } },
	{ "ARGS://", { .variable = VARIABLE_ARGS, .kind = SELECTOR_NAME, .selector = SPAN_INIT("//") } },
	{ "XML:/*", { .variable = VARIABLE_XML, .kind = SELECTOR_XPATH, .selector = SPAN_INIT("/*") } },
	{ "XML://@*", { .variable = VARIABLE_XML, .kind = SELECTOR_XPATH, .selector = SPAN_INIT("//@*") } },
	{ "XML:/a/", { .variable = VARIABLE_XML, .kind = SELECTOR_XPATH, .selector = SPAN_INIT("/a/") } },
	{ "HTTP_User-Agent", { .variable = VARIABLE_REQUEST_HEADERS, .kind = SELECTOR_NAME, .selector = SPAN_INIT("User-Agent") } },
	{ "REQBODY_PROCESSOR_ERROR", { .variable = VARIABLE_REQBODY_ERROR } },
	{ "REQUEST_COOKIES:/S?DW[a-f0-9]+/", { .variable = VARIABLE_REQUEST_COOKIES, .kind = SELECTOR_REGEX, .selector = SPAN_INIT("/S?DW[a-f0-9]+/") } },
};

static void targets_are_what_is_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		const struct target *wanted = &targets[i].target, *got;
		struct reading reading;
		char text[200];

		snprintf(text, sizeof(text), "SecRule \"%s\" \"@rx a\" \"id:1\"", targets[i].text);
		got = reading_good(&reading, text)->targets;
		assert_int_equal(reading.ruleset->first->target_count, 1);
		assert_int_equal(got->variable, wanted->variable);
		assert_int_equal(got->kind, wanted->kind);
		assert_int_equal(got->is_count, wanted->is_count);
		if (!span_equal(got->selector, wanted->selector))
			fail_msg("%s: %.*s", text, SPAN_ARG(got->selector));
		assert_int_equal(got->regex != NULL, wanted->kind == SELECTOR_REGEX);
		reading_done(&reading);
	}
}

static void a_list_keeps_its_order_and_its_exclusions(void **state)
{
	struct reading reading;
	const struct rule *rule = reading_good(&reading, "SecRule \"REQUEST_COOKIES|!REQUEST_COOKIES:/__utm/|ARGS,XML:/*\" \"@rx a\" \"id:1\"");

	(void)state;
	assert_int_equal(rule->target_count, 4);
	assert_false(rule->targets[0].is_excluded);
	assert_true(rule->targets[1].is_excluded);
	assert_int_equal(rule->targets[1].kind, SELECTOR_REGEX);
	assert_int_equal(rule->targets[2].variable, VARIABLE_ARGS);
	assert_int_equal(rule->targets[3].variable, VARIABLE_XML);
	reading_done(&reading);
}

static const struct {
	const char *text;
	enum operator_id id;
	bool is_negated;
	const char *parameter;
} operations[] = {
	{ "@rx ^a b", OPERATOR_RX, false, "^a b" },
	{ "^a@b", OPERATOR_RX, false, "^a@b" },
	{ "!^a", OPERATOR_RX, true, "^a" },
	{ "!@rx  a ", OPERATOR_RX, true, "a " },
	{ "! @within x y", OPERATOR_WITHIN, true, "x y" },
	{ "@EQ 0", OPERATOR_EQ, false, "0" },
	{ "@detectSQLi", OPERATOR_DETECT_SQLI, false, "" },
	{ "@validateByteRange 1-255", OPERATOR_VALIDATE_BYTE_RANGE, false, "1-255" },
	{ "a \\\"b\\\" \\\\d", OPERATOR_RX, false, "a \"b\" \\d" },
};

static void operators_are_what_is_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++) {
		const struct rule *rule;
		struct reading reading;
		char text[200];

		snprintf(text, sizeof(text), "SecRule ARGS \"%s\" \"id:1\"", operations[i].text);
		rule = reading_good(&reading, text);
		assert_int_equal(rule->operator_id, operations[i].id);
		assert_int_equal(rule->is_negated, operations[i].is_negated);
		assert_span(rule->parameter.text, operations[i].parameter);
		assert_int_equal(rule->parameter.count, 0);
		assert_non_null(rule->operator);
		reading_done(&reading);
	}
}

static void metadata_is_kept(void **state)
{
	struct reading reading;
	const struct rule *rule = reading_good(&reading,
		"\nSecRule ARGS \"@rx a\" \"id:'942100',phase:request,severity:'CRITICAL',msg:'it\\\\'s, here',\\\n"
		" ver:OWASP_CRS/3.3.4,rev:2,maturity:9,accuracy:8,tag:'a/b',tag:c,capture,multiMatch,status:404,deny,skip:2,\\\n"
		" pause:%{tx.ms},xmlns:soap=http://x,t:none,t:lowercase,t:urlDecodeUni,logdata:'x %{MATCHED_VAR} y'\"");

	(void)state;
	assert_int_equal(rule->place.line, 2);
	assert_span(rule->place.file, "x");
	assert_int_equal(rule->id, 942100);
	assert_int_equal(rule->phase, 2);
	assert_int_equal(rule->severity, 2);
	assert_span(rule->msg.text, "it's, here");
	assert_span(rule->ver, "OWASP_CRS/3.3.4");
	assert_span(rule->rev, "2");
	assert_int_equal(rule->maturity, 9);
	assert_int_equal(rule->accuracy, 8);
	assert_int_equal(rule->tag_count, 2);
	assert_span(rule->tags[0].text, "a/b");
	assert_span(rule->tags[1].text, "c");
	assert_true(rule->captures && rule->is_multi_match && rule->is_logged && rule->is_audited);
	assert_int_equal(rule->status, 404);
	assert_int_equal(rule->disruption, DISRUPT_DENY);
	assert_int_equal(rule->skip, 2);
	assert_int_equal(rule->pause_ms.count, 1);
	assert_int_equal(rule->xmlns_count, 1);
	assert_span(rule->xmlns[0], "soap=http://x");
	assert_int_equal(rule->transform_count, 2);
	assert_int_equal(rule->transforms[1], TRANSFORM_URL_DECODE_UNI);
	assert_int_equal(rule->log_data.count, 2);
	reading_done(&reading);
}

static const struct {
	const char *actions;
	bool is_logged, is_audited;
} logs[] = {
	{ "pass", true, true }, { "nolog", false, false }, { "nolog,auditlog", false, true }, { "auditlog,nolog", false, false },
	{ "noauditlog", true, false }, { "noauditlog,log", true, false }, { "nolog,log", true, false },
};

/* Asked of 2.9.7 on its own port. */
static void log_and_auditlog_speak_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(logs) / sizeof(*logs); i++) {
		const struct rule *rule;
		struct reading reading;
		char text[200];

		snprintf(text, sizeof(text), "SecAction \"id:1,%s\"", logs[i].actions);
		rule = reading_good(&reading, text);
		assert_true(rule->is_action);
		assert_int_equal(rule->target_count, 0);
		assert_int_equal(rule->is_logged, logs[i].is_logged);
		assert_int_equal(rule->is_audited, logs[i].is_audited);
		reading_done(&reading);
	}
}

static const struct {
	const char *actions;
	enum disruption disruption;
	unsigned status;
} disruptions[] = {
	{ "log", DISRUPT_PASS, 403 }, { "deny", DISRUPT_DENY, 403 }, { "deny,status:500", DISRUPT_DENY, 500 }, { "drop", DISRUPT_DROP, 403 },
	{ "allow", DISRUPT_ALLOW, 403 }, { "allow:phase", DISRUPT_ALLOW_PHASE, 403 }, { "allow:REQUEST", DISRUPT_ALLOW_REQUEST, 403 },
	{ "redirect:http://x/", DISRUPT_REDIRECT, 302 }, { "redirect:http://x/,status:301", DISRUPT_REDIRECT, 301 },
	{ "redirect:http://x/,status:403", DISRUPT_REDIRECT, 302 }, { "deny,pass", DISRUPT_PASS, 403 }, { "block", DISRUPT_PASS, 403 },
};

static void the_last_disruptive_action_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(disruptions) / sizeof(*disruptions); i++) {
		const struct rule *rule;
		struct reading reading;
		char text[200];

		snprintf(text, sizeof(text), "SecAction \"id:1,%s\"", disruptions[i].actions);
		rule = reading_good(&reading, text);
		assert_int_equal(rule->disruption, disruptions[i].disruption);
		assert_int_equal(rule->status, disruptions[i].status);
		assert_int_equal(rule->redirect.text.len > 0, rule->disruption == DISRUPT_REDIRECT);
		reading_done(&reading);
	}
}

static const struct {
	const char *text;
	enum setvar_kind kind;
	enum variable collection;
	const char *name, *value;
	unsigned name_pieces, value_pieces;
} setvars[] = {
	{ "tx.score=5", SETVAR_ASSIGN, VARIABLE_TX, "score", "5", 0, 0 },
	{ "TX.a.b", SETVAR_ASSIGN, VARIABLE_TX, "a.b", "1", 0, 0 },
	{ "'tx.a=b c=d'", SETVAR_ASSIGN, VARIABLE_TX, "a", "b c=d", 0, 0 },
	{ "tx.a=", SETVAR_ASSIGN, VARIABLE_TX, "a", "", 0, 0 },
	{ "'tx.score=+%{tx.critical_anomaly_score}'", SETVAR_ADD, VARIABLE_TX, "score", "%{tx.critical_anomaly_score}", 0, 1 },
	{ "tx.score=-3", SETVAR_SUBTRACT, VARIABLE_TX, "score", "3", 0, 0 },
	{ "tx.a=%{ARGS.b}", SETVAR_ASSIGN, VARIABLE_TX, "a", "%{ARGS.b}", 0, 1 },
	{ "!ip.block", SETVAR_UNSET, VARIABLE_IP, "block", "1", 0, 0 },
	{ "'tx.%{rule.id}-x/%{matched_var_name}=%{tx.0}!'", SETVAR_ASSIGN, VARIABLE_TX, "%{rule.id}-x/%{matched_var_name}", "%{tx.0}!", 2, 2 },
};

static void setvar_is_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(setvars) / sizeof(*setvars); i++) {
		const struct setvar *setvar;
		struct reading reading;
		char text[200];

		snprintf(text, sizeof(text), "SecAction \"id:1,setvar:%s\"", setvars[i].text);
		setvar = &reading_good(&reading, text)->actions[0].setvar;
		assert_int_equal(reading.ruleset->first->actions[0].kind, ACTION_SETVAR);
		assert_int_equal(setvar->kind, setvars[i].kind);
		assert_int_equal(setvar->collection, setvars[i].collection);
		assert_span(setvar->name.text, setvars[i].name);
		assert_span(setvar->value.text, setvars[i].value);
		assert_int_equal(setvar->name.count, setvars[i].name_pieces);
		assert_int_equal(setvar->value.count, setvars[i].value_pieces);
		reading_done(&reading);
	}
}

static void other_actions_keep_their_order(void **state)
{
	struct reading reading;
	const struct rule *rule = reading_good(&reading,
		"SecAction \"id:1,initcol:ip=%{REMOTE_ADDR}_%{tx.ua_hash},setsid:%{REQUEST_COOKIES.SID},setuid:x,setrsc:y,expirevar:ip.a,"
		"expirevar:ip.b=%{tx.c},deprecatevar:session.d=60/300,setenv:E,setenv:!F,sanitiseArg:password,sanitizeMatchedBytes:1/4,"
		"append:'<b>',prepend:x,setvar:tx.a\"");
	static const enum action_kind kinds[] = { ACTION_INITCOL, ACTION_SETSID, ACTION_SETUID, ACTION_SETRSC, ACTION_EXPIREVAR, ACTION_EXPIREVAR,
		                                  ACTION_DEPRECATEVAR, ACTION_SETENV, ACTION_SETENV, ACTION_SANITISE, ACTION_SANITISE,
		                                  ACTION_APPEND, ACTION_PREPEND, ACTION_SETVAR };

	(void)state;
	assert_int_equal(rule->action_count, sizeof(kinds) / sizeof(*kinds));
	for (size_t i = 0; i < rule->action_count; i++)
		assert_int_equal(rule->actions[i].kind, kinds[i]);
	assert_int_equal(rule->actions[0].collection, VARIABLE_IP);
	assert_int_equal(rule->actions[0].text.count, 2);
	assert_span(rule->actions[4].setvar.value.text, "60");
	assert_span(rule->actions[6].setvar.value.text, "60/300");
	assert_span(rule->actions[7].setvar.value.text, "1");
	assert_int_equal(rule->actions[8].setvar.kind, SETVAR_UNSET);
	assert_int_equal(rule->actions[9].sanitise, SANITISE_ARG);
	assert_int_equal(rule->actions[10].sanitise, SANITISE_MATCHED_BYTES);
	assert_span(rule->actions[10].text.text, "1/4");
	reading_done(&reading);
}

static void ctl_is_read_in_all_forms(void **state)
{
	struct reading reading;
	const struct rule *rule = reading_good(&reading,
		"SecAction \"id:1,ctl:ruleEngine=DetectionOnly,ctl:auditLogParts=+E,ctl:requestBodyProcessor=json,ctl:requestBodyLimit=9,"
		"ctl:forceRequestBodyVariable=On,ctl:ruleRemoveById=941000-941999,ctl:ruleRemoveByTag=attack-.*,"
		"ctl:ruleRemoveTargetById=942100;ARGS:a,ctl:'ruleRemoveTargetByTag=CRS;ARGS:/^b/|REQUEST_COOKIES,TX:c',ctl:auditEngine=Off\"");
	const struct ctl *ctl;

	(void)state;
	assert_int_equal(rule->action_count, 10);
	assert_int_equal(rule->actions[0].ctl.number, ENGINE_DETECTION_ONLY);
	assert_span(rule->actions[1].ctl.value, "+E");
	assert_span(rule->actions[2].ctl.value, "JSON");
	assert_int_equal(rule->actions[3].ctl.number, 9);
	assert_int_equal(rule->actions[4].ctl.number, 1);
	ctl = &rule->actions[5].ctl;
	assert_int_equal(ctl->id_count, 1);
	assert_int_equal(ctl->ids[0].from, 941000);
	assert_int_equal(ctl->ids[0].to, 941999);
	assert_int_equal(ask(rule->actions[6].ctl.regex, "an attack-x"), MATCH_YES);
	assert_int_equal(ask(rule->actions[6].ctl.regex, "ATTACK-x"), MATCH_NO);
	ctl = &rule->actions[7].ctl;
	assert_int_equal(ctl->ids[0].to, 942100);
	assert_int_equal(ctl->target_count, 1);
	assert_span(ctl->targets[0].selector, "a");
	ctl = &rule->actions[8].ctl;
	assert_span(ctl->value, "CRS");
	assert_non_null(ctl->regex);
	assert_int_equal(ctl->target_count, 3);
	assert_int_equal(ctl->targets[0].kind, SELECTOR_REGEX);
	assert_int_equal(ctl->targets[1].kind, SELECTOR_NONE);
	assert_int_equal(rule->actions[9].ctl.number, AUDIT_OFF);
	reading_done(&reading);
}

static void macros_are_cut_once(void **state)
{
	struct reading reading;
	const struct macro *macro = &reading_good(&reading, "SecAction \"id:1,msg:'a%{tx.b.c}d%{REMOTE_ADDR}%{HTTP_Host}e%{f'\"")->msg;

	(void)state;
	assert_int_equal(macro->count, 4);
	assert_span(macro->pieces[0].text, "a");
	assert_int_equal(macro->pieces[0].variable, VARIABLE_TX);
	assert_span(macro->pieces[0].selector, "b.c");
	assert_span(macro->pieces[1].text, "d");
	assert_int_equal(macro->pieces[1].selector.len, 0);
	assert_span(macro->pieces[2].text, "");
	assert_int_equal(macro->pieces[2].variable, VARIABLE_REQUEST_HEADERS);
	assert_span(macro->pieces[2].selector, "Host");
	assert_false(macro->pieces[3].has_reference);
	assert_span(macro->pieces[3].text, "e%{f");
	reading_done(&reading);
}

/* 2.9.7 makes nothing of a name that it does not know; in words for a person that is a warning. */
static void an_unknown_macro_in_a_message_is_told(void **state)
{
	struct reading reading;
	const struct macro *macro = &reading_good(&reading, "SecAction \"id:1,msg:'a %{nope} b'\"")->msg;

	(void)state;
	assert_string_equal(reading_said(&reading), "x:1:24: warning: rule 1: unknown variable in %{nope}: it becomes nothing\n");
	assert_int_equal(macro->count, 2);
	assert_false(macro->pieces[0].has_reference);
	assert_span(macro->pieces[0].text, "a ");
	assert_span(macro->pieces[1].text, " b");
	reading_done(&reading);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_are_what_is_written), cmocka_unit_test(a_selector_ignores_case), cmocka_unit_test(a_list_keeps_its_order_and_its_exclusions),
		cmocka_unit_test(operators_are_what_is_written), cmocka_unit_test(metadata_is_kept),
		cmocka_unit_test(log_and_auditlog_speak_in_order), cmocka_unit_test(the_last_disruptive_action_counts),
		cmocka_unit_test(setvar_is_cut), cmocka_unit_test(other_actions_keep_their_order),
		cmocka_unit_test(ctl_is_read_in_all_forms), cmocka_unit_test(macros_are_cut_once),
		cmocka_unit_test(an_unknown_macro_in_a_message_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
