#include "guard/token.h"

#include "base/hash.h"

#include "base/banned.h"

#define SKEW_S 60u   /* a token of a moment ahead: clocks are set */

struct token token_new(const struct asker *asker, enum token_lane lane, uint32_t lifetime_s)
{
	struct token token = { .lane = lane, .made_s = (uint32_t)(asker->now_ms / 1000), .lifetime_s = lifetime_s, .site = asker->site };

	random_fill(&token.id, sizeof(token.id));
	token.first_s = token.made_s;
	token.networks[0] = signed_network(asker, token.made_s);
	return token;
}

enum result token_write(const struct asker *asker, const struct token *token, char out[TOKEN_TEXT_LEN])
{
	uint8_t bytes[TOKEN_BYTES] = { 0 }, *at = bytes + SIGNED_FRONT_LEN;

	at = bytes_put(at, TOKEN_VERSION, 1);
	at = bytes_put(at, (uint64_t)token->lane, 1);
	at = bytes_put(at, token->solved, 1);
	at = bytes_put(at, 0, 1);
	at = bytes_put(at, token->lifetime_s, 4);
	at = bytes_put(at, token->first_s, 4);
	at = bytes_put(at, token->site, 8);
	at = bytes_put(at, token->id, 8);
	for (unsigned i = 0; i < TOKEN_NETWORKS; i++)
		at = bytes_put(at, token->networks[i], 4);
	return signed_write(asker, SIGNED_TOKEN, token->made_s, bytes, sizeof(bytes), out);
}

static struct token unpack(const uint8_t *at, uint64_t *version)
{
	uint64_t lane, solved, zero, lifetime, first, network;
	struct token token = { 0 };

	at = bytes_get(at, version, 1);
	at = bytes_get(at, &lane, 1);
	at = bytes_get(at, &solved, 1);
	at = bytes_get(at, &zero, 1);
	at = bytes_get(at, &lifetime, 4);
	at = bytes_get(at, &first, 4);
	at = bytes_get(at, &token.site, 8);
	at = bytes_get(at, &token.id, 8);
	for (unsigned i = 0; i < TOKEN_NETWORKS; i++) {
		at = bytes_get(at, &network, 4);
		token.networks[i] = (uint32_t)network;
	}
	token.lane = lane >= TOKEN_WORK && lane < TOKEN_LANES ? (enum token_lane)lane : TOKEN_LANES;
	token.solved = (unsigned)solved;
	token.lifetime_s = (uint32_t)lifetime;
	token.first_s = (uint32_t)first;
	return token;
}

enum result token_read(const struct asker *asker, struct span text, struct token *out)
{
	uint64_t now_s = asker->now_ms / 1000, version;
	uint8_t bytes[TOKEN_BYTES];
	struct token token;
	uint32_t made_s;

	if (signed_read(asker, SIGNED_TOKEN, text, bytes, sizeof(bytes), &made_s) != RESULT_OK)
		return RESULT_MALFORMED;
	token = unpack(bytes + SIGNED_FRONT_LEN, &version);
	token.made_s = made_s;
	if (version != TOKEN_VERSION || token.site != asker->site || token.lane == TOKEN_LANES || token.lifetime_s > TOKEN_LIFETIME_S ||
	    made_s > now_s + SKEW_S)
		return RESULT_MALFORMED;
	*out = token;
	return now_s >= (uint64_t)made_s + token.lifetime_s ? RESULT_TIMEOUT : RESULT_OK;
}

bool token_moves(const struct asker *asker, struct token *token)
{
	uint32_t network = signed_network(asker, token->made_s);

	for (unsigned i = 0; i < TOKEN_NETWORKS; i++) {
		if (token->networks[i] == network)
			return false;
	}
	if (token->lane < TOKEN_WAITED)
		token->lane++;
	token->networks[1] = network;
	return true;
}

enum lane token_queue_lane(const struct token *token, uint64_t now_ms)
{
	static const enum lane young[TOKEN_LANES] = {
		[TOKEN_WORK] = LANE_PLAUSIBLE, [TOKEN_WAITED] = LANE_REST, [TOKEN_LOW] = LANE_REST, [TOKEN_ASKED] = LANE_REST,
	};
	static const enum lane lanes[TOKEN_LANES] = {
		[TOKEN_WORK] = LANE_KNOWN, [TOKEN_WAITED] = LANE_PLAUSIBLE, [TOKEN_LOW] = LANE_REST, [TOKEN_ASKED] = LANE_REST,
	};

	return (now_ms / 1000 < (uint64_t)token->made_s + TOKEN_YOUNG_S ? young : lanes)[token->lane];
}
