#include "edge/probe_log.h"

#include <stdlib.h>

#include "base/hash.h"

#include "base/banned.h"

void probe_log_init(struct probe_log *log)
{
	*log = (struct probe_log){ .lock = PTHREAD_MUTEX_INITIALIZER };
	list_init(&log->reports);
}

static void keep(struct probe_log *log, struct probe_report *report)
{
	struct probe_report *oldest = NULL;

	pthread_mutex_lock(&log->lock);
	list_add_last(&log->reports, &report->node);
	if (++log->count > PROBE_REPORTS_MAX) {
		oldest = list_entry(log->reports.next, struct probe_report, node);
		list_remove(&oldest->node);
		log->count--;
	}
	pthread_mutex_unlock(&log->lock);
	free(oldest);
}

/* A NUL becomes "?": readers of JSON do not take one. */
static struct span copy_to(char **at, struct span text, bool *is_cut)
{
	struct span kept = span_make(*at, span_take(text, PROBE_TEXT_MAX).len);

	for (size_t i = 0; i < kept.len; i++)
		*(*at)++ = text.at[i] ? text.at[i] : '?';
	*is_cut |= kept.len < text.len;
	return kept;
}

static struct probe_report *report_new(const struct request_fact *fact)
{
	const struct waf_match *first = fact->waf ? waf_matches(fact->waf) : NULL, *match = first;
	size_t bytes = 0;
	unsigned count = 0;
	struct probe_report *report;
	char *at;

	for (; match && count < PROBE_RULES_MAX; match = match->next, count++)
		bytes += span_take(match->msg, PROBE_TEXT_MAX).len + span_take(match->log_data, PROBE_TEXT_MAX).len;
	report = calloc(1, sizeof(*report) + count * sizeof(report->rules[0]) + bytes);
	if (!report)
		return NULL;
	report->rule_count = count;
	report->is_cut = match != NULL;
	at = (char *)&report->rules[count];
	match = first;
	for (unsigned i = 0; i < count; i++, match = match->next) {
		report->rules[i] = (struct probe_rule){ .id = match->rule->id, .phase = match->phase };
		report->rules[i].msg = copy_to(&at, match->msg, &report->has_cut_texts);
		report->rules[i].log_data = copy_to(&at, match->log_data, &report->has_cut_texts);
	}
	return report;
}

void probe_log_add(struct probe_log *log, uint64_t number, const struct request_fact *fact)
{
	struct probe_report *report = report_new(fact);

	if (!report)
		return;
	report->number = number;
	report->decision = fact->decision;
	report->reason = fact->reason;
	report->fault = fact->fault;
	report->status = fact->status;
	keep(log, report);
}

void probe_log_end(struct probe_log *log, uint64_t number)
{
	struct probe_report *report = calloc(1, sizeof(*report));

	if (!report)
		return;
	report->number = number;
	report->is_end = true;
	keep(log, report);
}

struct probe_report *probe_log_take(struct probe_log *log, uint32_t run)
{
	struct probe_report *found = NULL;

	pthread_mutex_lock(&log->lock);
	for (struct list *at = log->reports.next; at != &log->reports && !found; at = at->next) {
		struct probe_report *report = list_entry(at, struct probe_report, node);

		if (report->number >> 32 == run)
			found = report;
	}
	if (found) {
		list_remove(&found->node);
		log->count--;
	}
	pthread_mutex_unlock(&log->lock);
	return found;
}

uint64_t probe_proof(const uint64_t key[2], uint64_t number)
{
	return hash_span((struct hash_seed){ key[0], key[1] }, span_make((const char *)&number, sizeof(number)));
}
