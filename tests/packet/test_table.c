/* DIR-24-8 and prefixes by length answer as the networks one by one, with groups and without. */
#include "../base/check.h"

#include <stdlib.h>

#include "base/clock.h"
#include "packet/lists/carry.h"
#include "packet/lists/file.h"

#include "base/banned.h"

#define MANY 100000u

struct stage {
	struct packet_prefixes denied, allowed;
	struct packet_table table;
	struct complaints complaints;
};

static void read_into(struct packet_prefixes *out, const char *text, struct complaints *complaints)
{
	prefixes_init(out);
	assert_ok(prefix_text_read(SPAN("test"), span_of(text), complaints, out));
}

static void stage_start(struct stage *stage, const char *denied, const char *allowed)
{
	complaints_init(&stage->complaints);
	read_into(&stage->denied, denied, &stage->complaints);
	read_into(&stage->allowed, allowed, &stage->complaints);
	table_init(&stage->table, calloc(TABLE_CELLS, sizeof(struct packet_cells)), calloc(PACKET_GROUPS, sizeof(struct packet_group)));
	assert_true(stage->table.cells && stage->table.groups);
}

static enum result build(struct stage *stage)
{
	return table_build(&stage->table, &stage->denied, &stage->allowed, &stage->complaints);
}

static void stage_end(struct stage *stage)
{
	free(stage->table.cells);
	free(stage->table.groups);
	table_done(&stage->table);
	prefixes_done(&stage->denied);
	prefixes_done(&stage->allowed);
	complaints_done(&stage->complaints);
}

static void assert_verdicts(struct stage *stage, const char *const rows[][2], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		static const char letters[] = "nda";
		struct address address;
		char letter;

		assert_ok(address_read(span_of(rows[i][0]), &address));
		letter = letters[table_ask(&stage->table, &address)];
		if (letter != rows[i][1][0])
			fail_msg("%s: %c, not %s", rows[i][0], letter, rows[i][1]);
	}
}

static const char *const verdicts[][2] = {
	{ "192.0.2.0", "d" }, { "192.0.2.9", "d" }, { "192.0.2.7", "a" }, { "192.0.3.0", "n" }, { "192.0.1.255", "n" },
	{ "10.0.0.0", "n" }, { "10.0.0.1", "d" }, { "10.0.0.31", "d" }, { "10.0.0.32", "d" }, { "10.0.0.33", "n" }, { "10.0.0.64", "a" },
	{ "10.1.255.255", "d" }, { "10.2.0.0", "d" }, { "10.2.0.255", "d" }, { "10.2.1.0", "n" }, { "10.1.255.254", "n" },
	{ "172.16.0.1", "a" }, { "172.16.5.5", "a" }, { "172.17.0.1", "d" },
	{ "255.255.255.255", "d" }, { "255.255.255.254", "n" }, { "0.0.0.0", "n" }, { "0.0.0.1", "d" },
	{ "2001:db8::1", "d" }, { "2001:db8:1::1", "a" }, { "2001:db8:1:2::1", "a" }, { "2001:db9::1", "n" }, { "fe80::1", "n" }, { "::1", "n" },
};
#define DENIED "192.0.2.0/24\n10.0.0.1\n10.0.0.2/31\n10.0.0.4/30\n10.0.0.8/29\n10.0.0.16/28\n10.0.0.32\n10.1.255.255\n10.2.0.0/24\n" \
	"172.16.0.0/12\n255.255.255.255\n0.0.0.1\n2001:db8::/32\n2001:db8:1:2::/64\n"
#define ALLOWED "192.0.2.7\n10.0.0.64\n172.16.0.0/16\n2001:db8:1::/48\n"

static void the_allowed_win(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage, DENIED, ALLOWED);
	assert_ok(build(&stage));
	assert_verdicts(&stage, verdicts, sizeof(verdicts) / sizeof(*verdicts));
	assert_int_equal(stage.table.group_count, 5);
	assert_int_equal(stage.table.more_count, 0);
	assert_int_equal(stage.table.length_count, 2);
	assert_true(stage.table.lengths[0] == 48 && stage.table.lengths[1] == 32);
	/* Anew, over what was there: nothing of it is left. */
	prefixes_done(&stage.denied);
	read_into(&stage.denied, "198.51.100.1\n", &stage.complaints);
	assert_ok(build(&stage));
	assert_verdicts(&stage, (const char *const[][2]){ { "192.0.2.0", "n" }, { "198.51.100.1", "d" }, { "192.0.2.7", "a" }, { "2001:db8::1", "n" } }, 4);
	stage_end(&stage);
}

static void without_groups_addresses_stand_one_by_one(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage, DENIED, ALLOWED);
	for (stage.table.group_limit = 0; stage.table.group_limit < 6; stage.table.group_limit++) {
		assert_ok(build(&stage));
		assert_verdicts(&stage, verdicts, sizeof(verdicts) / sizeof(*verdicts));
		assert_true((stage.table.more_count == 0) == (stage.table.group_limit == 5));
	}
	stage_end(&stage);
}

