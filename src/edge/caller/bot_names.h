/* Which names addresses have that say to be good bots (source/bot.h): asked of the resolve process, remembered for all workers of this edge, by whatever
 * snapshot they serve.
 *
 * What is kept is the confirmed name, not what follows from it: so the answer holds for every site, each with bots of its own, and through a reload.
 * It lies beside the table of sources and not in it: a source is a /64, and a proof is of one address.
 *
 * Nobody waits: who is asked about for the first time goes on as a stranger.
 *
 * Units    milliseconds of the monotonic clock
 * Limits   BOT_NAMES addresses; of eight, the oldest gives way, of those first who have proved nothing. BOT_ASKING_MAX questions at a time,
 *          BOT_ASKING_NETWORK_MAX of them about one network (an IPv4 /24, an IPv6 /48: whoever holds it has its name server), BOT_ASKS_BURST at once and
 *          BOT_ASKS_A_SECOND in the long run: more are not asked, and ask again with their next request. One question is three of DNS at most
 * Owns     its memory; the descriptor is the caller's
 * Threads  any
 *
 * Security, fails closed: only a name that DNS confirmed proves anything, and not for longer than BOT_CONFIRMED_MS. Availability, fails open: without an
 * answer somebody is what he would be anyway, a stranger.
 */
#ifndef BOUCLIER_EDGE_BOT_NAMES_H
#define BOUCLIER_EDGE_BOT_NAMES_H

#include "process/resolve.h"
#include "source/bot.h"

#define BOT_NAMES 4096u
#define BOT_ASKING_MAX 16u
#define BOT_ASKING_NETWORK_MAX 4u
#define BOT_ASKS_A_SECOND 20u
#define BOT_ASKS_BURST 40u
#define BOT_CONFIRMED_MS 21600000u   /* six hours; asked anew from the half on, so that a bot that comes all the time is one without a
                                      * break. A no is not believed for longer either */
#define BOT_REFUTED_MS 3600000u
#define BOT_FAILED_MS 60000u         /* a question is overdue; and how long none follows it */

/* Who says to be some of BOTS. */
struct bot_claim {
	struct address address;
	const struct bots *bots;
	uint64_t claimed;            /* bots_claimed, not 0 */
};

enum bot_proof {
	BOT_UNPROVEN,                /* not known, or not yet */
	BOT_PROVEN,
	BOT_REFUTED,                 /* DNS says otherwise */
};

/* In all, since the edge began. */
struct bot_counts {
	uint64_t asked, failed;      /* questions; of them, those without an answer */
	uint64_t left_out;           /* questions that would have been too many */
	uint64_t proven, refuted;    /* addresses, each time that DNS answered anew */
	uint64_t requests;           /* of who had proved himself */
	char last_refuted[BOT_AGENT_MAX + 1];  /* the bot that the last of REFUTED said to be; "": there was none */
};

struct bot_names;

/* FD: for resolve_client_confirm. NULL: no memory. */
struct bot_names *bot_names_new(int fd) must_check;
/* NULL is none. */
void bot_names_free(struct bot_names *names);
/* BOT_PROVEN: OUT is the bot that it is. BOT_REFUTED: the first that it says to be. */
enum bot_proof bot_names_ask(struct bot_names *names, const struct bot_claim *claim, uint64_t now_ms, const struct bot **out);
/* False: ANSWER is to somebody else's question. */
bool bot_names_take(struct bot_names *names, const struct resolve_answer *answer, uint64_t now_ms);
struct bot_counts bot_names_counts(struct bot_names *names);

#endif
