/* The Content-Type of a form; every row was asked of ModSecurity 2.9.7. */
#include "body_told.h"
#include "waf/body/multipart.h"

#define F(flag) (1u << BODY_FLAG_##flag)
#define T "multipart/form-data"

static const struct {
	const char *type;       /* NULL: none */
	const char *delimiter;  /* NULL: refused */
	const char *why;
	uint32_t flags;
} rows[] = {
	{ T "; boundary=B", "--B", "", 0 },
	{ T ";boundary=B", "--B", "", 0 },
	{ T ";\tboundary=B", "--B", "", 0 },
	{ "Multipart/Form-Data; boundary=B", "--B", "", 0 },
	{ T "; boundary=\"B\"", "--B", "", F(BOUNDARY_QUOTED) },
	{ T "; boundary=\"B C\"", "--B C", "", F(BOUNDARY_QUOTED) },
	{ T "; boundary=B C", "--B C", "", 0 },
	{ T " boundary=B", "--B", "", F(MISSING_SEMICOLON) },
	{ T "; boundary =B", "--B", "", F(BOUNDARY_WHITESPACE) },
	{ T "; boundary= B", "-- B", "", F(BOUNDARY_WHITESPACE) },
	{ T "; boundary='B'", "--'B'", "", 0 },
	{ T "; boundary=B,", "--B,", "", 0 },
	{ T "; boundary=Bboundary", "--Bboundary", "", 0 },
	{ T "; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW", "------WebKitFormBoundary7MA4YWxkTrZu0gW", "", 0 },
	{ T "; boundary=B; charset=utf-8", NULL, "Invalid boundary in C-T (characters).", 0 },
	{ T "; boundary=B;", NULL, "Invalid boundary in C-T (characters).", 0 },
	{ T "; charset=utf-8; boundary=B", NULL, "Invalid boundary in C-T (malformed).", 0 },
	{ T "; charset=utf-7; boundary=B", NULL, "Invalid boundary in C-T (malformed).", 0 },
	{ T "; boundary=B; boundary=C", NULL, "Multiple boundary parameters in C-T.", 0 },
	{ T "; BOUNDARY=B; boundary=C", NULL, "Multiple boundary parameters in C-T.", 0 },
	{ T "; boundary=Bboundary=x", NULL, "Multiple boundary parameters in C-T.", 0 },
	{ T "; Boundary=B", NULL, "Invalid boundary in C-T (case sensitivity).", 0 },
	{ T "; Boundary", NULL, "Boundary not found in C-T.", 0 },
	{ T, NULL, "Boundary not found in C-T.", 0 },
	{ T ";", NULL, "Boundary not found in C-T.", 0 },
	{ T "; boundary=", NULL, "Invalid boundary in C-T (empty).", 0 },
	{ T "; boundary=\"\"", NULL, "Invalid boundary in C-T (empty).", F(BOUNDARY_QUOTED) },
	{ T "; boundary=\"", NULL, "Invalid boundary in C-T (quote).", 0 },
	{ T "; boundary=\"B", NULL, "Invalid boundary in C-T (quote).", 0 },
	{ T "; boundary=B\"", NULL, "Invalid boundary in C-T (quote).", 0 },
	{ T "; boundary=\"B\"x", NULL, "Invalid boundary in C-T (quote).", 0 },
	{ T "; boundary=\\\"B\\\"", NULL, "Invalid boundary in C-T (quote).", 0 },
	{ T ";; boundary=B", NULL, "Invalid boundary in C-T (malformed).", 0 },
	{ T ", boundary=B", NULL, "Invalid boundary in C-T (malformed).", 0 },
	{ T "x; boundary=B", NULL, "Invalid boundary in C-T (malformed).", 0 },
	{ T "; xboundary=B", NULL, "Invalid boundary in C-T (malformed).", 0 },
	{ T "; boundary", NULL, "Invalid boundary in C-T (malformed).", 0 },
	{ T "; boundaryx=B", NULL, "Invalid boundary in C-T (parameter name).", 0 },
	{ T "; boundary*=B", NULL, "Invalid boundary in C-T (parameter name).", 0 },
	{ "text/plain", NULL, "Invalid MIME type.", 0 },
	{ "", NULL, "Invalid MIME type.", 0 },
	{ NULL, NULL, "Content-Type header not available.", 0 },
};

static void assert_type(struct span type, const char *boundary, const char *why, uint32_t flags)
{
	struct multipart form = { .base.result = RESULT_OK };
	char message[200];
	enum result result = multipart_read_type(&form, type);

	snprintf(message, sizeof(message), "%s%s", *why ? "Multipart: " : "", why);
	assert_true(span_equal(body_report_message(&form.base.report), span_of(message)));
	assert_result(result, *why ? RESULT_MALFORMED : RESULT_OK);
	assert_int_equal(form.base.report.flags, flags | (*why ? F(ERROR) | F(MULTIPART_ERROR) : 0));
	if (boundary)
		assert_true(span_equal(span_make(form.delimiter, form.delimiter_len), span_of(boundary)));
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_type(span_of(rows[i].type), rows[i].delimiter, rows[i].why, rows[i].flags);
}

/* Every byte in the middle of a boundary. */
static void test_bytes(void **state)
{
	static const char good[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ '()+,-./:=?_";

	(void)state;
	for (unsigned byte = 0; byte < 256; byte++) {
		char type[] = T "; boundary=B.B", delimiter[] = "--B.B";
		bool is_good = byte && strchr(good, (int)byte);

		type[sizeof(type) - 3] = delimiter[3] = (char)byte;
		assert_type(span_make(type, sizeof(type) - 1), is_good ? delimiter : NULL, is_good ? "" : "Invalid boundary in C-T (characters).", 0);
	}
}

static void test_length(void **state)
{
	char type[1100] = T "; boundary=";

	(void)state;
	memset(type + strlen(type), 'x', sizeof(type) - 40);
	type[1024] = '\0';
	assert_type(span_of(type), NULL, "", 0);
	assert_type(span_make(type, 1025), NULL, "Invalid boundary in C-T (length).", 0);
}

/* A reader that was refused its type ignores the body, and says why. */
static void test_refused_reader(void **state)
{
	static const struct subject none = { .kind = READER_MULTIPART, .type = SPAN_INIT("text/plain") };

	(void)state;
	assert_told(&none, SPAN("--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--B--\r\n"), "", "Multipart: Invalid MIME type.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows), cmocka_unit_test(test_bytes), cmocka_unit_test(test_length), cmocka_unit_test(test_refused_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
