/* hub/probe: takes what outside vantages report (incident/probe_report.h), keeps it, and hands it on to incidents.
 *
 * Who sent a report its signature says, not who connected: routes of reports need no session. It is taken once: each report has a higher number than every
 * one before it of that probe, and was sent by a clock that is not far from ours; a minute that is there already is not taken again. What was taken is on
 * the disk before the answer, so that a probe may forget it.
 *
 * Each minute is a document (store/document.h) under NAME/MINUTE, sorted by the order in which it was taken. Whoever follows them keeps the place of the last one
 * with what he made of it: so none is counted twice or not at all, whenever the hub dies.
 *
 * Shape    hub_probe_new; routes.h for the server; hub_probe_feed is what hub/keep asks (keep_birth.outside), and keeps its place with; hub_probe_prune now and then
 * Limits   HUB_PROBES_MAX probes; a report as in incident/probe_report.h; HUB_PROBE_TRIES_MAX signatures that are wrong a second
 * Errors   security, fails closed: what cannot be proved is not looked into. RESULT_IO and others of the store: nothing was taken, the probe comes again
 * Owns     copies of names and keys; store and sites are the caller's
 * Threads  the loop's
 */
#ifndef BOUCLIER_HUB_PROBE_PROBE_H
#define BOUCLIER_HUB_PROBE_PROBE_H

#include "hub/settings/hand_over.h"
#include "hub/settings/probes.h"
#include "incident/probe_report.h"
#include "net/signature.h"
#include "store/document.h"

#define HUB_PROBE_CLOCK_S 300u        /* so far may two clocks differ */
#define HUB_PROBE_OLD_S 172800u       /* a minute that is older is not taken: no probe keeps it so long */
#define HUB_PROBE_SILENT_S 300u       /* who says nothing for so long is silent */
#define HUB_PROBE_TRIES_MAX 20u
#define HUB_PROBE_FEED_MAX 16u        /* minutes, fed at once */

struct hub_probe;

/* PROBES is a list of struct hub_probe_settings. SITES say which host is whose; both are copied or held as long as no other are set. RESULT_NO_MEMORY, or as the store. */
enum result hub_probe_new(struct store *store, const struct list_value *probes, const struct hub_site *sites, size_t site_count, struct complaints *complaints,
                          struct hub_probe **out) must_check;
void hub_probe_free(struct hub_probe *probe);

struct hub_probe_letter {
	struct span name, signature;      /* fields of the request: the probe's name, and base64 */
	struct span body;
	uint64_t wall_ns;
};
struct hub_probe_verdict {
	unsigned status;                  /* of HTTP: 200 taken; 401, 409, 413, 400, 429, 503 */
	const char *code;                 /* "bad-signature" */
	char text[160];                   /* a sentence, for who runs the probe */
	uint64_t sequence;                /* 409 "replayed": the last one that was taken; 0: none of his affair */
	unsigned taken, known;            /* minutes; KNOWN, or too old: not taken again */
};
void hub_probe_take(struct hub_probe *probe, const struct hub_probe_letter *letter, struct hub_probe_verdict *out);

/* Calls FEED for each site of each minute that was taken behind *PLACE and that is over at UNTIL_S, in order, and moves *PLACE. A minute that is
 * not over yet there (whoever reads an old journal is behind) waits, and those behind it. What is of no site here is passed over. */
enum result hub_probe_feed(struct hub_probe *probe, uint64_t *place, uint64_t until_s, void (*feed)(void *context, const struct observation *observation),
                           void *context) must_check;
/* Deletes minutes taken before BEFORE_MS, some at a time. RESULT_MORE: there are more. */
enum result hub_probe_prune(struct hub_probe *probe, uint64_t before_ms, struct complaints *complaints, unsigned *deleted) must_check;

/* How each does. */
struct hub_probe_state {
	struct span name;
	uint64_t heard_s;                 /* last report that was taken, by our clock; 0: none since the hub began */
	uint64_t minute_s;                /* the newest minute of it */
	uint64_t taken, refused;          /* minutes, reports; since the hub began */
	uint32_t asked, reached;          /* in that minute, of all its pages */
	bool is_silent;
};
/* False: there are no more than AT. */
bool hub_probe_state(const struct hub_probe *probe, size_t at, uint64_t now_s, struct hub_probe_state *out);

/* Whose sites somebody may know of: an empty TENANT is what belongs to none, which only who sees all sees. */
struct hub_probe_sees {
	bool (*sees)(const void *context, struct span tenant);
	const void *context;
};
/* Leaves in STATE, which is of AT, what was seen of sites that he may know of. False: none of them is among those that it looked at last, and it is not his to know.
 * Security, fails closed: a probe that has told nothing since the hub began is nobody's but his who sees all. */
bool hub_probe_confine(const struct hub_probe *probe, size_t at, const struct hub_probe_sees *sees, struct hub_probe_state *state) must_check;

#endif
