#include "stage.h"

#include "store/row.h"

static void times(void **state)
{
	static const char *const wrong[] = { "", "2026-01-31", "2026-01-31T12:00:00Z", "2026-02-31T12:00:00.000Z", "2026-13-01T12:00:00.000Z", "2026-01-31T24:00:00.000Z",
		                             "2026-01-31T12:00:60.000Z", "2026-01-31T12:00:00.000+", "x026-01-31T12:00:00.000Z", "2026-01-31T12:00:00.000Z ",
		                             "1970-01-01T00:00:00.000Z" };

	(void)state;
	assert_int_equal(row_time(SPAN("2026-01-31T12:00:00.000Z")), STAGE_NOW_MS);
	assert_int_equal(row_time(SPAN("2024-02-29T23:59:59.999Z")), 1709251199999u);
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(row_time(span_of(wrong[i])), 0);
}

struct example {
	const char *line, *tenant, *site;
	unsigned decision;
	bool has_request;
	uint32_t request;
};

static void lines(void **state)
{
	static const struct example examples[] = {
		{ "{\"bouclier.tenant\":\"a\",\"bouclier.site\":\"s\",\"bouclier.decision\":\"block\",\"bouclier.request_id\":\"0123456789ABCDEF0123456789abcdef\"}",
		  "a", "s", DECISION_BLOCK, true, 0x01234567 },
		{ "{}", "", "", ROW_DECISION_UNKNOWN, false, 0 },
		/* the first of a name, at the top */
		{ "{\"x\":{\"bouclier.tenant\":\"b\"},\"bouclier.tenant\":\"a\",\"bouclier.tenant\":\"b\"}", "a", "", ROW_DECISION_UNKNOWN, false, 0 },
		{ "{\"bouclier.tenant\":7,\"bouclier.site\":[\"s\"]}", "", "", ROW_DECISION_UNKNOWN, false, 0 },
		{ "{\"bouclier.tenant\":\"\\u0061\\\"\"}", "a\"", "", ROW_DECISION_UNKNOWN, false, 0 },
		{ "{\"bouclier.decision\":\"blocked\",\"bouclier.request_id\":\"0123\"}", "", "", ROW_DECISION_UNKNOWN, false, 0 },
		/* no object: nobody's */
		{ "{\"bouclier.tenant\":\"a\",", "", "", ROW_DECISION_UNKNOWN, false, 0 },
		{ "{\"bouclier.tenant\":\"a\"} x", "", "", ROW_DECISION_UNKNOWN, false, 0 },
		{ "[\"bouclier.tenant\"]", "", "", ROW_DECISION_UNKNOWN, false, 0 },
		{ "", "", "", ROW_DECISION_UNKNOWN, false, 0 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		struct row_space space;
		struct row row;

		row_read(span_of(examples[i].line), &space, &row);
		if (!span_equal(row.tenant, span_of(examples[i].tenant)) || !span_equal(row.site, span_of(examples[i].site)) ||
		    row.decision != examples[i].decision || row.has_request != examples[i].has_request || (row.has_request && row.request != examples[i].request))
			fail_msg("%s: tenant %.*s, site %.*s, decision %u, request %x", examples[i].line, SPAN_ARG(row.tenant), SPAN_ARG(row.site), row.decision, row.request);
	}
}

/* Whatever follows the part of a line that counts, the row of a front is no one's. */
static void no_front_of_a_line_is_anybodys(void **state)
{
	const struct span line = SPAN("{\"bouclier.tenant\":\"a\",\"bouclier.site\":\"s\",\"n\":1}");
	struct row_space space;
	struct row row;

	(void)state;
	for (size_t len = 0; len < line.len; len++) {
		row_read(span_take(line, len), &space, &row);
		assert_int_equal(row.tenant.len + row.site.len, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(times), cmocka_unit_test(lines), cmocka_unit_test(no_front_of_a_line_is_anybodys) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
