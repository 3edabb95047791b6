/* Whatever PCRE2 makes of a pattern: a subject that matches has what the factors ask for. Input: flags, pattern, NUL, subject;
 * without a NUL the pattern is its own subject. */
#define GROW_TRIES 60
#include "../tests/waf/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct regex *regex, const struct factors *factors, struct span subject)
{
	if (regex_matches(regex, subject) && !factors_hold(factors, subject))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_make((const char *)data + 1, size ? size - 1 : 0), pattern = span_cut(&rest, 0);
	struct draws draws = { size };
	struct factors factors;
	struct regex regex;
	struct arena arena;
	char grown[GROWN_MAX];
	size_t len;

	if (!size || pattern.len > 400)
		return 0;
	arena_init(&arena, 1 << 20, 4096);
	if (factors_find(pattern, &arena, &factors) == RESULT_OK && regex_init(&regex, pattern, data[0] & 1)) {
		check(&regex, &factors, rest);
		check(&regex, &factors, pattern);
		for (unsigned walk = 0; walk < (data[0] & 6u); walk++)
			if (regex_grow(&regex, pattern, &draws, grown, &len) == RESULT_OK)
				check(&regex, &factors, span_make(grown, len));
		regex_done(&regex);
	}
	arena_done(&arena);
	return 0;
}
