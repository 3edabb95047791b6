/* The disk of the cache: what comes back from it, what goes, and what it never gives. */
#include "copies_stage.h"

#include <sys/stat.h>

#include "cache/continuity/tier.h"
#include "cache/key.h"

#include "base/banned.h"

#define THIRD_SITE 0x77u

static struct cache_object *make_of(struct stage *stage, uint64_t site, const char *path, size_t bytes, const struct cache_draft *more)
{
	struct field list[] = { { SPAN("Content-Type"), SPAN("text/html"), FIELD_CONTENT_TYPE }, { SPAN("Cache-Control"), SPAN("max-age=600"), FIELD_CACHE_CONTROL } };
	struct fields fields = { .list = list, .count = 2, .size = 2, .max = 2 };
	struct cache_draft draft = *more;
	struct cache_object *object;
	char key[256], *text = calloc(1, bytes + 1);

	draft.key = key_of(site, path, key);
	draft.hash = cache_store_hash(stage->store, draft.key);
	draft.party = 1;
	draft.fields = &fields;
	draft.received_ms = clock_mono_ms();
	draft.status = draft.status ? draft.status : 200;
	assert_ok(cache_body_new(stage->store, 1, 1 << 20, &draft.body));
	if (bytes)
		assert_ok(cache_body_add(draft.body, span_make(text, bytes), bytes));
	cache_body_seal(draft.body);
	assert_ok(cache_object_make(stage->store, &draft, &object));
	cache_body_drop(draft.body);
	free(text);
	return object;
}

static struct cache_object *make(struct stage *stage, const char *path, size_t bytes, const struct cache_draft *more)
{
	return make_of(stage, SITE, path, bytes, more);
}

static const struct cache_draft fresh = { .life = { .age_s = 5, .fresh_s = 600, .while_s = 7, .error_s = 3600, .has_validator = true } };
static uint64_t turn_ms = 1000000;  /* each offer in its own minute */

static struct tier_offer offer_of(const struct stage *stage, struct cache_object *object)
{
	return (struct tier_offer){ object, SITE, clock_wall_ns() / 1000000000u - 5, cache_store_purges(stage->store, object->hash) };
}

static void offer(struct stage *stage, struct cache_object *object)
{
	struct tier_offer offer = offer_of(stage, object);

	tier_offer(stage->copies, &offer, turn_ms += 2 * TIER_AGAIN_MS);
}

/* Written, and forgotten by memory, which never had it. */
static void store(struct stage *stage, const char *path, size_t bytes, const struct cache_draft *more)
{
	struct cache_object *object = make(stage, path, bytes, more);
	uint64_t count = copies_state(stage->copies).written;

	offer(stage, object);
	for (unsigned i = 0; i < WAIT_MS && copies_state(stage->copies).written == count; i++)
		usleep(1000);
	assert_int_equal(copies_state(stage->copies).written, count + 1);
	cache_object_drop(object);
}

static struct cache_object *in_memory(struct stage *stage, const char *path, bool is_again)
{
	char key[256];
	struct cache_ask ask = { .key = key_of(SITE, path, key), .fields = &(struct fields){ .count = 0 }, .is_again = is_again };
	bool others;

	ask.hash = cache_store_hash(stage->store, ask.key);
	return cache_store_find(stage->store, &ask, &others);
}

/* Brings PATH back, if it is there for such a one. */
static bool brings(struct stage *stage, const char *path, bool has_cookies, bool needs_judged)
{
	bool is_told = false;
	struct copy_ticket ticket = { .wake = wake, .context = &is_told };
	struct cache_object *object = NULL;
	char key[256];
	struct copies_ask ask = { .site = SITE, .key = key_of(SITE, path, key), .fields = &(struct fields){ .count = 0 }, .has_cookies = has_cookies,
		                  .needs_judged = needs_judged };

	list_init(&ticket.node);
	if (copies_find(stage->copies, &ask, &ticket, &object) == COPIES_NONE)
		return false;
	for (unsigned i = 0; i < WAIT_MS && !__atomic_load_n(&is_told, __ATOMIC_ACQUIRE); i++)
		usleep(1000);
	copies_cancel(stage->copies, &ticket);
	object = in_memory(stage, path, true);
	if (object)
		cache_object_drop(object);
	return object;
}

