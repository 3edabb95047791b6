/* Names and values of JSON; every row was asked of ModSecurity 2.9.7, but where it says "stricter". */
#include "../base/failing.h"

#include "../../src/base/buffer.c"
#include "../../src/base/block.c"
#include "../../src/waf/body/json.c"
#include "../../src/waf/body/reader.c"

#include "body_told.h"

static const struct subject text = { .kind = READER_JSON };

static const struct {
	struct span body;
	const char *told;
} goods[] = {
	{ SPAN_INIT("{\"a\":1}"), "a=1|" },
	{ SPAN_INIT("{\"a\":{\"b\":\"x\",\"c\":[1,2]}}"), "a.b=x|a.c.c=1|a.c.c=2|" },
	{ SPAN_INIT("[1,2]"), "array.array=1|array.array=2|" },
	{ SPAN_INIT("[[1],[2]]"), "array.array.array=1|array.array.array=2|" },
	{ SPAN_INIT("[{\"a\":1},{\"b\":2}]"), "array.array.a=1|array.array.b=2|" },
	{ SPAN_INIT("\"x\""), "=x|" },
	{ SPAN_INIT("1"), "=1|" },
	{ SPAN_INIT("true"), "=true|" },
	{ SPAN_INIT("null"), "=|" },
	{ SPAN_INIT("{}"), "" },
	{ SPAN_INIT("[]"), "" },
	{ SPAN_INIT("{\"\":1}"), "=1|" },
	{ SPAN_INIT("{\"\":{\"\":1}}"), ".=1|" },
	{ SPAN_INIT("{\"a\":{\"\":1},\"b\":2}"), "a.=1|b=2|" },
	{ SPAN_INIT("{\"a\":1,\"a\":2}"), "a=1|a=2|" },
	{ SPAN_INIT("{\"a\":true,\"b\":false,\"c\":null}"), "a=true|b=false|c=|" },
	{ SPAN_INIT("{\"a\":1e5,\"b\":-0.10,\"c\":12345678901234567890}"), "a=1e5|b=-0.10|c=12345678901234567890|" },
	{ SPAN_INIT("{\"a\":1e+5,\"b\":1E-5,\"c\":1.5e3,\"d\":-1,\"e\":0,\"f\":-0}"), "a=1e+5|b=1E-5|c=1.5e3|d=-1|e=0|f=-0|" },
	{ SPAN_INIT("{\"a.b\":{\"c\":1},\"d\":2}"), "a.b.c=1|a.d=2|" },
	{ SPAN_INIT("{\"x\":{\"a.b\":{\"c\":1},\"d\":2},\"e\":3}"), "x.a.b.c=1|x.a.d=2|x.e=3|" },
	{ SPAN_INIT("{\"a\":[[1,2],[3]],\"b\":[{\"c\":1}]}"), "a.a.a=1|a.a.a=2|a.a.a=3|b.b.c=1|" },
	{ SPAN_INIT("{\"a\":[],\"b\":{}, \"c\":1}"), "c=1|" },
	{ SPAN_INIT("[[],1,{\"a\":[]},2]"), "array.array=1|array.array=2|" },
	{ SPAN_INIT("{\"a\":[{\"b\":1},2,{\"c\":{\"d\":3}},4]}"), "a.a.b=1|a.a=2|a.a.c.d=3|a.a=4|" },
	{ SPAN_INIT("{\"A.\":[[null,[null,0],{}]],\"\":{},\"b\":1}"), "A..A..A.=|A..A..A..A.=|A..A..A..A.=0|A..A..b=1|" },
	{ SPAN_INIT("{\"\":[{\"b\":1},2],\"c\":[[],{\"d.e\":[[],3]},4]}"), "..b=1|.=2|c.c.d.e.d.d.e=3|c.c.d.e=4|" },
	{ SPAN_INIT("{\"a\":\"\\u0000b\"}"), "a=\\00b|" },
	{ SPAN_INIT("{\"a\\u0000b\":1}"), "a\\00b=1|" },  /* stricter: 2.9.7 forgets what is behind the NUL */
	{ SPAN_INIT("{\"a\":\"\\ud800\"}"), "a=?|" },
	{ SPAN_INIT("{\"a\":\"\\udc00x\"}"), "a=\\ed\\b0\\80x|" },
	{ SPAN_INIT("{\"a\":\"\\ud83d\\ude00\"}"), "a=\\f0\\9f\\98\\80|" },
	{ SPAN_INIT("{\"a\":\"\\uD83D\\uDE00\\uDBFF\\uDFFF\"}"), "a=\\f0\\9f\\98\\80\\f4\\8f\\bf\\bf|" },
	{ SPAN_INIT("{\"a\":\"\\ud83dx\"}"), "a=?x|" },
	{ SPAN_INIT("{\"a\":\"\\ud83d\\ud83d\\ude00\"}"), "a=?\\f0\\9f\\98\\80|" },
	{ SPAN_INIT("{\"a\":\"\\ud83d\\u0041z\"}"), "a=?Az|" },  /* stricter: 2.9.7 makes one character of the two */
	{ SPAN_INIT("{\"a\":\"\\ud83d\\nz\"}"), "a=?\\0az|" },
	{ SPAN_INIT("{\"a\":\"\\ud83d\xc3\xa9\"}"), "a=?\\c3\\a9|" },
	{ SPAN_INIT("{\"a\":\"\\u003cscript\\u003E\\/\\b\\f\\n\\r\\t\\\"\\\\\"}"), "a=\\3cscript\\3e/\\08\\0c\\0a\\0d\\09\"\\5c|" },
	{ SPAN_INIT("{\"a\":\"\\u007f\\u0080\\u07ff\\u0800\\uffff\"}"), "a=\\7f\\c2\\80\\df\\bf\\e0\\a0\\80\\ef\\bf\\bf|" },
	{ SPAN_INIT("{\"a\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f\"}"), "a=\\c3\\a9\\e2\\82\\ac\\f0\\9f\\98\\80\\7f|" },
	{ SPAN_INIT("{\"a\":\"0123456789abcdef0123456789abcdef0\"}"), "a=0123456789abcdef0123456789abcdef0|" },
	{ SPAN_INIT(" {\"a\" : 1\n,\t\"b\" :\r[ ] } \n \t"), "a=1|" },
	{ SPAN_INIT("\f\v{\"a\":1}"), "a=1|" },
};

