/* The table of sources: a million of them, floods, a /48 that is one source, edges that die, and many writers at once. */
#include "../base/check.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "source/table.h"

#include "base/banned.h"

#define S ((uint64_t)1000000)
#define START (1000 * S)
#define SMALL ((size_t)1 << 20)
#define MILLION 1000000u

static const struct hash_seed seed = { 11, 13 };

struct stage {
	char *memory;
	size_t bytes;
	int fd;
	struct source_table table;
	uint64_t now_us;
};

static void *map(int fd, size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	assert_ptr_not_equal(memory, MAP_FAILED);
	return memory;
}

static void stage_start(struct stage *stage, size_t bytes)
{
	*stage = (struct stage){ .bytes = bytes, .fd = memfd_create("table", MFD_CLOEXEC), .now_us = START };
	assert_true(stage->fd >= 0);
	assert_int_equal(ftruncate(stage->fd, (off_t)bytes), 0);
	stage->memory = map(stage->fd, bytes);
	assert_false(source_table_is_there(stage->memory, bytes));
	assert_ok(source_table_init(stage->memory, bytes, seed));
	assert_true(source_table_is_there(stage->memory, bytes));
	stage->table = source_table_join(stage->memory, 0);
}

static void stage_end(struct stage *stage)
{
	munmap(stage->memory, stage->bytes);
	close(stage->fd);
}

static struct source_key v4(uint32_t number)
{
	return (struct source_key){ number, SOURCE_V4 };
}

/* The /64 numbered INDEX of the /48 numbered WIDE. */
static struct source_key v6(uint64_t wide, uint64_t index)
{
	return (struct source_key){ (wide & 0xffffffffffffu) << 16 | (index & 0xffff), SOURCE_V6 };
}

static struct source_hold take(struct stage *stage, struct source_key key, enum source_take how)
{
	struct source_hold hold;

	assert_ok(source_table_take(&stage->table, key, stage->now_us, how, &hold));
	return hold;
}

static void make(struct stage *stage, struct source_key key, uint32_t asn)
{
	struct source_hold hold = take(stage, key, SOURCE_MAKE);

	hold.entry->asn = asn;
	source_table_give(&hold);
}

static bool is_there(struct stage *stage, struct source_key key, struct source_entry *out)
{
	struct source_hold hold;

	if (source_table_take(&stage->table, key, stage->now_us, SOURCE_FIND, &hold) != RESULT_OK)
		return false;
	if (out)
		*out = *hold.entry;
	source_table_give(&hold);
	return true;
}

/* Makes KEY worth keeping. */
static void protect(struct stage *stage, struct source_key key, enum source_class class)
{
	struct source_hold hold = take(stage, key, SOURCE_MAKE);

	hold.entry->ban_until_s = class == CLASS_BANNED ? (uint32_t)(stage->now_us / S + 3600) : 0;
	hold.entry->is_known = class == CLASS_KNOWN;
	if (class == CLASS_TOKEN)
		entry_saw_token(hold.entry, stage->now_us);
	source_table_give(&hold);
}

static void sizes(void **state)
{
	char *memory = aligned_alloc(64, SOURCE_TABLE_BYTES_MIN);

	(void)state;
	assert_non_null(memory);
	memset(memory, 0, SOURCE_TABLE_BYTES_MIN);
	assert_result(source_table_init(memory, SOURCE_TABLE_BYTES_MIN - 1, seed), RESULT_LIMIT);
	assert_ok(source_table_init(memory, SOURCE_TABLE_BYTES_MIN, seed));
	assert_true(source_table_is_there(memory, SOURCE_TABLE_BYTES_MIN));
	assert_false(source_table_is_there(memory, SOURCE_TABLE_BYTES_MIN - 64));
	assert_true(source_table_places(SOURCE_TABLE_BYTES_MIN) > 2000);
	assert_int_equal(source_table_places(SOURCE_TABLE_BYTES), 1015492);  /* as the header says */
	free(memory);
}

