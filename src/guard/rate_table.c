#include "guard/rate_table.h"

#include <stdatomic.h>

#include "source/entry.h"

#include "base/banned.h"

#define MAGIC 0x6273726174657473u
#define WORDS 8u
#define TIME_BITS 44u
#define TIME (((uint64_t)1 << TIME_BITS) - 1)

struct line {
	_Alignas(64) _Atomic uint64_t words[WORDS];
};

struct rate_table {
	_Alignas(64) uint64_t magic;
	uint64_t bytes;
	uint32_t version, lines;
	struct hash_seed seed;
	struct line line[];
};

static uint32_t line_count(size_t bytes)
{
	size_t count = (bytes - sizeof(struct rate_table)) / sizeof(struct line);

	return count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
}

enum result rate_table_init(void *memory, size_t bytes, struct hash_seed seed)
{
	struct rate_table *table = memory;

	if (bytes < RATE_TABLE_BYTES_MIN)
		return RESULT_LIMIT;
	table->bytes = bytes;
	table->version = RATE_TABLE_VERSION;
	table->lines = line_count(bytes);
	table->seed = seed;
	table->magic = MAGIC;
	return RESULT_OK;
}

bool rate_table_is_there(const void *memory, size_t bytes)
{
	const struct rate_table *table = memory;

	return bytes >= RATE_TABLE_BYTES_MIN && table->magic == MAGIC && table->version == RATE_TABLE_VERSION && table->bytes == bytes &&
	       table->lines == line_count(bytes);
}

/* What WORD owes at NOW. Times are told apart within half of what 44 bits can say; what no limit can owe is a time long ago. */
static uint64_t owed(uint64_t word, uint64_t now_us)
{
	uint64_t ahead = (word - now_us) & TIME;

	return ahead <= RATE_OWED_MAX_US ? ahead : 0;
}

/* What TAG owes: INDEX and WORD are its word, or, where it owes nothing, the one to put it in. */
static uint64_t look(const struct line *line, uint64_t tag, uint64_t now_us, unsigned *index, uint64_t *word)
{
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < WORDS; i++) {
		uint64_t at = atomic_load_explicit(&line->words[i], memory_order_relaxed), owes = owed(at, now_us);
		bool is_own = owes && at >> TIME_BITS == tag;

		if (is_own || owes < least) {
			*index = i;
			least = owes;
			*word = at;
		}
		if (is_own)
			return owes;
	}
	return 0;
}

/* The line of WHO, and the tag in it. */
static size_t place(const struct rate_table *table, const uint64_t *who, size_t count, uint64_t *tag)
{
	uint64_t hash = hash_span(table->seed, span_make((const char *)who, count * sizeof(*who)));

	*tag = hash & (((uint64_t)1 << (64 - TIME_BITS)) - 1);
	return (size_t)((hash >> 32) * table->lines >> 32);
}

uint64_t rate_table_owes(const struct rate_table *table, const uint64_t *who, size_t count, uint64_t now_us)
{
	uint64_t tag, word;
	size_t line = place(table, who, count, &tag);
	unsigned index;

	return look(&table->line[line], tag, now_us, &index, &word);
}

void rate_table_charge(struct rate_table *table, const struct gcra *gcra, const uint64_t *who, size_t count, uint64_t weight, uint64_t now_us)
{
	uint64_t tag, word, after;
	struct line *line = &table->line[place(table, who, count, &tag)];
	unsigned index;

	do {
		uint64_t owes = look(line, tag, now_us, &index, &word);

		after = tag << TIME_BITS | (gcra_charge(gcra, now_us + owes, now_us, weight) & TIME);
	} while (!atomic_compare_exchange_weak_explicit(&line->words[index], &word, after, memory_order_relaxed, memory_order_relaxed));
}

uint64_t rate_table_ask(struct rate_table *table, const struct gcra *gcra, const uint64_t *who, size_t count, uint64_t now_us)
{
	uint64_t tag, word, after;
	struct line *line = &table->line[place(table, who, count, &tag)];
	struct gcra_answer answer;
	unsigned index;

	do {
		uint64_t owes = look(line, tag, now_us, &index, &word);

		answer = gcra_ask(gcra, now_us + owes, now_us, 1);
		/* Refused is refused; but where the limit is another by now, or the clock was set back, less is owed from now on. Not
		 * for a thread whose reading of the clock is a little old. */
		if (!answer.is_allowed && owes <= gcra->most + ENTRY_SKEW_US)
			return answer.retry_after;
		after = tag << TIME_BITS | (answer.tat & TIME);
	} while (!atomic_compare_exchange_weak_explicit(&line->words[index], &word, after, memory_order_relaxed, memory_order_relaxed));
	return answer.retry_after;
}
