/* The store: what is kept is found by its key alone, expires, makes room, and survives threads and the death of a process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "waf/store.h"

#include "base/banned.h"

#define BYTES (1u << 20)

static const struct store_shape shape = { BYTES, 1024 };
static const struct hash_seed seeds[2] = { { 1, 2 }, { 3, 4 } };

struct stage {
	void *memory;
	struct arena arena;
};

static void stage_start(struct stage *stage)
{
	stage->memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(stage->memory, MAP_FAILED);
	assert_false(store_is_there(stage->memory, &shape));
	assert_int_equal(store_init(stage->memory, &shape, seeds[0], seeds[1]), RESULT_OK);
	assert_true(store_is_there(stage->memory, &shape));
	arena_init(&stage->arena, 1 << 20, 4096);
}

static void stage_end(struct stage *stage)
{
	arena_done(&stage->arena);
	munmap(stage->memory, BYTES);
}

static struct collection_key key_of(const char *tenant, const char *site, const char *collection, const char *key)
{
	return (struct collection_key){ span_of(tenant), span_of(site), span_of(collection), span_of(key) };
}

struct wish {
	struct span bytes;
	uint64_t expires_s;
	enum result result;
};

static enum result put(void *context, struct span before, char *after, size_t room, size_t *len, uint64_t *expires_s)
{
	const struct wish *wish = context;

	(void)before;
	if (wish->bytes.len > room)
		return RESULT_LIMIT;
	if (wish->bytes.len)
		memcpy(after, wish->bytes.at, wish->bytes.len);
	*len = wish->bytes.len;
	*expires_s = wish->expires_s;
	return wish->result;
}

static enum result keep(struct stage *stage, struct collection_key key, const char *text, uint64_t expires_s)
{
	struct wish wish = { span_of(text), expires_s, RESULT_OK };

	return store_change(stage->memory, &key, 100, put, &wish);
}

static void assert_kept(struct stage *stage, struct collection_key key, uint64_t now_s, const char *text)
{
	struct span bytes = SPAN_NONE;
	enum result result = store_read(stage->memory, &key, now_s, &stage->arena, &bytes);

	assert_int_equal(result, text ? RESULT_OK : RESULT_NOT_FOUND);
	if (text && !span_equal(bytes, span_of(text)))
		fail_msg("\"%.*s\" is not \"%s\"", SPAN_ARG(bytes), text);
}

static void each_key_has_its_own(void **state)
{
	static const char *const parts[][4] = {
		{ "t", "s", "ip", "k" }, { "T", "s", "ip", "k" }, { "t", "S", "ip", "k" }, { "t", "s", "session", "k" }, { "t", "s", "ip", "K" },
		{ "ts", "", "ip", "k" }, { "", "ts", "ip", "k" }, { "t", "s", "ipk", "" },
	};
	struct stage stage;

	(void)state;
	stage_start(&stage);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		struct collection_key key = key_of(parts[i][0], parts[i][1], parts[i][2], parts[i][3]);
		char text[8];

		assert_kept(&stage, key, 100, NULL);
		snprintf(text, sizeof(text), "%zu", i);
		assert_int_equal(keep(&stage, key, text, 200), RESULT_OK);
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		char text[8];

		snprintf(text, sizeof(text), "%zu", i);
		assert_kept(&stage, key_of(parts[i][0], parts[i][1], parts[i][2], parts[i][3]), 100, text);
	}
	assert_kept(&stage, key_of("t", "s", "IP", "k"), 100, "0");
	stage_end(&stage);
}

static void it_expires(void **state)
{
	struct stage stage;
	struct collection_key key = key_of("t", "s", "ip", "k");

	(void)state;
	stage_start(&stage);
	assert_int_equal(keep(&stage, key, "a", 150), RESULT_OK);
	assert_kept(&stage, key, 149, "a");
	assert_kept(&stage, key, 150, NULL);
	assert_int_equal(keep(&stage, key, "b", 100), RESULT_OK);  /* now: nothing is kept */
	assert_kept(&stage, key, 100, NULL);
	assert_int_equal(store_figures(stage.memory).entries, 0);
	stage_end(&stage);
}

static void a_refusal_leaves_what_was(void **state)
{
	struct wish refused = { SPAN("b"), 200, RESULT_MALFORMED }, none = { SPAN(""), 200, RESULT_NOT_FOUND };
	struct collection_key key = key_of("t", "s", "ip", "k");
	char large[1100];
	struct stage stage;

	(void)state;
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	stage_start(&stage);
	assert_int_equal(keep(&stage, key, "a", 150), RESULT_OK);
	assert_int_equal(store_change(stage.memory, &key, 100, put, &refused), RESULT_MALFORMED);
	assert_int_equal(keep(&stage, key, large, 150), RESULT_LIMIT);
	assert_kept(&stage, key, 100, "a");
	assert_int_equal(store_change(stage.memory, &key, 100, put, &none), RESULT_OK);
	assert_kept(&stage, key, 100, NULL);
	stage_end(&stage);
}

