/* Heads of parts; every row was asked of ModSecurity 2.9.7, but for our own limits. */
#include "body_told.h"

#define F(flag) (1u << BODY_FLAG_##flag)
#define FAULT (F(ERROR) | F(MULTIPART_ERROR))
#define P "Multipart parsing error: Multipart: "
#define D "Content-Disposition: form-data; name=\"a\""
#define TOLD "(a){Content-Disposition: form-data; name\\3d\"a\"}"

static const struct subject form = { .kind = READER_MULTIPART, .type = SPAN_INIT("multipart/form-data; boundary=B") };

static void assert_head(struct span head, const char *told, const char *message, uint32_t flags)
{
	char body[6000];
	size_t len = 0;

	memcpy(body, "--B\r\n", 5);
	memcpy(body + (len = 5), head.at, head.len);
	len += head.len;
	memcpy(body + len, "\r\n\r\n1\r\n--B--\r\n", 14);
	assert_int_equal(assert_told(&form, span_make(body, len + 14), told, message), flags | F(CRLF_LINE));
}

static const struct {
	struct span head;
	const char *told, *message;
	uint32_t flags;
} rows[] = {
	{ SPAN_INIT(D "\r\nContent-Type: text/plain"), TOLD "{Content-Type: text/plain}a=1|", "", 0 },
	{ SPAN_INIT("content-disposition: form-data; name=\"a\""), "(a){content-disposition: form-data; name\\3d\"a\"}a=1|", "", 0 },
	{ SPAN_INIT("Content-Disposition:\tform-data; name=\"a\""), "(a){Content-Disposition:\\09form-data; name\\3d\"a\"}a=1|", "", 0 },
	{ SPAN_INIT(D "\r\nX Y: 1"), TOLD "{X Y: 1}a=1|", "", 0 },
	{ SPAN_INIT(D "\r\nX\x01: 1"), TOLD "{X\\01: 1}a=1|", "", 0 },
	{ SPAN_INIT(D "\r\nX: \xe9\x01"), TOLD "{X: \\e9\\01}a=1|", "", 0 },
	{ SPAN_INIT(D "\r\nX:\t y \t"), TOLD "{X:\\09 y \\09}a=1|", "", 0 },
	{ SPAN_INIT(D "\r\nX: a\rb"), TOLD "{X: a\\0db}a=1|", "", 0 },
	{ SPAN_INIT(D "\r\nX: a\r"), TOLD "{X: a\\0d}a=1|", "", 0 },
	{ SPAN_INIT(D "\r\nX:"), TOLD "{X:}a=1|", "", 0 },
	/* CVE-2022-48279: what a rule has to see */
	{ SPAN_INIT(D "\r\nContent-Transfer-Encoding: base64"), TOLD "{Content-Transfer-Encoding: base64}a=1|", "", 0 },
	{ SPAN_INIT(D "\r\nContent-Type: text/plain; charset=utf-7"), TOLD "{Content-Type: text/plain; charset\\3dutf-7}a=1|", "", 0 },
	{ SPAN_INIT(D "\r\n_charset_: utf-16"), TOLD "{_charset_: utf-16}a=1|", "", 0 },
	/* folding */
	{ SPAN_INIT("Content-Disposition: form-data;\r\n name=\"a\""), TOLD "a=1|", "", F(HEADER_FOLDING) },
	{ SPAN_INIT("Content-Disposition: form-data;\r\n\tname=\"a\""), TOLD "a=1|", "", F(HEADER_FOLDING) },
	{ SPAN_INIT("Content-Disposition: form-data;\r\n \x0bname=\"a\""), TOLD "a=1|", "", F(HEADER_FOLDING) | F(INVALID_HEADER_FOLDING) },
	{ SPAN_INIT("X: 1\r\n 2\r\n  3\r\n" D), "(a){X: 1 2 3}{Content-Disposition: form-data; name\\3d\"a\"}a=1|", "", F(HEADER_FOLDING) },
	{ SPAN_INIT(D "\r\nX: a\r\n\r b"), TOLD "{X: a b}a=1|", "", F(HEADER_FOLDING) | F(INVALID_HEADER_FOLDING) },
	{ SPAN_INIT(D "\r\n \r\nX: b"), "(a){Content-Disposition: form-data; name\\3d\"a\" }{X: b}a=1|", "", F(HEADER_FOLDING) | F(INVALID_HEADER_FOLDING) },
	{ SPAN_INIT(D "\r\n folded"), "", P "Invalid Content-Disposition header (-12): form-data; name=\"a\" folded.", F(HEADER_FOLDING) | FAULT },
	{ SPAN_INIT(D "\r\n\x0bx"), "", P "Invalid Content-Disposition header (-12): form-data; name=\"a\" x.",
	  F(HEADER_FOLDING) | F(INVALID_HEADER_FOLDING) | FAULT },
	{ SPAN_INIT("\x0b" D), "", P "Invalid part header (folding error).", F(HEADER_FOLDING) | F(INVALID_HEADER_FOLDING) | FAULT },
	{ SPAN_INIT(" " D), "", P "Invalid part header (folding error).", F(HEADER_FOLDING) | FAULT },
	/* refused */
	{ SPAN_INIT("Content-Type: x"), "", P "Part missing Content-Disposition header.", FAULT },
	{ SPAN_INIT("Content-Disposition : form-data; name=\"a\""), "", P "Part missing Content-Disposition header.", FAULT },
	{ SPAN_INIT("Content-Disposition:\x0b" "form-data; name=\"a\""), "",
	  P "Invalid Content-Disposition header (-1): \\vform-data; name=\"a\".", FAULT },
	{ SPAN_INIT(D "\r\nX"), "", P "Invalid part header (colon missing): X\\r\\n.", FAULT },
	{ SPAN_INIT(D "\r\n: x"), "", P "Invalid part header (header name missing).", FAULT },
	{ SPAN_INIT(D "\r\n" D), "", P "Duplicate part header: Content-Disposition.", FAULT },
	{ SPAN_INIT(D "\r\nX:1\r\nx:2"), "", P "Duplicate part header: x.", FAULT },
	{ SPAN_INIT(D "\r\nX:\r\nx:2"), "", P "Duplicate part header: x.", FAULT },
	{ SPAN_INIT(D "\r\nX:y\0"), "", P "Nul byte in part headers.", FAULT },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_head(rows[i].head, rows[i].told, rows[i].message, rows[i].flags);
}

