/* The controller through descriptors alone: a process of another user, without any capability, bans, counts and beats; lists published into real maps.
 * Skipped where maps may not be made. */
#include "../base/check.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "own_maps.h"
#include "packet/control/publish.h"
#include "packet/lists/file.h"
#include "process/account.h"

#include "base/banned.h"

#define NOBODY 65534u
#define MANY 100000u

static void make_maps(struct packet_maps *maps)
{
	if (own_maps(maps))
		return;
	if (errno == EPERM) {
		print_message("skipped: no CAP_BPF\n");
		skip();
	}
	fail_msg("%s", strerror(errno));
}

static struct control *make_control(void)
{
	struct control *control;
	struct packet_maps maps;

	make_maps(&maps);
	assert_ok(control_new(&maps, &control));
	assert_int_equal(maps.fds[0], -1);
	return control;
}

static packet_source source_of(const char *text)
{
	struct address address;
	packet_source source;

	assert_ok(address_read(span_of(text), &address));
	assert_ok(packet_source_of(&address, &source));
	return source;
}

static void sources_are_numbers(void **state)
{
	static const struct { const char *address, *back; packet_source source; } rows[] = {
		{ "192.0.2.1", "192.0.2.1", 0xc0000201 }, { "255.255.255.255", "255.255.255.255", 0xffffffff }, { "0.0.0.0", "0.0.0.0", 0 },
		{ "2001:db8:1:2:3::4", "2001:db8:1:2::", 0x20010db800010002 }, { "fe80::1", "fe80::", 0xfe80000000000000 }, { "0:1::", "0:1::", 0x0000000100000000 },
	};
	struct address address;
	packet_source source = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[ADDRESS_TEXT_MAX];

		assert_true(source_of(rows[i].address) == rows[i].source);
		address = packet_source_address(rows[i].source);
		address_write(&address, text);
		assert_string_equal(text, rows[i].back);
	}
	assert_ok(address_read(SPAN("::1"), &address));
	assert_result(packet_source_of(&address, &source), RESULT_REFUSED);
	assert_true(source == 7);
}

/* -- another user, no capability -- */

#define CHECK(condition) \
	do { \
		if (!(condition)) \
			_exit(__LINE__ % 250 + 1); \
	} while (0)

static void count_ban(void *context, packet_source source, const struct packet_ban *ban)
{
	(void)source;
	*(unsigned *)context += ban->reason;
}

