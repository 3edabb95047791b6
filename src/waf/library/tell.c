/* What came of a transaction, in structs that may grow. */
#include "waf/library/library.h"

#include "base/banned.h"

#define SAME(theirs, ours) _Static_assert((int)(theirs) == (int)(ours), "numbers of enums do not change")
SAME(BOUCLIER_WAF_PASS, WAF_PASS);
SAME(BOUCLIER_WAF_DENY, WAF_DENY);
SAME(BOUCLIER_WAF_DROP, WAF_DROP);
SAME(BOUCLIER_WAF_REDIRECT, WAF_REDIRECT);
SAME(BOUCLIER_WAF_ALLOW, WAF_ALLOW);
SAME(BOUCLIER_WAF_RULE, WAF_RULE);
SAME(BOUCLIER_WAF_NO_MEMORY, WAF_NO_MEMORY);
SAME(BOUCLIER_WAF_MATCH_LIMIT, WAF_MATCH_LIMIT);
SAME(BOUCLIER_WAF_BODY_LIMIT, WAF_BODY_LIMIT);
SAME(BOUCLIER_WAF_MATCH_ERROR, WAF_MATCH_ERROR);
SAME(BOUCLIER_WAF_TIME, WAF_TIME);

static struct bouclier_waf_text text_of(struct span span)
{
	return (struct bouclier_waf_text){ span.at ? span.at : "", span.len };
}

/* As much of FROM as the caller, whose struct is OF bytes, knows of. */
static void give(void *to, size_t of, const void *from, size_t size)
{
	memcpy(to, from, of < size ? of : size);
}

void bouclier_waf_verdict(const struct bouclier_waf_transaction *transaction, struct bouclier_waf_verdict *out)
{
	const struct waf_verdict *verdict = waf_verdict(transaction->inner);
	struct bouclier_waf_verdict told = { .size = out->size, .kind = (enum bouclier_waf_kind)verdict->kind, .status = verdict->status,
		                             .reason = (enum bouclier_waf_reason)verdict->reason, .rule_id = verdict->rule_id,
		                             .phase = verdict->phase, .pause_ms = transaction->pause_ms, .url = text_of(verdict->url) };

	/* Security, fails closed: what could not be shown to the rules was not judged by them. */
	if (transaction->has_failed && !transaction->is_stopped)
		told = (struct bouclier_waf_verdict){ .size = out->size, .kind = BOUCLIER_WAF_DENY, .reason = BOUCLIER_WAF_NO_MEMORY, .status = 503,
			                              .url = text_of(SPAN("")) };
	give(out, out->size, &told, sizeof(told));
}

static const struct waf_match *match_at(const struct bouclier_waf_match *match)
{
	return match->place;
}

bool bouclier_waf_match_next(const struct bouclier_waf_transaction *transaction, struct bouclier_waf_match *match)
{
	const struct waf_match *next = match->place ? match_at(match)->next : waf_matches(transaction->inner);
	struct bouclier_waf_match told;

	if (!next)
		return false;
	told = (struct bouclier_waf_match){ .size = match->size, .place = next, .id = next->rule->id, .phase = next->phase,
		                            .severity = next->rule->severity, .tag_count = next->tag_count, .name = text_of(next->name),
		                            .value = text_of(next->value), .msg = text_of(next->msg), .log_data = text_of(next->log_data),
		                            .file = text_of(next->rule->place.file), .line = next->rule->place.line };
	give(match, match->size, &told, sizeof(told));
	return true;
}

struct bouclier_waf_text bouclier_waf_match_tag(const struct bouclier_waf_match *match, unsigned index)
{
	const struct waf_match *at = match_at(match);

	return text_of(at && index < at->tag_count ? at->tags[index] : SPAN(""));
}