/* "X: yyy", of BYTES bytes with its CRLF. */
static size_t put_line(char *at, size_t bytes)
{
	memset(at, 'y', bytes);
	memcpy(at, "X: ", 3);
	memcpy(at + bytes - 2, "\r\n", 2);
	return bytes;
}

static void test_line_length(void **state)
{
	static char head[9000];

	(void)state;
	for (size_t bytes = 4090; bytes < 4100; bytes++) {
		size_t len = sizeof(D "\r\n") - 1;
		struct told told;

		memcpy(head, D "\r\n", len);
		len += put_line(head + len, bytes);
		memcpy(head + len, "\r\n", 2);
		memmove(head + 5, head, len + 2);
		memcpy(head, "--B\r\n", 5);
		told = tell(&form, span_make(head, len + 7), len + 7, 1, false);
		assert_int_equal(body_report_has(&told.report, BODY_FLAG_ERROR), bytes > 4095);
		if (bytes > 4095)
			assert_span(body_report_message(&told.report), P "Part header line over 4096 bytes long");
		told_done(&told);
	}
}

static void test_folded_length(void **state)
{
	static char body[9000];
	size_t len = 5;
	struct told told;

	(void)state;
	memcpy(body, "--B\r\n", 5);
	len += put_line(body + len, 3000);
	len += put_line(body + len, 2000);
	memcpy(body + len - 2000, "   ", 3);
	told = tell(&form, span_make(body, len), len, 1, false);
	assert_span(body_report_message(&told.report), P "Part header too long.");
	told_done(&told);
}

/* Heads of many lines: an end, and no square of comparisons. */
static void test_many_headers(void **state)
{
	static char body[200000];

	(void)state;
	for (unsigned count = 99; count < 102; count++) {
		size_t len = (size_t)snprintf(body, sizeof(body), "--B\r\n");
		struct told told;

		for (unsigned i = 0; i < count; i++)
			len += (size_t)snprintf(body + len, sizeof(body) - len, "X%u: y\r\n", i);
		told = tell(&form, span_make(body, len), len, 1, false);
		assert_true(span_equal(body_report_message(&told.report), span_of(count > 100 ? P "Over 100 headers in a part." : "")));
		told_done(&told);
	}
	for (size_t len = 5, i = 0; i < 20; i++) {
		struct told told;

		memcpy(body, "--B\r\n", 5);
		len += put_line(body + len, 4000);
		body[len - 4000 + 1] = (char)('a' + i);
		memcpy(body + len - 4000 + 2, ":", 1);
		told = tell(&form, span_make(body, len), len, 1, false);
		assert_true(span_equal(body_report_message(&told.report), span_of(i >= 16 ? P "Part headers too long." : "")));
		told_done(&told);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows), cmocka_unit_test(test_line_length), cmocka_unit_test(test_folded_length), cmocka_unit_test(test_many_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