static void __attribute__((noreturn)) control_as_nobody(struct channel *channel)
{
	static struct channel_message message;
	const struct account nobody = { .uid = NOBODY, .gid = NOBODY, .must_switch = true, .is_nobody = true };
	struct packet_count counts[PACKET_REASON_COUNT];
	struct packet_ban ban = { .until_ns = clock_mono_ns() + 60000000000u, .reason = 3 }, found;
	struct control *control = NULL;
	struct packet_maps maps;
	unsigned reasons = 0;

	account_take(&nobody);
	CHECK(geteuid() == NOBODY && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	CHECK(bpf_map_create(BPF_MAP_TYPE_HASH, "mine", 4, 4, 1, NULL) < 0);  /* it could not make one of its own */
	CHECK(channel_wait(channel, 5000, &message) == RESULT_OK);
	packet_maps_init(&maps);
	CHECK(packet_maps_take(&message, &maps) == RESULT_OK);
	channel_drop(&message);
	CHECK(control_new(&maps, &control) == RESULT_OK);
	control_beat(control);
	CHECK(control_ban(control, source_of("192.0.2.1"), &ban) == RESULT_OK);
	ban.reason = 4;
	CHECK(control_ban(control, source_of("192.0.2.1"), &ban) == RESULT_OK);
	CHECK(control_ban(control, source_of("2001:db8::1"), &ban) == RESULT_OK);
	CHECK(control_ban_find(control, source_of("192.0.2.1"), &found) == RESULT_OK && found.reason == 4);
	CHECK(control_bans(control, count_ban, &reasons) == 2 && reasons == 8);
	CHECK(control_unban(control, source_of("192.0.2.1")) == RESULT_OK);
	CHECK(control_unban(control, source_of("192.0.2.1")) == RESULT_NOT_FOUND);
	ban.until_ns = 1;
	CHECK(control_ban(control, source_of("192.0.2.9"), &ban) == RESULT_OK);
	CHECK(control_bans(control, count_ban, &reasons) == 1);
	CHECK(control_ban_find(control, source_of("192.0.2.9"), &found) == RESULT_OK);  /* it was over, and looking takes nothing out */
	control_sweep(control);
	CHECK(control_ban_find(control, source_of("192.0.2.9"), &found) == RESULT_NOT_FOUND);
	CHECK(control_bans(control, count_ban, &reasons) == 1);
	CHECK(control_count(control, counts) == RESULT_OK && counts[PACKET_DENIED].packets == 7);
	CHECK(control_events_fd(control) >= 0 && control_events_read(control, NULL, NULL) == 0);
	control_free(control);
	_exit(0);
}

static void without_any_right(void **state)
{
	struct channel here, there;
	struct packet_settings *settings;
	struct control *control;
	__u32 reason = PACKET_DENIED;
	struct packet_count *per_cpu = calloc(4096, sizeof(*per_cpu));
	struct packet_ban ban;
	int status;
	pid_t child;

	(void)state;
	control = make_control();
	if (geteuid() != 0) {
		control_free(control);
		free(per_cpu);
		skip();
	}
	per_cpu[0].packets = 7;
	assert_int_equal(bpf_map_update_elem(control_maps(control)->fds[PACKET_MAP_COUNTERS], &reason, per_cpu, BPF_ANY), 0);
	assert_ok(channel_pair(&here, &there));
	child = fork();
	if (child == 0) {
		channel_close(&here);
		control_as_nobody(&there);
	}
	channel_close(&there);
	assert_ok(packet_maps_send(control_maps(control), &here, CHANNEL_START, 1, 1000));
	assert_int_equal(waitpid(child, &status, 0), child);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		fail_msg("line %d (of this file, less one, modulo 250)", WEXITSTATUS(status));
	settings = control_settings(control);
	assert_true(settings->heartbeat_ns && clock_mono_ns() - settings->heartbeat_ns < 60000000000u);
	assert_ok(control_ban_find(control, source_of("2001:db8::ffff"), &ban));
	channel_close(&here);
	control_free(control);
	free(per_cpu);
}

/* Whatever else comes in place of a map is not taken: its mapping would end in the middle. */
static void what_is_no_map_of_ours(void **state)
{
	static struct channel_message message;
	struct channel here, there;
	struct packet_maps maps, taken;
	int fds[PACKET_MAP_COUNT];

	(void)state;
	make_maps(&maps);
	packet_maps_init(&taken);
	assert_ok(channel_pair(&here, &there));
	for (unsigned wrong = 0; wrong < PACKET_MAP_COUNT; wrong++) {
		memcpy(fds, maps.fds, sizeof(fds));
		fds[wrong] = maps.fds[(wrong + 1) % PACKET_MAP_COUNT];
		assert_ok(channel_send(&here, CHANNEL_START, 1, SPAN_NONE, fds, PACKET_MAP_COUNT, 1000));
		assert_ok(channel_receive(&there, &message));
		assert_result(packet_maps_take(&message, &taken), RESULT_MALFORMED);
		channel_drop(&message);
		fds[wrong] = 0;  /* no map at all */
		assert_ok(channel_send(&here, CHANNEL_START, 1, SPAN_NONE, fds, PACKET_MAP_COUNT, 1000));
		assert_ok(channel_receive(&there, &message));
		assert_result(packet_maps_take(&message, &taken), RESULT_MALFORMED);
		channel_drop(&message);
	}
	assert_ok(channel_send(&here, CHANNEL_START, 1, SPAN_NONE, maps.fds, PACKET_MAP_COUNT - 1, 1000));
	assert_ok(channel_receive(&there, &message));
	assert_result(packet_maps_take(&message, &taken), RESULT_MALFORMED);
	channel_drop(&message);
	channel_close(&here);
	channel_close(&there);
	packet_maps_close(&maps);
}

/* -- lists -- */

static void read_into(struct packet_prefixes *out, struct span text, struct complaints *complaints)
{
	prefixes_init(out);
	assert_ok(prefix_text_read(SPAN("test"), text, complaints, out));
}

static __u32 v6_verdict(struct control *control, __u32 copy, const char *network_text)
{
	struct packet_v6_key key = { .copy = copy };
	struct network network;
	__u32 verdict = 99;

	assert_ok(network_read(span_of(network_text), &network));
	key.length = network.prefix;
	memcpy(key.bytes, network.address.bytes, sizeof(key.bytes));
	(void)bpf_map_lookup_elem(control_maps(control)->fds[PACKET_MAP_LISTS_V6], &key, &verdict);
	return verdict;
}

static void publish(struct control *control, const char *denied_text, struct published *published)
{
	struct packet_prefixes denied, allowed;
	struct complaints complaints;

	complaints_init(&complaints);
	read_into(&denied, span_of(denied_text), &complaints);
	read_into(&allowed, SPAN("192.0.2.1\n2001:db8:1::/48\n"), &complaints);
	assert_ok(publish_lists(control, &denied, &allowed, &complaints, published));
	prefixes_done(&denied);
	prefixes_done(&allowed);
	complaints_done(&complaints);
}

static void lists_are_published_and_flipped(void **state)
{
	struct packet_prefixes carried;
	struct control *control = make_control();
	struct packet_settings *settings = control_settings(control);
	struct published published;

	(void)state;
	publish(control, "192.0.2.0/24\n2001:db8::/32\n", &published);
	assert_true(settings->copy == 1 && published.copy == 1 && published.groups == 1 && published.v6 == 2);
	assert_true(settings->length_count[1] == 2 && settings->lengths[1][0] == 48 && settings->lengths[1][1] == 32);
	assert_int_equal(v6_verdict(control, 1, "2001:db8::/32"), PACKET_DENY);
	assert_int_equal(v6_verdict(control, 1, "2001:db8:1::/48"), PACKET_ALLOW);
	assert_int_equal(v6_verdict(control, 0, "2001:db8::/32"), 99);
	publish(control, "198.51.100.0/24\n2001:db9::/32\n2001:dba::/33\n", &published);
	assert_true(settings->copy == 0 && settings->length_count[0] == 3 && settings->length_count[1] == 2);
	publish(control, "203.0.113.0/25\n2001:dbb::/32\n", &published);  /* what the copy held before is gone */
	assert_int_equal(v6_verdict(control, 1, "2001:db8::/32"), 99);
	assert_int_equal(v6_verdict(control, 0, "2001:db9::/32"), PACKET_DENY);
	prefixes_init(&carried);
	assert_ok(publish_carry(control, &carried));
	assert_true(carried.v4_count == 1 && carried.v4[0].from == 0xcb007100 && carried.v4[0].to == 0xcb00717f && carried.v6_count == 1);
	prefixes_done(&carried);
	publish_flip(control, 0);
	prefixes_init(&carried);
	assert_ok(publish_carry(control, &carried));
	assert_true(carried.v4_count == 1 && carried.v4[0].from == 0xc6336400 && carried.v6_count == 2);
	prefixes_done(&carried);
	control_free(control);
}

static void a_hundred_thousand_are_published(void **state)
{
	struct packet_prefixes denied, allowed;
	struct control *control = make_control();
	struct complaints complaints;
	struct published published;
	struct draws draws = { 9 };
	struct buffer text;

	(void)state;
	complaints_init(&complaints);
	buffer_init(&text, PREFIX_FILE_BYTES);
	for (unsigned i = 0; i < MANY; i++) {
		uint32_t address = (uint32_t)draw(&draws);
		unsigned bits = draw_below(&draws, 3) ? 32 : 24;

		if (i % 50 == 0) {
			assert_ok(buffer_print(&text, "2a00:%x:%x::/48\n", address >> 16, address & 0xffff));
			continue;
		}
		address &= bits == 32 ? ~0u : ~0xffu;
		assert_ok(buffer_print(&text, "%u.%u.%u.%u/%u\n", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255, bits));
	}
	read_into(&denied, buffer_span(&text), &complaints);
	read_into(&allowed, SPAN("192.0.2.0/24\n"), &complaints);
	for (unsigned i = 0; i < 4; i++) {
		assert_ok(publish_lists(control, &denied, &allowed, &complaints, &published));
		printf("%zu ranges and %zu networks of IPv6 published in %.1f ms (%u groups, %zu addresses beside them)\n", denied.v4_count, denied.v6_count,
		       (double)published.build_ns / 1e6, published.groups, published.more);
	}
	prefixes_done(&denied);
	prefixes_done(&allowed);
	complaints_done(&complaints);
	buffer_done(&text);
	control_free(control);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sources_are_numbers),
		cmocka_unit_test(without_any_right),
		cmocka_unit_test(what_is_no_map_of_ours),
		cmocka_unit_test(lists_are_published_and_flipped),
		cmocka_unit_test(a_hundred_thousand_are_published),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
