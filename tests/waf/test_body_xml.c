/* XML bodies and what XPath finds in them; what is told was asked of ModSecurity 2.9.7. */
#include "../base/failing.h"

#include "../../src/base/buffer.c"
#include "../../src/base/block.c"
#include "../../src/waf/body/reader.c"

#include <libxml/xmlmemory.h>
#include <libxml/parser.h>

#include "body_told.h"
#include "waf/body/xml.h"

#define FAILED "XML parser error: XML: Failed parsing document."

static const struct subject plain = { .kind = READER_XML };

static enum result tell_found(void *context, struct span value)
{
	say(context, "[", value, "]");
	return RESULT_OK;
}

static enum result find(struct xml_document *document, const char *text, const struct xml_namespace *names, size_t count, struct told *told)
{
	const struct xml_sink sink = { told, tell_found };
	struct xml_path *path;
	enum result result = xml_path_new(span_of(text), names, count, &path);

	if (result == RESULT_OK) {
		result = xml_find(document, path, &sink);
		xml_path_free(path);
	}
	return result;
}

/* The whole of INPUT in pieces of STEP bytes; all text and all attributes, and PATH, are told. */
static struct told ask(struct span input, size_t step, const char *path, const struct body_limits *limits)
{
	struct told told = { .result = RESULT_OK };
	struct reader_birth birth = { .limits = limits ? limits : &body_limits_default };
	struct xml_document *document;
	struct reader *reader;

	buffer_init(&told.text, 16 << 20);
	assert_ok(reader_new(READER_XML, &birth, &reader));
	assert_null(reader_document(reader));
	for (; input.len; input = span_skip(input, step))
		assert_ok(feed_copy(reader, span_take(input, step)));
	assert_ok(reader_end(reader));
	told.report = *reader_report(reader);
	document = reader_document(reader);
	assert_int_equal(document != NULL, !body_report_has(&told.report, BODY_FLAG_ERROR));
	if (document) {
		assert_ok(find(document, "/*", NULL, 0, &told));
		assert_ok(find(document, "//@*", NULL, 0, &told));
		if (path)
			told.result = find(document, path, NULL, 0, &told);
	}
	reader_free(reader);
	return told;
}

static void assert_xml(struct span input, const char *path, const char *wanted, const char *message)
{
	for (size_t step = 1; step <= input.len + 1; step++) {
		struct told told = ask(input, step, path, NULL);

		if (!span_equal(buffer_span(&told.text), span_of(wanted)) || !span_equal(body_report_message(&told.report), span_of(message)))
			print_error("%.*s\n  by %zu: %.*s %.*s\n", SPAN_ARG(input), step, SPAN_ARG(buffer_span(&told.text)), SPAN_ARG(body_report_message(&told.report)));
		assert_ok(told.result);
		assert_true(span_equal(buffer_span(&told.text), span_of(wanted)));
		assert_true(span_equal(body_report_message(&told.report), span_of(message)));
		told_done(&told);
	}
	if (!*message)
		assert_prefixes(&plain, input);
}