static void another_process_finds_what_was_kept(void **state)
{
	struct stage stage;
	struct source_entry found;
	struct stage other;

	(void)state;
	stage_start(&stage, SMALL);
	make(&stage, v4(7), 70);
	make(&stage, v6(7, 1), 71);
	assert_false(is_there(&stage, v4(8), NULL));
	assert_false(is_there(&stage, v6(7, 2), NULL));
	other = stage;
	other.memory = map(stage.fd, SMALL);
	assert_ptr_not_equal(other.memory, stage.memory);
	assert_true(source_table_is_there(other.memory, SMALL));
	other.table = source_table_open(other.memory);
	assert_true(is_there(&other, v4(7), &found));
	assert_int_equal(found.asn, 70);
	assert_true(is_there(&other, v6(7, 1), &found));
	assert_int_equal(found.asn, 71);
	munmap(other.memory, SMALL);
	stage_end(&stage);
}

/* What memory a table takes is what sources need; a million are there but for those whose bucket had none left. */
static void a_million_sources(void **state)
{
	struct stage stage;
	unsigned there = 0;

	(void)state;
	stage_start(&stage, SOURCE_TABLE_BYTES);
	for (uint32_t i = 0; i < MILLION; i++)
		make(&stage, i & 1 ? v4(i * 2654435761u) : v6(i, i), i);
	for (uint32_t i = 0; i < MILLION; i++) {
		struct source_entry found;

		if (!is_there(&stage, i & 1 ? v4(i * 2654435761u) : v6(i, i), &found))
			continue;
		assert_int_equal(found.asn, i);
		there++;
	}
	print_message("%u of a million sources are there\n", there);
	assert_true(there > 960000);
	assert_int_equal(source_table_figures(&stage.table).made, MILLION);
	assert_int_equal(source_table_figures(&stage.table).forgotten, MILLION - there);
	stage_end(&stage);
}

#define KEPT 30000u

static void a_flood_washes_out_no_citizen(void **state)
{
	struct draws draws = { 3 };
	struct stage stage;

	(void)state;
	stage_start(&stage, SOURCE_TABLE_BYTES / 8);
	for (uint32_t i = 0; i < KEPT; i++)
		protect(&stage, i % 2 ? v4(i) : v6(i, 0), (enum source_class)(CLASS_BANNED + i % 3));
	for (uint32_t i = 0; i < MILLION; i++) {
		stage.now_us += 100;
		make(&stage, i & 1 ? v4((uint32_t)draw(&draws) | 1u << 31) : v6(draw(&draws) | (uint64_t)1 << 47, i), 0);
	}
	for (uint32_t i = 0; i < KEPT; i++)
		assert_true(is_there(&stage, i % 2 ? v4(i) : v6(i, 0), NULL));
	assert_true(source_table_figures(&stage.table).forgotten > MILLION / 2);
	assert_int_equal(source_table_figures(&stage.table).is_full_of_protected, 0);
	stage_end(&stage);
}

/* Of strangers those stay who come again and again, and those who are connected. */
static void a_flood_washes_out_the_idle_first(void **state)
{
	struct stage stage;
	unsigned busy = 0, connected = 0, idle = 0;

	(void)state;
	stage_start(&stage, SMALL);
	for (uint32_t i = 0; i < 600; i++) {
		struct source_hold hold = take(&stage, v4(i), SOURCE_MAKE);

		if (i % 3 == 1)
			source_opened(&hold);
		source_table_give(&hold);
	}
	for (uint32_t i = 0; i < 60000; i++) {
		make(&stage, v4(1u << 31 | i), 0);
		if (i % 2 == 0)
			make(&stage, v4(i / 2 % 200 * 3), 0);
	}
	for (uint32_t i = 0; i < 600; i += 3) {
		busy += is_there(&stage, v4(i), NULL);
		connected += is_there(&stage, v4(i + 1), NULL);
		idle += is_there(&stage, v4(i + 2), NULL);
	}
	print_message("of 200 each: %u busy, %u connected, %u idle\n", busy, connected, idle);
	assert_true(busy > 195 && connected == 200 && idle < 20);
	stage_end(&stage);
}

