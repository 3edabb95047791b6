/* @geoLookup, @rbl, @inspectFile through ports that the test gives. */
#include "operator_stage.h"

static enum result answer;           /* of every port */
static char asked[300];
static unsigned questions;

static enum result geo_find(void *asker, const struct address *address, struct country *out)
{
	(void)asker;
	address_write(address, asked);
	questions++;
	*out = (struct country){ SPAN("BE"), SPAN("Belgium"), SPAN("EU") };
	return answer;
}

static enum result rbl_ask(void *context, struct span name, struct span zone, struct address *said)
{
	(void)context;
	assert_ok(span_to_text(name, asked, sizeof(asked)));
	assert_true(zone.len && span_equal(span_skip(name, name.len - zone.len), zone));
	questions++;
	if (answer == RESULT_OK && span_contains(name, SPAN("httpbl")))
		assert_ok(address_read(SPAN("127.3.40.5"), said));
	else if (answer == RESULT_OK)
		assert_ok(address_read(SPAN("127.0.0.2"), said));
	return answer;
}

static enum result file_inspect(void *context, struct span content, struct span *name)
{
	(void)context;
	assert_ok(span_to_text(content, asked, sizeof(asked)));
	questions++;
	*name = SPAN("Eicar");
	return answer;
}

static void stage_with_ports(struct stage *stage)
{
	stage_init(stage);
	stage->ports.geo_find = geo_find;
	stage->ports.rbl_ask = rbl_ask;
	stage->ports.file_inspect = file_inspect;
	answer = RESULT_OK;
	asked[0] = '\0';
	questions = 0;
}

static void geo(void **state)
{
	struct stage stage;

	(void)state;
	stage_with_ports(&stage);
	assert_int_equal(stage_ask(&stage, OPERATOR_GEO_LOOKUP, SPAN(""), SPAN("192.0.2.1")), MATCH_YES);
	assert_string_equal(asked, "192.0.2.1");
	assert_int_equal(stage.captures.count, 3);
	assert_span(stage.captures.list[0], "BE");
	assert_span(stage.captures.list[1], "Belgium");
	assert_span(stage.captures.list[2], "EU");
	assert_int_equal(stage_ask(&stage, OPERATOR_GEO_LOOKUP, SPAN(""), SPAN("2001:db8::1")), MATCH_YES);
	assert_int_equal(stage_ask(&stage, OPERATOR_GEO_LOOKUP, SPAN(""), SPAN("www.example.org")), MATCH_NO);
	assert_int_equal(stage_ask(&stage, OPERATOR_GEO_LOOKUP, SPAN(""), SPAN("")), MATCH_NO);
	assert_int_equal(questions, 2);
	stage_done(&stage);
}

/* What each answer of a port becomes. */
static void answers(void **state)
{
	static const struct { enum result result; int match, inspected; } table[] = {
		{ RESULT_OK, MATCH_YES, MATCH_NO }, { RESULT_NOT_FOUND, MATCH_NO, MATCH_ERROR }, { RESULT_MORE, MATCH_WAIT, MATCH_WAIT },
		{ RESULT_TIMEOUT, MATCH_ERROR, MATCH_UNANSWERED }, { RESULT_IO, MATCH_ERROR, MATCH_UNANSWERED }, { RESULT_REFUSED, MATCH_ERROR, MATCH_YES },
		{ RESULT_NO_MEMORY, MATCH_ERROR, MATCH_UNANSWERED },
	};
	struct stage stage;

	(void)state;
	stage_with_ports(&stage);
	for (size_t i = 0; i < COUNT(table); i++) {
		answer = table[i].result;
		assert_int_equal(stage_ask(&stage, OPERATOR_GEO_LOOKUP, SPAN(""), SPAN("192.0.2.1")), table[i].match);
		assert_int_equal(stage_ask(&stage, OPERATOR_RBL, SPAN("bl.example"), SPAN("192.0.2.1")), table[i].match);
		assert_int_equal(stage.captures.count, table[i].match == MATCH_YES);
		assert_int_equal(stage_ask(&stage, OPERATOR_INSPECT_FILE, SPAN(""), SPAN("content")), table[i].inspected);
		assert_int_equal(stage.captures.count, table[i].inspected == MATCH_YES);
	}
	stage_done(&stage);
}

