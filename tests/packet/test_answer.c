/* What a SYN asks for, and the SYN-ACK that answers it, byte for byte; its checksums as another sum says them. */
#include "../base/check.h"

#include <stdlib.h>

#include "packet/kernel/answer.h"
#include "packet/kernel/parse.h"

#include "recipe.h"

#include "base/banned.h"

#define NOW_MS 1000000ull

/* The options of the TCP header of LINE, read to the end. */
static void read_options(const char *line, struct packet_head *head, struct tcp_options *options)
{
	struct recipe recipe;

	recipe_read(&recipe, line);
	memset(head, 0, sizeof(*head));
	memset(options, 0, sizeof(*options));
	assert_int_equal(packet_parse(recipe.byte, recipe.byte + recipe.len, head), PACKET_GOES_ON);
	options->end = (recipe.byte[head->transport + 12] >> 4) * 4u;
	memcpy(options->header, recipe.byte + head->transport, options->end);
	options_begin(options);
	for (unsigned i = 0; i < TCP_OPTIONS_MAX && option_next(options); i++)
		;
}

static void what_a_syn_asks_for(void **state)
{
	static const struct {
		const char *options;
		uint32_t timestamp;
		uint8_t has_timestamp, has_sack, scale;
	} rows[] = {
		{ "", 0, 0, 0, 15 },
		{ "mss 1460", 0, 0, 0, 15 },
		{ "mss 1460 sack time 305419896 nop scale 7", 305419896, 1, 1, 7 },
		{ "nop nop time 4294967295", 4294967295, 1, 0, 15 },
		{ "scale 14", 0, 0, 0, 14 },
		{ "scale 15", 0, 0, 0, 14 },
		{ "scale 255", 0, 0, 0, 14 },
		{ "scale 0", 0, 0, 0, 0 },
		{ "eol sack", 0, 0, 0, 15 },
		{ "nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop nop sack", 0, 0, 1, 15 },
		{ "option 4204aabb sack", 0, 0, 1, 15 },            /* one that nobody knows */
		{ "option 0300 sack", 0, 0, 0, 15 },                /* a length of 0, of 1: reading ends */
		{ "option 0301 sack", 0, 0, 0, 15 },
		{ "option 0304 option 0000 sack", 0, 0, 1, 15 },    /* a wrong length: stepped over */
		{ "option 0809 option 00000000000000 sack", 0, 0, 1, 15 },
		{ "sack option 0109 option 030507", 0, 0, 1, 15 },  /* longer than what is left */
		{ "nop nop nop option 08", 0, 0, 0, 15 },           /* its length is not there */
		{ "option 080a option 0102", 0, 0, 0, 15 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct packet_head head;
		struct tcp_options options;
		char line[512];

		snprintf(line, sizeof(line), "v4 tcp 40000 443 S %s", rows[i].options);
		print_message("%s\n", line);
		read_options(line, &head, &options);
		assert_int_equal(options.offer.has_timestamp, rows[i].has_timestamp);
		assert_int_equal(WIRE_32(options.offer.timestamp), rows[i].timestamp);
		assert_int_equal(options.offer.has_sack, rows[i].has_sack);
		assert_int_equal(options.offer.scale, rows[i].scale);
	}
}

/* Never reads outside the header, whatever stands in it; always ends. */
static void options_of_chance(void **state)
{
	struct draws draws = { 17 };

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct tcp_options options = { .end = 20 + (uint32_t)draw_below(&draws, 11) * 4 };
		unsigned steps = 0;

		for (size_t i = 0; i < 60; i++)
			options.header[i] = (uint8_t)(draw_below(&draws, 2) ? draw_below(&draws, 12) : draw(&draws));
		options_begin(&options);
		while (option_next(&options)) {
			steps++;
			assert_true(options.at <= options.end);
		}
		assert_true(steps <= TCP_OPTIONS_MAX && options.offer.scale <= 15);
	}
}

static const struct packet_settings settings = { .flags = PACKET_HAS_TIMESTAMPS, .mss_v4 = 1460, .mss_v6 = 1440, .window_scale = 9 };

static const uint8_t *answer(const char *line, uint32_t flags, uint64_t now_ms, struct packet_answer *out)
{
	struct packet_settings with = settings;
	struct packet_head head;
	struct tcp_options options;

	with.flags = flags;
	memset(out, 0xee, sizeof(*out));
	read_options(line, &head, &options);
	answer_make(&head, &options.offer, &with, 0xdeadbeef, now_ms * 1000000, out);
	return (const uint8_t *)out->word + (head.version == 4 ? 20 : 0);
}