static void begin_tier(struct stage *stage)
{
	stage->copies = copies_new(stage->fd, stage->store, COPIES_TIER);
	assert_non_null(stage->copies);
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	for (unsigned i = 0; i < WAIT_MS && !copies_state(stage->copies).is_open; i++)
		usleep(1000);
	assert_true(copies_state(stage->copies).is_open);
}

static struct stage *tier_of(void **state)
{
	struct stage *stage = *state;

	copies_free(stage->copies);
	stage->rules[0].refresh_s = stage->rules[1].refresh_s = 60;
	stage->rules[0].disk_bytes = stage->rules[1].disk_bytes = stage->total_bytes = 1 << 20;
	begin_tier(stage);
	return stage;
}

static void tier_again(struct stage *stage)
{
	copies_free(stage->copies);
	(void)cache_store_purge(stage->store, &(struct cache_purge){ SITE, PURGE_PREFIX, SPAN("/") });
	begin_tier(stage);
}

static void comes_back_as_it_was(void **state)
{
	struct stage *stage = tier_of(state);
	struct cache_draft draft = fresh;
	struct cache_object *object;

	draft.status = 404;
	draft.tags = SPAN("news sport");
	draft.is_judged = true;
	draft.life.is_for_cookies = true;
	store(stage, "/", 5000, &draft);
	tier_again(stage);
	assert_null(in_memory(stage, "/", false));
	assert_true(brings(stage, "/", true, true));
	object = in_memory(stage, "/", true);
	assert_non_null(object);
	assert_int_equal(object->status, 404);
	assert_int_equal(object->body->bytes, 5000);
	assert_int_equal(object->fields.count, 2);
	assert_span(fields_find(&object->fields, FIELD_CACHE_CONTROL)->value, "max-age=600");
	assert_span(object->tags, "news sport");
	assert_true(object->is_judged && object->life.is_for_cookies && object->life.has_validator && !object->life.is_learned && !object->life.is_validated_always);
	assert_int_equal(object->life.fresh_s, 600);
	assert_int_equal(object->life.while_s, 7);
	assert_int_equal(object->life.error_s, 3600);
	assert_true(object->life.age_s >= 5 && object->life.age_s < 30);
	cache_object_drop(object);
	assert_int_equal(copies_state(stage->copies).given, 1);
}

static void for_whom(void **state)
{
	struct stage *stage = tier_of(state);

	store(stage, "/", 10, &fresh);
	assert_false(brings(stage, "/", true, false));   /* not declared to be for all */
	assert_false(brings(stage, "/", false, true));   /* rules have not seen it */
	assert_false(brings(stage, "/other", false, false));
	assert_true(brings(stage, "/", false, false));
}

