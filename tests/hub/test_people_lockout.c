#include "../base/check.h"
#include "hub/people/door/lockout.h"

static struct lockout lockout;

static struct lockout_who who_of(const char *name, uint8_t last)
{
	const struct address source = { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, last } };

	return lockout_who(span_of(name), &source);
}

static int begin(void **state)
{
	(void)state;
	lockout = (struct lockout){ 0 };
	return 0;
}

static void pauses_grow_and_end(void **unused)
{
	static const uint64_t pauses[] = { 0, 0, 0, 0, 30000, 60000, 120000, 240000, 480000, 900000, 900000, 900000 };
	uint64_t now = 1796025600000;
	struct lockout_who who = who_of("agnes", 1);

	(void)unused;
	for (unsigned i = 0; i < sizeof(pauses) / sizeof(*pauses); i++) {
		assert_int_equal(lockout_failed(&lockout, who, now), pauses[i] != 0);
		assert_int_equal(lockout_wait(&lockout, who, now), pauses[i]);
		if (pauses[i])
			assert_int_equal(lockout_wait(&lockout, who, now + pauses[i] - 1), 1);
		now += pauses[i];
		assert_int_equal(lockout_wait(&lockout, who, now), 0);  /* for ever is nobody locked out */
	}
	assert_int_equal(lockout_wait(&lockout, who_of("agnes", 2), now - 1), 1);  /* from anywhere */
	assert_int_equal(lockout_wait(&lockout, who_of("boris", 1), now - 1), 0);  /* and nobody else from there yet */
	lockout_succeeded(&lockout, who);
	assert_int_equal(lockout_wait(&lockout, who, now - 1), 0);
	assert_false(lockout_failed(&lockout, who, now));
}

static void a_source_that_tries_many_names_waits(void **unused)
{
	uint64_t now = 1796025600000;
	char name[8];

	(void)unused;
	for (unsigned i = 0; i < LOCKOUT_SOURCE_FREE; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		assert_int_equal(lockout_wait(&lockout, who_of(name, 1), now), 0);
		assert_int_equal(lockout_failed(&lockout, who_of(name, 1), now), i == LOCKOUT_SOURCE_FREE - 1);
	}
	assert_int_equal(lockout_wait(&lockout, who_of("agnes", 1), now), LOCKOUT_FIRST_MS);
	assert_int_equal(lockout_wait(&lockout, who_of("agnes", 2), now), 0);
	lockout_succeeded(&lockout, who_of("agnes", 1));
	assert_int_equal(lockout_wait(&lockout, who_of("agnes", 1), now), LOCKOUT_FIRST_MS);
}

static void a_clock_that_is_set_back_makes_no_longer_pause(void **unused)
{
	uint64_t now = 1796025600000;
	struct lockout_who who = who_of("agnes", 1);

	(void)unused;
	for (unsigned i = 0; i < LOCKOUT_NAME_FREE; i++)
		(void)lockout_failed(&lockout, who, now);
	assert_int_equal(lockout_wait(&lockout, who, now - LOCKOUT_LONGEST_MS + LOCKOUT_FIRST_MS), LOCKOUT_LONGEST_MS);
	/* A day back: nobody waits a day. Who fails again waits by that clock, longer than before. */
	now -= 86400000;
	assert_int_equal(lockout_wait(&lockout, who, now), 0);
	assert_true(lockout_failed(&lockout, who, now));
	assert_int_equal(lockout_wait(&lockout, who, now), 2 * LOCKOUT_FIRST_MS);
	assert_int_equal(lockout_wait(&lockout, who, now + 2 * LOCKOUT_FIRST_MS), 0);
}

static void a_day_later_it_is_forgotten(void **unused)
{
	uint64_t now = 1796025600000;
	struct lockout_who who = who_of("agnes", 1);

	(void)unused;
	for (unsigned i = 0; i < LOCKOUT_NAME_FREE - 1; i++)
		assert_false(lockout_failed(&lockout, who, now));
	assert_false(lockout_failed(&lockout, who, now + LOCKOUT_FORGET_MS + 1));
	assert_false(lockout_failed(&lockout, who, now + LOCKOUT_FORGET_MS + 2));
}

/* A crowd of names pushes others out; whoever is being guessed at now is not among them. */
static void crowds_take_the_oldest_places(void **unused)
{
	uint64_t now = 1796025600000;
	struct lockout_who who = who_of("agnes", 1);
	char name[16];

	(void)unused;
	for (unsigned i = 0; i < 3 * LOCKOUT_PLACES; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		(void)lockout_failed(&lockout, who_of(name, 2), now + i);
		if (i % 64 == 0)
			(void)lockout_failed(&lockout, who, now + i);
	}
	assert_true(lockout_wait(&lockout, who, now + 3 * LOCKOUT_PLACES) > 0);
}

static void an_ipv6_site_is_one_source(void **unused)
{
	const struct address a = { { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 1 } }, b = { { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 2 } }, c = { { 0x20, 1, 0xd, 0xb8, 0, 0, 0, 2, 1 } };

	(void)unused;
	assert_int_equal(lockout_who(SPAN("x"), &a).source, lockout_who(SPAN("x"), &b).source);
	assert_int_not_equal(lockout_who(SPAN("x"), &a).source, lockout_who(SPAN("x"), &c).source);
	assert_int_not_equal(who_of("x", 1).source, who_of("x", 2).source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(pauses_grow_and_end, begin), cmocka_unit_test_setup(a_source_that_tries_many_names_waits, begin),
		cmocka_unit_test_setup(a_clock_that_is_set_back_makes_no_longer_pause, begin), cmocka_unit_test_setup(a_day_later_it_is_forgotten, begin),
		cmocka_unit_test_setup(crowds_take_the_oldest_places, begin), cmocka_unit_test_setup(an_ipv6_site_is_one_source, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