/* Nobody can take all places for good: the least worth go first, and strangers have a quarter. */
static void what_is_worth_keeping_leaves_a_quarter(void **state)
{
	struct stage stage;
	unsigned there[4] = { 0 };
	uint32_t places;

	(void)state;
	stage_start(&stage, SMALL);
	places = (uint32_t)source_table_places(SMALL);
	for (uint32_t class = CLASS_BANNED; class <= CLASS_TOKEN; class++) {
		for (uint32_t i = 0; i < places / 2; i++)
			protect(&stage, v4(class << 28 | i), (enum source_class)class);
	}
	for (uint32_t i = 0; i < places; i++) {
		make(&stage, v4(i), i);
		assert_true(is_there(&stage, v4(i), NULL));
	}
	for (uint32_t class = CLASS_BANNED; class <= CLASS_TOKEN; class++) {
		for (uint32_t i = 0; i < places / 2; i++)
			there[class] += is_there(&stage, v4(class << 28 | i), NULL);
	}
	for (uint32_t i = 0; i < places; i++)
		there[CLASS_STRANGER] += is_there(&stage, v4(i), NULL);
	print_message("of %u places: %u strangers, %u banned, %u known, %u with token\n", places, there[0], there[1], there[2], there[3]);
	assert_true(there[CLASS_STRANGER] >= places / 5);
	assert_int_equal(there[CLASS_TOKEN], places / 2);
	assert_true(there[CLASS_KNOWN] > there[CLASS_BANNED] && there[CLASS_KNOWN] >= places / 5);
	assert_true(source_table_figures(&stage.table).is_full_of_protected > 0);
	/* a ban that is over, a citizen who does not come, a token of yesterday are strangers' again */
	stage.now_us += (ENTRY_KNOWN_S + 1) * S;
	for (uint32_t i = 0; i < 20 * places; i++)
		make(&stage, v4(1u << 31 | i), 0);
	for (uint32_t i = 0; i < places / 2; i++)
		assert_false(is_there(&stage, v4(3u << 28 | i), NULL));
	stage_end(&stage);
}

static void a_48_becomes_one_source(void **state)
{
	struct stage stage;
	struct source_entry found;

	(void)state;
	stage_start(&stage, SMALL);
	protect(&stage, v6(5, 1000), CLASS_BANNED);
	protect(&stage, v6(5, 1001), CLASS_KNOWN);
	for (unsigned i = 0; i < SOURCE_WIDE_COUNT - 1; i++) {
		struct source_hold hold = take(&stage, v6(5, i), SOURCE_MAKE);

		assert_int_equal(hold.entry->kind, SOURCE_V6);
		hold.entry->owed_us[BUDGET_REQUESTS] = i == 9 ? 50 * S : i;
		source_opened(&hold);
		source_table_give(&hold);
		make(&stage, v6(6, 0), 0);
	}
	assert_true(is_there(&stage, v6(5, 3), &found));
	assert_int_equal(found.kind, SOURCE_V6);
	make(&stage, v6(5, 500), 77);
	assert_int_equal(source_table_figures(&stage.table).widened, 1);
	for (unsigned i = 0; i < 65536; i += 1000) {
		assert_true(is_there(&stage, v6(5, i + 3), &found));
		assert_true(found.kind == SOURCE_V6_WIDE && found.asn == 77 && found.owed_us[BUDGET_REQUESTS] == 50 * S && entry_is_shared(&found, stage.now_us));
	}
	/* who was told apart stays apart; others' /48 have nothing to do with it */
	assert_true(is_there(&stage, v6(5, 1000), &found) && found.kind == SOURCE_V6);
	assert_true(is_there(&stage, v6(5, 1001), &found) && found.kind == SOURCE_V6);
	assert_true(is_there(&stage, v6(6, 0), &found) && found.kind == SOURCE_V6);
	assert_false(is_there(&stage, v6(7, 0), NULL));
	stage_end(&stage);
}

static void a_48_counts_its_connections(void **state)
{
	struct stage stage;
	struct source_hold hold;

	(void)state;
	stage_start(&stage, SMALL);
	for (unsigned i = 0; i < SOURCE_WIDE_COUNT; i++) {
		hold = take(&stage, v6(5, i), SOURCE_MAKE);
		source_opened(&hold);
		source_table_give(&hold);
	}
	hold = take(&stage, v6(5, 12345), SOURCE_MAKE);
	assert_int_equal(source_open(&hold), SOURCE_WIDE_COUNT);
	source_table_give(&hold);
	/* a citizen with a token has an entry of his own, and closes what he opened */
	hold = take(&stage, v6(5, 3), SOURCE_OWN);
	assert_int_equal(hold.entry->kind, SOURCE_V6);
	entry_saw_token(hold.entry, stage.now_us);
	source_opened(&hold);
	source_table_give(&hold);
	source_closed(&stage.table, v6(5, 3), stage.now_us);
	hold = take(&stage, v6(5, 3), SOURCE_FIND);
	assert_int_equal(source_open(&hold), 0);
	source_table_give(&hold);
	/* connections that were opened as a /64 are closed as one, and counted where they went */
	for (unsigned i = 0; i < SOURCE_WIDE_COUNT; i++)
		source_closed(&stage.table, i == 3 ? v6(5, 30000) : v6(5, i), stage.now_us);
	hold = take(&stage, v6(5, 12345), SOURCE_MAKE);
	assert_int_equal(source_open(&hold), 0);
	source_table_give(&hold);
	stage_end(&stage);
}