static void test_goods(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(goods) / sizeof(*goods); i++) {
		assert_told(&text, goods[i].body, goods[i].told, "");
		assert_prefixes(&text, goods[i].body);
	}
}

#define PARSING "JSON parsing error: "
#define AT_END "JSON parser error: "
#define UTF8 PARSING "lexical error: invalid bytes in UTF8 string.\n"
#define CHAR PARSING "lexical error: invalid char in json text.\n"
#define GARBAGE PARSING "parse error: trailing garbage\n"
#define EARLY AT_END "parse error: premature EOF\n"
#define STRAY PARSING "parse error: unallowed token at this point in JSON text\n"
#define KEY PARSING "parse error: invalid object key (must be a string)\n"
#define IN_MAP PARSING "parse error: after key and value, inside map, I expect ',' or '}'\n"
#define IN_ARRAY PARSING "parse error: after array element, I expect ',' or ']'\n"
#define NO_COLON PARSING "parse error: object key and value must be separated by a colon (':')\n"
#define COMMENT PARSING "lexical error: probable comment found in input text, comments are not enabled.\n"

static const struct {
	struct span body;
	const char *told, *message;
} bads[] = {
	{ SPAN_INIT("{\"a\":1"), "a=1|", EARLY },
	{ SPAN_INIT("   "), "", EARLY },
	{ SPAN_INIT(""), "", EARLY },
	{ SPAN_INIT("{\"a\":\"x"), "", EARLY },
	{ SPAN_INIT("{\"a\":\"\xc3"), "", EARLY },
	{ SPAN_INIT("["), "", EARLY },
	{ SPAN_INIT("{"), "", EARLY },
	{ SPAN_INIT("{\"a\":12"), "a=12|", EARLY },
	{ SPAN_INIT("nul"), "", AT_END "lexical error: invalid string in json text.\n" },
	{ SPAN_INIT("-"), "", AT_END "lexical error: malformed number, a digit is required after the minus sign.\n" },
	{ SPAN_INIT("{\"a\":1}}"), "a=1|", GARBAGE },
	{ SPAN_INIT("{\"a\":1} x"), "a=1|", GARBAGE },
	{ SPAN_INIT("{\"a\":1}{}"), "a=1|", GARBAGE },
	{ SPAN_INIT("{\"a\":1}\0"), "a=1|", GARBAGE },
	{ SPAN_INIT("{\"a\":1}/**/"), "a=1|", GARBAGE },
	{ SPAN_INIT("nulll"), "=|", GARBAGE },
	{ SPAN_INIT("1x"), "=1|", GARBAGE },
	{ SPAN_INIT("{a:1}"), "", CHAR },
	{ SPAN_INIT("{'a':1}"), "", CHAR },
	{ SPAN_INIT("{\"a\":.5}"), "", CHAR },
	{ SPAN_INIT("{\"a\":+1}"), "", CHAR },
	{ SPAN_INIT("{\"a\":Infinity}"), "", CHAR },
	{ SPAN_INIT("\xef\xbb\xbf{\"a\":1}"), "", CHAR },
	{ SPAN_INIT("{\"a\":\xff}"), "", CHAR },
	{ SPAN_INIT("\0"), "", CHAR },
	{ SPAN_INIT("{\"a\" 1}"), "", NO_COLON },
	{ SPAN_INIT("{\"a\"}"), "", NO_COLON },
	{ SPAN_INIT("{\"a\":1 \"b\"}"), "a=1|", IN_MAP },
	{ SPAN_INIT("{\"a\":01}"), "a=0|", IN_MAP },
	{ SPAN_INIT("{\"a\":1]"), "a=1|", IN_MAP },
	{ SPAN_INIT("[1 2]"), "array.array=1|", IN_ARRAY },
	{ SPAN_INIT("[1}"), "array.array=1|", IN_ARRAY },
	{ SPAN_INIT("[truefalse]"), "array.array=true|", IN_ARRAY },
	{ SPAN_INIT("{\"a\":tru}"), "", PARSING "lexical error: invalid string in json text.\n" },
	{ SPAN_INIT("{\"a\":-}"), "", PARSING "lexical error: malformed number, a digit is required after the minus sign.\n" },
	{ SPAN_INIT("{\"a\":1.}"), "", PARSING "lexical error: malformed number, a digit is required after the decimal point.\n" },
	{ SPAN_INIT("{\"a\":1e}"), "", PARSING "lexical error: malformed number, a digit is required after the exponent.\n" },
	{ SPAN_INIT("{\"a\":1e+}"), "", PARSING "lexical error: malformed number, a digit is required after the exponent.\n" },
	{ SPAN_INIT("{\"a\":\"\\x\"}"), "", PARSING "lexical error: inside a string, '\\' occurs before a character which it may not.\n" },
	{ SPAN_INIT("{\"a\":\"\\u00g0\"}"), "", PARSING "lexical error: invalid (non-hex) character occurs after '\\u' inside string.\n" },
	{ SPAN_INIT("{\"a\":\"\n\"}"), "", PARSING "lexical error: invalid character inside string.\n" },
	{ SPAN_INIT("{\"a\":\"\0\"}"), "", PARSING "lexical error: invalid character inside string.\n" },
	{ SPAN_INIT("{\"a\":/*c*/1}"), "", COMMENT },
	{ SPAN_INIT("// x\n1"), "", COMMENT },
	{ SPAN_INIT("{1:2}"), "", KEY },
	{ SPAN_INIT("{,}"), "", KEY },
	{ SPAN_INIT("{\"a\":1,}"), "a=1|", KEY },
	{ SPAN_INIT("{\"a\":,}"), "", STRAY },
	{ SPAN_INIT("[1,]"), "array.array=1|", STRAY },
	{ SPAN_INIT(":"), "", STRAY },
	{ SPAN_INIT(","), "", STRAY },
	{ SPAN_INIT("]"), "", STRAY },
	{ SPAN_INIT("}"), "", STRAY },
	{ SPAN_INIT("{\"a\":\"\xff\"}"), "", UTF8 },
	{ SPAN_INIT("{\"\xff\":1}"), "", UTF8 },
	{ SPAN_INIT("{\"a\":\"\xe2\x82\"}"), "", UTF8 },
	{ SPAN_INIT("{\"a\":\"\xf8\x88\x80\x80\x80\"}"), "", UTF8 },
	/* stricter: 2.9.7 takes these for characters */
	{ SPAN_INIT("{\"a\":\"\xc0\x80\"}"), "", UTF8 },
	{ SPAN_INIT("{\"a\":\"\xed\xa0\x80\"}"), "", UTF8 },
	{ SPAN_INIT("{\"a\":\"\xf4\x90\x80\x80\"}"), "", UTF8 },
};

