#include "edge/rules/blocklist.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/hash.h"

#include "base/banned.h"

#define WAYS 8u
#define SETS (BLOCKLIST_ANSWERS / WAYS)

_Static_assert(BLOCKLIST_ASKING_ZONE_MAX < RESOLVE_LIST_THREADS, "a zone that is dead may not keep all threads busy");

enum entry_state { ENTRY_FREE, ENTRY_ASKED, ENTRY_LISTED, ENTRY_NOT_LISTED, ENTRY_FAILED };

/* The name is not kept but two hashes of it with secret seeds: nobody can choose names that are taken for each other. */
struct entry {
	uint64_t hash[2];
	uint64_t since_ms;          /* asked, or answered */
	uint8_t said[4];            /* 127.0.0.2 */
	uint8_t state;
};

struct question {
	uint64_t id;                /* 0: free */
	uint64_t asked_ms;
	struct entry *entry;
	uint64_t hash[2];           /* the entry's then: it may be another's by now */
	uint64_t zone;              /* a hash of it */
};

struct blocklist {
	pthread_mutex_t lock;
	int fd;
	void (*answered)(void *context);
	void *context;
	struct hash_seed seeds[2];
	uint64_t last_id;
	struct question questions[BLOCKLIST_ASKING_MAX];
	struct entry entries[SETS][WAYS];
};

struct blocklist *blocklist_new(int fd, void (*answered)(void *context), void *context)
{
	struct blocklist *blocklist = calloc(1, sizeof(*blocklist));

	if (!blocklist)
		return NULL;
	pthread_mutex_init(&blocklist->lock, NULL);
	blocklist->fd = fd;
	blocklist->answered = answered;
	blocklist->context = context;
	random_fill(blocklist->seeds, sizeof(blocklist->seeds));
	random_fill(&blocklist->last_id, sizeof(blocklist->last_id));
	return blocklist;
}

void blocklist_free(struct blocklist *blocklist)
{
	if (!blocklist)
		return;
	pthread_mutex_destroy(&blocklist->lock);
	free(blocklist);
}

/* Threads read the clock at different times: what is newer than NOW has no age. */
static uint64_t age_of(uint64_t since_ms, uint64_t now_ms)
{
	return now_ms > since_ms ? now_ms - since_ms : 0;
}

static bool is_stale(const struct entry *entry, uint64_t now_ms)
{
	uint64_t age_ms = age_of(entry->since_ms, now_ms);

	switch ((enum entry_state)entry->state) {
	case ENTRY_FREE:
		return true;
	case ENTRY_ASKED:
	case ENTRY_FAILED:
		return age_ms > BLOCKLIST_FAILED_MS;
	case ENTRY_LISTED:
	case ENTRY_NOT_LISTED:
		break;
	}
	return age_ms > BLOCKLIST_KEEP_MS;
}

/* The entry of HASH; without one, FREE is where it may be kept. */
static struct entry *entry_find(struct blocklist *blocklist, const uint64_t hash[2], struct entry **free)
{
	struct entry *set = blocklist->entries[hash[0] % SETS], *oldest = set;

	for (struct entry *entry = set; entry < set + WAYS; entry++) {
		if (entry->state != ENTRY_FREE && entry->hash[0] == hash[0] && entry->hash[1] == hash[1])
			return entry;
		if (entry->state == ENTRY_FREE || (oldest->state != ENTRY_FREE && entry->since_ms < oldest->since_ms))
			oldest = entry;
	}
	*free = oldest;
	return NULL;
}

/* A place for one more question to ZONE; NULL: there is none. One whose answer is overdue is given up: the process that was asked may have died. */
static struct question *question_free(struct blocklist *blocklist, uint64_t zone, uint64_t now_ms)
{
	struct question *free = NULL;
	unsigned of_zone = 0;

	for (struct question *question = blocklist->questions; question < blocklist->questions + BLOCKLIST_ASKING_MAX; question++) {
		if (!question->id || age_of(question->asked_ms, now_ms) > BLOCKLIST_FAILED_MS)
			free = question;
		else
			of_zone += question->zone == zone;
	}
	return of_zone < BLOCKLIST_ASKING_ZONE_MAX ? free : NULL;
}

