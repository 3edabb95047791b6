/* @detectSQLi and @detectXSS: libinjection where it is needed, and the proof that it is not where it is not asked. */
#include "operator_stage.h"

#include <unistd.h>

#include "waf/operator/libinjection.h"

static const struct libinjection *library(void)
{
	const char *why = NULL;
	const struct libinjection *found = libinjection_get(&why);

	if (!found) {
		print_message("skipped: %s\n", why);
		skip();
	}
	return found;
}

static void attacks_and_prose(void **state)
{
	static const struct { enum operator_id id; const char *value, *captured; } table[] = {
		{ OPERATOR_DETECT_SQLI, "1' or '1'='1", "s&sos" }, { OPERATOR_DETECT_SQLI, "-1 union select 1,2,3", "1UE1" },
		{ OPERATOR_DETECT_SQLI, "", NULL }, { OPERATOR_DETECT_SQLI, "O'Brien", NULL }, { OPERATOR_DETECT_SQLI, "word_1", NULL },
		{ OPERATOR_DETECT_XSS, "<script>alert(1)</script>", "<script>alert(1)</script>" }, { OPERATOR_DETECT_XSS, "", NULL },
		{ OPERATOR_DETECT_XSS, "a < b and c > d", NULL }, { OPERATOR_DETECT_XSS, "onclick", NULL },
	};
	struct stage stage;

	(void)state;
	(void)library();
	stage_init(&stage);
	for (size_t i = 0; i < COUNT(table); i++) {
		assert_int_equal(stage_ask(&stage, table[i].id, SPAN(""), span_of(table[i].value)), table[i].captured != NULL);
		assert_int_equal(stage.captures.count, table[i].captured != NULL);
		if (table[i].captured && !span_equal(stage.captures.list[0], span_of(table[i].captured)))
			print_error("%s is %.*s\n", table[i].value, SPAN_ARG(stage.captures.list[0]));
		if (table[i].captured)
			assert_true(span_equal(stage.captures.list[0], span_of(table[i].captured)));
	}
	stage_done(&stage);
}

/* Words that mean something to SQL or HTML, to be joined to what a tokenizer might cut them from. */
static const char *const vocabulary[] = {
	"select", "union", "all", "or", "and", "xor", "not", "null", "like", "between", "in", "is", "drop", "table", "exec", "xp_cmdshell",
	"sleep", "benchmark", "waitfor", "delay", "case", "when", "then", "having", "group", "order", "by", "limit", "into", "outfile", "from",
	"where", "user", "version", "sp_executesql", "char", "chr", "concat", "if", "mod", "div", "rlike", "regexp", "true", "false", "insert",
	"update", "delete", "create", "declare", "set", "begin", "end", "N", "X", "B", "E", "U", "q", "nq", "_latin1", "_utf8",
	"_binary", "collate",
	"0x41", "0b01", "1e5", "1e", "0x", "0b", "1d", "1f", "00", "9", "e", "d", "f", "_", "__", "current_user", "localtime",
	"pg_sleep", "script",
	"javascript", "onclick", "onerror", "src", "href", "style", "data", "vbscript", "svg", "iframe", "import", "xmlns", "xlink", "nan", "inf",
};

static void assert_harmless(const struct libinjection *found, const char *text, size_t len)
{
	char fingerprint[LIBINJECTION_FINGERPRINT_BYTES];

	if (found->sqli(text, len, fingerprint) != 0)
		fail_msg("libinjection calls \"%.*s\" an attack", (int)len, text);
}

/* What the operators skip, asked of the library itself: all words of up to three of the bytes that tokenizers treat apart, all
 * joins of up to three words of the vocabulary in three cases, and random words of every length. */
