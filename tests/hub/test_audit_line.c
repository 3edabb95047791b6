#include "../base/check.h"
#include "base/encode.h"
#include "hub/audit/line.h"
#include "net/digest.h"

static struct audit_entry entry = { .number = 7, .wall_ms = 1796025600123, .who = "agn\xc3\xa8s", .what = "ban.add", .object = "192.0.2.0/24", .detail = "1h: \"flood\"",
	                            .previous = { 1, 2, 3 } };

static void write_one(struct buffer *out)
{
	buffer_init(out, AUDIT_LINE_MAX);
	assert_ok(audit_line_write(&entry, out));
}

static struct span line_of(const struct buffer *text)
{
	return span_take(buffer_span(text), buffer_len(text) - 1);
}

static void a_line_reads_as_it_was_written(void **unused)
{
	struct audit_entry again;
	struct buffer text;

	(void)unused;
	write_one(&text);
	assert_true(span_starts(buffer_span(&text), SPAN("{\"number\":7,\"at\":\"2026-11-30T08:00:00.123Z\",\"who\":\"agn\xc3\xa8s\",\"what\":\"ban.add\",\"object\":\"192.0.2.0/24\",\"detail\":"
	                                                 "\"1h: \\\"flood\\\"\",\"previous\":\"0102030000")));
	assert_true(span_ends(buffer_span(&text), SPAN("\"}\n")));
	assert_ok(audit_line_read(line_of(&text), &again));
	assert_memory_equal(&again, &entry, sizeof(entry));
	buffer_done(&text);
}

static void hash_anew(const char *front, struct buffer *out)
{
	unsigned char hash[DIGEST_LEN];
	char hex[2 * DIGEST_LEN];

	assert_ok(digest_plain(span_of(front), hash));
	hex_write(hash, sizeof(hash), hex);
	buffer_reset(out);
	assert_ok(buffer_print(out, "%s,\"hash\":\"%.*s\"}", front, (int)sizeof(hex), hex));
}

/* A code with its arguments stands behind the English; a line without one is what lines always were. */
static void a_code_is_kept_with_its_arguments(void **unused)
{
#define FRONT "{\"number\":7,\"at\":\"2026-11-30T08:00:00.123Z\",\"who\":\"a\",\"what\":\"b.c\",\"object\":\"\",\"detail\":\"by x: y\""
#define BACK ",\"previous\":\"0000000000000000000000000000000000000000000000000000000000000000\""
	static const struct { const char *front; enum result result; } table[] = {
		{ FRONT BACK, RESULT_OK },
		{ FRONT ",\"said\":\"way-why\",\"arguments\":[\"x\",\"y\"]" BACK, RESULT_OK },
		{ FRONT ",\"said\":\"of-a-later-hub\",\"arguments\":[]" BACK, RESULT_OK },
		{ FRONT ",\"said\":\"\",\"arguments\":[]" BACK, RESULT_MALFORMED },
		{ FRONT ",\"said\":\"way\"" BACK, RESULT_MALFORMED },
		{ FRONT ",\"arguments\":[\"x\"]" BACK, RESULT_MALFORMED },
		{ FRONT ",\"said\":\"way\",\"arguments\":\"x\"" BACK, RESULT_MALFORMED },
		{ FRONT ",\"said\":\"way\",\"arguments\":[1]" BACK, RESULT_MALFORMED },
		{ FRONT ",\"said\":\"way\",\"arguments\":[\"a\",\"b\",\"c\",\"d\"]" BACK, RESULT_MALFORMED },
		{ FRONT ",\"arguments\":[\"x\"],\"said\":\"way\"" BACK, RESULT_MALFORMED },
		{ FRONT ",\"said\":\"a-code-that-is-longer-than-any-code\",\"arguments\":[]" BACK, RESULT_MALFORMED },
	};
	struct audit_entry one;
	struct buffer line;

	(void)unused;
	buffer_init(&line, AUDIT_LINE_MAX);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		hash_anew(table[i].front, &line);
		assert_result(audit_line_read(buffer_span(&line), &one), table[i].result);
		if (i == 1) {
			assert_string_equal(one.said, "way-why");
			assert_int_equal(one.argument_count, 2);
			assert_string_equal(one.arguments[1], "y");
		}
	}
	buffer_done(&line);
}

