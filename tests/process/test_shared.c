#include "process/shared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

static const struct region first[] = { { "bans", 1, 100000 }, { "ring", 1, (size_t)1 << 30 }, { "keys", 2, 64 } };
/* What a later binary wants: bans as they were, keys of another version, something new; no ring. */
static const struct region later[] = { { "bans", 1, 100000 }, { "keys", 3, 64 }, { "levels", 1, 8 } };

static void test_regions(void **unused)
{
	struct shared shared, again;
	char *bans, *keys;
	int fd;

	(void)unused;
	assert_int_equal(shared_create(first, 3, &fd), RESULT_OK);
	assert_int_equal(shared_map(fd, &shared), RESULT_OK);
	bans = shared_find(&shared, "bans", 1, 100000);
	keys = shared_find(&shared, "keys", 2, 64);
	assert_non_null(bans);
	assert_non_null(keys);
	assert_true(keys >= bans + 100000 || bans >= keys + 64);
	assert_null(shared_find(&shared, "bans", 2, 100000));
	assert_null(shared_find(&shared, "bans", 1, 99999));
	assert_null(shared_find(&shared, "ban", 1, 100000));
	bans[99999] = 'b';
	keys[0] = 'k';
	assert_int_not_equal(ftruncate(fd, 4096), 0);  /* sealed: nobody pulls it away */

	assert_int_equal(shared_extend(fd, later, 3), RESULT_OK);
	assert_int_equal(shared_map(fd, &again), RESULT_OK);
	assert_int_equal(((char *)shared_find(&again, "bans", 1, 100000))[99999], 'b');
	assert_int_equal(((char *)shared_find(&again, "keys", 3, 64))[0], 0);
	assert_non_null(shared_find(&again, "levels", 1, 8));
	assert_null(shared_find(&again, "keys", 2, 64));
	assert_int_equal(keys[0], 'k');  /* who still has the old one is not disturbed */
	shared_unmap(&shared);
	shared_unmap(&again);
	close(fd);
}

static void test_damaged(void **unused)
{
	struct shared shared;
	int fd;

	(void)unused;
	assert_int_equal(shared_create(first, 3, &fd), RESULT_OK);
	assert_int_equal(shared_map(fd, &shared), RESULT_OK);
	*(uint32_t *)(void *)(shared.base + 12) = 1000;  /* the number of regions */
	assert_null(shared_find(&shared, "bans", 1, 100000));
	assert_int_equal(shared_extend(fd, later, 3), RESULT_MALFORMED);
	shared_unmap(&shared);
	assert_int_equal(shared_map(fd, &shared), RESULT_MALFORMED);
	close(fd);
}

static void test_limits(void **unused)
{
	const struct region none = { "a", 1, 0 }, huge = { "a", 1, SHARED_BYTES_MAX + 1 };
	const struct region long_name = { "a name that is longer than it may be", 1, 8 };
	int fd = -1;

	(void)unused;
	assert_int_equal(shared_create(&none, 1, &fd), RESULT_LIMIT);
	assert_int_equal(shared_create(&huge, 1, &fd), RESULT_LIMIT);
	assert_int_equal(shared_create(&long_name, 1, &fd), RESULT_LIMIT);
	assert_int_equal(fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_regions), cmocka_unit_test(test_damaged), cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
