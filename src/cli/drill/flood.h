/* An attack that asks: so many requests a second from many addresses, whether they are answered or not.
 *
 * Shape    pages whose query nobody has asked for before, or forms of 215 to 394 bytes, as in March 2025
 * Limits   CAST_CONNECTIONS connections of each address, one request at a time on each. What is due while all of them wait is counted as late, and
 *          never sent. FLOOD_PATIENCE_MS for an answer
 * Owns     its connections, until flood_done
 * Threads  those of the stage's loop
 */
#ifndef BOUCLIER_CLI_DRILL_FLOOD_H
#define BOUCLIER_CLI_DRILL_FLOOD_H

#include "cli/drill/cast.h"
#include "cli/drill/client.h"
#include "cli/drill/stage.h"

#define FLOOD_PATIENCE_MS 6000u

struct flood_hand {
	struct client client;
	struct flood *flood;
	uint64_t asked_ms;        /* 0: it waits for nothing */
};

struct flood {
	struct stage *stage;
	enum attack_kind kind;
	unsigned rate;            /* requests a second */
	unsigned connections;     /* of each address */
	uint64_t tried;
	bool is_on;
	struct timer tick;
	struct flood_hand hands[CAST_ATTACKERS_MAX * CAST_CONNECTIONS];
};

/* FLOOD is zero bytes. KIND is ATTACK_GET or ATTACK_POST; CONNECTIONS 1 to CAST_CONNECTIONS. */
void flood_init(struct flood *flood, struct stage *stage, enum attack_kind kind, unsigned rate, unsigned connections);
void flood_done(struct flood *flood);

#endif
