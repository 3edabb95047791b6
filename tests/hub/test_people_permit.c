#include "../base/check.h"
#include "hub/people/permit.h"

/* As docs/people.md says it, by name: another table than the one that is tested. */
static const struct {
	const char *role, *permits;
} rows[] = {
	{ "viewer", "see" },
	{ "analyst", "see search explain" },
	{ "operator", "see search explain acknowledge operate propose tokens" },
	{ "approver", "see search explain approve" },
	{ "auditor", "see search audit" },
	{ "administrator", "see search explain acknowledge operate propose approve people audit administer tokens" },
};

static void each_role_gives_its_permits(void **unused)
{
	(void)unused;
	assert_int_equal(sizeof(rows) / sizeof(*rows), ROLE_COUNT);
	for (unsigned i = 0; i < ROLE_COUNT; i++) {
		struct span rest = span_of(rows[i].permits);
		uint32_t due = 0, role = role_of(span_of(rows[i].role));

		assert_int_equal(role, 1u << i);
		assert_string_equal(role_name(i), rows[i].role);
		while (rest.len)
			due |= permit_of(span_cut(&rest, ' '));
		assert_int_equal(role_permits(role), due);
		assert_int_equal(role_permits(role) & PERMIT_SELF, 0);
	}
	assert_int_equal(role_permits(0), 0);
	assert_int_equal(role_permits(ROLE_VIEWER | ROLE_APPROVER), role_permits(ROLE_APPROVER));
	assert_int_equal(role_permits(ROLE_OPERATOR | ROLE_AUDITOR), role_permits(ROLE_OPERATOR) | role_permits(ROLE_AUDITOR));
	assert_int_equal(role_permits(ROLE_ALL), PERMIT_ALL);
}

static void names_are_read_as_they_are_written(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < PERMIT_COUNT; i++)
		assert_int_equal(permit_of(span_of(permit_name(i))), 1u << i);
	assert_int_equal(permit_of(SPAN("SEE")) | permit_of(SPAN("")) | role_of(SPAN("root")) | role_of(SPAN("viewer ")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_role_gives_its_permits), cmocka_unit_test(names_are_read_as_they_are_written) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