static void a_48_ends_when_it_is_idle(void **state)
{
	struct stage stage;
	struct source_entry found;
	struct source_hold hold;

	(void)state;
	stage_start(&stage, SMALL);
	/* slow enough to be citizens */
	for (unsigned i = 0; i < 1000; i++, stage.now_us += 3 * S)
		make(&stage, v6(4, i), 0);
	assert_int_equal(source_table_figures(&stage.table).widened, 0);
	for (unsigned i = 0; i < SOURCE_WIDE_COUNT; i++)
		make(&stage, v6(5, i), 0);
	assert_true(is_there(&stage, v6(5, 999), &found) && found.kind == SOURCE_V6_WIDE);
	stage.now_us += SOURCE_WIDE_IDLE_S * S - 1;
	hold = take(&stage, v6(5, 998), SOURCE_MAKE);
	assert_int_equal(hold.entry->kind, SOURCE_V6_WIDE);
	source_opened(&hold);
	source_table_give(&hold);
	stage.now_us += 2 * SOURCE_WIDE_IDLE_S * S;
	assert_true(is_there(&stage, v6(5, 998), NULL));  /* a connection is open */
	source_closed(&stage.table, v6(5, 998), stage.now_us);
	stage.now_us += SOURCE_WIDE_IDLE_S * S;
	assert_false(is_there(&stage, v6(5, 998), NULL));
	make(&stage, v6(5, 998), 0);
	assert_true(is_there(&stage, v6(5, 998), &found) && found.kind == SOURCE_V6);
	stage_end(&stage);
}

static unsigned opened(struct stage *stage, struct source_table *edge, uint32_t number, unsigned times)
{
	struct source_hold hold;
	unsigned open;

	assert_ok(source_table_take(edge, v4(number), stage->now_us, SOURCE_MAKE, &hold));
	while (times--)
		source_opened(&hold);
	open = source_open(&hold);
	source_table_give(&hold);
	return open;
}

static void a_dead_edge_has_no_connections(void **state)
{
	struct stage stage;
	struct source_table old, next;

	(void)state;
	stage_start(&stage, SMALL);
	old = stage.table;
	assert_int_equal(opened(&stage, &old, 1, 3), 3);
	/* a reload: the old edge drains, the next one serves; both count */
	next = source_table_join(stage.memory, 1);
	assert_int_equal(opened(&stage, &next, 1, 2), 5);
	source_closed(&old, v4(1), stage.now_us);
	assert_int_equal(opened(&stage, &next, 1, 0), 4);
	/* killed: what it had open is gone with its successor's arrival in that seat, or when somebody says so */
	old = source_table_join(stage.memory, 0);
	assert_int_equal(opened(&stage, &old, 1, 0), 2);
	assert_int_equal(opened(&stage, &old, 1, 1), 3);
	source_table_leave(stage.memory, 1);
	assert_int_equal(opened(&stage, &old, 1, 0), 1);
	source_closed(&next, v4(1), stage.now_us);
	assert_int_equal(opened(&stage, &old, 1, 0), 1);
	source_closed(&old, v4(1), stage.now_us);
	source_closed(&old, v4(1), stage.now_us);
	assert_int_equal(opened(&stage, &old, 1, 0), 0);
	/* an edge that was not told to count does not */
	next = source_table_open(stage.memory);
	assert_int_equal(opened(&stage, &next, 1, 5), 0);
	stage_end(&stage);
}

