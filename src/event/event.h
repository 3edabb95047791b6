/* event/: the record of every decision.
 *
 * When a request is over, the edge states a fact. The worker that served it counts it, exactly, and, unless the journal's
 * rate is used up, writes it as one JSON line into a ring of its own. Counts and rings lie in memory that the keeper holds:
 * they outlive the edge. One thread carries lines from all rings into the journal's segments and tells the counts each
 * second. Whatever moment the edge is killed at, the next one finds what was written and goes on: no line is lost, none is
 * doubled. Nothing here ever waits in a worker, and nothing that fails here fails a request: lines are lost, and counted.
 * `bouclier log` reads the segments through a small query language, Prometheus the sums. What a client's address becomes
 * in a line is decided before it is written: what is not written cannot leak.
 *
 * Shape    memory -> event_new -> a fact_sink for each worker; event_apply at a reload; event_free flushes
 * Threads  all from one thread, except the sinks (each its worker's)
 */
#ifndef BOUCLIER_EVENT_EVENT_H
#define BOUCLIER_EVENT_EVENT_H

#include "base/buffer.h"
#include "edge/fact.h"
#include "event/audit/log.h"
#include "event/journal.h"
#include "event/metrics.h"
#include "event/notice.h"
#include "event/settings.h"

struct event;

struct event_birth {
	void *memory;                       /* the keeper's, aligned to a page; zero when it is new */
	size_t memory_bytes;                /* event_memory_bytes(slots), with at least as many slots as workers */
	void *audit_memory;                 /* likewise, event_audit_bytes(slots); NULL: there is none, and no audit log */
	int audit_fd;                       /* its folder, like folder_fd */
	unsigned first_worker, workers;     /* this edge's slots, and one behind them for notices where there is room; an edge
	                                       that drains beside it must have others */
	int folder_fd;                      /* of the journal; open until event_free; -1: lines are lost, and counted */
	struct span node;                   /* name of this machine in every line; likewise */
	const struct log_settings *settings;
	size_t tenants;                     /* as for event_apply */
};

/* For SLOTS workers, at most 1024; slots that never had a worker cost nothing. */
size_t event_memory_bytes(unsigned slots);
size_t event_audit_bytes(unsigned slots);
/* RESULT_LIMIT: the memory is too small. Takes up every slot that ever had a worker:
 * lines of those that are gone are carried too. */
enum result event_new(const struct event_birth *birth, struct event **out) must_check;
/* What worker number WORKER (from 0) is given. */
struct fact_sink event_sink(struct event *event, unsigned worker);
/* Writes one line that is no request's. From one thread at a time, and not a worker's. */
void event_notice(struct event *event, const struct notice *notice);
/* TENANTS have sites: they share what each worker keeps of audit logs. */
void event_apply(struct event *event, const struct log_settings *settings, size_t tenants);
/* Ends the journal's thread and gives its lock away; sinks go on to fill the rings. For an edge that drains: the new one
 * carries from here on. */
void event_hand_over(struct event *event);
/* The workers have ended. Flushes; handed over: unless another has done it, for as long as that takes, at most 700 ms. */
void event_free(struct event *event);

struct journal_state event_state(struct event *event);
/* RESULT_NOT_FOUND: this edge writes none, or has handed it over. */
enum result event_audit_state(struct event *event, struct audit_state *out) must_check;
/* For views: the sums as of now, until the next call; NULL without memory. */
const struct counts_view *event_counts(struct event *event);
struct losses event_losses(struct event *event);
const struct tally *event_tally(const struct event *event);
/* MORE: MORE_COUNT numbers of other rooms. */
enum result event_metrics(struct event *event, const struct metric *more, size_t more_count, struct buffer *out) must_check;

#endif
