#include "edge/caller/bot_names.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/hash.h"
#include "guard/gcra.h"

#include "base/banned.h"

#define WAYS 8u
#define SETS (BOT_NAMES / WAYS)
#define OWED_MAX_MS 60000u

_Static_assert(BOT_ASKING_NETWORK_MAX < RESOLVE_CONFIRM_THREADS, "a network whose name server is dead may not keep all threads busy");

enum entry_state { ENTRY_FREE, ENTRY_ASKED, ENTRY_CONFIRMED, ENTRY_NONE };

struct entry {
	struct address address;
	uint64_t since_ms;           /* asked for the first time, or answered */
	uint64_t asked_ms;           /* for the last time */
	uint8_t state;
	bool is_proven, is_refuted;  /* since it was answered: some bot, of some site; and is counted */
	uint8_t name_len;
	char name[RESOLVE_HOST_MAX];
};

_Static_assert(RESOLVE_HOST_MAX - 1 <= UINT8_MAX, "name_len");

struct question {
	uint64_t id;                 /* 0: free */
	uint64_t asked_ms;
	struct entry *entry;
	struct address address;      /* the entry's then: it may be another's by now */
	uint64_t network;            /* a hash of it */
};

struct bot_names {
	pthread_mutex_t lock;
	int fd;
	struct hash_seed seed;
	struct gcra gcra;
	uint64_t tat;
	uint64_t last_id;
	struct bot_counts counts;
	struct question questions[BOT_ASKING_MAX];
	struct entry entries[SETS][WAYS];
};

struct bot_names *bot_names_new(int fd)
{
	const struct rate rate = { BOT_ASKS_A_SECOND, 1000 };
	struct bot_names *names = calloc(1, sizeof(*names));

	if (!names || gcra_make(&rate, BOT_ASKS_BURST, 0, 1, OWED_MAX_MS, &names->gcra) != RESULT_OK) {
		free(names);
		return NULL;
	}
	pthread_mutex_init(&names->lock, NULL);
	names->fd = fd;
	random_fill(&names->seed, sizeof(names->seed));
	random_fill(&names->last_id, sizeof(names->last_id));
	return names;
}

void bot_names_free(struct bot_names *names)
{
	if (!names)
		return;
	pthread_mutex_destroy(&names->lock);
	free(names);
}

/* Threads read the clock at different times: what is newer than NOW has no age. */
static uint64_t age_of(uint64_t since_ms, uint64_t now_ms)
{
	return now_ms > since_ms ? now_ms - since_ms : 0;
}

/* -- who is remembered -- */

static struct entry *set_of(struct bot_names *names, const struct address *address)
{
	return names->entries[hash_span(names->seed, span_make((const char *)address->bytes, sizeof(address->bytes))) % SETS];
}

static struct entry *entry_find(struct entry *set, const struct address *address)
{
	for (struct entry *entry = set; entry < set + WAYS; entry++) {
		if (entry->state != ENTRY_FREE && address_equal(&entry->address, address))
			return entry;
	}
	return NULL;
}

/* What is worth less goes first: a free one, then whoever has proved nothing, then the oldest. */
static bool goes_before(const struct entry *a, const struct entry *b)
{
	if ((a->state == ENTRY_FREE) != (b->state == ENTRY_FREE))
		return a->state == ENTRY_FREE;
	if (a->is_proven != b->is_proven)
		return !a->is_proven;
	return a->since_ms < b->since_ms;
}

static struct entry *entry_to_give(struct entry *set)
{
	struct entry *first = set;

	for (struct entry *entry = set + 1; entry < set + WAYS; entry++)
		first = goes_before(entry, first) ? entry : first;
	return first;
}

/* -- questions -- */

static bool is_due(const struct entry *entry, uint64_t now_ms)
{
	if (age_of(entry->asked_ms, now_ms) <= BOT_FAILED_MS)
		return false;
	switch ((enum entry_state)entry->state) {
	case ENTRY_CONFIRMED:
		return age_of(entry->since_ms, now_ms) > BOT_CONFIRMED_MS / 2;
	case ENTRY_NONE:
		return age_of(entry->since_ms, now_ms) > BOT_REFUTED_MS;
	case ENTRY_ASKED:
	case ENTRY_FREE:
		break;
	}
	return true;
}

static uint64_t network_of(const struct bot_names *names, const struct address *address)
{
	return hash_span(names->seed, span_make((const char *)address->bytes, address_is_v4(address) ? 15 : 6));
}

/* A place for one more question about NETWORK; NULL: there is none. One whose answer is overdue is given up: the process that was asked may have died. */
static struct question *question_free(struct bot_names *names, uint64_t network, uint64_t now_ms)
{
	struct question *free = NULL;
	unsigned of_network = 0;

	for (struct question *question = names->questions; question < names->questions + BOT_ASKING_MAX; question++) {
		if (!question->id || age_of(question->asked_ms, now_ms) > BOT_FAILED_MS)
			free = question;
		else
			of_network += question->network == network;
	}
	return of_network < BOT_ASKING_NETWORK_MAX ? free : NULL;
}

