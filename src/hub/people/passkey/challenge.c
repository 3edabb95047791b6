#include "hub/people/passkey/challenge.h"

#include "base/hash.h"

#include "base/banned.h"

#define FRONT_LEN 16u                    /* 8 of time, 8 of chance; the rest proves them */
#define PURPOSE_MAX 96u

void challenges_init(struct challenges *challenges)
{
	*challenges = (struct challenges){ 0 };
	random_fill(challenges->key, sizeof(challenges->key));
}

static enum result seal(const struct challenges *challenges, struct span purpose, uint8_t challenge[CHALLENGE_LEN])
{
	uint8_t text[FRONT_LEN + PURPOSE_MAX], mac[MAC_LEN];
	enum result result;

	if (purpose.len > PURPOSE_MAX)
		return RESULT_LIMIT;
	memcpy(text, challenge, FRONT_LEN);
	memcpy(text + FRONT_LEN, purpose.at, purpose.len);
	result = mac_make(challenges->key, span_make((const char *)text, FRONT_LEN + purpose.len), mac);
	memcpy(challenge + FRONT_LEN, mac, CHALLENGE_LEN - FRONT_LEN);
	return result;
}

enum result challenge_make(const struct challenges *challenges, struct span purpose, uint64_t wall_ms, uint8_t out[CHALLENGE_LEN])
{
	memcpy(out, &wall_ms, sizeof(wall_ms));
	random_fill(out + sizeof(wall_ms), FRONT_LEN - sizeof(wall_ms));
	return seal(challenges, purpose, out);
}

enum result challenge_check(const struct challenges *challenges, struct span purpose, uint64_t wall_ms, const uint8_t challenge[CHALLENGE_LEN])
{
	uint8_t due[CHALLENGE_LEN];
	uint64_t made_ms;
	enum result result;

	memcpy(due, challenge, sizeof(due));
	result = seal(challenges, purpose, due);
	if (result != RESULT_OK)
		return result;
	memcpy(&made_ms, challenge, sizeof(made_ms));
	if (!mac_equal(due, challenge, CHALLENGE_LEN) || wall_ms < made_ms || wall_ms - made_ms >= CHALLENGE_MS)
		return RESULT_REFUSED;
	for (unsigned i = 0; i < CHALLENGES_MET_MAX; i++) {
		if (challenges->met[i].until_ms && memcmp(challenges->met[i].challenge, challenge, CHALLENGE_LEN) == 0)
			return RESULT_REFUSED;
	}
	return RESULT_OK;
}

enum result challenge_meet(struct challenges *challenges, uint64_t wall_ms, const uint8_t challenge[CHALLENGE_LEN])
{
	unsigned free_one = CHALLENGES_MET_MAX;

	for (unsigned i = 0; i < CHALLENGES_MET_MAX; i++) {
		bool is_over = challenges->met[i].until_ms <= wall_ms;

		if (!is_over && memcmp(challenges->met[i].challenge, challenge, CHALLENGE_LEN) == 0)
			return RESULT_REFUSED;
		if (is_over && free_one == CHALLENGES_MET_MAX)
			free_one = i;
	}
	if (free_one == CHALLENGES_MET_MAX)
		return RESULT_LIMIT;
	memcpy(challenges->met[free_one].challenge, challenge, CHALLENGE_LEN);
	challenges->met[free_one].until_ms = wall_ms + CHALLENGE_MS;
	return RESULT_OK;
}