static enum result begin(struct blocklist *blocklist, struct span name, uint64_t zone, struct entry *entry, const uint64_t hash[2], uint64_t now_ms)
{
	struct question *question = question_free(blocklist, zone, now_ms);
	enum result result;

	if (!question)
		return RESULT_LIMIT;
	blocklist->last_id += blocklist->last_id + 1 ? 1 : 2;  /* 0 is none */
	result = resolve_client_ask_list(blocklist->fd, blocklist->last_id, name);
	if (result != RESULT_OK)
		return result == RESULT_MORE ? RESULT_LIMIT : result;
	*entry = (struct entry){ .hash = { hash[0], hash[1] }, .since_ms = now_ms, .state = ENTRY_ASKED };
	*question = (struct question){ blocklist->last_id, now_ms, entry, { hash[0], hash[1] }, zone };
	return RESULT_MORE;
}

static enum result tell(const struct entry *entry, uint64_t now_ms, struct address *answer)
{
	switch ((enum entry_state)entry->state) {
	case ENTRY_LISTED:
		*answer = (struct address){ { [10] = 0xff, [11] = 0xff } };
		memcpy(answer->bytes + 12, entry->said, sizeof(entry->said));
		return RESULT_OK;
	case ENTRY_NOT_LISTED:
		return RESULT_NOT_FOUND;
	case ENTRY_ASKED:
		return age_of(entry->since_ms, now_ms) < BLOCKLIST_WAIT_MS ? RESULT_MORE : RESULT_TIMEOUT;
	case ENTRY_FAILED:
	case ENTRY_FREE:
		break;
	}
	return RESULT_TIMEOUT;
}

enum result blocklist_ask(struct blocklist *blocklist, struct span name, struct span zone, uint64_t now_ms, struct address *answer)
{
	const uint64_t hash[2] = { hash_span_nocase(blocklist->seeds[0], name), hash_span_nocase(blocklist->seeds[1], name) };
	struct entry *free_entry = NULL, *entry;
	enum result result;

	pthread_mutex_lock(&blocklist->lock);
	entry = entry_find(blocklist, hash, &free_entry);
	if (entry && !is_stale(entry, now_ms))
		result = tell(entry, now_ms, answer);
	else
		result = begin(blocklist, name, hash_span_nocase(blocklist->seeds[0], zone), entry ? entry : free_entry, hash, now_ms);
	pthread_mutex_unlock(&blocklist->lock);
	return result;
}

static void keep(struct entry *entry, const struct resolve_answer *answer, uint64_t now_ms)
{
	entry->since_ms = now_ms;
	entry->state = answer->status == RESOLVE_FOUND ? ENTRY_LISTED : answer->status == RESOLVE_NONE ? ENTRY_NOT_LISTED : ENTRY_FAILED;
	if (entry->state == ENTRY_LISTED && answer->count && address_is_v4(&answer->addresses[0]))
		memcpy(entry->said, answer->addresses[0].bytes + 12, sizeof(entry->said));
	else if (entry->state == ENTRY_LISTED)
		entry->state = ENTRY_FAILED;
}

bool blocklist_take(struct blocklist *blocklist, const struct resolve_answer *answer, uint64_t now_ms)
{
	struct question *question = blocklist->questions;
	unsigned i = 0;

	pthread_mutex_lock(&blocklist->lock);
	while (i < BLOCKLIST_ASKING_MAX && !(question[i].id && question[i].id == answer->id))
		i++;
	if (i < BLOCKLIST_ASKING_MAX) {
		struct entry *entry = question[i].entry;

		if (entry->hash[0] == question[i].hash[0] && entry->hash[1] == question[i].hash[1])
			keep(entry, answer, now_ms);
		question[i].id = 0;
	}
	pthread_mutex_unlock(&blocklist->lock);
	if (i == BLOCKLIST_ASKING_MAX)
		return false;
	blocklist->answered(blocklist->context);
	return true;
}
