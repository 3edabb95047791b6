/* The store: what it promises of its memory whatever is done to it, and who stays when there is no room. */
#include "heads.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/budget.h"
#include "cache/key.h"
#include "cache/store.h"

#include "base/banned.h"

#define PARTIES 3

/* The memory of a few tenants. */
struct bank {
	pthread_mutex_t lock;
	struct budget budget;
	struct budget_party parties[PARTIES];
	uint64_t amount, most;
	int holders;
};

static void *bank_hold(void *context, uint64_t party)
{
	struct bank *bank = context;

	__atomic_add_fetch(&bank->holders, 1, __ATOMIC_RELAXED);
	return &bank->parties[party];
}

static void bank_drop(void *context, void *tenant)
{
	struct bank *bank = context;

	(void)tenant;
	__atomic_sub_fetch(&bank->holders, 1, __ATOMIC_RELAXED);
}

static bool bank_take(void *context, void *tenant, uint64_t bytes)
{
	struct bank *bank = context;
	bool is_taken;

	pthread_mutex_lock(&bank->lock);
	is_taken = budget_take(&bank->budget, tenant, bytes);
	bank->most = bank->budget.used > bank->most ? bank->budget.used : bank->most;
	pthread_mutex_unlock(&bank->lock);
	return is_taken;
}

static void bank_give(void *context, void *tenant, uint64_t bytes)
{
	struct bank *bank = context;

	pthread_mutex_lock(&bank->lock);
	budget_give(&bank->budget, tenant, bytes);
	pthread_mutex_unlock(&bank->lock);
}

struct stage {
	struct bank bank;
	struct cache_store *store;
	struct heads heads;
};

static void stage_start(struct stage *stage, uint64_t amount, size_t parties)
{
	struct cache_ports ports = { &stage->bank, bank_hold, bank_drop, bank_take, bank_give };
	struct cache_limits limits = { .shards = 4, .entries = 4096 };

	*stage = (struct stage){ .bank.amount = amount };
	pthread_mutex_init(&stage->bank.lock, NULL);
	budget_set(&stage->bank.budget, amount, parties);
	stage->store = cache_store_new(&limits, &ports);
	assert_non_null(stage->store);
	heads_init(&stage->heads);
}

/* Nothing is left of anything. */
static void stage_end(struct stage *stage)
{
	cache_store_free(stage->store);
	assert_int_equal(stage->bank.budget.used, 0);
	assert_int_equal(stage->bank.holders, 0);
	assert_true(stage->bank.most <= stage->bank.amount);
	heads_done(&stage->heads);
	pthread_mutex_destroy(&stage->bank.lock);
}

struct thing {
	uint64_t site;
	const char *target, *request, *answer;
	uint64_t party;
	size_t bytes;
};

static struct span key_of(struct stage *stage, const struct thing *thing, char out[KEY_BYTES_MAX])
{
	struct cache_place place = { thing->site, true };
	char line[512];
	struct span key = SPAN_NONE;

	snprintf(line, sizeof(line), "GET %s", thing->target);
	heads_ask(&stage->heads, line, thing->request ? thing->request : "");
	assert_ok(key_write(&place, &stage->heads.request, out, &key));
	return key;
}

/* Makes it and puts it there. */
static enum result keep(struct stage *stage, const struct thing *thing, uint64_t purges)
{
	char key_text[KEY_BYTES_MAX], vary_text[VARIANT_BYTES_MAX], variant_text[VARIANT_BYTES_MAX];
	struct cache_draft draft = { .party = thing->party, .status = 200, .life.fresh_s = 60 };
	struct cache_object *object = NULL;
	struct cache_body *body = NULL;
	enum result result;

