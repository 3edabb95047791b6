/* What a form says and what is odd about it: every row was asked of ModSecurity 2.9.7 unless it says otherwise. */
#include "../base/failing.h"

#include "../../src/base/buffer.c"
#include "../../src/base/block.c"
#include "../../src/waf/body/reader.c"

#include "body_told.h"

#define F(flag) (1u << BODY_FLAG_##flag)
#define CRLF F(CRLF_LINE)
#define FAULT (F(ERROR) | F(MULTIPART_ERROR))
#define P "Multipart parsing error: Multipart: "
#define D "Content-Disposition: form-data; name=\"a\""
#define HEAD "--B\r\n" D "\r\n\r\n"
#define END "\r\n--B--\r\n"
#define TOLD_HEAD "(a){Content-Disposition: form-data; name\\3d\"a\"}"

static const struct subject form = { .kind = READER_MULTIPART, .type = SPAN_INIT("multipart/form-data; boundary=B") };

struct row {
	struct span body;
	const char *told, *message;
	uint32_t flags;
};

static void assert_rows(const struct subject *subject, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t flags = assert_told(subject, rows[i].body, rows[i].told, rows[i].message);

		if (flags != rows[i].flags)
			print_error("flags of: %.*s\n", SPAN_ARG(rows[i].body));
		assert_int_equal(flags, rows[i].flags);
		if (!*rows[i].message)
			assert_prefixes(subject, rows[i].body);
	}
}

static void test_boundaries(void **state)
{
	static const struct row rows[] = {
		{ SPAN_INIT(""), "", "", 0 },
		{ SPAN_INIT(HEAD "1" END), TOLD_HEAD "a=1|", "", CRLF },
		{ SPAN_INIT(HEAD "1\r\n--B--"), TOLD_HEAD "a=1|", "", CRLF },
		{ SPAN_INIT(HEAD "1\r\n" HEAD "2" END), TOLD_HEAD "a=1|" TOLD_HEAD "a=2|", "", CRLF },
		{ SPAN_INIT("--B--\r\n"), "", "", CRLF },
		{ SPAN_INIT("x"), "", P "No boundaries found in payload.", FAULT | F(DATA_BEFORE) },
		{ SPAN_INIT("--B--"), "", P "No boundaries found in payload.", FAULT },
		{ SPAN_INIT(HEAD "1\r\n"), TOLD_HEAD, P "Final boundary missing.", FAULT | CRLF },
		{ SPAN_INIT(HEAD "1\r\n--B--\r"), TOLD_HEAD, P "Final boundary missing.", FAULT | CRLF },
		{ SPAN_INIT(HEAD "1\r\n--B-"), TOLD_HEAD, P "Final boundary missing.", FAULT | CRLF },
		{ SPAN_INIT(HEAD "1\r\n--B"), TOLD_HEAD, P "Final boundary missing.", FAULT | CRLF },
		{ SPAN_INIT(HEAD "1\r\n--B--x"), TOLD_HEAD, P "Final boundary missing.", FAULT | CRLF },
		{ SPAN_INIT("--B\r\n" D), "", P "Final boundary missing.", FAULT | CRLF },
		{ SPAN_INIT("x\r\n" HEAD "1" END), TOLD_HEAD "a=1|", "", CRLF | F(DATA_BEFORE) },
		{ SPAN_INIT("\r\n" HEAD "1" END), TOLD_HEAD "a=1|", "", CRLF | F(DATA_BEFORE) },
		{ SPAN_INIT(HEAD "1" END "x"), TOLD_HEAD "a=1|", "", CRLF | F(DATA_AFTER) },
		{ SPAN_INIT(HEAD "1" END "\r\n"), TOLD_HEAD "a=1|", "", CRLF | F(DATA_AFTER) },
		{ SPAN_INIT(HEAD "1" END "--B--\r\n"), TOLD_HEAD "a=1|", "", CRLF | F(DATA_AFTER) },
		{ SPAN_INIT("--B \r\n" D "\r\n\r\n1" END), "", P "Invalid boundary: --B \\r\\n", FAULT },
		{ SPAN_INIT("--Bx\r\n" D "\r\n\r\n1" END), "", P "Invalid boundary: --Bx\\r\\n", FAULT },
		{ SPAN_INIT("--B--x\r\n"), "", P "Invalid boundary: --B--x\\r\\n", FAULT },
		{ SPAN_INIT(HEAD "1\r\n--B--\r\r\n"), TOLD_HEAD, P "Invalid boundary: --B--\\r\\r\\n", FAULT | CRLF },
		{ SPAN_INIT("-- B\r\n" D "\r\n\r\n1" END), "", P "Invalid boundary (whitespace).", FAULT },
		{ SPAN_INIT("--\"B\"\r\n" D "\r\n\r\n1" END), "", "", F(UNMATCHED_BOUNDARY) | F(DATA_BEFORE) | CRLF },
	};

	(void)state;
	assert_rows(&form, rows, sizeof(rows) / sizeof(*rows));
}