static const struct {
	struct span body;
	const char *told, *message;
} rows[] = {
	{ SPAN_INIT("<a/>"), "[]", "" },
	{ SPAN_INIT("<a b=\"1\">x<c d=\"2\">y</c>z</a>"), "[xyz][1][2]", "" },
	{ SPAN_INIT("<?xml version=\"1.0\"?><a>x</a>"), "[x]", "" },
	{ SPAN_INIT("<a>&lt;&amp;&#65;</a>"), "[\\3c&A]", "" },
	{ SPAN_INIT("<a xmlns:n=\"urn:x\" n:b=\"1\"><n:c>t</n:c></a>"), "[t][1]", "" },
	{ SPAN_INIT("<a xmlns=\"urn:x\" b=\"1\"/>"), "[][1]", "" },
	{ SPAN_INIT("<n:a/>"), "[]", "" },
	{ SPAN_INIT("<a><![CDATA[<x>]]></a>"), "[\\3cx\\3e]", "" },
	{ SPAN_INIT("<a><!-- c --><?pi x?>t</a>"), "[t]", "" },
	{ SPAN_INIT("<a b=\"\"/>"), "[][]", "" },
	{ SPAN_INIT("<a b=\"x&#10;y\nz\"/> "), "[][x\\0ay z]", "" },
	{ SPAN_INIT("<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><a>\xe9</a>"), "[\\c3\\a9]", "" },
	{ SPAN_INIT("\xef\xbb\xbf<a>x</a>"), "[x]", "" },
	{ SPAN_INIT("\xff\xfe<\0a\0>\0x\0<\0/\0a\0>\0"), "[x]", "" },
	{ SPAN_INIT("<!DOCTYPE a><a>t</a>"), "[t]", "" },
	{ SPAN_INIT("<!DOCTYPE a SYSTEM \"http://127.0.0.1:1/x\"><a>&foo;</a>"), "[]", "" },
	{ SPAN_INIT("<!DOCTYPE a SYSTEM \"http://127.0.0.1:1/x\"><a b=\"x&foo;y\">1&foo;2</a>"), "[12][xy]", "" },
	{ SPAN_INIT("<!DOCTYPE a [<!ATTLIST a q CDATA #IMPLIED>]><a>x</a>"), "[x]", "" },
	{ SPAN_INIT("<a>"), "", FAILED },
	{ SPAN_INIT(""), "", FAILED },
	{ SPAN_INIT("<a></b>"), "", FAILED },
	{ SPAN_INIT("x"), "", FAILED },
	{ SPAN_INIT("<a>&foo;</a>"), "", FAILED },
	{ SPAN_INIT("<a b=\"1\" b=\"2\"/>"), "", FAILED },
	{ SPAN_INIT("<a>\x01</a>"), "", FAILED },
	{ SPAN_INIT("<a>\0</a>"), "", FAILED },
	{ SPAN_INIT("<a/><b/>"), "", FAILED },
	{ SPAN_INIT("<a/>x"), "", FAILED },
	{ SPAN_INIT("<?xml version=\"1.0\" encoding=\"zz\"?><a>x</a>"), "", FAILED },
	{ SPAN_INIT("<a>\xff</a>"), "", FAILED },
	/* found by the fuzzer: a '>' that libxml2 took for the end, if a piece ended behind it */
	{ SPAN_INIT("<!DOCTYPE a SYSTEM \"x>y\" [<!ELEMENT a ANY>]><a>t</a>"), "[t]", "" },
	/* found by the fuzzer: libxml2 halts, and calls what it has well-formed */
	{ SPAN_INIT("\xff\xfe<\0a\0>\0x\0/\0\0a\xdb\xdb\xdb\xdb>\0<\0"), "", FAILED },
	{ SPAN_INIT("\xff\xfe<\0a\0>\0x\0\xdb\xdb\xdb\xdb<\0/\0a\0>\0"), "", FAILED },
	{ SPAN_INIT("\0\0\0<\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\0ISO-?\0\00010\xff\xfe<\0a\0\0>"), "", FAILED },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_xml(rows[i].body, NULL, rows[i].told, rows[i].message);
}

/* Stricter than 2.9.7, which declares inner entities. */
static void test_entities(void **state)
{
#define REFUSED "XML parsing error: XML: entity declarations are refused."
	(void)state;
	assert_xml(SPAN("<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>"), NULL, "", REFUSED);
	assert_xml(SPAN("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>"), NULL, "", REFUSED);
	assert_xml(SPAN("<!DOCTYPE a [<!ENTITY x PUBLIC \"p\" \"http://127.0.0.1:1/\">]><a/>"), NULL, "", REFUSED);
	assert_xml(SPAN("<!DOCTYPE a [<!ENTITY % p \"<!ELEMENT a ANY>\">%p;]><a/>"), NULL, "", REFUSED);
	assert_xml(SPAN("<!DOCTYPE a [<!ENTITY % p SYSTEM \"file:///etc/passwd\">%p;]><a/>"), NULL, "", REFUSED);
	assert_xml(SPAN("<!DOCTYPE a [<!ENTITY l \"lol\"><!ENTITY m \"&l;&l;&l;&l;\">]><a>&m;</a>"), NULL, "", REFUSED);
}

static void test_paths(void **state)
{
	static const char body[] = "<a i=\"1\"><b i=\"2\">x</b><b>y<c>z</c></b><!--n--><?p q?></a>";
	static const struct {
		const char *path, *told;
	} paths[] = {
		{ "/a/b", "[x][yz]" }, { "//b[2]", "[yz]" }, { "//c/text()", "[z]" }, { "/a/@i", "[1]" }, { "//comment()", "[n]" },
		{ "//processing-instruction()", "[q]" }, { "/", "[xyz]" }, { "//none", "" }, { "count(//b)", "" }, { "string(/a)", "" },
		{ "//b[contains(., 'z')]", "[yz]" }, { "/a/namespace::*", "[http://www.w3.org/XML/1998/namespace]" },
	};
	char wanted[200];

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		snprintf(wanted, sizeof(wanted), "[xyz][1][2]%s", paths[i].told);
		assert_xml(span_of(body), paths[i].path, wanted, "");
	}
}

