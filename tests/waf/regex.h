/* PCRE2 as the judge of what factors claim, and subjects that a pattern matches: grown byte by byte, as PCRE2 says that they
 * may still match. Nothing here knows how factors.c reads patterns. */
#ifndef BOUCLIER_TESTS_WAF_REGEX_H
#define BOUCLIER_TESTS_WAF_REGEX_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "../base/draws.h"
#include "waf/prefilter/factors.h"

#define GROWN_MAX 96
#ifndef GROW_TRIES
#define GROW_TRIES 400
#endif

struct regex {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
};

/* False: PCRE2 does not take it. */
static inline bool regex_init(struct regex *regex, struct span pattern, bool ignores_case)
{
	int error;
	size_t offset;
	uint32_t options = PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY | (ignores_case ? PCRE2_CASELESS : 0);

	*regex = (struct regex){ .code = pcre2_compile((PCRE2_SPTR)(pattern.len ? pattern.at : ""), pattern.len, options, &error, &offset, NULL) };
	if (!regex->code)
		return false;
	regex->data = pcre2_match_data_create_from_pattern(regex->code, NULL);
	regex->limits = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(regex->limits, 20000);
	return true;
}

static inline void regex_done(struct regex *regex)
{
	pcre2_match_context_free(regex->limits);
	pcre2_match_data_free(regex->data);
	pcre2_code_free(regex->code);
}

static inline bool regex_matches(const struct regex *regex, struct span subject)
{
	return pcre2_match(regex->code, (PCRE2_SPTR)(subject.len ? subject.at : ""), subject.len, 0, 0, regex->data, regex->limits) >= 0;
}

/* SUBJECT at its end is inside of what might become a match that begins at 0. */
static inline bool regex_may_match(const struct regex *regex, struct span subject)
{
	return pcre2_match(regex->code, (PCRE2_SPTR)(subject.len ? subject.at : ""), subject.len, 0, PCRE2_ANCHORED | PCRE2_PARTIAL_HARD,
	                   regex->data, regex->limits) == PCRE2_ERROR_PARTIAL;
}

/* What factors claim of SUBJECT, told the slow way. */
static inline bool factors_hold(const struct factors *factors, struct span subject)
{
	struct byte_set bytes = { 0 };
	char lower[8192];
	bool is_there = factors->phrases.count == 0;

	if (subject.len > sizeof(lower))
		return true;
	byte_set_add_span(&bytes, subject);
	for (size_t i = 0; i < subject.len; i++)
		lower[i] = ascii_lower(subject.at[i]);
	for (size_t i = 0; i < factors->phrases.count && !is_there; i++)
		is_there = span_contains(span_make(lower, subject.len), factors->phrases.list[i]);
	return is_there && byte_needs_met(&factors->bytes, &bytes);
}

/* A few bytes to try next: a piece of the pattern's own text, or one byte, also in the other case. */
static inline size_t propose(struct span pattern, struct draws *draws, char *out)
{
	static const char others[] = " \t\n\"'`()<>=;&|$/\\*-#0159aezAEZ_.,:@%!\xe9";
	size_t from = pattern.len ? draw_below(draws, pattern.len) : 0, len = 1 + draw_below(draws, 8);

	if (!pattern.len || draw_below(draws, 3) == 0) {
		out[0] = others[draw_below(draws, sizeof(others) - 1)];
		return 1;
	}
	if (len > pattern.len - from)
		len = pattern.len - from;
	memcpy(out, pattern.at + from, len);
	for (size_t i = 0; i < len; i++)
		if (draw_below(draws, 4) == 0 && ((out[i] >= 'a' && out[i] <= 'z') || (out[i] >= 'A' && out[i] <= 'Z')))
			out[i] = (char)(out[i] ^ 0x20);
	return len;
}

/* One walk: OUT gets a subject that REGEX matches. RESULT_NOT_FOUND: this walk led nowhere. */
static inline enum result regex_grow(const struct regex *regex, struct span pattern, struct draws *draws, char out[GROWN_MAX], size_t *out_len)
{
	size_t len = 0;

	for (unsigned tries = 0; tries < GROW_TRIES && len + 8 < GROWN_MAX; tries++) {
		size_t more;

		if (draw_below(draws, 4) && regex_matches(regex, span_make(out, len))) {
			*out_len = len;
			return RESULT_OK;
		}
		more = propose(pattern, draws, out + len);
		if (regex_may_match(regex, span_make(out, len + more)) || regex_matches(regex, span_make(out, len + more)))
			len += more;
	}
	return RESULT_NOT_FOUND;
}

#endif