static void test_line_ends(void **state)
{
	static const uint32_t mixed = F(LF_LINE) | F(CRLF_LINE);
	static const struct row rows[] = {
		{ SPAN_INIT("--B\n" D "\n\n1\n--B--\n"), TOLD_HEAD "a=1|", "", F(LF_LINE) },
		{ SPAN_INIT("--B\n" D "\n\n1\n--B--"), TOLD_HEAD "a=1|", "", F(LF_LINE) },
		{ SPAN_INIT("--B\n" D "\n\n1\r\n--B--\n"), TOLD_HEAD "a=1|", "", F(LF_LINE) },
		{ SPAN_INIT("x\r\n--B\n" D "\n\n1\n--B--\n"), TOLD_HEAD "a=1|", "", F(LF_LINE) | F(DATA_BEFORE) },
		{ SPAN_INIT("x\n" HEAD "1" END), TOLD_HEAD "a=1|", "", mixed | F(DATA_BEFORE) },
		{ SPAN_INIT("--B\n" D "\r\n\r\n1" END), TOLD_HEAD "a=1|", "", mixed },
		{ SPAN_INIT("--B\r\n" D "\n\r\n1" END), TOLD_HEAD "a=1|", "", mixed },
		{ SPAN_INIT("--B\r\n" D "\r\n\n1" END), TOLD_HEAD "a=1|", "", mixed },
		{ SPAN_INIT(HEAD "1\n--B--\r\n"), TOLD_HEAD "a=1|", "", mixed },
		{ SPAN_INIT(HEAD "1\r\n--B--\n"), TOLD_HEAD "a=1|", "", mixed },
		{ SPAN_INIT(HEAD "1\n--B--"), TOLD_HEAD "a=1|", "", mixed },
		{ SPAN_INIT(HEAD "1\n2" END), TOLD_HEAD "a=1\\0a2|", "", CRLF },
		{ SPAN_INIT(HEAD "1\n" HEAD "2" END), TOLD_HEAD "a=1|" TOLD_HEAD "a=2|", "", mixed },
		{ SPAN_INIT(HEAD END), TOLD_HEAD "a=|", "", CRLF },
		{ SPAN_INIT(HEAD "\n--B--\r\n"), TOLD_HEAD "a=|", "", mixed },
		{ SPAN_INIT(HEAD "\r\n" END), TOLD_HEAD "a=\\0d\\0a|", "", CRLF },
		{ SPAN_INIT(HEAD "\r" END), TOLD_HEAD "a=\\0d|", "", CRLF },
		{ SPAN_INIT(HEAD "x\r\r" END), TOLD_HEAD "a=x\\0d\\0d|", "", CRLF },
		{ SPAN_INIT(HEAD "x\n" END), TOLD_HEAD "a=x\\0a|", "", CRLF },
		{ SPAN_INIT(HEAD "x\r\n\n--B--\r\n"), TOLD_HEAD "a=x\\0d\\0a|", "", mixed },
		{ SPAN_INIT(HEAD "a\0b%41+c" END), TOLD_HEAD "a=a\\00b%41+c|", "", CRLF },
	};

	(void)state;
	assert_rows(&form, rows, sizeof(rows) / sizeof(*rows));
}