/* Far more keys than places: memory stays what it is, and the ones that last longest are there. */
static void what_expires_soonest_makes_room(void **state)
{
	struct stage stage;
	unsigned kept = 0;

	(void)state;
	stage_start(&stage);
	for (unsigned i = 0; i < 100; i++) {
		char name[16];

		snprintf(name, sizeof(name), "long-%u", i);
		assert_int_equal(keep(&stage, key_of("t", "s", "ip", name), name, 100000), RESULT_OK);
	}
	for (unsigned i = 0; i < 20000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "short-%u", i);
		assert_int_equal(keep(&stage, key_of("t", "s", "ip", name), name, 200 + i % 7), RESULT_OK);
	}
	for (unsigned i = 0; i < 100; i++) {
		char name[16];

		snprintf(name, sizeof(name), "long-%u", i);
		assert_kept(&stage, key_of("t", "s", "ip", name), 100, name);
	}
	kept = (unsigned)store_figures(stage.memory).entries;
	assert_true(kept > 900 && kept <= BYTES / 1024);
	assert_true(store_figures(stage.memory).evictions > 18000);
	stage_end(&stage);
}

static enum result count(void *context, struct span before, char *after, size_t room, size_t *len, uint64_t *expires_s)
{
	uint64_t number = 0;

	(void)context, (void)room;
	if (before.len && span_to_u64(before, UINT64_MAX, &number) != RESULT_OK)
		return RESULT_MALFORMED;
	*len = decimal_write(number + 1, after);
	*expires_s = 1000;
	return RESULT_OK;
}

#define TIMES 20000

static void *count_often(void *memory)
{
	struct collection_key key = key_of("t", "s", "ip", "counter");

	for (unsigned i = 0; i < TIMES; i++) {
		if (store_change(memory, &key, 100, count, NULL) != RESULT_OK)
			return memory;
	}
	return NULL;
}

static void nothing_is_lost_between_threads_and_processes(void **state)
{
	pthread_t threads[2];
	struct stage stage;
	char text[DECIMAL_MAX + 1];
	int status;
	pid_t child;

	(void)state;
	stage_start(&stage);
	child = fork();
	assert_true(child >= 0);
	if (!child)
		_exit(count_often(stage.memory) != NULL);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count_often, stage.memory), 0);
	for (size_t i = 0; i < 2; i++) {
		void *failed = NULL;

		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	snprintf(text, sizeof(text), "%u", 3 * TIMES);
	assert_kept(&stage, key_of("t", "s", "ip", "counter"), 100, text);
	stage_end(&stage);
}

static enum result die(void *context, struct span before, char *after, size_t room, size_t *len, uint64_t *expires_s)
{
	(void)context, (void)before, (void)after, (void)room, (void)len, (void)expires_s;
	_exit(7);
}

static void a_dead_holder_stops_nobody(void **state)
{
	struct collection_key key = key_of("t", "s", "ip", "k");
	struct stage stage;
	int status;
	pid_t child;

	(void)state;
	stage_start(&stage);
	assert_int_equal(keep(&stage, key, "a", 150), RESULT_OK);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		(void)!store_change(stage.memory, &key, 100, die, NULL);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), 7);
	assert_kept(&stage, key, 100, NULL);
	assert_int_equal(store_figures(stage.memory).deaths, 1);
	assert_int_equal(keep(&stage, key, "b", 150), RESULT_OK);
	assert_kept(&stage, key, 100, "b");
	stage_end(&stage);
}

static void shapes_that_are_none(void **state)
{
	static const struct store_shape wrong[] = { { 1000, 1024 }, { BYTES, 100 }, { BYTES, 100000 } };
	void *memory = aligned_alloc(64, BYTES);
	struct store_shape other = shape;

	(void)state;
	assert_non_null(memory);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(store_init(memory, &wrong[i], seeds[0], seeds[1]), RESULT_LIMIT);
	assert_int_equal(store_init(memory, &shape, seeds[0], seeds[1]), RESULT_OK);
	other.entry_bytes = 512;
	assert_false(store_is_there(memory, &other));
	free(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_key_has_its_own),
		cmocka_unit_test(it_expires),
		cmocka_unit_test(a_refusal_leaves_what_was),
		cmocka_unit_test(what_expires_soonest_makes_room),
		cmocka_unit_test(nothing_is_lost_between_threads_and_processes),
		cmocka_unit_test(a_dead_holder_stops_nobody),
		cmocka_unit_test(shapes_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