static void assert_bytes(const uint8_t *at, const char *hex)
{
	for (size_t i = 0; hex[i * 2]; i++) {
		char two[3] = { hex[i * 2], hex[i * 2 + 1], 0 };

		if (two[0] != '.' && at[i] != strtoul(two, NULL, 16))
			fail_msg("byte %zu is %02x, not %s", i, at[i], two);
	}
}

static void the_answer_byte_for_byte(void **state)
{
	struct packet_answer out;

	(void)state;
	assert_bytes(answer("v4 words 3 tcp 40000 443 S seq 4294967295 mss 1460", PACKET_HAS_TIMESTAMPS, NOW_MS, &out),
	             "4500002c00004000" "4006....c0000201" "c6336407"
	             "01bb9c40deadbeef" "000000006012faf0" "....0000020405b4");
	assert_int_equal(out.tcp_bytes, 24);
	/* Without the sysctl the options of a SYN are not looked at: no timestamp may be sent. */
	answer("v4 tcp 40000 443 S mss 1460 sack time 7 nop scale 7", 0, NOW_MS, &out);
	assert_int_equal(out.tcp_bytes, 24);
	/* 1000000 is 0xf4240, whose low six bits are 0: then 64 less than 0xf4240 + 0x17 (SACK, scale 7). */
	assert_bytes(answer("v4 tcp 40000 443 S mss 1460 sack time 7 nop scale 7", PACKET_HAS_TIMESTAMPS, NOW_MS, &out),
	             "4500003c00004000" "4006....c0000201" "c6336407"
	             "01bb9c40deadbeef" "000003e9a012faf0" "....0000020405b4" "0402080a000f4217" "0000000701030309");
	assert_int_equal(out.tcp_bytes, 40);
	assert_bytes(answer("v6 hop tcp 40000 443 S mss 1440 nop nop time 1", PACKET_HAS_TIMESTAMPS, NOW_MS + 63, &out),
	             "6000000000280640" "20010db8000000000000000000000001" "20010db8000700000000000000000007"
	             "01bb9c40deadbeef" "000003e9a012faf0" "....0000020405a0" "0101080a000f424f" "0000000101010101");
}

/* RFC 1071 over header and pseudo header says 0 where all is right. */
static void checksums_are_right(void **state)
{
	struct draws draws = { 23 };

	(void)state;
	for (int round = 0; round < 2000; round++) {
		bool is_v6 = draw_below(&draws, 2);
		struct packet_answer out;
		char line[160];
		const uint8_t *ip;
		size_t header = is_v6 ? 40 : 20, at = is_v6 ? 8 : 12, bytes = is_v6 ? 32 : 8;
		uint32_t sum = 6;

		snprintf(line, sizeof(line), "%s tcp %u %u S seq %u mss 1400%s", is_v6 ? "v6" : "v4", 1 + (unsigned)draw_below(&draws, 65535),
		         1 + (unsigned)draw_below(&draws, 65535), (unsigned)(uint32_t)draw(&draws), round & 1 ? " sack time 99 nop scale 5" : "");
		ip = answer(line, PACKET_HAS_TIMESTAMPS, NOW_MS + (uint64_t)round * 7919, &out);
		sum += out.tcp_bytes;
		for (size_t i = 0; i < bytes; i += 2)
			sum += (uint32_t)ip[at + i] << 8 | ip[at + i + 1];
		assert_int_equal(recipe_checksum(ip + header, out.tcp_bytes, sum), 0);
		if (!is_v6)
			assert_int_equal(recipe_checksum(ip, 20, 0), 0);
	}
}

/* Our clock may not be behind what we send, or the kernel takes the cookie's options for another minute's. */
static void a_timestamp_is_never_of_the_future(void **state)
{
	struct syn_offer offer = { .has_sack = 1, .scale = 14 };

	(void)state;
	for (uint64_t ms = 1000; ms < 1200; ms++) {
		uint32_t timestamp = answer_timestamp(&offer, ms * 1000000);

		assert_true(timestamp <= ms && timestamp + 64 > ms);
		assert_int_equal(timestamp & 63, 16 | 14);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_syn_asks_for),
		cmocka_unit_test(options_of_chance),
		cmocka_unit_test(the_answer_byte_for_byte),
		cmocka_unit_test(checksums_are_right),
		cmocka_unit_test(a_timestamp_is_never_of_the_future),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
