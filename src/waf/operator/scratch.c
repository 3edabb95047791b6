#include "waf/operator/scratch.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "base/banned.h"

#define STACK_START_BYTES (32 * 1024)

struct operator_scratch *operator_scratch_new(void)
{
	struct operator_scratch *scratch = calloc(1, sizeof(*scratch));

	if (!scratch)
		return NULL;
	scratch->data = pcre2_match_data_create(CAPTURES_MAX, NULL);
	scratch->context = pcre2_match_context_create(NULL);
	if (!scratch->data || !scratch->context) {
		operator_scratch_free(scratch);
		return NULL;
	}
	pcre2_set_heap_limit(scratch->context, SCRATCH_HEAP_BYTES / 1024);
	/* Without this stack PCRE2 uses 32 KiB of the machine's own, and interprets what needs more. */
	scratch->stack = pcre2_jit_stack_create(STACK_START_BYTES, SCRATCH_STACK_BYTES, NULL);
	if (scratch->stack)
		pcre2_jit_stack_assign(scratch->context, NULL, scratch->stack);
	return scratch;
}

static void expanded_done(struct expanded *expanded)
{
	regex_done(&expanded->regex);
	free(expanded->text);
	*expanded = (struct expanded){ 0 };
}

void operator_scratch_free(struct operator_scratch *scratch)
{
	if (!scratch)
		return;
	for (unsigned i = 0; i < SCRATCH_EXPANDED; i++)
		expanded_done(&scratch->expanded[i]);
	pcre2_match_data_free(scratch->data);
	pcre2_match_context_free(scratch->context);
	pcre2_jit_stack_free(scratch->stack);
	free(scratch);
}

static uint32_t own_limit(uint32_t asked, uint32_t what)
{
	uint32_t own = 0;

	if (asked)
		return asked;
	(void)pcre2_config(what, &own);
	return own;
}

void scratch_limit(struct operator_scratch *scratch, const struct operator_limits *limits)
{
	if (limits->match_limit != scratch->limits.match_limit)
		pcre2_set_match_limit(scratch->context, own_limit(limits->match_limit, PCRE2_CONFIG_MATCHLIMIT));
	if (limits->depth_limit != scratch->limits.depth_limit)
		pcre2_set_depth_limit(scratch->context, own_limit(limits->depth_limit, PCRE2_CONFIG_DEPTHLIMIT));
	scratch->limits = *limits;
}

static struct expanded *expanded_find(struct operator_scratch *scratch, struct span pattern)
{
	for (unsigned i = 0; i < SCRATCH_EXPANDED; i++) {
		struct expanded *expanded = &scratch->expanded[i];

		if (expanded->text && span_equal(span_make(expanded->text, expanded->len), pattern))
			return expanded;
	}
	return NULL;
}

/* In the place of the oldest. NULL: no memory. */
static struct expanded *expanded_add(struct operator_scratch *scratch, struct span pattern)
{
	struct expanded *expanded = &scratch->expanded[scratch->next];
	const struct regex_birth birth = { 0 };

	expanded_done(expanded);
	expanded->text = malloc(pattern.len + 1);
	if (!expanded->text)
		return NULL;
	if (pattern.len)
		memcpy(expanded->text, pattern.at, pattern.len);
	expanded->len = pattern.len;
	if (regex_init(&expanded->regex, pattern, 0, &birth) == RESULT_NO_MEMORY) {
		expanded_done(expanded);
		return NULL;
	}
	scratch->next = (scratch->next + 1) % SCRATCH_EXPANDED;
	return expanded;
}

enum result scratch_regex(struct operator_scratch *scratch, struct span pattern, const struct operator_limits *limits,
                          struct regex **out)
{
	struct expanded *expanded = expanded_find(scratch, pattern);

	if (!expanded)
		expanded = expanded_add(scratch, pattern);
	if (!expanded)
		return RESULT_NO_MEMORY;
	if (!expanded->regex.code)
		return RESULT_MALFORMED;
	expanded->regex.limits = *limits;
	*out = &expanded->regex;
	return RESULT_OK;
}