static void what_suits(void **state)
{
	struct stage *stage = tier_of(state);
	static const struct { const char *vary; bool is_learned, is_validated; int64_t age_s; bool suits; } rows[] = {
		{ "", false, false, 0, true }, { "", true, false, 0, false }, { "", false, true, 0, false },
		{ "", false, false, 4200 - TIER_USE_MIN_S, true }, { "", false, false, 4201 - TIER_USE_MIN_S, false },
		{ "accept,accept-encoding,accept-language,cookie,origin", false, false, 0, true }, { "accept,user-agent", false, false, 0, false },
		{ "x-forwarded-for", false, false, 0, false }, { "accep", false, false, 0, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct cache_draft draft = fresh;
		struct cache_object *object;

		draft.vary = span_of(rows[i].vary);
		draft.life.is_learned = rows[i].is_learned;
		draft.life.is_validated_always = rows[i].is_validated;
		draft.life.age_s = rows[i].age_s;
		object = make(stage, "/", 10, &draft);
		assert_int_equal(tier_suits(object, object->received_ms), rows[i].suits);
		cache_object_drop(object);
	}
}

/* A purge between the look and the offer, or between the offer and the disk. */
static void purged_meanwhile(void **state)
{
	struct stage *stage = tier_of(state);
	struct cache_object *object = make(stage, "/", 10, &fresh);
	struct tier_offer before = offer_of(stage, object);
	struct cache_purge purge = { SITE, PURGE_ADDRESS, SPAN("/") };
	size_t count;

	assert_ok(copies_drop(stage->copies, &purge, false, &count));
	tier_offer(stage->copies, &before, turn_ms += 2 * TIER_AGAIN_MS);
	before = offer_of(stage, object);
	tier_forget(stage->copies, object->key);
	tier_offer(stage->copies, &before, turn_ms += 2 * TIER_AGAIN_MS);
	offer(stage, object);
	tier_forget(stage->copies, object->key);
	offer(stage, object);
	(void)!copies_drop(stage->copies, &purge, false, &count);
	usleep(200000);
	assert_int_equal(each_file(stage, ".copy", NULL) + each_file(stage, ".part", NULL), 0);
	assert_false(brings(stage, "/", false, false));
	cache_object_drop(object);
}

static void purges(void **state)
{
	struct stage *stage = tier_of(state);
	struct cache_draft tagged = fresh;
	static const struct { enum purge_kind kind; struct span text; size_t count; } rows[] = {
		{ PURGE_ADDRESS, SPAN_INIT("/a"), 1 }, { PURGE_PREFIX, SPAN_INIT("https://www.x.example/b/"), 2 }, { PURGE_TAG, SPAN_INIT("news"), 1 }, { PURGE_TAG, SPAN_INIT("new"), 0 },
	};

	tagged.tags = SPAN("sport news");
	store(stage, "/a", 10, &fresh);
	store(stage, "/b/1", 10, &fresh);
	store(stage, "/b/2", 10, &fresh);
	store(stage, "/c", 10, &tagged);
	store(stage, "/aa", 10, &fresh);
	assert_true(brings(stage, "/a", false, false));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		size_t count, there = i == 0;  /* in memory, too */

		assert_ok(copies_drop(stage->copies, &(struct cache_purge){ SITE, rows[i].kind, rows[i].text }, false, &count));
		assert_int_equal(count, rows[i].count + there);
	}
	assert_null(in_memory(stage, "/a", true));
	assert_int_equal(copies_state(stage->copies).copies, 1);
	tier_again(stage);
	assert_int_equal(copies_state(stage->copies).copies, 1);
	assert_false(brings(stage, "/a", false, false));
	assert_true(brings(stage, "/aa", false, false));
}

/* What memory has is newer than what comes from disk. */
static void newer_in_memory(void **state)
{
	struct stage *stage = tier_of(state);
	struct cache_object *newer = make(stage, "/", 20, &fresh), *found;

	store(stage, "/", 10, &fresh);
	assert_ok(cache_store_put(stage->store, newer, cache_store_purges(stage->store, newer->hash)));
	assert_true(brings(stage, "/", false, false));
	found = in_memory(stage, "/", true);
	assert_ptr_equal(found, newer);
	assert_int_equal(copies_state(stage->copies).given, 0);
	tier_replace(stage->copies, newer);
	assert_int_equal(copies_state(stage->copies).copies, 0);
	cache_object_drop(found);
	cache_object_drop(newer);
}

static void ask(struct stage *stage, const char *path, unsigned times)
{
	while (times--) {
		struct cache_object *object = in_memory(stage, path, false);

		if (object)
			cache_object_drop(object);
	}
}

/* Three files have room: who was not used for longest goes, but for none that was asked for less often. */
static void who_goes(void **state)
{
	struct stage *stage = tier_of(state);
	struct cache_object *rare;

	stage->rules[0].disk_bytes = stage->total_bytes = 3 * (65536 + 4096);
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	ask(stage, "/a", 3);
	ask(stage, "/b", 1);
	ask(stage, "/c", 1);
	ask(stage, "/d", 2);
	store(stage, "/a", 65536, &fresh);
	store(stage, "/b", 65536, &fresh);
	store(stage, "/c", 65536, &fresh);
	assert_true(brings(stage, "/a", false, false));
	store(stage, "/d", 65536, &fresh);
	assert_int_equal(copies_state(stage->copies).copies, 3);
	assert_true(copies_state(stage->copies).bytes <= stage->total_bytes);
	assert_false(brings(stage, "/b", false, false));
	assert_true(brings(stage, "/c", false, false));
	/* The next to go was asked for three times, and this one never. */
	assert_true(brings(stage, "/d", false, false) && brings(stage, "/c", false, false));
	rare = make(stage, "/rare", 65536, &fresh);
	offer(stage, rare);
	usleep(200000);
	assert_false(brings(stage, "/rare", false, false));
	assert_true(brings(stage, "/a", false, false));
	cache_object_drop(rare);
}

