/* Sites' shares of a worker (guard/share.h), as connections have them.
 *
 *     accepted          a stranger; where all places are taken, whoever has to give closes one that rests
 *     its site is known (SNI, or the first Host): it has one of the site's. While places are scarce, one of a site that has more than an even part of
 *                       them is refused, unless another of that site rests; and so are its handshakes, while those are
 *     it has moved      while there is more to do than time, it waits for its site's turn
 *
 * Availability, fails open: without memory for a share there is none to be kept within.
 *
 * Threads  a worker's
 */
#ifndef BOUCLIER_EDGE_SHARES_H
#define BOUCLIER_EDGE_SHARES_H

#include "edge/request.h"

void connection_shares_begin(struct connection *connection);
void connection_shares_end(struct connection *connection);
/* It is for the site with KEY. False: it is refused, and nothing has changed. */
bool connection_join(struct connection *connection, uint64_t key) must_check;
/* It waits for its client's next request. */
void connection_rests(struct connection *connection);
/* It has something to do, and goes on now; or, for its site's turn, later. */
void connection_take_turn(struct connection *connection);
/* There is more to do than time: what it does next is to wait for its site's turn, and does. */
bool connection_awaits_turn(struct connection *connection);
/* There is no place for another connection: one is closed. False: none can be. */
bool worker_make_room(struct worker *worker);
/* Its site is known: STEP_NEXT, STEP_WAIT for the site's turn, or it is answered. */
enum step_outcome shares_admit(struct request *request);
/* One more handshake of its site, while so many of LIMIT are under way: may it be? */
bool connection_may_shake_hands(const struct connection *connection, unsigned under_way, unsigned limit);

void shares_worker_init(struct worker *worker);

#endif
