/* What a visitor who was challenged shows from then on: a strictly necessary cookie without an identity.
 *
 * Shape    one line of base64url, TOKEN_TEXT_LEN characters, of 56 bytes (signed.h):
 *
 *              0  made_s       4   when it was issued; its key is that moment's
 *              4  version      1   TOKEN_VERSION
 *              5  lane         1   enum token_lane
 *              6  solved       1   how many this browser has solved since first_s
 *              7               1   zero
 *              8  lifetime_s   4
 *             12  first_s      4
 *             16  site         8   a token of one site says nothing to another
 *             24  id           8   random: what its budget is counted under. Nothing else is known of it
 *             32  networks     8   two times 32 bits of a keyed hash: where it was issued, and where it went then
 *             40  proof       16
 *
 * Units    seconds since 1970
 * Limits   TOKEN_LIFETIME_S; never prolonged: whoever comes for longer proves himself again, if it is asked then
 * Threads  pure functions
 *
 * Another network is no reason to refuse: a browser has an IPv4 and an IPv6 address, a telephone changes networks. A token that is met on
 * one goes down a lane, once for each new network and never under TOKEN_WAITED, and is renewed: from then on it is at home there too.
 */
#ifndef BOUCLIER_GUARD_TOKEN_H
#define BOUCLIER_GUARD_TOKEN_H

#include "guard/queue.h"
#include "guard/signed.h"

#define TOKEN_VERSION 1u
#define TOKEN_BYTES 56u
#define TOKEN_TEXT_LEN BASE64URL_LEN(TOKEN_BYTES)
#define TOKEN_NETWORKS 2u
#define TOKEN_LIFETIME_S (8u * 3600)
#define TOKEN_YOUNG_S 60u
#define TOKEN_ASKED_S 600u     /* of one that says no more than that a puzzle was sent */

/* What it was given for, the best first. */
/* The cookie it comes in: over TLS, in clear. Nobody behind us sees it. */
#define TOKEN_COOKIE_TLS "__Host-bouclier"
#define TOKEN_COOKIE "bouclier"

enum token_lane {
	TOKEN_WORK = 1,  /* a puzzle that was solved */
	TOKEN_WAITED,    /* a wait */
	TOKEN_LOW,       /* a wait, by somebody who was asked too often */
	TOKEN_ASKED,     /* nothing yet: this browser keeps cookies */
	TOKEN_LANES,
};

struct token {
	enum token_lane lane;
	uint32_t made_s, lifetime_s;
	uint32_t first_s;
	unsigned solved;
	uint64_t site, id;
	uint32_t networks[TOKEN_NETWORKS];
};

/* A new one for ASKER, with an id of its own. LIFETIME_S: 1 to TOKEN_LIFETIME_S. */
struct token token_new(const struct asker *asker, enum token_lane lane, uint32_t lifetime_s);
/* RESULT_NOT_FOUND: there are no keys. */
enum result token_write(const struct asker *asker, const struct token *token, char out[TOKEN_TEXT_LEN]) must_check;
/* RESULT_OK; RESULT_TIMEOUT: ours, and over (OUT is set); RESULT_MALFORMED: forged, another site's, or older than all keys. */
enum result token_read(const struct asker *asker, struct span text, struct token *out) must_check;
/* TOKEN, which was read, is shown from where ASKER is. True: from another network, so that it went down and is to be written anew. */
bool token_moves(const struct asker *asker, struct token *token);
/* Where its owner waits at NOW_MS, if he has to: for the first TOKEN_YOUNG_S a lane below what he has then, so that whoever got one in the first
 * seconds of a flood is not ahead of those who were known before it. */
enum lane token_queue_lane(const struct token *token, uint64_t now_ms);

#endif