/* Numbers of edges come round again: no count of an edge long dead comes with them. */
static void thousands_of_edges_die(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage, SMALL);
	for (unsigned i = 0; i < 1000; i++) {
		struct source_table edge = source_table_join(stage.memory, i % 3);

		assert_int_equal(opened(&stage, &edge, i % 7, 0), i < 7 || i % 7 != (i - 1) % 7 ? opened(&stage, &edge, i % 7, 0) : 0);
		assert_true(opened(&stage, &edge, i, 2) >= 2);
		assert_true(opened(&stage, &edge, 5000 + i, 2) == 2);
		for (unsigned seat = 0; seat < ROLE_EDGES_MAX; seat++)
			source_table_leave(stage.memory, seat);
		assert_int_equal(opened(&stage, &edge, i, 0), 0);
	}
	stage_end(&stage);
}

static void a_count_stays_within_its_bits(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage, SMALL);
	assert_int_equal(opened(&stage, &stage.table, 1, 70000), UINT16_MAX);
	stage_end(&stage);
}

/* What holds at any moment: each entry is where it is looked for, and only there. */
struct census {
	struct stage *stage;
	struct source_key *keys;
	size_t count, size;
};

static void note(void *context, const struct source_entry *entry)
{
	struct census *census = context;

	assert_true(entry->kind != SOURCE_NONE);
	assert_true(census->count < census->size);
	census->keys[census->count++] = source_key_of_entry(entry);
}

static int compare_keys(const void *a, const void *b)
{
	const struct source_key *x = a, *y = b;

	if (x->bits != y->bits)
		return x->bits < y->bits ? -1 : 1;
	return (int)x->kind - (int)y->kind;
}

static size_t count_all(struct stage *stage, enum source_class least)
{
	size_t size = source_table_places(stage->bytes);
	struct census census = { stage, calloc(size, sizeof(struct source_key)), 0, size };
	uint32_t cursor = 0;

	assert_non_null(census.keys);
	do {
		source_table_walk(&stage->table, least, stage->now_us, 7, &cursor, note, &census);
	} while (cursor);
	qsort(census.keys, census.count, sizeof(*census.keys), compare_keys);
	for (size_t i = 0; i < census.count; i++) {
		struct source_entry found;

		assert_true(i == 0 || compare_keys(&census.keys[i - 1], &census.keys[i]) != 0);
		assert_true(is_there(stage, census.keys[i], &found));
		assert_true(found.key == census.keys[i].bits);
	}
	free(census.keys);
	return census.count;
}

static void a_walk_sees_each_once(void **state)
{
	struct stage stage;

	(void)state;
	stage_start(&stage, SMALL);
	for (uint32_t i = 0; i < 3000; i++)
		make(&stage, v4(i), i);
	for (uint32_t i = 0; i < 300; i++)
		protect(&stage, v4(i * 10), (enum source_class)(CLASS_BANNED + i % 3));
	assert_int_equal(count_all(&stage, CLASS_STRANGER), 3000);
	assert_int_equal(count_all(&stage, CLASS_BANNED), 300);
	assert_int_equal(count_all(&stage, CLASS_KNOWN), 200);
	assert_int_equal(count_all(&stage, CLASS_TOKEN), 100);
	stage.now_us += 3600 * S;
	assert_int_equal(count_all(&stage, CLASS_BANNED), 200);
	stage_end(&stage);
}

#define ROUNDS 200000u
#define COUNTED 512u

/* Counts in KEYS that fit, and floods with others that do not, of both families. */
static void *hammer(void *context)
{
	const struct stage *stage = context;
	struct draws draws = { (uint64_t)(uintptr_t)pthread_self() ^ (uint64_t)getpid() };

	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct source_hold hold;
		struct source_key key = i % 2 ? v4(i / 2 % COUNTED) : i % 4 ? v6(draw_below(&draws, 100), draw(&draws)) : v4(1u << 31 | (uint32_t)draw(&draws));

		if (source_table_take(&stage->table, key, stage->now_us + i * 50, SOURCE_MAKE, &hold) != RESULT_OK)
			return context;
		hold.entry->asn++;
		source_table_give(&hold);
	}
	return NULL;
}

