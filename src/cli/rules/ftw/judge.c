#include "cli/rules/ftw/judge.h"

#include "waf/operator/regex.h"

#include "base/banned.h"

#define FIRED_TOLD_MAX 24u

static const char answer_of_origin[] = "it is about what the origin answers";

/* Reasons, separated by "; ". Without memory the sentence is cut, the verdict stands. */
static void say(struct buffer *why, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct buffer *why, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	if (!buffer_len(why) || buffer_append(why, SPAN("; ")) == RESULT_OK)
		(void)!buffer_print_list(why, format, list);
	va_end(list);
}

static bool has_id(const struct ftw_ids *ids, uint32_t id)
{
	for (unsigned i = 0; i < ids->count; i++) {
		if (ids->list[i] == id)
			return true;
	}
	return false;
}

static bool has_fired(const struct ftw_seen *seen, uint32_t id)
{
	for (unsigned i = 0; i < seen->rule_count; i++) {
		if (seen->rules[i].id == id)
			return true;
	}
	return false;
}

/* -- what asks for an answer -- */

static bool is_of_answer(const struct ftw_judge *judge, uint32_t id)
{
	const struct rule *rule = judge->rules ? waf_rules_find(judge->rules, id) : NULL;

	return rule && (rule->phase == 3 || rule->phase == 4);
}

/* The next number in an expression such as id "942100"; 0: no more. */
static uint32_t next_id(struct span *rest)
{
	while (rest->len) {
		size_t from = 0, len = 0;
		uint64_t id = 0;

		while (from < rest->len && !is_digit(rest->at[from]))
			from++;
		*rest = span_skip(*rest, from);
		while (len < rest->len && is_digit(rest->at[len]))
			len++;
		if (len >= 4 && span_to_u64(span_take(*rest, len), UINT32_MAX, &id) != RESULT_OK)
			id = 0;
		*rest = span_skip(*rest, len);
		if (id)
			return (uint32_t)id;
	}
	return 0;
}

const char *ftw_why_not(const struct ftw_judge *judge, const struct ftw_output *output)
{
	const struct ftw_ids *lists[2] = { &output->expect_ids, &output->no_expect_ids };
	struct span texts[2] = { output->contains, output->not_contains };

	if (output->asks_for_answer)
		return answer_of_origin;
	for (size_t i = 0; i < 2; i++) {
		for (unsigned j = 0; j < lists[i]->count; j++) {
			if (is_of_answer(judge, lists[i]->list[j]))
				return "its rule looks at what the origin answers (phases 3 and 4)";
		}
		for (uint32_t id; (id = next_id(&texts[i])) != 0;) {
			if (is_of_answer(judge, id))
				return "its rule looks at what the origin answers (phases 3 and 4)";
		}
	}
	return NULL;
}

/* -- rules -- */

static void judge_ids(const struct ftw_judge *judge, const struct ftw_output *output, const struct ftw_seen *seen, struct buffer *why)
{
	for (unsigned i = 0; i < output->expect_ids.count; i++) {
		uint32_t id = output->expect_ids.list[i];

		if (!has_fired(seen, id))
			say(why, judge->rules && !waf_rules_find(judge->rules, id) ? "expected rule %u, which is not among the rules of this site" :
			    "expected rule %u", id);
	}
	for (unsigned i = 0; i < output->no_expect_ids.count; i++) {
		if (has_fired(seen, output->no_expect_ids.list[i]))
			say(why, "rule %u was not to fire", output->no_expect_ids.list[i]);
	}
	if (output->is_isolated && seen->rule_count != 1)
		say(why, "expected one rule and no other");
}