static void test_bad_paths(void **state)
{
	struct xml_path *path;
	struct told told;

	(void)state;
	assert_result(xml_path_new(SPAN("//["), NULL, 0, &path), RESULT_MALFORMED);
	assert_result(xml_path_new(SPAN(""), NULL, 0, &path), RESULT_MALFORMED);
	assert_result(xml_path_new(SPAN("/a\0b"), NULL, 0, &path), RESULT_MALFORMED);
	assert_result(xml_path_new(SPAN("/a"), &(struct xml_namespace){ SPAN("n\0"), SPAN("u") }, 1, &path), RESULT_MALFORMED);
	xml_path_free(NULL);
	told = ask(SPAN("<a/>"), 4, "//n:a", NULL);
	assert_result(told.result, RESULT_MALFORMED);
	told_done(&told);
	told = ask(SPAN("<a/>"), 4, "document('file:///etc/passwd')", NULL);
	assert_result(told.result, RESULT_MALFORMED);
	told_done(&told);
}

static void test_namespaces(void **state)
{
	const struct xml_namespace names[] = { { SPAN("p"), SPAN("urn:x") }, { SPAN("q"), SPAN("urn:y") } };
	struct reader_birth birth = { .limits = &body_limits_default };
	struct told told = { 0 };
	struct reader *reader;

	(void)state;
	buffer_init(&told.text, 4096);
	assert_ok(reader_new(READER_XML, &birth, &reader));
	assert_ok(reader_feed(reader, SPAN("<a xmlns='urn:x' xmlns:n='urn:y'><n:b>1</n:b><b>2</b></a>")));
	assert_ok(reader_end(reader));
	assert_ok(find(reader_document(reader), "//q:b", names, 2, &told));
	assert_ok(find(reader_document(reader), "//p:b", names, 2, &told));
	assert_ok(find(reader_document(reader), "//b", names, 2, &told));
	assert_span(buffer_span(&told.text), "[1][2]");
	told_done(&told);
	reader_free(reader);
}

static void test_limits(void **state)
{
	static const struct body_limits tight = { .depth = 3, .nodes = 8 };
	static const struct subject small = { .kind = READER_XML, .limits = &tight };
	char *wide = malloc(1 << 20);
	size_t len = 0;
	struct told told;

	(void)state;
	assert_told(&small, SPAN("<a><b><c/></b></a>"), "", "");
	assert_told(&small, SPAN("<a><b><c><d/></c></b></a>"), "", "XML parsing error: XML: depth limit of 3 exceeded.");
	assert_told(&small, SPAN("<a><b/><b/><b/><b/><b/><b/><b/></a>"), "", "");
	assert_told(&small, SPAN("<a><b/><b/><b/><b/><b/><b/><b/><b/></a>"), "", "XML parsing error: XML: over 8 nodes.");
	assert_told(&small, SPAN("<a a='' b='' c='' d='' e='' f='' g=''/>"), "", "");
	assert_told(&small, SPAN("<a a='' b='' c='' d='' e='' f='' g='' h=''/>"), "", "XML parsing error: XML: over 8 nodes.");
	assert_told(&small, SPAN("<a><!----><!----><!----><!----><?p?><?p?><?p?><?p?></a>"), "", "XML parsing error: XML: over 8 nodes.");
	/* As deep as anybody allows: libxml2 stops at 256. */
	for (unsigned i = 0; i < 300; i++)
		len += (size_t)snprintf(wide + len, 4, "<a>");
	told = tell(&plain, span_make(wide, len), len, 1, true);
	assert_true(body_report_has(&told.report, BODY_FLAG_ERROR));
	told_done(&told);
	free(wide);
}

