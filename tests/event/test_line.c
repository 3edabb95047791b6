#include "stage.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/encode.h"
#include "event/line.h"
#include "event/member.h"

static void numbers(void **state)
{
	static const uint64_t values[] = { 0, 9, 10, 99, 100, 101, 12345, 999999, 18446744073709551615u };
	char want[32], out[32];

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct line line = { out, out + sizeof(out), false };

		line_number(&line, values[i]);
		snprintf(want, sizeof(want), "%llu", (unsigned long long)values[i]);
		assert_span(span_make(out, (size_t)(line.at - out)), want);
	}
}

static void every_byte_is_escaped_as_the_house_escapes_it(void **state)
{
	(void)state;
	for (unsigned byte = 0; byte < 256; byte++) {
		for (size_t place = 0; place < 12; place++) {
			char text[12], out[128];
			struct line line = { out, out + sizeof(out), false };
			struct buffer want;

			memset(text, 'a', sizeof(text));
			text[place] = (char)byte;
			line_text(&line, span_make(text, sizeof(text)), 100);
			buffer_init(&want, 256);
			assert_int_equal(json_write_string(span_make(text, sizeof(text)), &want), RESULT_OK);
			assert_true(span_equal(span_make(out, (size_t)(line.at - out)),
			                       span_make(buffer_span(&want).at + 1, buffer_len(&want) - 2)));
			assert_false(line.is_cut);
			buffer_done(&want);
		}
	}
}

/* Whatever the limit, the output is a JSON string within it, a front of the whole, marked when it is cut. */
static void cutting(void **state)
{
	static const char text[] = "abc\"def\\\x01\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xff end of it";

	(void)state;
	for (size_t max = 0; max < 64; max++) {
		char out[80];
		struct line line = { out + 1, out + 70, false };
		struct members members;
		struct member member;
		size_t len;

		out[0] = '"';
		line_text(&line, SPAN(text), max);
		len = (size_t)(line.at - out - 1);
		assert_true(len <= max);
		assert_true(line.is_cut == (max < 38));
		memmove(out + 2, out + 1, len);
		out[0] = '[';
		out[1] = '"';
		memcpy(out + 2 + len, "\"]", 2);
		members_init(&members, span_make(out, len + 4));
		assert_int_equal(members_next(&members, &member), RESULT_OK);
		assert_true(!line.is_cut || max < 3 || span_ends(member.value, SPAN("\xe2\x80\xa6")));
		for (struct span rest = member.value; rest.len; rest = span_skip(rest, utf8_length(rest)))
			assert_true(utf8_length(rest) > 0);
	}
}

static void members_are_whole_or_absent(void **state)
{
	(void)state;
	for (size_t size = 0; size < 60; size++) {
		char out[64];
		struct line line = { out, out + size, false };

		line_member_text(&line, SPAN(",\"a\":"), SPAN("value"), 100);
		line_member_number(&line, SPAN(",\"b\":"), 123456);
		line_member_plain(&line, SPAN(",\"c\":"), SPAN("xyz"));
		assert_true(line.at <= out + size);
		assert_true(line.at == out || line.at[-1] == '"' || is_digit(line.at[-1]));
		assert_true(line.is_cut || line.at - out == 12 + 11 + 10);
	}
}

static void addresses_and_time(void **state)
{
	static const char *const texts[] = { "0.0.0.0", "192.0.2.77", "255.255.255.255", "2001:db8::1", "::1" };
	struct line_clock clock = { 0 };

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct address address = stage_address(texts[i]);
		char out[64];
		struct line line = { out, out + sizeof(out), false };

		line_address(&line, &address);
		assert_span(span_make(out, (size_t)(line.at - out)), texts[i]);
	}
	for (uint64_t ns = 1767312245000000000u; ns < 1767312248000000000u; ns += 77777777) {
		char want[CLOCK_ISO_LEN + 1];

		clock_write_iso(ns, want);
		assert_span(line_clock_text(&clock, ns), want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers), cmocka_unit_test(every_byte_is_escaped_as_the_house_escapes_it), cmocka_unit_test(cutting),
		cmocka_unit_test(members_are_whole_or_absent), cmocka_unit_test(addresses_and_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