/* Is there a line that EXPRESSION matches? False, and said: it cannot be told. */
static bool search(const struct ftw_judge *judge, struct span expression, const struct ftw_seen *seen, bool *is_found, struct buffer *why)
{
	struct regex regex;
	enum match match = MATCH_NO;

	if (regex_init(&regex, expression, 0, &(struct regex_birth){ 0 }) != RESULT_OK) {
		say(why, "the expression %.*s cannot be read", SPAN_ARG(expression));
		return false;
	}
	for (unsigned i = 0; i < seen->rule_count && match == MATCH_NO; i++)
		match = regex_match(&regex, judge->scratch, seen->rules[i].line, 0, 0, NULL);
	regex_done(&regex);
	*is_found = match == MATCH_YES;
	if (match != MATCH_YES && match != MATCH_NO)
		say(why, "the expression %.*s meets a limit", SPAN_ARG(expression));
	return match == MATCH_YES || match == MATCH_NO;
}

static void judge_log(const struct ftw_judge *judge, const struct ftw_output *output, const struct ftw_seen *seen, struct buffer *why)
{
	bool is_found = false;

	if (output->contains.len && search(judge, output->contains, seen, &is_found, why) && !is_found)
		say(why, "expected a log with %.*s", SPAN_ARG(output->contains));
	if (output->not_contains.len && search(judge, output->not_contains, seen, &is_found, why) && is_found)
		say(why, "expected no log with %.*s", SPAN_ARG(output->not_contains));
}

/* What was not told may have been what was not to be: such a case never passes. NULL: all that it asks for was seen. */
static const char *why_unseen(const struct ftw_output *output, const struct ftw_seen *seen)
{
	if (seen->is_cut && (output->no_expect_ids.count || output->not_contains.len))
		return "more rules fired than the shield tells, so that one did not cannot be judged";
	if (seen->has_cut_texts && output->not_contains.len)
		return "a text of its log is longer than the shield tells, so what is not in it cannot be judged";
	return NULL;
}

/* -- the whole -- */

/* False: it cannot be told, because an origin would have answered. */
static bool judge_status(const struct ftw_output *output, const struct ftw_seen *seen, struct buffer *why)
{
	if (!output->statuses.count)
		return true;
	if (seen->is_passed)
		return seen->is_noticed && has_id(&output->statuses, 403);
	if (!has_id(&output->statuses, seen->status))
		say(why, "expected status %u%s", output->statuses.list[0], output->statuses.count > 1 ? " or another" : "");
	return true;
}

static void tell_seen(const struct ftw_seen *seen, struct buffer *why)
{
	say(why, "fired:");
	for (unsigned i = 0; i < seen->rule_count && i < FIRED_TOLD_MAX; i++)
		(void)!buffer_print(why, " %u", seen->rules[i].id);
	if (!seen->rule_count)
		(void)!buffer_append(why, SPAN(" nothing"));
	if (seen->rule_count > FIRED_TOLD_MAX || seen->is_cut)
		(void)!buffer_append(why, SPAN(" ..."));
	if (!seen->is_answered)
		say(why, "%s", seen->error);
	else if (!seen->is_passed)
		say(why, "refused with %u (%.*s%s%.*s)", seen->status, SPAN_ARG(seen->reason), span_equal(seen->reason, SPAN("http-fault")) ? ": " : "",
		    SPAN_ARG(span_equal(seen->reason, SPAN("http-fault")) ? seen->fault : SPAN("")));
}

enum ftw_outcome ftw_judge(const struct ftw_judge *judge, const struct ftw_output *output, const struct ftw_seen *seen, struct buffer *why)
{
	const char *skip = ftw_why_not(judge, output), *unseen = why_unseen(output, seen);
	bool is_known = true;

	if (skip) {
		say(why, "%s", skip);
		return FTW_SKIPPED;
	}
	if (output->expects_error && seen->is_answered)
		say(why, "expected an end without an answer");
	else if (!output->expects_error && !seen->is_answered)
		say(why, "expected an answer");
	else if (seen->is_answered)
		is_known = judge_status(output, seen, why);
	judge_ids(judge, output, seen, why);
	judge_log(judge, output, seen, why);
	if (buffer_len(why)) {
		tell_seen(seen, why);
		return FTW_FAILED;
	}
	if (unseen || !is_known)
		say(why, "%s", unseen ? unseen : answer_of_origin);
	return is_known && !unseen ? FTW_PASSED : FTW_SKIPPED;
}