static void rbl_names(void **state)
{
	static const struct { const char *value, *name; } table[] = {
		{ "192.0.2.33", "33.2.0.192.bl.example" }, { "spam.example.org", "spam.example.org.bl.example" },
		{ "2001:db8::1", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl.example" },
	};
	static const char *const never_asked[] = { "", "a b", "a/b", "a\nb", "caf\xe9" };
	char longest[300];
	struct stage stage;

	(void)state;
	stage_with_ports(&stage);
	for (size_t i = 0; i < COUNT(table); i++) {
		assert_int_equal(stage_ask(&stage, OPERATOR_RBL, SPAN("bl.example"), span_of(table[i].value)), MATCH_YES);
		assert_string_equal(asked, table[i].name);
	}
	assert_int_equal(questions, COUNT(table));
	for (size_t i = 0; i < COUNT(never_asked); i++)
		assert_int_equal(stage_ask(&stage, OPERATOR_RBL, SPAN("bl.example"), span_of(never_asked[i])), MATCH_NO);
	memset(longest, 'a', sizeof(longest));
	for (size_t len = 200; len < sizeof(longest); len++) {
		bool fits = len + sizeof(".bl.example") - 1 <= 253;

		assert_int_equal(stage_ask(&stage, OPERATOR_RBL, SPAN("bl.example"), span_make(longest, len)), fits);
	}
	stage_done(&stage);
}

static void rbl_tells_what_was_said(void **state)
{
	static const struct { const char *zone, *text; } table[] = {
		{ "bl.example", "RBL lookup of 1.2.0.192.bl.example succeeded at ARGS:v." },
		{ "zen.spamhaus.org", "RBL lookup of 1.2.0.192.zen.spamhaus.org succeeded at ARGS:v (Static UBE sources)." },
		{ "multi.uribl.com", "RBL lookup of 1.2.0.192.multi.uribl.com succeeded at ARGS:v (BLACK)." },
		{ "dnsbl.httpbl.org", "RBL lookup of abcdef.1.2.0.192.dnsbl.httpbl.org succeeded at ARGS:v. Suspicious comment spammer IP: "
		                      "3 days since last activity, threat score 40" },
	};
	struct stage stage;

	(void)state;
	stage_with_ports(&stage);
	stage.birth.http_bl_key = SPAN("abcdef");
	for (size_t i = 0; i < COUNT(table); i++) {
		assert_int_equal(stage_ask(&stage, OPERATOR_RBL, span_of(table[i].zone), SPAN("192.0.2.1")), MATCH_YES);
		assert_int_equal(stage.captures.count, 1);
		assert_true(span_equal(stage.captures.list[0], span_of(table[i].text)));
	}
	stage_done(&stage);
}

static void without_a_key_the_honey_pot_is_not_asked(void **state)
{
	struct stage stage;

	(void)state;
	stage_with_ports(&stage);
	assert_int_equal(stage_ask(&stage, OPERATOR_RBL, SPAN("dnsbl.httpbl.org"), SPAN("192.0.2.1")), MATCH_ERROR);
	stage_complained(&stage, "warning: @rbl of this zone needs a key, and there is none: the rule never matches (set SecHttpBlKey)");
	assert_int_equal(questions, 0);
	stage_done(&stage);
}

static void without_a_port_nothing_matches(void **state)
{
	static const struct { enum operator_id id; const char *parameter, *complaint; } table[] = {
		{ OPERATOR_GEO_LOOKUP, "", "@geoLookup needs a database of countries, and there is none here: the rule never matches" },
		{ OPERATOR_RBL, "bl.example", "@rbl needs a resolver" }, { OPERATOR_INSPECT_FILE, "", "@inspectFile needs a virus scanner" },
	};
	struct stage stage;

	(void)state;
	stage_init(&stage);
	for (int has_ports = 0; has_ports < 2; has_ports++) {
		stage.birth.ports = has_ports ? &stage.ports : NULL;
		for (size_t i = 0; i < COUNT(table); i++) {
			assert_int_equal(stage_ask(&stage, table[i].id, span_of(table[i].parameter), SPAN("192.0.2.1")), MATCH_ERROR);
			stage_complained(&stage, table[i].complaint);
		}
	}
	stage.ports.rbl_ask = rbl_ask;
	assert_int_equal(stage_ask(&stage, OPERATOR_RBL, SPAN(""), SPAN("a")), -1);
	stage_complained(&stage, "@rbl needs the zone of a blocklist");
	stage.ports.file_inspect = file_inspect;
	answer = RESULT_OK;
	assert_int_equal(stage_ask(&stage, OPERATOR_INSPECT_FILE, SPAN("/bin/scan"), SPAN("a")), MATCH_NO);
	stage_complained(&stage, "@inspectFile does not run \"/bin/scan\"");
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(geo), cmocka_unit_test(answers), cmocka_unit_test(rbl_names), cmocka_unit_test(rbl_tells_what_was_said),
		cmocka_unit_test(without_a_key_the_honey_pot_is_not_asked), cmocka_unit_test(without_a_port_nothing_matches),
	};

	return cmocka_run_group_tests_name("waf/operator_outside", tests, NULL, NULL);
}
