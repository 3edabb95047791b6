/* Tells in time that a certificate nears its end: 21, 7 and 2 days before, and when it is over; and again each day that
 * nothing is done. One line on stderr and one in the journal each. A running shield goes on with an expired certificate:
 * whoever renews it needs no restart, only a reload; of which the journal has a line, too.
 *
 * Threads  the service thread's
 */
#ifndef BOUCLIER_CLI_EDGE_CERTIFICATES_H
#define BOUCLIER_CLI_EDGE_CERTIFICATES_H

#include "cli/edge/state.h"

/* What was said of one certificate, and when. Zero: nothing yet. */
struct expiry_told {
	int64_t not_after_ms;   /* of the certificate that it was said of: a new one begins anew */
	int64_t at_ms;
	int days;               /* the threshold that was reached then */
};

/* The threshold that is reached at NOW_MS: 21, 7 or 2; 0: it is over; -1: none. */
int expiry_threshold(int64_t not_after_ms, int64_t now_ms);
/* Is it to be said at NOW_MS (and then TOLD remembers it)? */
bool expiry_is_news(struct expiry_told *told, int64_t not_after_ms, int64_t now_ms);
/* Has something been said of the one before, and is this one far from its end (and then nothing has been said)? */
bool expiry_is_renewed(struct expiry_told *told, int64_t not_after_ms, int64_t now_ms);

/* Fills state->certificates; state->event and state->snapshot are there. */
enum result edge_certificates_start(struct edge_state *state) must_check;
/* state->snapshot and state->plan are new; the ones before are still there. */
void edge_certificates_apply(struct edge_state *state);
void edge_certificates_free(struct edge_certificates *certificates);

#endif