/* Where a part has no head or no data yet, a boundary is none: whoever reads more loosely would see other parts. */
static void test_boundary_too_early(void **state)
{
	static const struct row rows[] = {
		{ SPAN_INIT("--B\r\n--B--\r\n"), "", P "Invalid part header (colon missing): --B--\\r\\n.", FAULT | CRLF | F(INVALID_PART) },
		{ SPAN_INIT("--B\r\n--B\r\n" D "\r\n\r\n1" END), "", P "Invalid part header (colon missing): --B\\r\\n.", FAULT | CRLF | F(INVALID_PART) },
		{ SPAN_INIT(HEAD "--B--\r\n"), TOLD_HEAD, P "Final boundary missing.", FAULT | CRLF | F(INVALID_PART) },
		{ SPAN_INIT(HEAD "--B--"), TOLD_HEAD "a=|", "", CRLF | F(INVALID_PART) },
		{ SPAN_INIT("--B\r\n" D "\r\n--B--"), "", "", CRLF | F(INVALID_PART) },
		{ SPAN_INIT("--B\r\n--B--"), "", "", CRLF | F(INVALID_PART) },
		{ SPAN_INIT(HEAD "\n--Bx\r\n1" END), TOLD_HEAD, P "Invalid boundary: --Bx\\r\\n", FAULT | CRLF | F(LF_LINE) },
		{ SPAN_INIT(HEAD HEAD "1" END), TOLD_HEAD "a=--B\\0d\\0aContent-Disposition: form-data; name\\3d\"a\"\\0d\\0a\\0d\\0a1|", "", CRLF | F(INVALID_PART) },
		{ SPAN_INIT(HEAD "--B--\r\n1" END), TOLD_HEAD "a=--B--\\0d\\0a1|", "", CRLF | F(INVALID_PART) },
		{ SPAN_INIT(HEAD "--Bx\r\n1" END), TOLD_HEAD "a=--Bx\\0d\\0a1|", "", CRLF | F(INVALID_PART) },
		{ SPAN_INIT(HEAD "--B\n1" END), TOLD_HEAD "a=--B\\0a1|", "", CRLF | F(INVALID_PART) },
		{ SPAN_INIT("--B\r\n" D "\r\n--Bx: y\r\n\r\n1" END), TOLD_HEAD "{--Bx: y}a=1|", "", CRLF | F(INVALID_PART) },
	};

	(void)state;
	assert_rows(&form, rows, sizeof(rows) / sizeof(*rows));
}

static void test_unmatched(void **state)
{
	static const uint32_t unmatched = CRLF | F(UNMATCHED_BOUNDARY);
	static const struct row rows[] = {
		{ SPAN_INIT(HEAD "--\r\nx" END), TOLD_HEAD "a=--\\0d\\0ax|", "", unmatched },
		{ SPAN_INIT(HEAD "--x" END), TOLD_HEAD "a=--x|", "", unmatched },
		{ SPAN_INIT(HEAD "--x\r\n1" END), TOLD_HEAD "a=--x\\0d\\0a1|", "", unmatched },
		{ SPAN_INIT(HEAD "-----BEGIN" END), TOLD_HEAD "a=-----BEGIN|", "", unmatched },
		{ SPAN_INIT(HEAD "x--B" END), TOLD_HEAD "a=x--B|", "", unmatched },
		{ SPAN_INIT(HEAD "x---B" END), TOLD_HEAD "a=x---B|", "", unmatched },
		{ SPAN_INIT(HEAD "x--y" END), TOLD_HEAD "a=x--y|", "", CRLF },
		{ SPAN_INIT(HEAD "--\n" END), TOLD_HEAD "a=--\\0a|", "", CRLF },
		{ SPAN_INIT(HEAD "\n--x" END), TOLD_HEAD "a=\\0a--x|", "", unmatched },
		{ SPAN_INIT(HEAD "a\r\n--\r\nb" END), TOLD_HEAD "a=a\\0d\\0a--\\0d\\0ab|", "", unmatched },
		{ SPAN_INIT(HEAD "--" END), TOLD_HEAD "a=--|", "", unmatched },
		{ SPAN_INIT(HEAD "-" END), TOLD_HEAD "a=-|", "", CRLF },
		{ SPAN_INIT(HEAD "a\r\n-\r\n-b--B" END), TOLD_HEAD "a=a\\0d\\0a-\\0d\\0a-b--B|", "", unmatched },
		{ SPAN_INIT(HEAD "x -- B" END), TOLD_HEAD "a=x -- B|", "", CRLF },
		{ SPAN_INIT(HEAD "--b" END), TOLD_HEAD "a=--b|", "", unmatched },
		{ SPAN_INIT(HEAD "--\0abc" END), TOLD_HEAD "a=--\\00abc|", "", CRLF },
		{ SPAN_INIT(HEAD "x\0--B" END), TOLD_HEAD "a=x\\00--B|", "", unmatched },
		{ SPAN_INIT(HEAD "--B\0" END), TOLD_HEAD "a=--B\\00|", "", unmatched },
		{ SPAN_INIT("--x\r\n" HEAD "1" END), TOLD_HEAD "a=1|", "", unmatched | F(DATA_BEFORE) },
		{ SPAN_INIT("--B\r\n" D "\r\n--x: 1\r\n\r\n1" END), TOLD_HEAD "{--x: 1}a=1|", "", unmatched },
		{ SPAN_INIT("--B\r\n" D "\r\nx: --B\r\n\r\n1" END), TOLD_HEAD "{x: --B}a=1|", "", unmatched },
		{ SPAN_INIT("--B\r\n" D "\r\n-- B: 1\r\n\r\n1" END), "", P "Invalid boundary (whitespace).", FAULT | CRLF },
	};

	(void)state;
	assert_rows(&form, rows, sizeof(rows) / sizeof(*rows));
}