static void test_bads(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bads) / sizeof(*bads); i++)
		assert_told(&text, bads[i].body, bads[i].told, bads[i].message);
}

static const struct body_limits tight = { .arguments = 3, .name_bytes = 12, .value_bytes = 8, .argument_bytes = 99, .depth = 6 };
static const struct subject small = { .kind = READER_JSON, .limits = &tight };

/* As 2.9.7 with SecRequestBodyJsonDepthLimit 6: a map at the top is not counted. */
static void test_depth(void **state)
{
	static const struct body_limits six = { .arguments = 9, .name_bytes = 99, .value_bytes = 9, .argument_bytes = 99, .depth = 6 };
	static const struct body_limits none = { .arguments = 9, .name_bytes = 99, .value_bytes = 9, .argument_bytes = 99, .depth = 0 };
	static const struct subject deep = { .kind = READER_JSON, .limits = &six }, flat = { .kind = READER_JSON, .limits = &none };

	(void)state;
	assert_told(&deep, SPAN("{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":1}}}}}}}"), "a.b.c.d.e.f.g=1|", "");
	assert_told(&deep, SPAN("{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{\"h\":1}}}}}}}}"), "", PARSING "JSON depth limit exceeded");
	assert_told(&deep, SPAN("[[[[[[1]]]]]]"), "array.array.array.array.array.array.array=1|", "");
	assert_told(&deep, SPAN("[[[[[[[1]]]]]]]"), "", PARSING "JSON depth limit exceeded");
	assert_told(&deep, SPAN("[[[[[[]]]]],[[[[[1]]]]]]"), "array.array.array.array.array.array.array=1|", "");
	assert_told(&flat, SPAN("{\"a\":1}"), "a=1|", "");
	assert_told(&flat, SPAN("[1]"), "", PARSING "JSON depth limit exceeded");
}

