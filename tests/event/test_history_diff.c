/* Differences of texts: known ones, and the law that A with its difference is B. */
#include "../base/check.h"

#include <stdlib.h>
#include <string.h>

#include "event/history/diff.h"

#include "base/banned.h"

static const struct example {
	const char *a, *b, *hunks;
} examples[] = {
	{ "", "", "" },
	{ "same\n", "same\n", "" },
	{ "", "new\n", "@@ -0,0 +1,1 @@\n+new\n" },
	{ "old\n", "", "@@ -1,1 +0,0 @@\n-old\n" },
	{ "a\nb\nc\n", "a\nx\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n" },
	{ "a\nb", "a\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n" },
	{ "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nX\n5\n6\n7\n8\n9\n", "@@ -2,6 +2,7 @@\n 2\n 3\n 4\n+X\n 5\n 6\n 7\n" },
	{ "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n", "X\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\nY\n",
	  "@@ -1,4 +1,4 @@\n-1\n+X\n 2\n 3\n 4\n@@ -9,4 +9,4 @@\n 9\n 10\n 11\n-12\n+Y\n" },
	{ "a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n", "@@ -1,7 +1,6 @@\n-a\n-b\n c\n+b\n a\n b\n-b\n a\n+c\n" },
};

static void diff(const char *a, const char *b, struct buffer *out)
{
	buffer_init(out, 1u << 20);
	assert_ok(diff_write(&(struct diff_side){ SPAN("A"), span_of(a) }, &(struct diff_side){ SPAN("B"), span_of(b) }, out));
}

static void test_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		char expected[512];
		struct buffer out;

		diff(examples[i].a, examples[i].b, &out);
		snprintf(expected, sizeof(expected), "%s%s", examples[i].hunks[0] ? "--- A\n+++ B\n" : "", examples[i].hunks);
		if (!span_equal(buffer_span(&out), span_of(expected)))
			fail_msg("example %zu:\n%.*s", i, SPAN_ARG(buffer_span(&out)));
		buffer_done(&out);
	}
}

/* Walks the hunks over A: OUT is what they make of it. Fails where they do not fit. */
static void apply(struct span a, struct span hunks, struct buffer *out)
{
	(void)span_cut(&hunks, '\n');
	(void)span_cut(&hunks, '\n');
	while (hunks.len) {
		struct span line = span_cut(&hunks, '\n'), old;

		if (span_starts(line, SPAN("@@")))
			continue;
		if (line.at[0] == '+') {
			assert_ok(buffer_append(out, span_skip(line, 1)));
			assert_ok(buffer_append_byte(out, '\n'));
			continue;
		}
		old = span_cut(&a, '\n');
		assert_true(span_equal(old, span_skip(line, 1)));
		if (line.at[0] == ' ') {
			assert_ok(buffer_append(out, old));
			assert_ok(buffer_append_byte(out, '\n'));
		}
	}
	assert_int_equal(a.len, 0);
}

/* Short texts of few letters: everything is within three lines of something else, so the hunks hold all of A. */
static void test_law(void **state)
{
	uint64_t random = 12345;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		char texts[2][16] = { "", "" };
		struct buffer out, made;

		for (unsigned side = 0; side < 2; side++) {
			unsigned count = (unsigned)(random >> 33) % 8;

			for (unsigned i = 0; i < count; i++) {
				random = random * 6364136223846793005u + 1442695040888963407u;
				if (i >= 7)
					break;
				texts[side][2 * i] = (char)('a' + (random >> 40) % 3);
				texts[side][2 * i + 1] = '\n';
			}
			random = random * 6364136223846793005u + 1442695040888963407u;
		}
		if (strcmp(texts[0], texts[1]) == 0 || strlen(texts[0]) > 6)
			continue;
		diff(texts[0], texts[1], &out);
		buffer_init(&made, 4096);
		apply(span_of(texts[0]), buffer_span(&out), &made);
		assert_true(span_equal(buffer_span(&made), span_of(texts[1])));
		buffer_done(&made);
		buffer_done(&out);
	}
}

/* Beyond the limit of edits: all of one, all of the other, and still what is common around them. */
static void test_far(void **state)
{
	struct buffer a, b, out;
	size_t minus = 0, plus = 0;

	(void)state;
	buffer_init(&a, 1u << 20);
	buffer_init(&b, 1u << 20);
	assert_ok(buffer_append(&a, SPAN("first\n")));
	assert_ok(buffer_append(&b, SPAN("first\n")));
	for (unsigned i = 0; i < 2 * DIFF_EDITS_MAX; i++) {
		assert_ok(buffer_print(&a, "a%u\n", i));
		assert_ok(buffer_print(&b, "b%u\n", i));
	}
	buffer_init(&out, 1u << 20);
	assert_ok(diff_write(&(struct diff_side){ SPAN("A"), buffer_span(&a) }, &(struct diff_side){ SPAN("B"), buffer_span(&b) }, &out));
	assert_true(span_contains(buffer_span(&out), SPAN("\n first\n")));
	for (size_t i = 1; i < buffer_len(&out); i++) {
		minus += buffer_span(&out).at[i - 1] == '\n' && buffer_span(&out).at[i] == '-';
		plus += buffer_span(&out).at[i - 1] == '\n' && buffer_span(&out).at[i] == '+';
	}
	assert_int_equal(minus, 2 * DIFF_EDITS_MAX);
	assert_int_equal(plus, 2 * DIFF_EDITS_MAX + 1);
	buffer_done(&out);
	buffer_init(&out, 100);
	assert_result(diff_write(&(struct diff_side){ SPAN("A"), buffer_span(&a) }, &(struct diff_side){ SPAN("B"), buffer_span(&b) }, &out), RESULT_LIMIT);
	buffer_done(&out);
	buffer_done(&a);
	buffer_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_examples), cmocka_unit_test(test_law), cmocka_unit_test(test_far) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
