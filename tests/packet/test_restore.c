/* What an attach that is undone leaves of the settings: those before, and what a reload let through since. */
#include "../base/check.h"

#include <string.h>

#include "packet/loader/restore.h"

#include "base/banned.h"

static struct pending pending;
static struct packet_settings now, out;

static void begin(__u32 before, __u32 wanted)
{
	memset(&pending, 0, sizeof(pending));
	memset(&now, 0, sizeof(now));
	pending.settings.flags = before;
	pending.wanted.flags = now.flags = wanted;
}

static void observing(void **state)
{
	const __u32 other = PACKET_HAS_LIST | PACKET_IS_STRICT;

	(void)state;
	begin(other, other);
	now.flags |= PACKET_OBSERVES;  /* a reload */
	restore_settings_of(&pending, &now, &out);
	assert_int_equal(out.flags, other | PACKET_OBSERVES);
	begin(other, PACKET_OBSERVES);  /* the attach itself */
	restore_settings_of(&pending, &now, &out);
	assert_int_equal(out.flags, other);
	begin(PACKET_OBSERVES, other | PACKET_HIDES_PORTS);
	now.flags |= PACKET_HAS_BANS;  /* nothing that lets more through */
	restore_settings_of(&pending, &now, &out);
	assert_int_equal(out.flags, PACKET_OBSERVES);
}

/* Of each word: bit 0 was before, bit 1 is the attach's, bit 2 came by a reload since; bit 3 was before and is the attach's too. */
static void ports(void **state)
{
	__u64 *const before[] = { pending.settings.exposed_tcp, pending.settings.exposed_udp, pending.settings.protected_tcp, pending.settings.reflectors };
	__u64 *const wanted[] = { pending.wanted.exposed_tcp, pending.wanted.exposed_udp, pending.wanted.protected_tcp, pending.wanted.reflectors };
	__u64 *const seen[] = { now.exposed_tcp, now.exposed_udp, now.protected_tcp, now.reflectors };
	const __u64 *const left[] = { out.exposed_tcp, out.exposed_udp, out.protected_tcp, out.reflectors };

	(void)state;
	begin(0, 0);
	for (size_t i = 0; i < 4; i++) {
		const size_t word = i == 1 ? PACKET_PORT_WORDS - 1 : i;

		before[i][word] = 9;
		wanted[i][word] = 10;
		seen[i][word] = 14;
	}
	restore_settings_of(&pending, &now, &out);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(left[i][i == 1 ? PACKET_PORT_WORDS - 1 : i], 13);
	assert_int_equal(left[3][3], 9);  /* no reload opens by reflectors */
	now = out;  /* tried again */
	restore_settings_of(&pending, &now, &out);
	assert_memory_equal(&now, &out, sizeof(out));
}

static void the_rest_is_as_before(void **state)
{
	(void)state;
	begin(PACKET_HAS_LIST, PACKET_HAS_LIST);
	pending.settings.copy = 1;
	pending.settings.budget.interval_ns = 7;
	pending.settings.window_scale = 3;
	now.budget.interval_ns = 8;
	restore_settings_of(&pending, &now, &out);
	assert_memory_equal(&out, &pending.settings, sizeof(out));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(observing), cmocka_unit_test(ports), cmocka_unit_test(the_rest_is_as_before) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