/* Maps and arrays in turn, deeper than the bits of a byte. */
static void test_kinds_are_remembered(void **state)
{
	struct draws draws = { 3 };
	char body[2000], close[300];

	(void)state;
	for (unsigned round = 0; round < 200; round++) {
		unsigned depth = 1 + (unsigned)draw_below(&draws, 60);
		size_t len = 0;
		struct told told;

		for (unsigned i = 0; i < depth; i++) {
			bool is_map = draw_below(&draws, 2);

			len += (size_t)snprintf(body + len, sizeof(body) - len, is_map ? "{\"k\":" : "[");
			close[depth - 1 - i] = is_map ? '}' : ']';
		}
		len += (size_t)snprintf(body + len, sizeof(body) - len, "0%.*s", (int)depth, close);
		told = tell(&text, span_make(body, len), len, len, true);
		assert_false(body_report_has(&told.report, BODY_FLAG_ERROR));
		told_done(&told);
		body[len - 1] ^= '}' ^ ']';
		told = tell(&text, span_make(body, len), len, len, true);
		assert_true(body_report_has(&told.report, BODY_FLAG_ERROR));
		told_done(&told);
	}
}

static void test_limits(void **state)
{
	(void)state;
	assert_told(&small, SPAN("[1,2,3]"), "array.array=1|array.array=2|array.array=3|", "");
	assert_told(&small, SPAN("[1,2,3,4]"), "array.array=1|array.array=2|array.array=3|", "SecArgumentsLimit exceeded");
	assert_told(&small, SPAN("{\"a\":\"12345678\"}"), "a=12345678|", "");
	assert_told(&small, SPAN("{\"a\":\"1234567\\u0038\"}"), "a=12345678|", "");
	assert_told(&small, SPAN("{\"a\":\"123456789\"}"), "", PARSING "token too long");
	assert_told(&small, SPAN("{\"a\":\"12345678\\n\"}"), "", PARSING "token too long");
	assert_told(&small, SPAN("{\"a\":\"123456789\n\"}"), "", PARSING "token too long");
	assert_told(&small, SPAN("{\"a\":123456789}"), "", PARSING "token too long");
	assert_told(&small, SPAN("{\"a\":123456789e}"), "", PARSING "token too long");
	assert_told(&small, SPAN("{\"a\":\"123456789"), "", PARSING "token too long");
	assert_told(&small, SPAN("{\"123\":{\"4567\":{\"89\":1}}}"), "123.4567.89=1|", "");
	assert_told(&small, SPAN("{\"123\":{\"4567\":{\"890\":1,\"xyzt\":2}}}"), "123.4567.890=1|", PARSING "name of an argument too long");
	assert_told(&small, SPAN("[[[1]]]"), "", PARSING "name of an argument too long");
}

static void test_refusal(void **state)
{
	(void)state;
	assert_refusal_stays(&text, SPAN("[1,2]"));
	assert_refusal_stays(&text, SPAN("1"));
}

static void test_memory_runs_out(void **state)
{
	(void)state;
	assert_memory_may_run_out(&text, SPAN("[{\"a\":\"\\u00e9b"), SPAN("c\"}]"), 1, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goods),  cmocka_unit_test(test_bads),    cmocka_unit_test(test_depth), cmocka_unit_test(test_kinds_are_remembered),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_refusal), cmocka_unit_test(test_memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
