/* What rules said of requests that the shield sent to itself over a probing connection (screen.c): kept for the admin socket, until it
 * asks. Nobody else hears of it but the journal, as of every request.
 *
 * Limits   PROBE_REPORTS_MAX reports: what is not fetched makes room for newer ones; PROBE_RULES_MAX rules of a request, PROBE_TEXT_MAX
 *          bytes of each text
 * Owns     its reports, until they are taken
 * Threads  any; a lock, held for a copy
 */
#ifndef BOUCLIER_EDGE_PROBE_LOG_H
#define BOUCLIER_EDGE_PROBE_LOG_H

#include <pthread.h>

#include "base/list.h"
#include "edge/fact.h"

#define PROBE_REPORTS_MAX 1024u
#define PROBE_RULES_MAX 256u
#define PROBE_TEXT_MAX 512u

struct probe_rule {
	uint32_t id;
	uint8_t phase;
	struct span msg, log_data;
};

/* One request of the connection NUMBER; or that it is over. */
struct probe_report {
	struct list node;
	uint64_t number;
	bool is_end, is_cut;              /* cut: more rules matched than are told */
	bool has_cut_texts;               /* some text was longer than PROBE_TEXT_MAX */
	enum decision decision;
	enum reason reason;
	enum http_fault fault;
	unsigned status, rule_count;
	struct probe_rule rules[];        /* texts lie behind them */
};

struct probe_log {
	pthread_mutex_t lock;
	struct list reports;              /* the oldest first */
	unsigned count;
};

void probe_log_init(struct probe_log *log);
/* Availability, fails open: without memory there is no report, and who waits for it says so. */
void probe_log_add(struct probe_log *log, uint64_t number, const struct request_fact *fact);
void probe_log_end(struct probe_log *log, uint64_t number);
/* The oldest of those whose number has RUN as its upper half; the caller frees it. NULL: there is none. */
struct probe_report *probe_log_take(struct probe_log *log, uint32_t run) must_check;

/* What proves to the prober that it speaks to the shield that gave KEY, and to no one behind it: an origin could send the key back, if it
 * ever saw one, but not this. */
uint64_t probe_proof(const uint64_t key[2], uint64_t number);

#endif