	draft.key = key_of(stage, thing, key_text);
	draft.hash = cache_store_hash(stage->store, draft.key);
	heads_answer(&stage->heads, 200, thing->answer ? thing->answer : "");
	draft.fields = &stage->heads.answer.fields;
	draft.tags = fields_find(draft.fields, FIELD_CACHE_TAG) ? fields_find(draft.fields, FIELD_CACHE_TAG)->value : SPAN_NONE;
	assert_ok(key_vary_write(draft.fields, vary_text, &draft.vary));
	assert_ok(key_variant_write(&stage->heads.request.fields, draft.vary, variant_text, &draft.variant));
	result = cache_body_new(stage->store, thing->party, 1 << 20, &body);
	for (size_t made = 0; result == RESULT_OK && made < thing->bytes; made += 1000)
		result = cache_body_add(body, span_make(key_text, 1000), 0);
	if (body)
		cache_body_seal(body);
	draft.body = body;
	if (result == RESULT_OK)
		result = cache_object_make(stage->store, &draft, &object);
	if (result == RESULT_OK)
		result = cache_store_put(stage->store, object, purges == UINT64_MAX ? cache_store_purges(stage->store, draft.hash) : purges);
	if (object)
		cache_object_drop(object);
	if (body)
		cache_body_drop(body);
	arena_reset(&stage->heads.arena);
	return result;
}

static struct cache_object *find(struct stage *stage, const struct thing *thing, bool *others)
{
	char text[KEY_BYTES_MAX];
	struct cache_ask ask = { .key = key_of(stage, thing, text) };
	struct cache_object *found;

	ask.hash = cache_store_hash(stage->store, ask.key);
	ask.fields = &stage->heads.request.fields;
	found = cache_store_find(stage->store, &ask, others);
	arena_reset(&stage->heads.arena);
	return found;
}

static bool has(struct stage *stage, const struct thing *thing)
{
	bool others;
	struct cache_object *found = find(stage, thing, &others);

	if (found)
		cache_object_drop(found);
	return found != NULL;
}

static void keeps(void **state)
{
	struct stage stage;
	struct thing nl = { .site = 1, .target = "/a", .request = "Accept-Language: nl|", .answer = "Vary: Accept-Language|X-Word: a|Content-Length: 3|Age: 4|Set-Cookie: x=y|Connection: x-word2|X-Word2: b|Cache-Tag: t|", .bytes = 5000 };
	struct thing fr = nl;
	struct cache_object *found;
	uint64_t at = 0;
	bool others = false;

	(void)state;
	stage_start(&stage, 1 << 20, 1);
	fr.request = "Accept-Language: fr|";
	assert_ok(keep(&stage, &nl, UINT64_MAX));
	found = find(&stage, &nl, &others);
	assert_non_null(found);
	assert_false(others);
	assert_int_equal(found->fields.count, 2);
	assert_span(found->fields.list[0].name, "Vary");
	assert_span(found->fields.list[1].value, "a");
	while (at < found->body->bytes)
		at += cache_body_piece(found->body, at).len;
	assert_int_equal(at, 5000);
	assert_int_equal(cache_body_piece(found->body, at).len, 0);
	assert_null(find(&stage, &fr, &others));
	assert_true(others);
	/* What is being delivered stays, and stays counted, when it is forgotten. */
	cache_store_forget(stage.store, found->key);
	assert_false(has(&stage, &nl));
	assert_true(stage.bank.budget.used >= 5000);
	assert_int_equal(found->body->bytes, 5000);
	cache_object_drop(found);
	assert_int_equal(stage.bank.budget.used, 0);
	stage_end(&stage);
}

static void codings(void **state)
{
	struct stage stage;
	struct thing gzip = { .site = 1, .target = "/a", .request = "Accept-Encoding: gzip|", .answer = "Content-Encoding: gzip|" };  /* and no Vary */
	struct thing plain = { .site = 1, .target = "/a" };

	(void)state;
	stage_start(&stage, 1 << 20, 1);
	assert_ok(keep(&stage, &gzip, UINT64_MAX));
	assert_true(has(&stage, &gzip));
	assert_false(has(&stage, &plain));
	stage_end(&stage);
}

static void variants_are_few(void **state)
{
	struct stage stage;
	char request[64];
	struct thing thing = { .site = 1, .target = "/a", .request = request, .answer = "Vary: X-A|" };

	(void)state;
	stage_start(&stage, 1 << 20, 1);
	for (int i = 0; i < 100; i++) {
		snprintf(request, sizeof(request), "X-A: %d|", i);
		assert_ok(keep(&stage, &thing, UINT64_MAX));
	}
	assert_int_equal(cache_store_count(stage.store).objects, VARIANTS_MAX);
	assert_true(has(&stage, &thing));
	assert_ok(keep(&stage, &thing, UINT64_MAX));  /* takes its own place */
	assert_int_equal(cache_store_count(stage.store).objects, VARIANTS_MAX);
	stage_end(&stage);
}

