/* Content-Disposition: every row was asked of ModSecurity 2.9.7. */
#include "body_told.h"
#include "waf/body/multipart.h"

#define QUOTING true

static const struct {
	const char *value;
	int fault;
	const char *name, *filename;  /* NULL: none */
	bool is_odd;                  /* MULTIPART_INVALID_QUOTING */
} rows[] = {
	{ "form-data", 0, NULL, NULL, false },
	{ "form-data;", 0, NULL, NULL, false },
	{ "form-data ", 0, NULL, NULL, false },
	{ "form-data; ", -3, NULL, NULL, false },
	{ "Form-Data; name=\"a\"", -1, NULL, NULL, false },
	{ "attachment; name=\"a\"", -1, NULL, NULL, false },
	{ "form-data name=\"a\"", -2, NULL, NULL, false },
	{ "form-datax; name=\"a\"", -2, NULL, NULL, false },
	{ "form-data; name=\"a\"", 0, "a", NULL, false },
	{ "form-data;name=\"a\"", 0, "a", NULL, false },
	{ "form-data;\tname=\"a\"", 0, "a", NULL, false },
	{ "form-data; name=a", 0, "a", NULL, false },
	{ "form-data; name=\"\"", 0, "", NULL, false },
	{ "form-data; name=;", 0, "", NULL, false },
	{ "form-data; name=a b", -12, "a", NULL, false },
	{ "form-data; name='a'", 0, "a", NULL, QUOTING },
	{ "form-data; name=\"a", -10, NULL, NULL, false },
	{ "form-data; name=a\"", -12, "a", NULL, false },
	{ "form-data; name=\"a\\\"b\"", 0, "a\"b", NULL, false },
	{ "form-data; name=\"a\\\\b\"", 0, "a\\b", NULL, false },
	{ "form-data; name=\"a\\b\"", 0, "a\\b", NULL, false },
	{ "form-data; name=\"a\\xb\"", 0, "a\\xb", NULL, false },
	{ "form-data; name=\"a\\", -8, NULL, NULL, false },
	{ "form-data; name=\"\\", -8, NULL, NULL, false },
	{ "form-data; name=\"\\\"", -10, NULL, NULL, false },
	{ "form-data; name=\"", -7, NULL, NULL, false },
	{ "form-data; name=\"a\"x", -12, "a", NULL, QUOTING },
	{ "form-data; name=\"a\" x", -12, "a", NULL, false },
	{ "form-data; name=\"a\"'", -12, "a", NULL, QUOTING },
	{ "form-data; name=\"a\" ; x", -4, "a", NULL, false },
	{ "form-data; name=\"a\";", 0, "a", NULL, false },
	{ "form-data; name=\"a\" \t", 0, "a", NULL, false },
	{ "form-data; name=\"a\"; ", -3, "a", NULL, false },
	{ "form-data; name=\"a\"; x=y", -11, "a", NULL, false },
	{ "form-data; name=\"a\"; name=\"b\"", -14, "a", NULL, false },
	{ "form-data; filename=\"f\"", 0, NULL, "f", false },
	{ "form-data; name=\"a\"; filename=\"f\"; filename=\"g\"", -15, "a", "f", false },
	{ "form-data; name=\"a\"; filename=\"\"", 0, "a", "", false },
	{ "form-data; name=\"a\"; filename=", -6, "a", NULL, false },
	{ "form-data; name=", -6, NULL, NULL, false },
	{ "form-data; name", -4, NULL, NULL, false },
	{ "form-data; n", -4, NULL, NULL, false },
	{ "form-data; name\t", -5, NULL, NULL, false },
	{ "form-data; name =\"a\"", 0, "a", NULL, false },
	{ "form-data; name=\t\"a\"", 0, "a", NULL, false },
	{ "form-data; name x=\"a\"", -13, NULL, NULL, false },
	{ "form-data; =a", -11, NULL, NULL, false },
	/* RFC 2231, RFC 5987: parsers disagree, so they are refused */
	{ "form-data; name=\"a\"; filename*=utf-8''f", -11, "a", NULL, false },
	{ "form-data; name=\"a\"; filename=\"f\"; filename*=utf-8''g", -11, "a", "f", false },
	{ "form-data; name*=utf-8''a", -11, NULL, NULL, false },
	{ "form-data; name=\"a\"; filename*0=\"f\"", -11, "a", NULL, false },
	{ "form-data; name=\"a\"; filename*=\"f\"; filename=x", -11, "a", NULL, false },
	{ "form-data; NAME=\"a\"", -11, NULL, NULL, false },
	{ "form-data; name=\"a\"; FileName=\"f\"", -11, "a", NULL, false },
	{ "form-data; name=\"it's\"", 0, "it's", NULL, false },
	{ "form-data; name=it's", 0, "it's", NULL, QUOTING },
	{ "form-data; name=a'", 0, "a'", NULL, QUOTING },
	{ "form-data; name='a\"b'", 0, "a\"b", NULL, QUOTING },
	{ "form-data; name='a\\'b'", 0, "a'b", NULL, QUOTING },
	{ "form-data; name=\"a;b=c\"", 0, "a;b=c", NULL, false },
	{ "form-data; name=a;filename=f", 0, "a", "f", false },
	{ "form-data; name=\"a\"\t;\tfilename=\"f\"", 0, "a", "f", false },
	{ "form-data; name=\"a\";filename=\"a\\\"b\"", 0, "a", "a\"b", false },
	{ "form-data; name=\"a\"; filename='f\"g'", 0, "a", "f\"g", QUOTING },
	{ "form-data; name=\"a\"; filename=\"f\\'g\"", 0, "a", "f\\'g", false },
	{ "form-data; name=\"a\"; filename=f'g", 0, "a", "f'g", QUOTING },
	{ "form-data; name=\"a\"; filename=\"c:\\x\\f\"", 0, "a", "c:\\x\\f", false },
	{ "form-data; name=\"%41+\"", 0, "%41+", NULL, false },
	{ "form-data; name=a/b", -12, "a", NULL, false },
	{ "form-data; name=a'b\"", -12, "a'b", NULL, QUOTING },
	{ "form-data; name=\xc3\xa9", -12, "", NULL, false },
	{ "form-data; name=\"\xc3\xa9\"", 0, "\xc3\xa9", NULL, false },
	{ "form-data; name=\"a\" filename=\"f\"", -12, "a", NULL, false },
	{ "form-data;;name=\"a\"", -11, NULL, NULL, false },
	{ "form-data;  name = \"a\" ; filename=\"f\" ", 0, "a", "f", false },
};

