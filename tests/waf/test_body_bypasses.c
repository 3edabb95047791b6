/* Published ways around a reader of bodies: what the application would see is seen too, or there is a flag that rules ask for. */
#include "body_told.h"

#define F(flag) (1u << BODY_FLAG_##flag)
#define D "Content-Disposition: form-data; name=\"a\""
#define FILE_D D "; filename=\"f\""
#define END "\r\n--B--\r\n"

/* The body is refused, or flagged as not strict, or its unmatched boundary is. */
static void assert_noticed(struct span type, struct span body)
{
	const struct subject form = { .kind = READER_MULTIPART, .type = type };
	struct told told = tell(&form, body, body.len, 1, true);
	bool is_noticed = body_report_has(&told.report, BODY_FLAG_ERROR) || body_report_strict_error(&told.report) ||
	                  body_report_has(&told.report, BODY_FLAG_UNMATCHED_BOUNDARY);

	if (!is_noticed)
		print_error("not noticed: %.*s\n%.*s\n", SPAN_ARG(type), SPAN_ARG(body));
	assert_true(is_noticed);
	told_done(&told);
	assert_splits(&form, body);
}

static const struct span type = SPAN_INIT("multipart/form-data; boundary=B");

/* Two boundaries, of which an application may take the other: by RFC 2231, by the order, by the case, by quotes. */
static void test_which_boundary(void **state)
{
	static const char *const types[] = {
		"multipart/form-data; boundary=B; boundary=C",        "multipart/form-data; boundary=C; Boundary=B",
		"multipart/form-data; boundary=B;boundary*0=C",       "multipart/form-data; boundary*0=C; boundary=B",
		"multipart/form-data; boundary=B;charset=utf-7",      "multipart/form-data; charset=ibm037; boundary=B",
		"multipart/form-data; xboundary=C; boundary=B",       "multipart/form-data; boundary=\"B\"C",
		"multipart/form-data; boundary=B,boundary=C",         "multipart/form-data; boundary=\\B",
		"multipart/form-data; boundary=\"B\\\"",              "multipart/form-data; boundary=B\"",
		"multipart/form-data boundary=B",                     "multipart/form-data; boundary =B",
		"multipart/form-data; boundary=\"B\"",                "multipart/form-data; bOundary=B",
		"multipart/mixed; boundary=B",                        "multipart/form-data; boundary=B\t",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		assert_noticed(span_of(types[i]), SPAN("--B\r\n" D "\r\n\r\n1" END));
}

/* Parts that one reader sees and another does not. */
static void test_which_parts(void **state)
{
	static const struct span bodies[] = {
		SPAN_INIT("--C\r\n" D "\r\n\r\nhidden\r\n--B\r\n" D "\r\n\r\n1" END),               /* before the first */
		SPAN_INIT("--B\r\n" D "\r\n\r\n1" END "--B\r\n" D "\r\n\r\nhidden" END),            /* behind the last */
		SPAN_INIT("--B\r\n" FILE_D "\r\n\r\nx\r\n--C\r\n" D "\r\n\r\nhidden" END),          /* inside a file */
		SPAN_INIT("--B\r\n" FILE_D "\r\n\r\n--B\r\n" D "\r\n\r\nhidden" END),               /* CVE-2022-48279: no data before it */
		SPAN_INIT("--B\r\n" FILE_D "\r\n--B\r\n" D "\r\n\r\nhidden" END),                   /* no end of the head */
		SPAN_INIT("--B\r\n" FILE_D "\r\n\r\nx\n--B\n" D "\n\nhidden\n--B--\n"),             /* bare line feeds */
		SPAN_INIT("--B\r\n" FILE_D "\r\n\r\nx\r--B\r" D "\r\rhidden" END),                  /* bare carriage returns */
		SPAN_INIT("--B\r\n" FILE_D "\r\n\r\nx\r\n --B\r\n" D "\r\n\r\nhidden" END),         /* a space before */
		SPAN_INIT("--B\r\n" FILE_D "\r\n\r\nx\r\n-- B\r\n" D "\r\n\r\nhidden" END),         /* a space inside */
		SPAN_INIT("--B\r\n" FILE_D "\r\n\r\nx\r\n--B \r\n" D "\r\n\r\nhidden" END),         /* a space behind */
		SPAN_INIT("--B\r\n" FILE_D "\r\n\r\nx\r\n--B-\r\n" D "\r\n\r\nhidden" END),
		SPAN_INIT("--B\r\n" FILE_D "\r\n\r\nx\r\n--B\0\r\n" D "\r\n\r\nhidden" END),
		SPAN_INIT("--B\r\n" FILE_D "\r\n\r\nx\r\n--b\r\n" D "\r\n\r\nhidden" END),          /* case */
		SPAN_INIT("--B\r\n" FILE_D "\r\n\r\nx\r\n--B"),                                     /* no end */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++)
		assert_noticed(type, bodies[i]);
}

/* A field that a reader takes for a file, a file for a field, or a name for another. */
static void test_which_name(void **state)
{
	static const char *const heads[] = {
		D "; filename*=utf-8''f", D "; filename*0=\"f\"", D "; filename =\"f\"", D "; FILENAME=\"f\"", D "; filename=\"f\"; filename=\"\"",
		D "; name=\"b\"", D "\r\n" D, D "\r\nContent-disposition: form-data; name=\"b\"", D "\r\n ; filename=\"f\"", D "\r\n\x0b; filename=\"f\"",
		"Content-Disposition: form-data; name='a'; filename='f'", "Content-Disposition: form-data; name=\"a'; filename='f",
		"Content-Disposition: form-data; name=\"a\"; filename=\"f\"x", "Content-Disposition: form-data; name=a'b", D ", filename=\"f\"",
		"Content-Disposition : form-data; name=\"a\"", "Content-Disposition: attachment; name=\"a\"", " " D, "Content-Type: text/plain",
		"Content-Disposition: form-data; name=\"a\0b\"", D "; filename=\"f\\", "Content-Disposition: form-data; filename=\"f\"",
		"Content-Disposition: form-data; name*=utf-8''a", "Content-Disposition: form-data; name=\"a\"; =x",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		char body[300];
		int len = snprintf(body, sizeof(body), "--B\r\n%s\r\n\r\nhidden" END, heads[i]);

		assert_noticed(type, span_make(body, (size_t)len));
	}
}

/* Headers that change what the bytes mean are there for rules to see; CVE-2022-48279, CRS 922100 to 922120. */
static void test_what_bytes_mean(void **state)
{
	static const struct subject form = { .kind = READER_MULTIPART, .type = SPAN_INIT("multipart/form-data; boundary=B") };
#define SEEN "(a){Content-Disposition: form-data; name\\3d\"a\"}"
	(void)state;
	assert_told(&form, SPAN("--B\r\n" D "\r\nContent-Transfer-Encoding: base64\r\n\r\nJyBvciAxPTE=" END),
	            SEEN "{Content-Transfer-Encoding: base64}a=JyBvciAxPTE\\3d|", "");
	assert_told(&form, SPAN("--B\r\n" D "\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=27" END),
	            SEEN "{Content-Transfer-Encoding: quoted-printable}a=\\3d27|", "");
	assert_told(&form, SPAN("--B\r\n" D "\r\nContent-Type: text/plain;\r\n charset=utf-7\r\n\r\n+ADw-" END),
	            SEEN "{Content-Type: text/plain; charset\\3dutf-7}a=+ADw-|", "");
	assert_told(&form, SPAN("--B\r\nContent-Disposition: form-data; name=\"_charset_\"\r\n\r\nutf-16" END),
	            "(_charset_){Content-Disposition: form-data; name\\3d\"_charset_\"}_charset_=utf-16|", "");
}

static void assert_refused(enum reader_kind kind, struct span body)
{
	const struct subject subject = { .kind = kind };
	struct told told = tell(&subject, body, body.len, 1, true);

	assert_true(body_report_has(&told.report, BODY_FLAG_ERROR));
	told_done(&told);
	assert_splits(&subject, body);
}

/* Texts of which parsers make different things. */
static void test_json_and_xml(void **state)
{
	static const struct span jsons[] = {
		SPAN_INIT("{\"a\":1}{\"a\":\"hidden\"}"), SPAN_INIT("{\"a\":1/*,\"b\":*/}"), SPAN_INIT("{'a':1}"), SPAN_INIT("{\"a\":\"\xc0\xbc\"}"),
		SPAN_INIT("{\"a\":\"\xed\xa0\xbd\xed\xb8\x80\"}"), SPAN_INIT("{\"a\":1}\0{\"a\":2}"), SPAN_INIT("{\0\"\0a\0\"\0:\0001\0}\0"),
		SPAN_INIT("\xef\xbb\xbf{}"), SPAN_INIT("{\"a\":NaN}"), SPAN_INIT("{\"a\":0x41}"), SPAN_INIT("{\"a\":\"x\ty\"}"), SPAN_INIT("[1,]"),
	};
	static const struct span xmls[] = {
		SPAN_INIT("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>"),
		SPAN_INIT("<!DOCTYPE a [<!ENTITY % x SYSTEM \"http://127.0.0.1:1/\">%x;]><a/>"),
		SPAN_INIT("<!DOCTYPE a [<!ENTITY l \"lol\"><!ENTITY m \"&l;&l;\"><!ENTITY n \"&m;&m;\">]><a>&n;</a>"),
		SPAN_INIT("<a/><a>hidden</a>"), SPAN_INIT("<a>x</a>hidden"),
		SPAN_INIT("\xff\xfe<\0a\0>\0x\0\xdb\xdb\xdb\xdbh\0i\0d\0d\0e\0n\0<\0/\0a\0>\0"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(jsons) / sizeof(*jsons); i++)
		assert_refused(READER_JSON, jsons[i]);
	for (size_t i = 0; i < sizeof(xmls) / sizeof(*xmls); i++)
		assert_refused(READER_XML, xmls[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_which_boundary), cmocka_unit_test(test_which_parts), cmocka_unit_test(test_which_name),
		cmocka_unit_test(test_what_bytes_mean), cmocka_unit_test(test_json_and_xml),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