/* Whether PATH of SITE, asked for so often, is on disk after it was offered. */
static bool lies_there(struct stage *stage, uint64_t site, const char *path)
{
	struct copies_ask ask = { .site = site, .fields = &(struct fields){ .count = 0 } };
	char key[256];

	ask.key = key_of(site, path, key);
	return copies_find(stage->copies, &ask, NULL, NULL) == COPIES_WAIT;
}

static void offer_and_wait(struct stage *stage, uint64_t site, const char *path)
{
	struct cache_object *object = make_of(stage, site, path, 65536, &fresh);
	struct tier_offer offer = offer_of(stage, object);

	offer.site = site;
	tier_offer(stage->copies, &offer, turn_ms += 2 * TIER_AGAIN_MS);
	cache_object_drop(object);
	for (unsigned i = 0; i < 200 && !lies_there(stage, site, path); i++)
		usleep(1000);
}

/* Four files have room. One tenant has them all, each asked for often; the other gets half of them for what was asked for once, and no more; and keeps it. */
static void others_have_their_part(void **state)
{
	struct stage *stage = tier_of(state);
	static const char *const paths[] = { "/a", "/b", "/c", "/d", "/e" };

	stage->total_bytes = 4 * (65536 + 4096);
	stage->rules[0].disk_bytes = stage->rules[1].disk_bytes = stage->total_bytes;
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	for (unsigned i = 0; i < 4; i++) {
		ask(stage, paths[i], 9);
		store(stage, paths[i], 65536, &fresh);
	}
	for (unsigned i = 0; i < 3; i++)
		offer_and_wait(stage, OTHER_SITE, paths[i]);
	assert_true(lies_there(stage, SITE, "/c") && lies_there(stage, SITE, "/d"));
	assert_true(lies_there(stage, OTHER_SITE, "/b") && lies_there(stage, OTHER_SITE, "/c"));
	ask(stage, "/e", 12);
	offer_and_wait(stage, SITE, "/e");
	assert_true(lies_there(stage, SITE, "/d") && lies_there(stage, SITE, "/e"));
	assert_true(lies_there(stage, OTHER_SITE, "/b") && lies_there(stage, OTHER_SITE, "/c"));
	assert_int_equal(copies_state(stage->copies).copies, 4);
}

/* A site that is another tenant's after a reload counts there. */
static void changes_hands(void **state)
{
	struct stage *stage = tier_of(state);
	const uint64_t sites[] = { SITE, OTHER_SITE, THIRD_SITE }, total_bytes = 6 * (65536 + 4096);
	struct copies_rules rules[3];

	for (unsigned i = 0; i < 3; i++) {
		rules[i] = stage->rules[i % 2];
		rules[i].site = sites[i];
		rules[i].party = i + 1;
		rules[i].disk_bytes = total_bytes;
	}
	assert_ok(copies_apply(stage->copies, rules, 3, total_bytes));
	for (unsigned i = 0; i < 6; i++)
		offer_and_wait(stage, sites[i % 3], i < 3 ? "/a" : "/b");
	rules[1].party = 1;
	assert_ok(copies_apply(stage->copies, rules, 3, total_bytes));
	offer_and_wait(stage, THIRD_SITE, "/c");
	assert_true(lies_there(stage, THIRD_SITE, "/a") && lies_there(stage, THIRD_SITE, "/b") && lies_there(stage, THIRD_SITE, "/c"));
	offer_and_wait(stage, OTHER_SITE, "/c");
	assert_true(lies_there(stage, THIRD_SITE, "/a") && lies_there(stage, OTHER_SITE, "/c"));
	assert_int_equal(copies_state(stage->copies).copies, 6);
}

static void too_old(void **state)
{
	struct stage *stage = tier_of(state);
	struct cache_draft draft = fresh;

	draft.life = (struct cache_life){ .fresh_s = 4, .age_s = 5 };
	store(stage, "/", 10, &draft);
	assert_false(brings(stage, "/", false, false));
	for (unsigned i = 0; i < 200 && each_file(stage, ".copy", NULL); i++)
		usleep(100000);
	assert_int_equal(each_file(stage, ".copy", NULL), 0);
}