static void assert_text(struct span is, const char *wanted)
{
	assert_int_equal(is.at != NULL, wanted != NULL);
	assert_true(span_equal(is, span_of(wanted)));
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct multipart form = { .base.result = RESULT_OK };
		size_t len = strlen(rows[i].value);
		char *copy = malloc(len);
		int fault;

		memcpy(copy, rows[i].value, len);
		buffer_init(&form.names, 4096);
		fault = multipart_read_disposition(&form, span_make(copy, len));
		free(copy);
		if (fault != rows[i].fault || form.base.report.flags != (uint32_t)rows[i].is_odd << BODY_FLAG_INVALID_QUOTING)
			print_error("%s: %d\n", rows[i].value, fault);
		assert_int_equal(fault, rows[i].fault);
		assert_text(form.part.name, rows[i].name);
		assert_text(form.part.filename, rows[i].filename);
		assert_int_equal(form.part.is_file, rows[i].filename != NULL);
		assert_int_equal(form.base.report.flags, (uint32_t)rows[i].is_odd << BODY_FLAG_INVALID_QUOTING);
		buffer_done(&form.names);
	}
}

/* Every byte in a value without quotes: RFC 2616's token. */
static void test_token_bytes(void **state)
{
	(void)state;
	for (unsigned byte = 0; byte < 256; byte++) {
		struct multipart form = { .base.result = RESULT_OK };
		char value[] = "form-data; name=a.b";
		bool is_token = byte > ' ' && byte < 0x7f && !strchr("()<>@,;:\\\"/[]?=", (int)byte);
		int wanted = is_token ? 0 : byte == ';' ? -4 : -12;

		value[sizeof(value) - 3] = (char)byte;
		buffer_init(&form.names, 4096);
		assert_int_equal(multipart_read_disposition(&form, span_make(value, sizeof(value) - 1)), wanted);
		buffer_done(&form.names);
	}
}

static const struct subject form_type = { .kind = READER_MULTIPART, .type = SPAN_INIT("multipart/form-data; boundary=B") };

static void assert_part(const char *disposition, const char *told, const char *why)
{
	char body[500], message[300];

	snprintf(body, sizeof(body), "--B\r\nContent-Disposition: %s\r\n\r\n1\r\n--B--\r\n", disposition);
	snprintf(message, sizeof(message), "%s%s", *why ? "Multipart parsing error: Multipart: " : "", why);
	assert_told(&form_type, span_of(body), told, message);
}

static void test_in_a_form(void **state)
{
	(void)state;
	assert_part("form-data", "", "Content-Disposition header missing name field.");
	assert_part("form-data; filename=\"f\"", "", "Content-Disposition header missing name field.");
	assert_part("form-data; name=\"a\"; filename =\"f\"", "", "Invalid Content-Disposition header (filename).");
	assert_part("form-data; name=\"xfilename=\"; filename =\"f\"",
	            "(xfilename\\3d,f){Content-Disposition: form-data; name\\3d\"xfilename\\3d\"; filename \\3d\"f\"}<1>#1|", "");
	assert_part("form-data; name=\xc3\xa9", "", "Invalid Content-Disposition header (-12): form-data; name=\\xc3\\xa9.");
	assert_part("form-data; name=\"a\"; filename*=utf-8''f", "",
	            "Invalid Content-Disposition header (-11): form-data; name=\"a\"; filename*=utf-8''f.");
	assert_part("form-data; name=\"\"", "(){Content-Disposition: form-data; name\\3d\"\"}=1|", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows), cmocka_unit_test(test_token_bytes), cmocka_unit_test(test_in_a_form) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
