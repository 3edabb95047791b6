#include "arena_stage.h"

#include <stdlib.h>

#include "regex.h"

/* Each phrase between bars; "": none. */
static void assert_phrases(const char *pattern, const char *expected)
{
	struct factors factors = { 0 };
	char told[2048] = "";
	size_t len = 0;

	if (factors_find(span_of(pattern), &arena, &factors) == RESULT_OK)
		for (size_t i = 0; i < factors.phrases.count && len < sizeof(told) - 64; i++)
			len += (size_t)snprintf(told + len, sizeof(told) - len, "%s%.*s", i ? "|" : "", SPAN_ARG(factors.phrases.list[i]));
	if (strcmp(told, expected) != 0)
		print_error("/%s/\n", pattern);
	assert_string_equal(told, expected);
}

static void test_phrases(void **state)
{
	(void)state;
	assert_phrases("abc", "abc");
	assert_phrases("ABC", "abc");
	assert_phrases("(?i)aBc", "abc");
	assert_phrases("union\\s+select", "select");
	assert_phrases("[a-z]select[0-9]", "select");
	assert_phrases("a?b?c?select", "select");
	assert_phrases("(?:foo|bar)baz", "barbaz|foobaz");
	assert_phrases("(?i:select|insert)\\b.*?(?:[fg]rom|into)", "insert|select");
	assert_phrases("x+y+", "xy");
	assert_phrases("xq*yz", "yz");
	assert_phrases("x{3}", "xxx");
	assert_phrases("x{0}yz", "yz");
	assert_phrases("(?:wx){2,}", "wxwx");
	assert_phrases("(?:<\\?(?!xml)|\\[php\\])", "<?|[php]");
	assert_phrases("(?:^|\\b)wget$", "wget");
	assert_phrases("w[^a]et/", "et/");
	assert_phrases("wxz[^\n]qkj.php", "qkj");
	assert_phrases("(?:etc)?passwd", "passwd");
	assert_phrases("\\x2fetc\\057passwd\\x{2F}", "/etc/passwd/");
}

static void test_what_takes_no_place(void **state)
{
	(void)state;
	assert_phrases("(?=.*etc/passwd)", "etc/passwd");
	assert_phrases("(?!xyz)qk", "qk");
	assert_phrases("(?<=xk)z", "xk");
	assert_phrases("(?<!xk)zk", "zk");
	assert_phrases("w(?#comment)get\\Kfoo", "wgetfoo");
	assert_phrases("w(?i)g(?-i)et", "wget");
	assert_phrases("(?x) w g # comment\n et", "wget");
	assert_phrases("(?x)w g(?-x) et", "wg et");
	assert_phrases("(?x)w g(?i-x: e)t x", "wg etx");
	assert_phrases("(?:(?=qxz)k)?wget", "wget");
	assert_phrases("(?=qxz)?", "");
	assert_phrases("(?:qxz.*?k)?", "");
	assert_phrases("((?x) w g |k z)(?:q q)", "kzq q|wgq q");
	assert_phrases("(?x: w g ) et", "wg et");
	assert_phrases("\\Qw.g*\\E+", "w.g*");
	assert_phrases("w\\E\\Q\\E?gxz", "gxz");
}

static void test_hard_parts(void **state)
{
	(void)state;
	assert_phrases("(wxk)\\1yz", "yz");
	assert_phrases("(?<n>wxk)\\k<n>", "wxk");
	assert_phrases("(?P<n>wx)(?P=n)", "wx");
	assert_phrases("(?P<n>wx)(?P>n)", "wx");
	assert_phrases("wx(?R)?yzq", "yzq");
	assert_phrases("(?>wx|yz)++q", "wxq|yzq");
	assert_phrases("(?|(wx)|(yz))", "wx|yz");
	assert_phrases("wx\\Ryzq", "yzq");
	assert_phrases("wx\\Nyzq", "yzq");
}