/* A path that asks for every pair of nodes: it ends, and says why. */
static void test_path_that_takes_too_long(void **state)
{
	char *body = malloc(1 << 20);
	size_t len = (size_t)snprintf(body, 1 << 20, "<a>");
	struct told told;

	(void)state;
	for (unsigned i = 0; i < 20000; i++)
		len += (size_t)snprintf(body + len, 100, "<b>%u</b>", i);
	len += (size_t)snprintf(body + len, 10, "</a>");
	told = ask(span_make(body, len), len, "//b[count(//b[. != 'x']) = 0]", NULL);
	assert_result(told.result, RESULT_LIMIT);
	told_done(&told);
	free(body);
}

static enum result refuse(void *context, struct span value)
{
	(void)context;
	(void)value;
	return RESULT_NO_MEMORY;
}

static void test_refusal(void **state)
{
	static const char *const paths[] = { "/*", "//@*", "//b", "//b/@i" };
	const struct xml_sink sink = { NULL, refuse };
	struct reader_birth birth = { .limits = &body_limits_default };
	struct reader *reader;

	(void)state;
	assert_ok(reader_new(READER_XML, &birth, &reader));
	assert_ok(reader_feed(reader, SPAN("<a><b i='1'/></a>")));
	assert_ok(reader_end(reader));
	for (size_t i = 0; i < 4; i++) {
		struct xml_path *path;

		assert_ok(xml_path_new(span_of(paths[i]), NULL, 0, &path));
		assert_int_equal(xml_path_is_root_text(path), i == 0);
		assert_int_equal(xml_path_is_attributes(path), i == 1);
		assert_result(xml_find(reader_document(reader), path, &sink), RESULT_NO_MEMORY);
		xml_path_free(path);
	}
	reader_free(reader);
}

static void *failing_realloc(void *old, size_t size)
{
	return failing_now() ? NULL : realloc(old, size);
}

static char *failing_strdup(const char *text)
{
	return failing_now() ? NULL : strdup(text);
}

static enum result gather(void *context, struct span value)
{
	strncat(context, value.at, value.len);
	return RESULT_OK;
}

/* All that is asked of a document, but for the evaluation of a path (libxml2 2.9.14 uses the NULL that it gets there) and for
 * the patterns that it makes of paths without a predicate (it loses them). */
static enum result ask_document(struct xml_document *document)
{
	static const char *const paths[] = { "//a[1]", "/*", "//@*" };
	char all[32] = "";
	const struct xml_sink sink = { all, gather };
	enum result result = RESULT_OK;

	for (size_t i = 0; i < 3 && result == RESULT_OK; i++) {
		struct xml_path *path = NULL;

		result = xml_path_new(span_of(paths[i]), NULL, 0, &path);
		if (result == RESULT_OK && i > 0)
			result = xml_find(document, path, &sink);
		xml_path_free(path);
	}
	if (result == RESULT_OK)  /* nothing was lost in silence */
		assert_string_equal(all, "xy1");
	return result;
}

static enum result run_short_of_memory(size_t nth)
{
	struct reader_birth birth = { .limits = &body_limits_default };
	struct reader *reader;
	enum result result;

	failing_from(nth);
	result = reader_new(READER_XML, &birth, &reader);
	if (result == RESULT_OK) {
		result = reader_feed(reader, SPAN("<a b='1'>x<c>y</c></a>"));
		if (result == RESULT_OK)
			result = reader_end(reader);
		if (result == RESULT_OK && reader_document(reader)) {
			result = ask_document(reader_document(reader));
		} else if (result == RESULT_OK) {
			result = RESULT_NO_MEMORY;  /* an error in the report: the rules fail closed */
			assert_true(body_report_has(reader_report(reader), BODY_FLAG_ERROR));
		}
		reader_free(reader);
	}
	failing_from(0);
	return result;
}

/* libxml2's own memory too. */
static void test_memory_runs_out(void **state)
{
	size_t nth = 1;

	(void)state;
	assert_int_equal(xmlMemSetup(free, failing_malloc, failing_realloc, failing_strdup), 0);
	while (block_thread_done(), run_short_of_memory(nth) != RESULT_OK)
		nth++;
	assert_true(nth > 20);
	assert_ok(run_short_of_memory(0));
}