static char found_path[512];

static void note(const char *path)
{
	snprintf(found_path, sizeof(found_path), "%s", path);
}

/* A file that was cut, at every length: none is given, each is removed. */
static void cut_at_every_length(void **state)
{
	struct stage *stage = tier_of(state);
	char text[2048], site[512];
	struct stat status;
	ssize_t size;
	int fd;

	store(stage, "/", 100, &fresh);
	assert_int_equal(each_file(stage, ".copy", note), 1);
	fd = open(found_path, O_RDONLY | O_CLOEXEC);
	size = read(fd, text, sizeof(text));
	close(fd);
	assert_in_range(size, 300, sizeof(text) - 1);
	snprintf(site, sizeof(site), "%.*s", (int)(strrchr(found_path, '/') - found_path), found_path);
	for (ssize_t length = 0; length < size; length++) {
		copies_free(stage->copies);
		(void)!mkdir(site, 0700);  /* an empty one goes */
		fd = open(found_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		assert_int_equal(write(fd, text, (size_t)length), length);
		close(fd);
		begin_tier(stage);
		assert_int_equal(copies_state(stage->copies).damaged, 1);
		assert_int_equal(copies_state(stage->copies).copies, 0);
		assert_int_equal(stat(found_path, &status), -1);
	}
}

/* Two edges: the second has nothing until the first leaves, and then all of it. */
static void one_at_a_time(void **state)
{
	struct stage *stage = tier_of(state);
	struct stage second = *stage;

	store(stage, "/", 10, &fresh);
	second.copies = copies_new(stage->fd, stage->store, COPIES_TIER);
	assert_ok(copies_apply(second.copies, stage->rules, 2, stage->total_bytes));
	usleep(300000);
	assert_false(copies_state(second.copies).is_open || copies_state(second.copies).error);
	store(stage, "/b", 10, &fresh);
	copies_leave(stage->copies);
	for (unsigned i = 0; i < WAIT_MS && !copies_state(second.copies).is_open; i++)
		usleep(1000);
	assert_int_equal(copies_state(second.copies).copies, 2);
	assert_false(brings(stage, "/", false, false));
	assert_true(brings(&second, "/", false, false));
	copies_free(second.copies);
}

/* What the second forgets, and what it gets anew, before it has the folder: the first's files of that are not given later. */
static void forgotten_before_it_is_found(void **state)
{
	struct stage *stage = tier_of(state);
	struct stage second = *stage;
	struct cache_object *newer = make(stage, "/newer", 20, &fresh), *gone = make(stage, "/gone", 10, &fresh);
	size_t count;

	store(stage, "/newer", 10, &fresh);
	store(stage, "/gone", 10, &fresh);
	store(stage, "/purged", 10, &fresh);
	store(stage, "/stays", 10, &fresh);
	second.copies = copies_new(stage->fd, stage->store, COPIES_TIER);
	assert_ok(copies_apply(second.copies, stage->rules, 2, stage->total_bytes));
	assert_ok(cache_store_put(stage->store, newer, cache_store_purges(stage->store, newer->hash)));
	tier_forget(second.copies, gone->key);
	assert_int_equal(copies_drop(second.copies, &(struct cache_purge){ SITE, PURGE_ADDRESS, SPAN("/purged") }, false, &count), RESULT_TIMEOUT);
	assert_false(copies_state(second.copies).is_open);
	copies_leave(stage->copies);
	for (unsigned i = 0; i < WAIT_MS && !copies_state(second.copies).is_open; i++)
		usleep(1000);
	assert_int_equal(copies_state(second.copies).copies, 1);
	assert_true(brings(&second, "/stays", false, false));
	assert_int_equal(each_file(stage, ".copy", NULL), 1);
	copies_free(second.copies);
	cache_object_drop(newer);
	cache_object_drop(gone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(comes_back_as_it_was), TEST(for_whom), TEST(what_suits), TEST(purged_meanwhile), TEST(purges), TEST(newer_in_memory), TEST(who_goes), TEST(others_have_their_part),
		TEST(changes_hands), TEST(too_old),
		TEST(cut_at_every_length), TEST(one_at_a_time), TEST(forgotten_before_it_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
