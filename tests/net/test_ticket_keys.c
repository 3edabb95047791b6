#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "net/ticket_keys.h"

#define START ((uint64_t)1000 * TICKET_PERIOD_S)

static void keys_change_and_old_ones_still_open(void **state)
{
	(void)state;
	struct ticket_keys keys = { 0 };
	struct ticket_key first, now, found;
	bool is_current;
	assert_false(ticket_keys_current(&keys, START, &first));
	ticket_keys_rotate(&keys, START);
	assert_true(ticket_keys_current(&keys, START, &first));
	assert_true(ticket_keys_find(&keys, START, first.name, &found, &is_current));
	assert_true(is_current);
	assert_memory_equal(&found, &first, sizeof(first));
	for (unsigned age = 1; age <= 5; age++) {
		uint64_t time = START + age * TICKET_PERIOD_S;
		/* The next key was made ahead: even without a rotation in time there is one. */
		assert_true(ticket_keys_current(&keys, time, &now));
		ticket_keys_rotate(&keys, time);
		assert_true(ticket_keys_current(&keys, time, &found));
		assert_memory_equal(&found, &now, sizeof(now));
		assert_memory_not_equal(&now, &first, sizeof(now));
		assert_int_equal(ticket_keys_find(&keys, time, first.name, &found, &is_current), age <= 2);
		if (age <= 2)
			assert_false(is_current);
	}
	/* The first key is gone from memory. */
	for (size_t i = 0; i + sizeof(first.aes) <= sizeof(keys); i++)
		assert_memory_not_equal((const char *)&keys + i, first.aes, sizeof(first.aes));
}

static void what_says_when_it_was_made_finds_its_key(void **state)
{
	(void)state;
	struct ticket_keys keys = { 0 };
	struct ticket_key first, found;
	ticket_keys_rotate(&keys, START);
	assert_true(ticket_keys_current(&keys, START, &first));
	for (unsigned age = 0; age <= 4; age++) {
		uint64_t time = START + age * TICKET_PERIOD_S;
		ticket_keys_rotate(&keys, time);
		assert_int_equal(ticket_keys_at(&keys, time, START, &found), age <= 2);
		assert_true(age > 2 || memcmp(&found, &first, sizeof(first)) == 0);
		/* Of a time to come there is none, though its key is made. */
		assert_false(ticket_keys_at(&keys, time, time + TICKET_PERIOD_S, &found));
	}
	assert_false(ticket_keys_at(&keys, START, 0, &found));
}

static void clocks_jump_and_writers_die(void **state)
{
	(void)state;
	struct ticket_keys keys = { 0 };
	struct ticket_key key;
	uint8_t nobody[16] = { 1 };
	bool is_current;
	ticket_keys_rotate(&keys, START + 100 * TICKET_PERIOD_S);
	ticket_keys_rotate(&keys, START);
	assert_true(ticket_keys_current(&keys, START, &key));
	assert_false(ticket_keys_find(&keys, START, nobody, &key, &is_current));
	assert_false(ticket_keys_current(&keys, START + 100 * TICKET_PERIOD_S, &key));
	/* A writer that died with the claim is passed over after ten seconds. */
	memset(&keys, 0, sizeof(keys));
	keys.claim = START;
	ticket_keys_rotate(&keys, START + 5);
	assert_false(ticket_keys_current(&keys, START + 5, &key));
	ticket_keys_rotate(&keys, START + 10);
	assert_true(ticket_keys_current(&keys, START + 10, &key));
	/* One that claimed in the future (the clock was set back) too. */
	memset(&keys, 0, sizeof(keys));
	keys.claim = START + 1000;
	ticket_keys_rotate(&keys, START);
	assert_true(ticket_keys_current(&keys, START, &key));
	/* A slot half written is no key. */
	keys.slots[1000 % TICKET_KEYS].period = 0;
	assert_false(ticket_keys_current(&keys, START, &key));
	ticket_keys_rotate(&keys, START);
	assert_true(ticket_keys_current(&keys, START, &key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_change_and_old_ones_still_open),
		cmocka_unit_test(what_says_when_it_was_made_finds_its_key),
		cmocka_unit_test(clocks_jump_and_writers_die),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
