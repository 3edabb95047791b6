/* What one thread needs for matching: PCRE2's match data, a JIT stack, and the last expressions with macros that it compiled.
 *
 * Owns     all of it, until operator_scratch_free
 * Threads  one
 */
#ifndef BOUCLIER_WAF_SCRATCH_H
#define BOUCLIER_WAF_SCRATCH_H

#include "waf/operator/regex.h"

#define SCRATCH_STACK_BYTES (1024 * 1024)
#define SCRATCH_HEAP_BYTES (16 * 1024 * 1024)  /* what PCRE2's interpreter may take; it keeps what it took for the next match */
#define SCRATCH_EXPANDED 8

struct expanded {
	char *text;                  /* NULL: free */
	size_t len;
	struct regex regex;          /* code NULL: the text is no expression */
};

struct operator_scratch {
	struct pcre2_real_match_data_8 *data;
	struct pcre2_real_match_context_8 *context;
	struct pcre2_real_jit_stack_8 *stack;
	struct operator_limits limits;  /* those that the context has; 0: PCRE2's own */
	struct expanded expanded[SCRATCH_EXPANDED];
	unsigned next;               /* which of them goes first */
};

/* What the next match may take. */
void scratch_limit(struct operator_scratch *scratch, const struct operator_limits *limits);
/* PATTERN compiled, from memory where it was asked lately. RESULT_MALFORMED: it is no expression; RESULT_NO_MEMORY. OUT lives
 * until SCRATCH_EXPANDED others were asked for. */
enum result scratch_regex(struct operator_scratch *scratch, struct span pattern, const struct operator_limits *limits,
                          struct regex **out) must_check;

#endif
