/* Sites' shares of a worker (guard/share.h), as connections have them.
 *
 *     accepted          a stranger; where all places are taken, whoever has to give closes one that rests
 *     its site is known (SNI, or the first Host): it has one of the site's. While places are scarce, one of a site that has more than an even part of
 *                       them is refused, unless another of that site rests; and so are its handshakes, while those are
 *     it has shaken hands and asks nothing: a stranger again, until it does
 *     it has moved, or has to go on with what it left: while there is more to do than time, it waits for its site's turn
 *
 * Availability, fails open: without memory for a share there is none to be kept within. Nor is it kept from whom the site's allowlist names, from
 * management, from this machine itself, from an ACME challenge; and from probes and bypassed sites. What a trusted proxy brings is its visitors': they
 * are judged when they ask.
 *
 * Threads  a worker's
 */
#ifndef BOUCLIER_EDGE_SHARES_H
#define BOUCLIER_EDGE_SHARES_H

#include "edge/request.h"

void connection_shares_begin(struct connection *connection);
void connection_shares_end(struct connection *connection);
/* Its ClientHello names the site with KEY. False: it is refused, and nothing has changed. */
bool connection_join_early(struct connection *connection, uint64_t key) must_check;
/* It has shaken hands, or not even that, and asked nothing yet. */
void connection_is_silent(struct connection *connection);
/* It waits for its client's next request. */
void connection_rests(struct connection *connection);
/* There is more to do than time: JOB, of the connection or of a request of it, waits for its site's turn, and is run then. Never while it is that
 * site's turn. */
bool connection_awaits_turn(struct connection *connection, struct job *job);
/* It has had its part of this round, and goes on when it is its turn: behind all that have waited for longer. */
void connection_yield(struct connection *connection);
/* There is no place for another connection: one is closed. False: none can be. */
bool worker_make_room(struct worker *worker);
/* Its site is known: STEP_NEXT, STEP_WAIT for the site's turn, or it is answered. */
enum step_outcome shares_admit(struct request *request);
/* One more handshake of its site, while so many of LIMIT are under way: may it be? */
bool connection_may_shake_hands(const struct connection *connection, unsigned under_way, unsigned limit);

void shares_worker_init(struct worker *worker);

#endif
