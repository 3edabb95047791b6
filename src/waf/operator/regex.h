/* Regular expressions: PCRE2, 8 bit, with JIT. DOTALL and DOLLAR_ENDONLY always, as ModSecurity has them.
 *
 * Source   PCRE2's manual, pcre2api(3), pcre2jit(3)
 * Limits   match and depth limits of struct operator_limits; a JIT stack of at most SCRATCH_STACK_BYTES a thread. What does not
 *          fit on that stack is tried again without JIT, in at most SCRATCH_HEAP_BYTES a thread
 * Owns     struct regex lies in the arena; its compiled code is freed by regex_done
 * Threads  immutable once compiled; a scratch belongs to one thread
 */
#ifndef BOUCLIER_WAF_REGEX_H
#define BOUCLIER_WAF_REGEX_H

#include "waf/operator/operator.h"

#define REGEX_IGNORES_CASE 1u
#define REGEX_LINES 2u       /* ^ and $ at every line: @verifyCC and its kin */

#define REGEX_NOT_EMPTY 1u   /* an empty match is none */

struct pcre2_real_code_8;

struct regex {
	struct pcre2_real_code_8 *code;
	struct operator_limits limits;
	bool is_whole;               /* matches every subject, all of it: PCRE2 is not asked */
	bool is_direct;              /* machine code over bytes: it may be called without PCRE2's checks of its arguments */
};

struct regex_birth {
	struct arena *arena;
	const struct operator_limits *limits;  /* NULL: PCRE2's own */
	struct place place;
	struct complaints *complaints;         /* NULL: nobody is told */
};

/* RESULT_MALFORMED (and a complaint with the byte of the pattern), RESULT_NO_MEMORY. */
enum result regex_compile(struct span pattern, unsigned flags, const struct regex_birth *birth, struct regex **out) must_check;
/* The same in place, without an arena. */
enum result regex_init(struct regex *regex, struct span pattern, unsigned flags, const struct regex_birth *birth) must_check;
/* NULL is nothing. */
void regex_done(struct regex *regex);

/* From byte OFFSET (at most the subject's length) on; what lies before it is still seen by \b, ^ and look-behinds. CAPTURES may
 * be NULL; it is set on MATCH_YES. MATCH_LIMIT; MATCH_BROKEN: PCRE2 gave up otherwise. */
enum match regex_match(const struct regex *regex, struct operator_scratch *scratch, struct span subject, size_t offset,
                       unsigned flags, struct captures *captures) must_check;

#endif
