/* Challenges that need no memory until they were met: a time and a chance, sealed by a key of this process.
 *
 * A challenge is of one purpose, and where somebody is logged in of his session; it is over after CHALLENGE_MS, and met once: what was met is remembered until
 * it is over. Only whoever has a passkey can fill that memory; where it is full nothing is met (security: fails closed) until the oldest are over.
 *
 * Threads  one at a time
 */
#ifndef BOUCLIER_HUB_PEOPLE_PASSKEY_CHALLENGE_H
#define BOUCLIER_HUB_PEOPLE_PASSKEY_CHALLENGE_H

#include "hub/people/passkey/client_data.h"
#include "net/mac.h"

#define CHALLENGE_MS 300000u
#define CHALLENGES_MET_MAX 512u

struct challenges {
	uint8_t key[MAC_KEY_LEN];
	struct { uint8_t challenge[CHALLENGE_LEN]; uint64_t until_ms; } met[CHALLENGES_MET_MAX];
};

void challenges_init(struct challenges *challenges);
/* PURPOSE: "create" and the session's key, or "get". */
enum result challenge_make(const struct challenges *challenges, struct span purpose, uint64_t wall_ms, uint8_t out[CHALLENGE_LEN]) must_check;
/* RESULT_REFUSED: not ours, for something else, over, or met already. */
enum result challenge_check(const struct challenges *challenges, struct span purpose, uint64_t wall_ms, const uint8_t challenge[CHALLENGE_LEN]) must_check;
/* It was met, and never is again. RESULT_REFUSED: it was already. RESULT_LIMIT. */
enum result challenge_meet(struct challenges *challenges, uint64_t wall_ms, const uint8_t challenge[CHALLENGE_LEN]) must_check;

#endif