static void what_does_not_fit_is_said(void **state)
{
	struct stage stage;
	struct buffer text;

	(void)state;
	buffer_init(&text, 65536);
	for (unsigned length = 40; length < 40 + PACKET_PREFIX_LENGTHS_MAX + 1; length++)
		assert_ok(buffer_print(&text, "2001:db8:%x::/%u\n", length << 8, length));
	assert_ok(buffer_append_byte(&text, 0));
	stage_start(&stage, buffer_span(&text).at, "");
	assert_result(build(&stage), RESULT_LIMIT);
	assert_true(span_contains(stage.complaints.list[0].text, SPAN("25 different lengths, expected at most 24")));
	stage_end(&stage);

	buffer_reset(&text);
	for (unsigned i = 0; i < 2048; i++)
		assert_ok(buffer_print(&text, "10.%u.%u.0/25\n", i >> 8, i & 255));
	assert_ok(buffer_append_byte(&text, 0));
	stage_start(&stage, buffer_span(&text).at, "");
	stage.table.group_limit = 1024;
	assert_ok(build(&stage));  /* 1024 * 128 addresses: just as many as there may be */
	stage.table.group_limit = 1023;
	assert_result(build(&stage), RESULT_LIMIT);
	assert_true(span_contains(stage.complaints.list[0].text, SPAN("different /24")));
	stage_end(&stage);
	buffer_done(&text);
}

/* 100,000 networks of all kinds, as a reputation list has them: most are single addresses. */
static void write_many(struct buffer *text, struct draws *draws)
{
	for (unsigned i = 0; i < MANY; i++) {
		uint32_t address = (uint32_t)draw(draws);
		unsigned kind = (unsigned)draw(draws) % 10, bits = kind < 6 ? 32 : kind < 8 ? 24 : kind < 9 ? 29 : 20;

		address &= bits == 32 ? ~0u : ~0u << (32 - bits);
		assert_ok(buffer_print(text, "%u.%u.%u.%u/%u\n", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255, bits));
	}
	assert_ok(buffer_append_byte(text, 0));
}

static void a_hundred_thousand(void **state)
{
	struct draws draws = { 5 };
	struct buffer text;
	struct stage stage;
	uint64_t start_ns;

	(void)state;
	buffer_init(&text, PREFIX_FILE_BYTES);
	write_many(&text, &draws);
	stage_start(&stage, "", "10.0.0.0/8\n");
	start_ns = clock_mono_ns();
	assert_ok(prefix_text_read(SPAN("many"), span_take(buffer_span(&text), buffer_len(&text) - 1), &stage.complaints, &stage.denied));
	printf("read and merged in %.1f ms\n", (double)(clock_mono_ns() - start_ns) / 1e6);
	assert_ok(build(&stage));
	start_ns = clock_mono_ns();
	assert_ok(build(&stage));
	start_ns = clock_mono_ns() - start_ns;
	printf("built in %.1f ms, %u groups, %zu beside them\n", (double)start_ns / 1e6, stage.table.group_count, stage.table.more_count);
	for (unsigned i = 0; i < MANY; i++) {
		uint32_t number = (uint32_t)draw(&draws);
		struct address address = { { [10] = 0xff, [11] = 0xff, [12] = (uint8_t)(number >> 24), [13] = (uint8_t)(number >> 16), [14] = (uint8_t)(number >> 8), [15] = (uint8_t)number } };
		enum packet_verdict expected = number >> 24 == 10 ? PACKET_ALLOW : prefixes_contain(&stage.denied, &address) ? PACKET_DENY : PACKET_NEITHER;

		assert_int_equal(table_ask(&stage.table, &address), expected);
	}
	stage_end(&stage);
	buffer_done(&text);
}

static void what_is_denied_is_carried(void **state)
{
	struct packet_prefixes carried;
	struct stage stage;

	(void)state;
	stage_start(&stage, DENIED, "");
	assert_ok(build(&stage));
	prefixes_init(&carried);
	assert_ok(table_carry(&stage.table, &carried));
	assert_int_equal(carried.v4_count, stage.denied.v4_count);
	assert_memory_equal(carried.v4, stage.denied.v4, carried.v4_count * sizeof(*carried.v4));
	assert_int_equal(carried.v6_count, stage.denied.v6_count);
	assert_memory_equal(carried.v6, stage.denied.v6, carried.v6_count * sizeof(*carried.v6));
	prefixes_done(&carried);
	stage_end(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_allowed_win),
		cmocka_unit_test(without_groups_addresses_stand_one_by_one),
		cmocka_unit_test(what_does_not_fit_is_said),
		cmocka_unit_test(a_hundred_thousand),
		cmocka_unit_test(what_is_denied_is_carried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