static size_t purge(struct stage *stage, uint64_t site, enum purge_kind kind, const char *text)
{
	return cache_store_purge(stage->store, &(struct cache_purge){ site, kind, span_of(text) });
}

static void purges(void **state)
{
	static const char *const targets[] = { "/", "/a", "/a?x", "/ab", "/b" };
	struct stage stage;
	struct thing thing = { .answer = "Cache-Tag: news home|" };
	uint64_t before;

	(void)state;
	stage_start(&stage, 1 << 20, 1);
	for (size_t i = 0; i < 10; i++) {
		thing.site = 1 + i / 5;
		thing.target = targets[i % 5];
		assert_ok(keep(&stage, &thing, UINT64_MAX));
	}
	assert_int_equal(purge(&stage, 3, PURGE_PREFIX, "/"), 0);
	assert_int_equal(purge(&stage, 1, PURGE_ADDRESS, "/a"), 1);
	assert_int_equal(purge(&stage, 1, PURGE_ADDRESS, "/a"), 0);
	assert_int_equal(purge(&stage, 1, PURGE_PREFIX, "/a"), 2);
	assert_int_equal(purge(&stage, 2, PURGE_PREFIX, "https://portal.example/a"), 3);
	assert_int_equal(purge(&stage, 2, PURGE_PREFIX, "https://portal.exam/"), 0);
	assert_int_equal(purge(&stage, 1, PURGE_TAG, "new"), 0);
	assert_int_equal(purge(&stage, 1, PURGE_TAG, "home"), 2);
	assert_int_equal(purge(&stage, 2, PURGE_ADDRESS, "https://portal.example/b"), 1);
	assert_int_equal(cache_store_count(stage.store).objects, 1);
	/* What was asked for before a purge is not kept after it. */
	before = cache_store_purges(stage.store, 0);
	purge(&stage, 9, PURGE_PREFIX, "/");
	assert_result(keep(&stage, &thing, before), RESULT_REFUSED);
	stage_end(&stage);
}

/* Hot pages stay while random queries run through: each page is asked for once in a hundred requests. */
static void scan(void **state)
{
	struct stage stage;
	struct draws draws = { 7 };
	char target[64];
	struct thing thing = { .site = 1, .target = target, .bytes = 2000 };
	unsigned hits = 0, asked = 0;

	(void)state;
	stage_start(&stage, 400000, 1);  /* some 90 answers */
	for (unsigned i = 0; i < 40000; i++) {
		bool is_page = i < 400 || i % 4 == 0;

		if (is_page)
			snprintf(target, sizeof(target), "/page/%u", (unsigned)draw_below(&draws, 25));
		else
			snprintf(target, sizeof(target), "/?%llx", (unsigned long long)draw(&draws));
		if (has(&stage, &thing)) {
			hits += is_page && i >= 400;
		} else {
			enum result result = keep(&stage, &thing, UINT64_MAX);

			assert_true(result == RESULT_OK || result == RESULT_LIMIT);
		}
		asked += is_page && i >= 400;
		assert_true(stage.bank.budget.used <= stage.bank.amount);
	}
	print_message("%u of %u\n", hits, asked);
	assert_true(hits * 100 > asked * 97);
	stage_end(&stage);
}

static bool is_the_town(const void *context, uint64_t party)
{
	return party == *(const uint64_t *)context;
}

