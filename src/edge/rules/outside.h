/* What rules ask of the outside while they judge a request: in which country an address is (source/geo.h), what a DNS blocklist
 * says of it (blocklist.h), whether a file is infected (clamd.h). Their ports; the asker is the request.
 *
 * A question may take its time: the rules wait (WAF_WAIT), the thread does not, and outside_waits says that the request is woken
 * when there is an answer, or time is up. Who cannot wait says so beforehand, and gets no answer instead.
 *
 * Limits   of a request's files the verdicts of VERDICTS_MAX are kept; others are asked for again
 *          a request waits for blocklists BLOCKLIST_WAIT_MS in all, for the scanner as long as `clamd_wait` says, for all its files together
 * Owns     what is asked for a request, until outside_end
 * Threads  the worker's, but for outside_post
 */
#ifndef BOUCLIER_EDGE_OUTSIDE_H
#define BOUCLIER_EDGE_OUTSIDE_H

#include "edge/rules/clamd.h"
#include "waf/operator/operator.h"

struct request;
struct worker;
struct verdict_kept;

struct outside {
	struct list node;            /* of the worker's requests that wait for a blocklist */
	struct scan *scan;           /* the last that was begun; NULL: none */
	struct verdict_kept *kept;   /* what the scanner said of files before it */
	unsigned kept_count;
	uint64_t lists_until_ms;     /* 0: no blocklist has been waited for */
	uint64_t scans_until_ms;     /* 0: no file has been shown */
	bool may_wait, waits;
};

/* The ports, for rules that are loaded. An asker that is NULL gets no answer. */
enum result outside_find_country(void *asker, const struct address *address, struct country *out);
enum result outside_ask_blocklist(void *asker, struct span name, struct span zone, struct address *answer);
enum result outside_inspect_file(void *asker, struct span content, struct span *name);

void outside_init(struct request *request);
/* Before rules are asked: may they wait? */
void outside_begin(struct request *request, bool may_wait);
/* After they have said that they wait: it is for this, and a wake will come. */
bool outside_waits(const struct request *request);
void outside_end(struct request *request);

void outside_worker_init(struct worker *worker);
/* From any thread: a blocklist has answered. */
void outside_post(struct worker *worker);

#endif