/* Patterns of which nothing may be said, and the subject that shows why (NULL: whatever it is, it is not understood). */
static void test_nothing(void **state)
{
	static const char *const patterns[] = {
		"", "x*", "abc|", "(?:abc)?", "^$", "(?:abc|)", "\\b", "abc(*ACCEPT)d", "(*UTF)abc", "(", ")", "a)", "a(b", "[a", "a{2", "*a",
		"a{,3}bcd", "a{ 1}bcd", "(a)\\10bcd", "\\pLabc", "(?(1)a|b)cd", "(?C1)abc", "\\uabc", "\\", "[[:nope:]]abc", "[z-a]bc",
		"(?xx)[ a]bc", "(?P!abc)", "(?<!abc", "\\x{100}bc", "\\x{}bc", "\\400bc", "\\c\xe9 bc", "[\\Qab\\E]cd", "(?#abc", "\\N{U+41}bc",
		"\\gabc", "\\k[a]bc", "(?'a>b)c", "(?<a)bc", "abc(?1", "(?i", "(?y)abc", "(?-i-s)abc", "a{3,2}bc", "a{65536}bc", "[[.a.]]bc",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		struct factors factors = { 0 };
		bool says_more = factors_find(span_of(patterns[i]), &arena, &factors) == RESULT_OK;

		/* "a{2" is text, and a claim about text is fine */
		if (says_more && strcmp(patterns[i], "a{2") != 0)
			print_error("/%s/\n", patterns[i]);
		assert_int_equal(says_more, strcmp(patterns[i], "a{2") == 0);
	}
}

static void test_too_common(void **state)
{
	struct factors factors;

	(void)state;
	assert_phrases("[eano]", "");
	assert_phrases("en", "");
	assert_ok(factors_find(SPAN("[%$]"), &arena, &factors));
	assert_true(factors.bytes.count == 1 && byte_set_has(&factors.bytes.sets[0], '%') && byte_set_has(&factors.bytes.sets[0], '$') &&
	            !byte_set_has(&factors.bytes.sets[0], 'a'));
	assert_ok(factors_find(SPAN("y.*[%$].*[xz]"), &arena, &factors));
	assert_true(factors.bytes.count == 3 && byte_set_has(&factors.bytes.sets[0], '$') && byte_set_has(&factors.bytes.sets[1], 'y') &&
	            byte_set_has(&factors.bytes.sets[2], 'X'));
	assert_ok(factors_find(SPAN("q1.*\"[a-z].*=\\$(?:a|b)+[#']"), &arena, &factors));  /* cheapest first, no more than there is room */
	assert_true(factors.bytes.count == BYTE_NEEDS_MAX && byte_set_has(&factors.bytes.sets[0], '#') && byte_set_has(&factors.bytes.sets[3], '"'));
	assert_ok(factors_find(SPAN("(?:qx\\(|k')"), &arena, &factors));  /* what the phrases have is not asked for again */
	assert_true(factors.phrases.count == 2 && factors.bytes.count == 0);
	assert_ok(factors_find(SPAN("'[a-z0-9 ]"), &arena, &factors));  /* many short ones, and the first byte is as rare */
	assert_true(factors.phrases.count == 0 && byte_set_has(&factors.bytes.sets[0], '\''));
	assert_ok(factors_find(SPAN("Q"), &arena, &factors));
	assert_true(byte_set_has(&factors.bytes.sets[0], 'q') && byte_set_has(&factors.bytes.sets[0], 'Q'));
}

static char *repeat(const char *head, const char *part, size_t count, const char *tail)
{
	size_t len = strlen(part), head_len = strlen(head);
	char *text = calloc(1, head_len + len * count + strlen(tail) + 1);

	assert_non_null(text);
	memcpy(text, head, head_len);
	for (size_t i = 0; i < count; i++)
		memcpy(text + head_len + i * len, part, len);
	memcpy(text + head_len + len * count, tail, strlen(tail));
	return text;
}

static void test_limits(void **state)
{
	static const struct {
		const char *head, *part;
		size_t count;
		const char *tail;
		enum result result;
	} cases[] = {
		{ "", "(", 200, "wx", RESULT_NOT_FOUND },                   /* not closed */
		{ "wx", "(", 100000, "", RESULT_NOT_FOUND },
		{ "", "[", 100000, "", RESULT_NOT_FOUND },
		{ "wx", "{2}", 5000, "", RESULT_NOT_FOUND },                /* nests without brackets */
		{ "wx", "{2}", 2, "", RESULT_OK },
		{ "wx", "{2}", 3, "", RESULT_NOT_FOUND },
		{ "", "wxyz", 5000, "", RESULT_OK },
		{ "", "[a-z0-9]?", 3000, "wxyz", RESULT_OK },
		{ "(?:wx", "|wx", 20000, ")", RESULT_OK },
		{ "", "(?:ab|cd|ef|gh)", 300, "", RESULT_OK },
		{ "x", "(?:x{9999}){9999}", 12, "", RESULT_OK },
	};
	struct factors factors;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = repeat(cases[i].head, cases[i].part, cases[i].count, cases[i].tail);

		assert_result(factors_find(span_of(text), &arena, &factors), cases[i].result);
		for (size_t j = 0; cases[i].result == RESULT_OK && j < factors.phrases.count; j++)
			assert_in_range(factors.phrases.list[j].len, FACTOR_BYTES_MIN, FACTOR_BYTES_MAX);
		free(text);
	}
}