static void test_files(void **state)
{
#define FD "Content-Disposition: form-data; name=\"a\"; filename=\"f\""
#define TOLD_FILE "(a,f){Content-Disposition: form-data; name\\3d\"a\"; filename\\3d\"f\"}"
	static const struct row rows[] = {
		{ SPAN_INIT("--B\r\n" FD "\r\nContent-Type: text/plain\r\n\r\nx\r\n-y\r\r\n" END),
		  TOLD_FILE "{Content-Type: text/plain}<x\\0d\\0a-y\\0d\\0d\\0a>#8|", "", CRLF },
		{ SPAN_INIT("--B\r\n" FD "\r\n\r\n" END), TOLD_FILE "#0|", "", CRLF },
		{ SPAN_INIT("--B\r\n" FD "\r\n\r\n-----BEGIN\r\nx" END), TOLD_FILE "<-----BEGIN\\0d\\0ax>#13|", "", CRLF | F(UNMATCHED_BOUNDARY) },
		{ SPAN_INIT("--B\r\n" FD "\r\n\r\n1\r\n" HEAD "2" END), TOLD_FILE "<1>#1|" TOLD_HEAD "a=2|", "", CRLF },
	};

	(void)state;
	assert_rows(&form, rows, sizeof(rows) / sizeof(*rows));
}

