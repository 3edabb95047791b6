/* Minutes that wait: in order, each once, across restarts, and the oldest goes where there is no room. */
#include "../base/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/probe/ledger.h"

#define NOON_S 1769860800u  /* 2026-01-31T12:00:00Z */

static const struct look in_time = { .outcome = LOOK_IN_TIME, .took_ms = 300, .bytes = 1000, .certificate_until_ms = 1775000000000 };
static const struct look lost = { .outcome = LOOK_UNREACHABLE, .step = PROBE_STEP_CONNECT, .took_ms = 30000 };
static char folder[] = "/tmp/bouclier-ledger-XXXXXX";

static int make_folder(void **unused)
{
	(void)unused;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **unused)
{
	DIR *all = opendir(folder);

	(void)unused;
	for (const struct dirent *entry = readdir(all); entry; entry = readdir(all)) {
		if (entry->d_name[0] != '.')
			(void)unlinkat(dirfd(all), entry->d_name, 0);
	}
	closedir(all);
	return rmdir(folder);
}

static void a_minute_is_what_was_seen_in_it(void **unused)
{
	struct ledger ledger;
	const struct probe_counts *counts;

	(void)unused;
	assert_ok(ledger_init(&ledger, NULL));
	assert_false(ledger_turn(&ledger, NOON_S + 10, false));
	ledger_count(&ledger, "www.a.example", &in_time);
	ledger_count(&ledger, "www.b.example", &lost);
	ledger_count(&ledger, "www.a.example", &lost);
	ledger_count(&ledger, "www.a.example", &(struct look){ .outcome = LOOK_STOPPED });
	assert_false(ledger_turn(&ledger, NOON_S + 59, false));
	assert_true(ledger_turn(&ledger, NOON_S + 60, false));
	assert_false(ledger_turn(&ledger, NOON_S + 120, false));   /* nothing was seen in it */
	assert_int_equal(ledger.count, 1);
	assert_int_equal(ledger.waiting[0]->from_s, NOON_S);
	assert_int_equal(ledger.waiting[0]->site_count, 2);
	counts = &ledger.waiting[0]->sites[0].counts;
	assert_int_equal(counts->asked, 2);
	assert_int_equal(counts->in_time, 1);
	assert_int_equal(counts->failed[PROBE_STEP_CONNECT], 1);
	assert_int_equal(counts->slowest_ms, 30000);
	assert_int_equal(counts->certificate_until_s, 1775000000);
	ledger_count(&ledger, "www.a.example", &in_time);
	assert_true(ledger_turn(&ledger, NOON_S + 130, true));
	assert_int_equal(ledger.count, 2);
	ledger_done(&ledger);
}

static void a_clock_that_goes_back_makes_no_minute_twice(void **unused)
{
	struct ledger ledger;

	(void)unused;
	assert_ok(ledger_init(&ledger, NULL));
	assert_false(ledger_turn(&ledger, NOON_S, false));
	ledger_count(&ledger, "www.a.example", &in_time);
	assert_true(ledger_turn(&ledger, NOON_S + 60, false));
	ledger_count(&ledger, "www.a.example", &in_time);
	for (uint64_t at = NOON_S - 600; at < NOON_S + 120; at += 30)
		assert_false(ledger_turn(&ledger, at, false));
	assert_true(ledger_turn(&ledger, NOON_S + 120, false));
	assert_int_equal(ledger.count, 2);
	assert_int_equal(ledger.waiting[1]->from_s, NOON_S + 60);
	ledger_done(&ledger);
}

static void what_waits_is_there_after_a_restart(void **unused)
{
	struct ledger ledger;
	int fd;

	(void)unused;
	assert_ok(ledger_init(&ledger, folder));
	for (unsigned i = 0; i < 12; i++) {
		(void)ledger_turn(&ledger, NOON_S + 60 * i, false);
		ledger_count(&ledger, "www.a.example", i % 2 ? &lost : &in_time);
	}
	assert_int_equal(ledger.count, 11);
	ledger_drop(&ledger, 2);
	ledger_done(&ledger);
	fd = open(folder, O_RDONLY | O_DIRECTORY);
	assert_int_equal(close(openat(fd, "minute-1", O_CREAT | O_WRONLY, 0600)), 0);   /* no minute of ours */
	close(fd);
	assert_ok(ledger_init(&ledger, folder));
	assert_int_equal(ledger.count, 9);
	for (size_t i = 0; i < ledger.count; i++)
		assert_int_equal(ledger.waiting[i]->from_s, NOON_S + 60 * (i + 2));
	assert_int_equal(ledger.waiting[1]->sites[0].counts.failed[PROBE_STEP_CONNECT], 1);
	/* The minute of before goes on: it is the hub's to know that it has it. */
	assert_false(ledger_turn(&ledger, NOON_S + 60 * 10, false));
	ledger_drop(&ledger, 9);
	ledger_done(&ledger);
	assert_ok(ledger_init(&ledger, folder));
	assert_int_equal(ledger.count, 0);
	ledger_done(&ledger);
}

static void the_oldest_gives_place(void **unused)
{
	struct ledger ledger;

	(void)unused;
	assert_ok(ledger_init(&ledger, NULL));
	for (unsigned i = 0; i <= LEDGER_MINUTES + 3; i++) {
		(void)ledger_turn(&ledger, NOON_S + 60 * i, false);
		ledger_count(&ledger, "www.a.example", &in_time);
	}
	assert_int_equal(ledger.count, LEDGER_MINUTES);
	assert_int_equal(ledger.lost, 3);
	assert_int_equal(ledger.waiting[0]->from_s, NOON_S + 60 * 3);
	ledger_done(&ledger);
	assert_result(ledger_init(&ledger, "/no/such/folder"), RESULT_IO);
	ledger_done(&ledger);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_minute_is_what_was_seen_in_it),
		cmocka_unit_test(a_clock_that_goes_back_makes_no_minute_twice),
		cmocka_unit_test(what_waits_is_there_after_a_restart),
		cmocka_unit_test(the_oldest_gives_place),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