/* The tenant that floods takes nothing of another's share. */
static void tenants(void **state)
{
	struct stage stage;
	struct draws draws = { 8 };
	char target[64];
	struct thing flood = { .site = 1, .target = target, .bytes = 3000, .party = 0 }, town = { .site = 2, .target = target, .bytes = 3000, .party = 1 };

	(void)state;
	stage_start(&stage, 400000, 2);
	for (unsigned i = 0; i < 3000; i++) {
		snprintf(target, sizeof(target), "/?%llx", (unsigned long long)draw(&draws));
		(void)!keep(&stage, &flood, UINT64_MAX);
		if (i == 1000) {
			for (unsigned page = 0; page < 15; page++) {
				snprintf(target, sizeof(target), "/page/%u", page);
				assert_ok(keep(&stage, &town, UINT64_MAX));
			}
		}
	}
	for (unsigned page = 0; page < 15; page++) {
		snprintf(target, sizeof(target), "/page/%u", page);
		assert_true(has(&stage, &town));
	}
	/* Who is served no more leaves, and has nothing. */
	assert_true(stage.bank.parties[0].used > 0);
	cache_store_leave(stage.store, is_the_town, &town.party);
	assert_int_equal(stage.bank.parties[0].used, 0);
	assert_int_equal(cache_store_count(stage.store).objects, 15);
	stage_end(&stage);
}

struct crowd {
	struct stage *stage;
	struct cache_store *store;
	uint64_t seed;
};

/* A thread with heads of its own on the same store and bank. */
static void *live(void *context)
{
	struct crowd *crowd = context;
	struct stage stage = { .store = crowd->store };
	struct draws draws = { crowd->seed };
	char target[32];
	struct thing thing = { .site = 1, .target = target, .party = crowd->seed % PARTIES };

	heads_init(&stage.heads);
	for (unsigned i = 0; i < 4000; i++) {
		bool others;
		struct cache_object *found;

		snprintf(target, sizeof(target), "/%u", (unsigned)draw_below(&draws, 60));
		thing.bytes = (size_t)draw_below(&draws, 20) * 1000;
		found = find(&stage, &thing, &others);
		if (i % 500 == 0)
			purge(&stage, 1, PURGE_PREFIX, "/1");
		if (!found || i % 7 == 0)
			(void)!keep(&stage, &thing, UINT64_MAX);
		if (found) {
			for (uint64_t at = 0; at < found->body->bytes;)
				at += cache_body_piece(found->body, at).len;
			cache_object_drop(found);
		}
	}
	heads_done(&stage.heads);
	return NULL;
}

static void threads(void **state)
{
	struct stage stage;
	struct crowd crowd[4];
	pthread_t list[4];

	(void)state;
	stage_start(&stage, 300000, PARTIES);
	for (unsigned i = 0; i < 4; i++) {
		crowd[i] = (struct crowd){ &stage, stage.store, i + 1 };
		assert_int_equal(pthread_create(&list[i], NULL, live, &crowd[i]), 0);
	}
	for (unsigned i = 0; i < 4; i++)
		pthread_join(list[i], NULL);
	assert_true(cache_store_count(stage.store).bytes <= stage.bank.budget.used);
	stage_end(&stage);
}

static void merge(void **state)
{
	struct heads heads;
	struct fields stored, merged;

	(void)state;
	heads_init(&heads);
	heads_answer(&heads, 200, "Content-Type: text/html|ETag: \"a\"|Cache-Control: max-age=1|X-A: 1|X-A: 2|X-B: 1|");
	stored = heads.answer.fields;
	heads_answer(&heads, 304, "Cache-Control: max-age=2|x-a: 3|Content-Type: text/plain|X-C: 1|");
	fields_init(&merged, &heads.arena, 64);
	assert_ok(cache_fields_merge(&stored, &heads.answer.fields, &merged));
	assert_int_equal(merged.count, 6);
	assert_span(fields_find(&merged, FIELD_CONTENT_TYPE)->value, "text/html");
	assert_span(fields_find(&merged, FIELD_CACHE_CONTROL)->value, "max-age=2");
	assert_span(fields_find(&merged, FIELD_ETAG)->value, "\"a\"");
	assert_span(fields_find_name(&merged, SPAN("x-a"))->value, "3");
	assert_non_null(fields_find_name(&merged, SPAN("x-b")));
	assert_non_null(fields_find_name(&merged, SPAN("x-c")));
	heads_done(&heads);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps), cmocka_unit_test(codings), cmocka_unit_test(variants_are_few), cmocka_unit_test(purges), cmocka_unit_test(scan),
		cmocka_unit_test(tenants), cmocka_unit_test(threads), cmocka_unit_test(merge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