static const struct {
	struct span body;
	const char *told;
} arguments[] = {
	{ SPAN_INIT("<root><level1><level2>foo</level2><level2>bar</level2></level1></root>"), "xml.root.level1.level2=foo|xml.root.level1.level2=bar|" },
	{ SPAN_INIT("<a/>"), "xml.a=|" },
	{ SPAN_INIT("<a> x </a>"), "xml.a= x |" },
	{ SPAN_INIT("<a>\n <b>1</b>\n <c/>\n</a>\n"), "xml.a.b=1|xml.a.c=|" },
	{ SPAN_INIT("<n:a xmlns:n=\"urn:x\"><n:b q=\"evil\">t</n:b></n:a>"), "xml.a.b=t|" },
	{ SPAN_INIT("<a>one<b>two</b>three<b/>four</a>"), "xml.a=one|xml.a.b=two|xml.a=three|xml.a.b=|xml.a=four|" },
	{ SPAN_INIT("<a>x<![CDATA[<y>]]>&lt;&#65;<!-- c --><?pi d?>z</a>"), "xml.a=x\\3cy\\3e\\3cAz|" },
	{ SPAN_INIT("<a><![CDATA[evil]]><b/></a>"), "xml.a=evil|xml.a.b=|" },
	{ SPAN_INIT("<a><b.c>1</b.c><b><c>2</c></b></a>"), "xml.a.b.c=1|xml.a.b.c=2|" },
};

static void test_arguments(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(arguments) / sizeof(*arguments); i++) {
		for (enum xml_arguments kind = XML_ARGUMENTS_OFF; kind <= XML_ARGUMENTS_ONLY; kind++) {
			const struct subject subject = { .kind = READER_XML, .xml_arguments = kind };
			struct told told = tell(&subject, arguments[i].body, 1, 3, true);

			if (!span_equal(buffer_span(&told.text), span_of(kind ? arguments[i].told : "")))
				fail_msg("%.*s: %.*s", SPAN_ARG(arguments[i].body), SPAN_ARG(buffer_span(&told.text)));
			assert_false(body_report_has(&told.report, BODY_FLAG_ERROR));
			told_done(&told);
			assert_splits(&subject, arguments[i].body);
		}
	}
}

static void test_arguments_are_limited(void **state)
{
	struct body_limits limits = body_limits_default;
	struct subject subject = { .kind = READER_XML, .limits = &limits, .xml_arguments = XML_ARGUMENTS_ONLY };
	struct told told;

	(void)state;
	limits.arguments = 2;
	told = tell(&subject, SPAN("<a><b>1</b><b>2</b><b>3</b><b>4</b></a>"), 5, 5, true);
	assert_true(span_equal(buffer_span(&told.text), SPAN("xml.a.b=1|xml.a.b=2|")) && body_report_has(&told.report, BODY_FLAG_ERROR));
	told_done(&told);
	limits = body_limits_default;
	limits.value_bytes = 10;
	told = tell(&subject, SPAN("<a><b>123456789012345</b><c>x</c></a>"), 1, 1, true);
	assert_true(!buffer_len(&told.text) && body_report_has(&told.report, BODY_FLAG_ERROR));
	told_done(&told);
	limits = body_limits_default;
	limits.name_bytes = 8;
	told = tell(&subject, SPAN("<a><b>1</b><long>x</long></a>"), 1, 1, true);
	assert_true(span_equal(buffer_span(&told.text), SPAN("xml.a.b=1|")) && body_report_has(&told.report, BODY_FLAG_ERROR));
	told_done(&told);
}

/* OnlyArgs: there is no document for XPath. */
static void test_arguments_alone(void **state)
{
	(void)state;
	for (enum xml_arguments kind = XML_ARGUMENTS_OFF; kind <= XML_ARGUMENTS_ONLY; kind++) {
		struct reader_birth birth = { .limits = &body_limits_default, .xml_arguments = kind };
		struct reader *reader;

		assert_ok(reader_new(READER_XML, &birth, &reader));
		assert_ok(reader_feed(reader, SPAN("<a>x</a>")));
		assert_ok(reader_end(reader));
		assert_false(body_report_has(reader_report(reader), BODY_FLAG_ERROR));
		assert_int_equal(reader_document(reader) != NULL, kind != XML_ARGUMENTS_ONLY);
		reader_free(reader);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),       cmocka_unit_test(test_entities),   cmocka_unit_test(test_paths),
		cmocka_unit_test(test_bad_paths),  cmocka_unit_test(test_namespaces), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_arguments),  cmocka_unit_test(test_arguments_are_limited), cmocka_unit_test(test_arguments_alone),
		cmocka_unit_test(test_path_that_takes_too_long), cmocka_unit_test(test_refusal), cmocka_unit_test(test_memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
