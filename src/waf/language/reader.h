/* What the parts of the language share while a load lasts.
 *
 * Owns     drafts, items and lists lie in `scratch`, gone when the load ends; decoded text lies in the ruleset's arena
 */
#ifndef BOUCLIER_WAF_LANGUAGE_READER_H
#define BOUCLIER_WAF_LANGUAGE_READER_H

#include "waf/language/item.h"
#include "waf/language/ruleset.h"
#include "waf/language/text.h"

#define PHASE_COUNT 6  /* 1..5; 0 is not used */

struct draft;
struct action_set;

/* Drafts by id; open addressing. */
struct draft_index {
	struct draft **slots;
	size_t size, count;
};

struct reader {
	const struct language_birth *birth;
	struct ruleset *ruleset;
	struct complaints *complaints;
	struct arena scratch;
	uint32_t rule_id;            /* of the rule that is being read, for complaints; 0: none */
	bool has_failed;             /* something was complained of as an error */

	struct draft *first, **last;
	struct draft *chain_end;     /* the rule that the next one is chained to */
	size_t rule_count;
	struct draft_index index;
	struct action_set *defaults[PHASE_COUNT];
	unsigned last_default_phase; /* 0: no SecDefaultAction yet */

	unsigned depth, text_count;
	struct operator_scratch *matching;   /* of reader_ask; NULL: not asked yet */
};

/* An error, with the rule it is in; always RESULT_MALFORMED, so that it can end a function. */
enum result fault(struct reader *reader, struct place place, struct span suggestion, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void remark(struct reader *reader, struct place place, struct span suggestion, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Says which rule those complaints are in that others (an operator, an expression) made since there were COUNT. */
void name_rule_in(struct reader *reader, size_t count);
/* The same, and they were errors. */
enum result fault_was_told(struct reader *reader, size_t count);

/* "did you mean PREFIXname?", empty when NAME is NULL. Lives as long as the load. */
struct span did_you_mean(struct reader *reader, const char *prefix, const char *name);

/* The worse of two results: memory that is out ends the load, a fault lets it look for more. */
static inline enum result worse(enum result a, enum result b)
{
	if (a == RESULT_NO_MEMORY || b == RESULT_NO_MEMORY)
		return RESULT_NO_MEMORY;
	return a == RESULT_OK ? b : a;
}

/* PATTERN as an expression that the ruleset owns. */
enum result reader_compile(struct reader *reader, struct span pattern, bool ignores_case, struct place place,
                               struct regex **out) must_check;

/* Whether SUBJECT holds what REGEX asks for. */
enum result reader_ask(struct reader *reader, const struct regex *regex, struct span subject, struct place place, bool *out) must_check;

/* The items of WORD in the scratch arena. RESULT_MALFORMED: complained, and what stood before the fault is in OUT. */
enum result word_items(struct reader *reader, const struct word *word, struct bag *out) must_check;

/* "1-5,9": 2.9.7's lists of ids. */
enum result id_ranges_read(struct reader *reader, struct span text, struct place place, struct bag *out) must_check;
bool id_ranges_have(const struct id_range *ranges, size_t count, uint32_t id);

#endif