/* ENTRY is ADDRESS's, or is to be. False: not now. */
static bool ask(struct bot_names *names, const struct address *address, struct entry *entry, uint64_t now_ms)
{
	uint64_t network = network_of(names, address);
	struct question *question = question_free(names, network, now_ms);
	struct gcra_answer may = gcra_ask(&names->gcra, names->tat, now_ms, 1);

	if (!question || !may.is_allowed) {
		names->counts.left_out++;
		return false;
	}
	names->last_id += names->last_id + 1 ? 1 : 2;  /* 0 is none */
	if (resolve_client_confirm(names->fd, names->last_id, address) != RESULT_OK)
		return false;
	names->tat = may.tat;
	names->counts.asked++;
	*question = (struct question){ names->last_id, now_ms, entry, *address, network };
	return true;
}

static struct entry *entry_new(struct bot_names *names, struct entry *set, const struct address *address, uint64_t now_ms)
{
	struct entry *entry = entry_to_give(set);

	if (!ask(names, address, entry, now_ms))
		return NULL;
	*entry = (struct entry){ .address = *address, .since_ms = now_ms, .asked_ms = now_ms, .state = ENTRY_ASKED };
	return entry;
}

/* -- what follows from it -- */

static void count_refuted(struct bot_names *names, struct entry *entry, const struct bot *bot)
{
	struct span name = span_take(bot->name, sizeof(names->counts.last_refuted) - 1);

	if (entry->is_refuted)
		return;
	entry->is_refuted = true;
	names->counts.refuted++;
	memcpy(names->counts.last_refuted, name.at, name.len);
	names->counts.last_refuted[name.len] = '\0';
}

static enum bot_proof judge(struct bot_names *names, struct entry *entry, const struct bot_claim *claim, uint64_t now_ms, const struct bot **out)
{
	const struct bot *owner = NULL;

	if (entry->state == ENTRY_ASKED || age_of(entry->since_ms, now_ms) > BOT_CONFIRMED_MS)
		return BOT_UNPROVEN;
	if (entry->state == ENTRY_CONFIRMED)
		owner = bots_find_owner(claim->bots, claim->claimed, span_make(entry->name, entry->name_len));
	*out = owner ? owner : bots_first(claim->bots, claim->claimed);
	if (!owner) {
		count_refuted(names, entry, *out);
		return BOT_REFUTED;
	}
	names->counts.proven += !entry->is_proven;
	names->counts.requests++;
	entry->is_proven = true;
	return BOT_PROVEN;
}

enum bot_proof bot_names_ask(struct bot_names *names, const struct bot_claim *claim, uint64_t now_ms, const struct bot **out)
{
	enum bot_proof proof = BOT_UNPROVEN;
	struct entry *set, *entry;

	pthread_mutex_lock(&names->lock);
	set = set_of(names, &claim->address);
	entry = entry_find(set, &claim->address);
	if (!entry)
		entry = entry_new(names, set, &claim->address, now_ms);
	else if (is_due(entry, now_ms) && ask(names, &claim->address, entry, now_ms))
		entry->asked_ms = now_ms;
	if (entry)
		proof = judge(names, entry, claim, now_ms, out);
	pthread_mutex_unlock(&names->lock);
	return proof;
}

/* Without an answer what was known stands, until it is too old. */
static void keep(struct bot_names *names, struct entry *entry, const struct resolve_answer *answer, uint64_t now_ms)
{
	if ((answer->status != RESOLVE_CONFIRMED && answer->status != RESOLVE_NONE) || answer->len >= sizeof(entry->name)) {
		names->counts.failed++;
		return;
	}
	entry->since_ms = now_ms;
	entry->is_proven = entry->is_refuted = false;
	entry->state = answer->status == RESOLVE_CONFIRMED ? ENTRY_CONFIRMED : ENTRY_NONE;
	if (entry->state == ENTRY_NONE)
		return;
	entry->name_len = (uint8_t)answer->len;
	memcpy(entry->name, answer->bytes, answer->len);
}

bool bot_names_take(struct bot_names *names, const struct resolve_answer *answer, uint64_t now_ms)
{
	struct question *question = names->questions;
	unsigned i = 0;

	pthread_mutex_lock(&names->lock);
	while (i < BOT_ASKING_MAX && !(question[i].id && question[i].id == answer->id))
		i++;
	if (i < BOT_ASKING_MAX) {
		struct entry *entry = question[i].entry;

		if (entry->state != ENTRY_FREE && address_equal(&entry->address, &question[i].address))
			keep(names, entry, answer, now_ms);
		question[i].id = 0;
	}
	pthread_mutex_unlock(&names->lock);
	return i < BOT_ASKING_MAX;
}

struct bot_counts bot_names_counts(struct bot_names *names)
{
	struct bot_counts counts;

	pthread_mutex_lock(&names->lock);
	counts = names->counts;
	pthread_mutex_unlock(&names->lock);
	return counts;
}
