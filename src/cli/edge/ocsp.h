/* OCSP responses of the sites' certificates: read from the files that the configuration names, or fetched (`ocsp: fetch`) through
 * the resolve process, one at a time. A fetched one is renewed when half of its life is over, kept in the state folder so that
 * a restart has it at once, and reaches every worker without a reload (net/staple.h).
 *
 * Availability, fails open: what cannot be had, or does not hold, is not stapled, and the site is served on without. One line on
 * stderr and one in the journal say so, at once and each day that it stays so.
 *
 * Threads  the service thread's
 */
#ifndef BOUCLIER_CLI_EDGE_OCSP_H
#define BOUCLIER_CLI_EDGE_OCSP_H

#include "cli/edge/state.h"
#include "net/ocsp.h"
#include "net/tls_server.h"
#include "process/resolve.h"

struct edge_ocsp;

/* NULL: no memory. state->loop and state->state_fd are there; nothing is asked before edge_ocsp_start. */
struct edge_ocsp *edge_ocsp_new(struct edge_state *state) must_check;
/* state->snapshot serves, state->event is there. */
void edge_ocsp_start(struct edge_ocsp *ocsp);
void edge_ocsp_free(struct edge_ocsp *ocsp);

/* While generation GENERATION is built: what goes with this certificate, into CERTIFICATE->staple (not held for the caller).
 * What it says of itself and of ocsp is set; SITE is for the sentences. Whatever is wrong: NULL, or an empty staple. */
void edge_ocsp_find(struct edge_ocsp *ocsp, struct span site, uint64_t generation, struct tls_certificate *certificate);
/* state->snapshot and state->plan are new: forgets what they do not use. */
void edge_ocsp_apply(struct edge_ocsp *ocsp);
/* True: ANSWER was to a question of ours. */
bool edge_ocsp_take(struct edge_ocsp *ocsp, const struct resolve_answer *answer);

/* When a response with these times is to be asked for again: at half of its life; one that came later in its life, within an
 * hour (and before its end). Never within five seconds. */
int64_t ocsp_renewal_ms(const struct ocsp_times *times, int64_t now_ms);
/* How long to wait after so many failures in a row: from ten seconds to an hour. */
int64_t ocsp_retry_ms(unsigned failures);

#endif
