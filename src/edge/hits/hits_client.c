/* Clients of a site: how many requests, how many of them clean, and which rules they hit. */
#include "edge/hits/hits_inner.h"

#include "base/banned.h"

#define CROWD_BITS 256u
#define SEEN_MAX 1000u
#define FORGET_S (30u * 86400)

void crowd_add(struct crowd *crowd, uint64_t hash)
{
	unsigned bit = (unsigned)(hash >> 8) % CROWD_BITS;

	crowd->bits[bit / 64] |= (uint64_t)1 << bit % 64;
}

/* As many as it takes on average to set that many bits, by chance: the sum of 256/256, 256/255 ... */
unsigned crowd_count(const struct crowd *newer, const struct crowd *older)
{
	unsigned set = 0, thousandths = 0;

	for (unsigned i = 0; i < 4; i++)
		set += (unsigned)__builtin_popcountll(newer->bits[i] | older->bits[i]);
	for (unsigned i = 0; i < set && i < CROWD_BITS - 1; i++)
		thousandths += 1000 * CROWD_BITS / (CROWD_BITS - i);
	return (thousandths + 500) / 1000;
}

uint32_t hits_window(const struct hits_site *site, uint32_t now_s)
{
	return now_s / (site->window_s ? site->window_s : HITS_WINDOW_S);
}

void crowd_turn(struct crowd crowd[2], bool is_next)
{
	crowd[1] = is_next ? crowd[0] : (struct crowd){ .bits = { 0 } };
	crowd[0] = (struct crowd){ .bits = { 0 } };
}

uint32_t hits_tag(uint64_t hash)
{
	return (uint32_t)(hash >> 32) ? (uint32_t)(hash >> 32) : 1;
}

static bool is_forgotten(const struct hits_client *client, uint32_t now_s)
{
	return !client->tag || (now_s > client->last_s && now_s - client->last_s > FORGET_S);
}

/* What there is to lose with it: who came once makes room for who comes next, and not a citizen of years. */
static uint64_t worth(const struct hits_client *client, uint32_t now_s)
{
	if (is_forgotten(client, now_s))
		return 0;
	return ((uint64_t)(hits_client_is_known(client, now_s) ? 2 : hits_client_is_ordinary(client)) << 32) + client->last_s;
}

struct hits_client *hits_client_of(struct hits_site *site, uint64_t hash, uint32_t now_s)
{
	struct hits_client *set = &site->clients[hash % (HITS_CLIENTS / HITS_WAYS) * HITS_WAYS], *least = set;
	uint32_t tag = hits_tag(hash);

	for (unsigned i = 0; i < HITS_WAYS; i++) {
		if (set[i].tag == tag && !is_forgotten(&set[i], now_s))
			return &set[i];
		if (worth(&set[i], now_s) < worth(least, now_s))
			least = &set[i];
	}
	*least = (struct hits_client){ .tag = tag, .first_s = now_s, .last_s = now_s };
	return least;
}

static uint32_t bit_of(uint64_t hash)
{
	return (uint32_t)1 << hash % 32;
}

static void note_hits(const struct hits_site *site, struct hits_client *client, const struct hits_request *request)
{
	char room[HITS_PATH_MAX];
	bool is_cut;
	uint64_t where = hash_span(site->seed, hits_path(request->path, room, &is_cut)) + request->method;

	for (unsigned i = 0; i < request->count; i++) {
		client->rules |= bit_of(hash_u64(request->hits[i].rule));
		client->places |= bit_of(hash_u64(where ^ hash_span(site->seed, request->hits[i].target)));
	}
}

void hits_client_note(const struct hits_site *site, struct hits_client *client, const struct hits_request *request)
{
	if (client->seen == SEEN_MAX) {  /* what was long ago counts half, and its rules no more */
		client->seen /= 2;
		client->clean /= 2;
		client->rules = client->places = 0;
	}
	client->seen++;
	if (request->count)
		note_hits(site, client, request);
	else
		client->clean++;
	client->last_s = request->now_s;
}

static unsigned count_bits(uint32_t bits)
{
	return (unsigned)__builtin_popcount(bits);
}

bool hits_client_is_ordinary(const struct hits_client *client)
{
	if (client->seen < HITS_SEEN_MIN)
		return false;
	if (2u * client->clean < client->seen)
		return count_bits(client->rules) <= HITS_RULES_FEW;
	return count_bits(client->rules) <= HITS_RULES_MAX || count_bits(client->places) <= HITS_PLACES_MAX;
}

bool hits_client_is_known(const struct hits_client *client, uint32_t now_s)
{
	return hits_client_is_ordinary(client) && now_s > client->first_s && now_s - client->first_s >= KNOWN_S &&
	       client->clean >= KNOWN_CLEAN && 10u * client->clean >= 9u * client->seen && count_bits(client->rules) <= HITS_RULES_MAX;
}