/* Each code has a name of its own, and as many arguments as its English. */
static void codes_are_said_in_english(void **unused)
{
	struct audit_words words = AUDIT_SAY(DELETED, SPAN("12"), SPAN("monday"), SPAN("friday"));
	struct buffer english;

	(void)unused;
	buffer_init(&english, 256);
	assert_ok(audit_said_write(&words, &english));
	assert_true(span_equal(buffer_span(&english), SPAN("12 rows, from monday to friday")));
	for (unsigned i = 1; i < AUDIT_SAID_COUNT; i++) {
		assert_true(strlen(audit_said_code((enum audit_said)i)) > 0 && strlen(audit_said_code((enum audit_said)i)) < AUDIT_SAID_BYTES);
		assert_true(audit_said_arguments((enum audit_said)i) <= AUDIT_ARGUMENTS);
		for (unsigned k = 1; k < i; k++)
			assert_string_not_equal(audit_said_code((enum audit_said)i), audit_said_code((enum audit_said)k));
	}
	buffer_done(&english);
}

/* As the header says it, for whoever checks it with other programs. */
static void the_hash_is_of_the_bytes_before_it(void **unused)
{
	unsigned char hash[DIGEST_LEN];
	struct buffer text;
	struct span line;

	(void)unused;
	write_one(&text);
	line = line_of(&text);
	assert_ok(digest_plain(span_take(line, line.len - strlen(",\"hash\":\"\"}") - 2 * DIGEST_LEN), hash));
	assert_memory_equal(hash, entry.hash, sizeof(hash));
	buffer_done(&text);
}

static void every_flipped_bit_is_seen(void **unused)
{
	struct audit_entry again;
	struct buffer text;
	size_t len;

	(void)unused;
	write_one(&text);
	len = line_of(&text).len;
	for (size_t bit = 0; bit < 8 * len; bit++) {
		text.bytes[text.start + bit / 8] ^= (char)(1 << bit % 8);
		assert_result(audit_line_read(line_of(&text), &again), RESULT_MALFORMED);
		text.bytes[text.start + bit / 8] ^= (char)(1 << bit % 8);
	}
	for (size_t cut = 0; cut < len; cut++)
		assert_result(audit_line_read(span_take(line_of(&text), cut), &again), RESULT_MALFORMED);
	assert_ok(audit_line_read(line_of(&text), &again));
	buffer_done(&text);
}

/* The same entry, said in another way, is none. */
static void there_is_one_way_to_write_an_entry(void **unused)
{
	struct audit_entry again;
	struct buffer text, other;

	(void)unused;
	write_one(&text);
	buffer_init(&other, AUDIT_LINE_MAX);
	assert_int_equal(buffer_print(&other, " %.*s", SPAN_ARG(line_of(&text))), RESULT_OK);
	assert_result(audit_line_read(buffer_span(&other), &again), RESULT_MALFORMED);
	buffer_reset(&other);
	assert_int_equal(buffer_print(&other, "%.*s ", SPAN_ARG(line_of(&text))), RESULT_OK);
	assert_result(audit_line_read(buffer_span(&other), &again), RESULT_MALFORMED);
	buffer_done(&text);
	buffer_done(&other);
}

static void the_longest_line_has_room(void **unused)
{
	static struct audit_entry long_one;
	struct audit_entry again;
	struct buffer text;

	(void)unused;
	long_one = (struct audit_entry){ .number = INT64_MAX, .wall_ms = 1 };
	memset(long_one.who, '"', sizeof(long_one.who) - 1);
	memset(long_one.what, '\\', sizeof(long_one.what) - 1);
	memset(long_one.object, '"', sizeof(long_one.object) - 1);
	memset(long_one.detail, '\\', sizeof(long_one.detail) - 1);
	memset(long_one.said, '"', sizeof(long_one.said) - 1);
	long_one.argument_count = AUDIT_ARGUMENTS;
	for (unsigned i = 0; i < AUDIT_ARGUMENTS; i++)
		memset(long_one.arguments[i], '"', AUDIT_ARGUMENT_BYTES - 1);
	long_one.wall_ms = 1796025600123;
	buffer_init(&text, AUDIT_LINE_MAX);
	assert_ok(audit_line_write(&long_one, &text));
	assert_ok(audit_line_read(line_of(&text), &again));
	assert_memory_equal(&again, &long_one, sizeof(again));
	buffer_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_reads_as_it_was_written), cmocka_unit_test(the_hash_is_of_the_bytes_before_it), cmocka_unit_test(every_flipped_bit_is_seen),
		cmocka_unit_test(there_is_one_way_to_write_an_entry), cmocka_unit_test(the_longest_line_has_room),
		cmocka_unit_test(a_code_is_kept_with_its_arguments), cmocka_unit_test(codes_are_said_in_english),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