static void test_file_limit(void **state)
{
	static const struct body_limits tight = { .arguments = 9, .name_bytes = 9, .value_bytes = 9, .argument_bytes = 99, .parts = 3, .files = 1 };
	static const struct subject small = { .kind = READER_MULTIPART, .type = SPAN_INIT("multipart/form-data; boundary=B"), .limits = &tight };
	static const char file[] = "--B\r\n" FD "\r\n\r\n123456789012\r\n";
	char body[600];
	uint32_t flags;

	(void)state;
	snprintf(body, sizeof(body), "%s%s--B--\r\n", file, file);
	flags = assert_told(&small, span_of(body), TOLD_FILE "<123456789012>#12|(a,!f){Content-Disposition: form-data; name\\3d\"a\"; filename\\3d\"f\"}#12|", "");
	assert_int_equal(flags, CRLF | F(FILE_LIMIT_EXCEEDED));
	snprintf(body, sizeof(body), HEAD "1\r\n" HEAD "2\r\n" HEAD "3\r\n" HEAD "4" END);
	flags = assert_told(&small, span_of(body), TOLD_HEAD "a=1|" TOLD_HEAD "a=2|" TOLD_HEAD "a=3|", P "Over 3 parts.");
	assert_int_equal(flags, CRLF | FAULT);
	assert_told(&small, SPAN(HEAD "123456789" END), TOLD_HEAD "a=123456789|", "");
	assert_told(&small, SPAN(HEAD "1234567\r\n" END), TOLD_HEAD "a=1234567\\0d\\0a|", "");
	assert_told(&small, SPAN(HEAD "12345678\r\n" END), TOLD_HEAD, P "Value of a part over 9 bytes long.");
	assert_told(&small, SPAN(HEAD "123456789\nx" END), TOLD_HEAD, P "Value of a part over 9 bytes long.");
	/* a boundary inside a line, in front of and behind the place where the reading ends */
	assert_int_equal(assert_told(&small, SPAN(HEAD "1--B567890123" END), TOLD_HEAD, P "Value of a part over 9 bytes long."), CRLF | FAULT | F(UNMATCHED_BOUNDARY));
	assert_int_equal(assert_told(&small, SPAN(HEAD "123456789--B" END), TOLD_HEAD, P "Value of a part over 9 bytes long."), CRLF | FAULT);
	assert_told(&small, SPAN(HEAD "-2345678901--B\n-x--B" END), TOLD_HEAD, P "Value of a part over 9 bytes long.");
	assert_told(&small, SPAN(HEAD "1\n-345678901--B\n" END), TOLD_HEAD, P "Value of a part over 9 bytes long.");
	assert_told(&small, SPAN(HEAD "1234567890" END), TOLD_HEAD, P "Value of a part over 9 bytes long.");
	assert_told(&small, SPAN("--B\r\nContent-Disposition: form-data; name=\"1234567890\"\r\n\r\n1" END), "", P "Name of a part over 9 bytes long.");
}

static void test_summary(void **state)
{
	struct body_report report = { .flags = F(LF_LINE) };

	(void)state;
	assert_true(body_report_strict_error(&report));
	assert_false(body_report_mixed_lines(&report));
	report.flags |= CRLF;
	assert_true(body_report_mixed_lines(&report));
	for (unsigned flag = 0; flag < BODY_FLAG_COUNT; flag++) {
		bool is_part = flag != BODY_FLAG_ERROR && flag != BODY_FLAG_URLENCODED_ERROR && flag != BODY_FLAG_CRLF_LINE && flag != BODY_FLAG_UNMATCHED_BOUNDARY;

		report.flags = 1u << flag;
		assert_int_equal(body_report_strict_error(&report), is_part);
	}
}

/* Lines around the 4096 bytes that are looked at as one. */
static void test_long_lines(void **state)
{
	static char body[12000];

	(void)state;
	for (size_t fill = 4085; fill < 4105; fill++) {
		for (unsigned kind = 0; kind < 3; kind++) {
			size_t len = (size_t)snprintf(body, sizeof(body), HEAD "%s", kind == 0 ? "--" : kind == 1 ? "-x" : "x\n-");
			struct told told;

			memset(body + len, 'y', fill);
			len += fill;
			memcpy(body + len, "--B\n-" END, 14);
			len += 14;
			told = tell(&form, span_make(body, len), len, len, true);
			assert_int_equal(told.report.flags, CRLF | F(UNMATCHED_BOUNDARY));
			assert_int_equal(told.report.argument_bytes, 1 + 2 + (kind == 2 ? 1u : 0u) + fill + 5);
			told_done(&told);
			assert_splits(&form, span_make(body, len));
		}
	}
}

static void test_refusal(void **state)
{
	(void)state;
	assert_refusal_stays(&form, SPAN(HEAD "1\r\n" HEAD "2" END));
}

static void test_memory_runs_out(void **state)
{
	(void)state;
	assert_memory_may_run_out(&form, SPAN("--B\r\n" D "\r\nX: y\r\n z\r\n\r\n1"), SPAN("2" END), 1, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_boundaries),   cmocka_unit_test(test_line_ends),  cmocka_unit_test(test_boundary_too_early),
		cmocka_unit_test(test_unmatched),    cmocka_unit_test(test_files),      cmocka_unit_test(test_file_limit),
		cmocka_unit_test(test_summary),      cmocka_unit_test(test_long_lines), cmocka_unit_test(test_refusal),
		cmocka_unit_test(test_memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
