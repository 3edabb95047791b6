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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
