/* What the files of alerts.h share; for them alone.
 *
 * Threads  the loop's
 */
#ifndef BOUCLIER_HUB_ALERT_ALERTS_PARTS_H
#define BOUCLIER_HUB_ALERT_ALERTS_PARTS_H

#include "hub/alert/alerts.h"

struct alerts {
	struct alerts_birth birth;
	struct alert_plan plan;
	struct decide *decide;
	struct outbox *outbox;
	uint32_t lost;                 /* bits: paths on which something had to be left out */
	bool is_kept;
	bool is_dirty;                 /* the state is to be kept though nothing was decided since */
	struct watch watch;            /* of the process that sends; fd -1: there is none */
	struct buffer input, output;
	struct { uint64_t number; void (*done)(void *context, unsigned status, struct span body, const char *why); void *context; } fetches[ALERTS_FETCHES_MAX];  /* DONE NULL: free */
	uint64_t fetched;              /* the number of the last one */
};

/* alerts_keep.c */
void alerts_keep(struct alerts *alerts);
void alerts_take_up(struct alerts *alerts, struct complaints *complaints);
/* alerts_fetch.c. Takes FRAME, and USED bytes of the input; false: it is no answer to a fetch. */
bool alerts_take_fetched(struct alerts *alerts, struct span frame, size_t used);
void alerts_drop_fetches(struct alerts *alerts);
/* alerts_link.c: hands over what may be sent now. */
void alerts_pump(struct alerts *alerts, uint64_t now_s);
void alerts_let_go(struct alerts *alerts);
void alerts_write(struct alerts *alerts);
/* alerts.c: what follows everything that may have decided something. */
void alerts_settle(struct alerts *alerts, uint64_t now_s);

#endif