static void words_are_harmless(void **state)
{
	static const char special[] = "01289abdefnquxzABDEFNQUXZ_";
	const struct libinjection *found = library();
	struct draws draws = { 97 };
	char text[256];

	(void)state;
	for (size_t a = 0; a < sizeof(special) - 1; a++) {
		for (size_t b = 0; b < sizeof(special) - 1; b++) {
			for (size_t c = 0; c < sizeof(special) - 1; c++) {
				char three[] = { special[a], special[b], special[c] };

				for (size_t len = 1; len <= 3; len++)
					assert_harmless(found, three, len);
			}
		}
	}
	for (size_t a = 0; a < COUNT(vocabulary); a++) {
		for (size_t b = 0; b < COUNT(vocabulary); b++) {
			for (size_t c = 0; c <= COUNT(vocabulary); c += c + 1 < COUNT(vocabulary) ? 1 + draw_below(&draws, 8) : 1) {
				const char *third = c < COUNT(vocabulary) ? vocabulary[c] : "";
				int len = snprintf(text, sizeof(text), "%s%s%s", vocabulary[a], vocabulary[b], third);
				unsigned form = (unsigned)draw_below(&draws, 3);

				for (int i = 0; i < len && form; i++) {
					if (text[i] >= 'a' && text[i] <= 'z' && (form == 1 || draw_below(&draws, 2)))
						text[i] = (char)(text[i] - 32);
				}
				assert_harmless(found, text, (size_t)len);
			}
		}
	}
	for (unsigned round = 0; round < 300000; round++) {
		static const char all[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
		size_t len = draw_below(&draws, round % 16 ? 12 : sizeof(text));

		for (size_t i = 0; i < len; i++)
			text[i] = all[draw_below(&draws, round % 2 ? 12 : sizeof(all) - 1)];
		assert_harmless(found, text, len);
	}
}

/* What @detectXSS skips: everything without < and =. All strings of up to five of the bytes that HTML's tokenizer treats apart,
 * and random ones of what it looks for. */
static void markless_values_are_harmless(void **state)
{
	static const char special[] = "'\"`>/ !-?%[x";
	static const char *const pieces[] = { "'", "\"", "`", ">", "/>", "/", " ", "\t", "\n", "\f", "\v", "\r", "!--", "-->", "[if", "![CDATA[", "]]>", "xml",
		                              "!doctype", "!ENTITY", "import", "script", "svg", "iframe", "onclick", "onerror", "style", "href",
		                              "javascript:", "JAVA", "vbscript:", "data:", "view-source:", "xmlns", "xlink:href", "&lt;", "&#61;",
		                              "%3C", "%", "?", "\x01", "\xff", "a", "1", ":", ";", "(", ")" };
	const struct libinjection *found = library();
	struct draws draws = { 131 };
	char text[256];

	(void)state;
	for (unsigned number = 0; number < 13 * 13 * 13 * 13 * 13; number++) {
		unsigned rest = number;

		for (size_t i = 0; i < 5; i++, rest /= 13)
			text[i] = special[rest % 13];  /* the last of them is NUL */
		if (found->xss(text, 5) != 0)
			fail_msg("libinjection calls \"%.5s\" an attack", text);
	}
	for (unsigned round = 0; round < 300000; round++) {
		size_t len = 0, count = draw_below(&draws, 12);

		for (size_t i = 0; i < count; i++) {
			const char *piece = pieces[draw_below(&draws, COUNT(pieces))];

			memcpy(text + len, piece, strlen(piece));
			len += strlen(piece);
			if (!draw_below(&draws, 16))
				text[len++] = '\0';
		}
		if (found->xss(text, len) != 0)
			fail_msg("libinjection calls \"%.*s\" an attack", (int)len, text);
	}
}

/* What is skipped is skipped by either way of knowing the bytes, and nothing else is: a comma more, and the library is asked. */
static void only_words_are_skipped(void **state)
{
	struct draws draws = { 5 };
	struct stage stage;
	struct operator *sqli = NULL, *xss = NULL;
	const struct libinjection *found = library();

	(void)state;
	stage_init(&stage);
	assert_ok(operator_compile(OPERATOR_DETECT_SQLI, SPAN(""), false, &stage.birth, &sqli));
	assert_ok(operator_compile(OPERATOR_DETECT_XSS, SPAN(""), false, &stage.birth, &xss));
	for (unsigned round = 0; round < 20000; round++) {
		static const char *const pieces[] = { "1", "'", " or ", "=", "union", " select ", "<script>", "a", "_", "--", "/*", "\"", "<a ", "onclick" };
		char text[128], fingerprint[LIBINJECTION_FINGERPRINT_BYTES];
		struct byte_set bytes = { { 0 } };
		struct captures captures;
		struct operator_call call = { .arena = &stage.request };
		size_t len = 0, count = draw_below(&draws, 8);
		struct span value;

		for (size_t i = 0; i < count; i++) {
			const char *piece = pieces[draw_below(&draws, COUNT(pieces))];

			memcpy(text + len, piece, strlen(piece));
			len += strlen(piece);
		}
		value = span_make(text, len);
		byte_set_add_span(&bytes, value);
		call.bytes = round % 2 ? &bytes : NULL;
		assert_int_equal(operator_match(sqli, &call, value, &captures), found->sqli(text, len, fingerprint) == 1);
		assert_int_equal(operator_match(xss, &call, value, &captures), found->xss(text, len) == 1);
		arena_reset(&stage.request);
	}
	operator_done(sqli);
	operator_done(xss);
	stage_done(&stage);
}

static void a_library_that_is_not_what_it_should_be(void **state)
{
	struct libinjection found = { 0 };

	(void)state;
	assert_result(libinjection_open("libnothing-of-this-name.so.9", &found), RESULT_NOT_FOUND);
	assert_result(libinjection_open("libc.so.6", &found), RESULT_REFUSED);
	assert_null(found.sqli);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attacks_and_prose), cmocka_unit_test(words_are_harmless),
		cmocka_unit_test(markless_values_are_harmless), cmocka_unit_test(only_words_are_skipped),
		cmocka_unit_test(a_library_that_is_not_what_it_should_be),
	};

	return cmocka_run_group_tests_name("waf/operator_injection", tests, NULL, NULL);
}