static void nothing_is_lost_between_threads_and_processes(void **state)
{
	struct stage stage;
	pthread_t threads[4];
	pid_t children[3];
	int status;

	(void)state;
	stage_start(&stage, 4 * SMALL);
	for (uint32_t i = 0; i < COUNTED; i++)
		protect(&stage, v4(i), CLASS_KNOWN);
	for (unsigned i = 0; i < 3; i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (!children[i])
			_exit(hammer(&stage) != NULL);
	}
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hammer, &stage), 0);
	for (unsigned i = 0; i < 4; i++) {
		void *failed;

		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	for (uint32_t i = 0; i < COUNTED; i++) {
		struct source_entry found;

		assert_true(is_there(&stage, v4(i), &found));
		assert_int_equal(found.asn, 7 * ((ROUNDS / 2 - i + COUNTED - 1) / COUNTED));
	}
	stage.now_us += ROUNDS * 50;
	assert_true(source_table_figures(&stage.table).forgotten > 1000 && source_table_figures(&stage.table).widened > 0);
	assert_true(count_all(&stage, CLASS_STRANGER) > COUNTED);
	stage_end(&stage);
}

/* Writers are killed wherever they are, also with a lock in hand. */
static void killed_writers_stop_nobody(void **state)
{
	struct stage stage;
	_Atomic uint32_t *rounds;
	struct draws draws = { 9 };
	unsigned kills = 0;

	(void)state;
	stage_start(&stage, SOURCE_TABLE_BYTES_MIN);
	rounds = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(rounds, MAP_FAILED);
	for (uint32_t i = 0; i < 500; i++)
		protect(&stage, v4(i), (enum source_class)(CLASS_BANNED + i % 3));
	for (; kills < 150 && source_table_figures(&stage.table).deaths < 20; kills++) {
		uint32_t until = (uint32_t)draw_below(&draws, 3000);
		pid_t child;
		int status;

		atomic_store(rounds, 0);
		child = fork();
		assert_true(child >= 0);
		while (!child) {
			struct source_hold hold;
			uint32_t i = atomic_fetch_add(rounds, 1);
			struct source_key key = i % 3 ? v4(1u << 31 | (uint32_t)draw(&draws)) : v6(i % 30, draw(&draws));

			if (source_table_take(&stage.table, key, stage.now_us + i, SOURCE_MAKE, &hold) != RESULT_OK)
				_exit(1);
			if (i % 3 == 1)
				source_opened(&hold);
			source_table_give(&hold);
		}
		while (atomic_load(rounds) < until)
			;
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		stage.table = source_table_join(stage.memory, 0);
		assert_true(count_all(&stage, CLASS_STRANGER) > 500);
		for (uint32_t i = 0; i < 500; i++)
			assert_true(is_there(&stage, v4(i), NULL));
	}
	print_message("%u writers killed, %u of them with a lock\n", kills, (unsigned)source_table_figures(&stage.table).deaths);
	assert_true(source_table_figures(&stage.table).deaths > 0);
	munmap(rounds, 4096);
	stage_end(&stage);
}

static void a_clock_that_steps_keeps_the_table(void **state)
{
	struct stage stage;
	struct source_entry found;

	(void)state;
	stage_start(&stage, SMALL);
	stage.now_us = 100 * 3600 * S;
	protect(&stage, v4(1), CLASS_BANNED);
	protect(&stage, v4(2), CLASS_TOKEN);
	stage.now_us = 5 * S;
	assert_true(is_there(&stage, v4(1), &found));
	assert_int_equal(found.ban_until_s, 5 + 3600);
	assert_int_equal(count_all(&stage, CLASS_TOKEN), 1);
	assert_int_equal(count_all(&stage, CLASS_BANNED), 2);
	stage.now_us = 30 * 3600 * S;
	assert_int_equal(count_all(&stage, CLASS_BANNED), 0);
	stage_end(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(another_process_finds_what_was_kept),
		cmocka_unit_test(a_million_sources),
		cmocka_unit_test(a_flood_washes_out_no_citizen),
		cmocka_unit_test(a_flood_washes_out_the_idle_first),
		cmocka_unit_test(what_is_worth_keeping_leaves_a_quarter),
		cmocka_unit_test(a_48_becomes_one_source),
		cmocka_unit_test(a_48_counts_its_connections),
		cmocka_unit_test(a_48_ends_when_it_is_idle),
		cmocka_unit_test(a_dead_edge_has_no_connections),
		cmocka_unit_test(thousands_of_edges_die),
		cmocka_unit_test(a_count_stays_within_its_bits),
		cmocka_unit_test(a_walk_sees_each_once),
		cmocka_unit_test(nothing_is_lost_between_threads_and_processes),
		cmocka_unit_test(killed_writers_stop_nobody),
		cmocka_unit_test(a_clock_that_steps_keeps_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
