/* Members that hold one of few words: a word that is none of them would match nothing, and look like good news. */
#include "event/query_tree.h"

#include "event/format.h"

#include "base/banned.h"

static bool is_among(struct span word, struct span candidate, struct suggestion *suggestion)
{
	suggestion_offer(suggestion, candidate);
	return span_equal(word, candidate);
}

bool query_word_is_possible(const struct name *name, struct span word, struct suggestion *suggestion)
{
	bool is_decision = span_equal(name->full, SPAN("bouclier.decision")) || span_equal(name->full, SPAN("bouclier.would"));
	bool is_reason = span_equal(name->full, SPAN("bouclier.reasons")) || span_equal(name->full, SPAN("bouclier.would_for"));
	bool found = !is_decision && !is_reason;

	suggestion_init(suggestion, word);
	for (unsigned i = 0; is_decision && !found && i < DECISION_COUNT; i++)
		found = is_among(word, format_decision((enum decision)i), suggestion);
	for (unsigned i = REASON_NONE + 1; is_reason && !found && i < REASON_COUNT; i++)
		found = is_among(word, format_reason((enum reason)i), suggestion);
	return found;
}
