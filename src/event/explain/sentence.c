/* What was decided of a request, and why, in a sentence. */
#include "event/explain/explained.h"

#include "base/banned.h"

static const char *fault_text(struct span name)
{
	for (unsigned i = 0; i < HTTP_FAULT_COUNT; i++) {
		if (span_equal(span_of(http_fault_name((enum http_fault)i)), name))
			return http_fault_text((enum http_fault)i);
	}
	return "the message was malformed";
}

bool explained_was_refused(const struct explained *explained)
{
	return span_equal(explained->decision, SPAN("block")) || span_equal(explained->decision, SPAN("drop")) ||
	       span_equal(explained->decision, SPAN("limit"));
}

static enum result add_why(const struct explained *explained, struct buffer *out)
{
	static const struct {
		enum reason reason;
		const char *text;
	} words[] = {
		{ REASON_RULES, "the rules took it for an attack" },
		{ REASON_RULES_LIMIT, "the rules could not judge it within their limits, and what is not judged is refused" },
		{ REASON_SCANNER, "the virus scanner did not say that its files are clean, and what is not judged is refused" },
		{ REASON_BODY_LIMIT, "its body is longer than is allowed, or than rules look at" },
		{ REASON_NO_SITE, "no site answers for this host" },
		{ REASON_ALLOW_FROM, "its address is not among those that are let in" },
		{ REASON_METHOD, "the method is not allowed there" },
		{ REASON_CLIENT_SLOW, "the client sent too slowly" },
		{ REASON_BANNED, "its address is banned, or a network that it is in (bouclier bans)" },
		{ REASON_DENYLIST, "the site's denylist names its address, its network or its country" },
		{ REASON_RATE_LIMIT, "more came than one of the site's rate_limits lets pass" },
		{ REASON_BUDGET, "its address takes more than source_budgets give to one" },
		{ REASON_QUARANTINE, "a request like it ended the shield before" },
		{ REASON_MAINTENANCE, "the site is in maintenance" },
		{ REASON_CODING, "its body is in a coding that rules cannot read, or does not decode to its end" },
		{ REASON_HOLD, "there was no room on disk to hold a body until the rules had judged it" },
		{ REASON_NO_ORIGIN, "no origin was well" },
		{ REASON_QUEUE_FULL, "its origin had more to do than it can, and it would have waited too long" },
		{ REASON_QUEUE_LATE, "it waited for its origin as long as `patience` allows" },
		{ REASON_CHALLENGED, "there was no room for all, and nobody knew him" },
		{ REASON_PROBE, "it was a probe of the shield by itself" },
	};

	if (explained->fault.len)
		return buffer_print(out, ": %s (%.*s)", fault_text(explained->fault), SPAN_ARG(explained->fault));
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (span_equal(explained->reason, span_of(reason_name(words[i].reason))))
			return buffer_print(out, ": %s", words[i].text);
	}
	return explained->reason.len ? buffer_print(out, ": %.*s", SPAN_ARG(explained->reason)) : RESULT_OK;
}

enum result explained_sentence(const struct explained *explained, struct buffer *out)
{
	const char *tense = explained->is_offline ? "would be" : "was";
	bool is_of_rules = span_equal(explained->reason, span_of(reason_name(REASON_RULES)));
	enum result result;

	if (span_equal(explained->decision, SPAN("log")) && explained->would.len && !is_of_rules) {
		result = buffer_print(out, "It was let through, for guard only observes there; turned on it would have %s", span_equal(explained->would, SPAN("queue")) ?
		                      "had it wait" : span_equal(explained->would, SPAN("challenge")) ? "asked its sender to prove himself" : "refused it");
		return result == RESULT_OK ? add_why(explained, out) : result;
	}
	if (span_equal(explained->decision, SPAN("log")) && !is_of_rules) {
		result = buffer_print(out, "It %s let through, for the site only observes; in block it would be refused", tense);
		return result == RESULT_OK ? add_why(explained, out) : result;
	}
	if (span_equal(explained->decision, SPAN("log")))
		return buffer_print(out, "It %s let through, for the site only observes; in block the rules would refuse it", tense);
	if (!explained_was_refused(explained)) {
		result = buffer_print(out, "It %s let through", tense);
		return result == RESULT_OK && explained->reason.len ? add_why(explained, out) : result;
	}
	result = buffer_print(out, "It %s %s", tense, span_equal(explained->decision, SPAN("drop")) && !explained->status ? "cut off" : "refused");
	if (result == RESULT_OK && explained->status)
		result = buffer_print(out, " with %u", explained->status);
	return result == RESULT_OK ? add_why(explained, out) : result;
}