static void test_depth(void **state)
{
	struct factors factors;

	(void)state;
	for (size_t depth = 240; depth < 260; depth++) {
		char *closed = repeat("wx", ")", depth, ""), *text = repeat("", "(", depth, closed);
		enum result result = factors_find(span_of(text), &arena, &factors);

		assert_result(result, depth < 250 ? RESULT_OK : RESULT_NOT_FOUND);
		free(closed);
		free(text);
	}
}

static void test_no_memory(void **state)
{
	struct arena small;
	struct factors factors;
	bool was_refused = false;

	(void)state;
	for (size_t limit = 0; limit < 200; limit += 16) {
		enum result result;

		arena_init(&small, limit, 64);
		result = factors_find(SPAN("(?:wxyz|qkkz|zzxx)"), &small, &factors);
		assert_true(result == RESULT_OK || result == RESULT_NO_MEMORY);
		was_refused |= result == RESULT_NO_MEMORY;
		if (limit >= 160)
			assert_ok(result);
		arena_done(&small);
	}
	assert_true(was_refused);
}

#define PIECES_LIST(X) \
	X("a") X("b") X("c") X("A") X("ab") X("bc") X("[ab]") X("[^a]") X("[^A-B]") X(".") X("(?:ab|c)") X("(?:a|bc|)") X("(a)") X("(b|c)") \
	X("\\1") X("(?=a)") X("(?=.*c)") X("(?!b)") X("(?<=b)") X("(?<!a)") X("(?i)") X("(?-i)") X("(?x)") X(" ") X("#c\n") X("(?i:b)") \
	X("|") X("*") X("+") X("?") X("{2}") X("{1,2}") X("{0,1}") X("{0}") X("?+") X("*?") X("^") X("$") X("\\b") X("\\Qa*\\E") X("\\E") X("\\Q\\E") \
	X("(?#b)") X("(?>a|ab)") X("(?|(a)|(c))") X("\\x61") X("\\142") X("[\\x61-b]") X("[[:alpha:]]") X("[[:^alpha:]]") X("\\w") X("\\W") X("\\N") \
	X("(") X(")") X("(?:") X("\\K") X("(?1)") X("[]a]") X("[^]a]") X("{,2}") X("(?x: a )") X("(?^:a B)") X("[a-]") X("[\\d-a]")

/* Patterns thrown together, and every subject over a small alphabet: what matches has what is asked for. */
static void test_every_small_subject(void **state)
{
#define X(text) text,
	static const char *const pieces[] = { PIECES_LIST(X) };
#undef X
	static const char alphabet[] = "abcA";
	struct draws draws = { 11 };
	unsigned compiled = 0, claimed = 0, matched = 0;

	(void)state;
	for (unsigned round = 0; round < 12000; round++) {
		char pattern[256] = "", subject[5];
		size_t len = 0, count = 1 + draw_below(&draws, 7);
		struct factors factors;
		struct regex regex;

		for (size_t i = 0; i < count; i++)
			len += (size_t)snprintf(pattern + len, sizeof(pattern) - len, "%s", pieces[draw_below(&draws, sizeof(pieces) / sizeof(pieces[0]))]);
		if (!regex_init(&regex, span_make(pattern, len), round & 1))
			continue;
		compiled++;
		if (factors_find(span_make(pattern, len), &arena, &factors) == RESULT_OK) {
			claimed++;
			for (unsigned code = 0; code < 1365; code++) {  /* all of 0 to 5 bytes: 4^0 + ... + 4^5 */
				unsigned rest = code, size = 0, of_size = 1;

				for (; rest >= of_size; size++, of_size *= 4)
					rest -= of_size;
				for (unsigned i = 0; i < size; i++, rest /= 4)
					subject[i] = alphabet[rest % 4];
				if (!regex_matches(&regex, span_make(subject, size)))
					continue;
				matched++;
				if (!factors_hold(&factors, span_make(subject, size)))
					print_error("/%s/ matches \"%.*s\"\n", pattern, (int)size, subject);
				assert_true(factors_hold(&factors, span_make(subject, size)));
			}
		}
		regex_done(&regex);
		arena_reset(&arena);
	}
	assert_true(compiled > 3000 && claimed > 1000 && matched > 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_phrases, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_what_takes_no_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hard_parts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_too_common, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_limits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_depth, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_memory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_every_small_subject, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
