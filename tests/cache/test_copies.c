/* Copies of a node: what is kept, who goes where there is no room, and what a person or an origin says of them. */
#include "copies_stage.h"

#include "base/banned.h"

static void keeps(void **state)
{
	struct stage *stage = *state;

	save(stage, SITE, "/", 5000, COPY_ORDINARY);
	save(stage, SITE, "/empty", 0, COPY_ORDINARY);
	assert_int_equal(find(stage, SITE, "/"), 5000);
	again(stage);
	assert_int_equal(copies_state(stage->copies).copies, 2);
	assert_int_equal(find(stage, SITE, "/"), 5000);
	assert_int_equal(find(stage, SITE, "/empty"), 0);
	assert_int_equal(find(stage, SITE, "/other"), -1);
	assert_int_equal(find(stage, OTHER_SITE, "/"), -1);
	save(stage, SITE, "/", 7000, COPY_ORDINARY);
	assert_int_equal(find(stage, SITE, "/"), 7000);
	assert_int_equal(each_file(stage, ".copy", NULL), 2);
	assert_int_equal(each_file(stage, ".part", NULL), 0);
}

static void is_wanted_now_and_then(void **state)
{
	struct stage *stage = *state;
	char key[256];
	struct copies_offer offer = { .site = SITE, .key = key_of(SITE, "/", key), .hash = 7 };
	struct copies_offer pins = { .site = SITE, .key = offer.key, .hash = 8, .is_for_pins = true };

	stage->rules[0].refresh_s = 600;
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	assert_true(is_wanted(stage, &offer, 1000));
	assert_false(is_wanted(stage, &offer, 1000 + COPIES_LOOK_MS - 1000));
	assert_true(is_wanted(stage, &offer, 2000 + COPIES_LOOK_MS));
	save(stage, SITE, "/", 10, COPY_ORDINARY);
	assert_false(is_wanted(stage, &offer, 10 * COPIES_LOOK_MS));
	assert_false(is_wanted(stage, &pins, 1000));
	stage->rules[0].refresh_s = 0;
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	assert_true(is_wanted(stage, &offer, 20 * COPIES_LOOK_MS));
	assert_false(is_wanted(stage, &pins, 20 * COPIES_LOOK_MS));
	assert_ok(copies_pin(stage->copies, SITE, SPAN("/")));
	assert_true(is_wanted(stage, &pins, 30 * COPIES_LOOK_MS));
}

/* The oldest goes first; what is of priority after what is not; what is pinned for nobody who is not. */
static void who_goes(void **state)
{
	struct stage *stage = *state;

	stage->rules[0].disk_bytes = 65536;
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	assert_ok(copies_pin(stage->copies, SITE, SPAN("https://www.x.example/pinned")));
	save(stage, SITE, "/pinned", 15000, COPY_ORDINARY);
	save(stage, SITE, "/priority", 15000, COPY_PRIORITY);
	save(stage, SITE, "/old", 15000, COPY_ORDINARY);
	usleep(1100000);
	save(stage, SITE, "/young", 15000, COPY_ORDINARY);
	assert_int_equal(copies_state(stage->copies).copies, 4);
	save(stage, SITE, "/more", 15000, COPY_ORDINARY);
	assert_int_equal(find(stage, SITE, "/old"), -1);
	assert_int_equal(find(stage, SITE, "/young"), 15000);
	save(stage, SITE, "/large", 30000, COPY_ORDINARY);
	assert_int_equal(find(stage, SITE, "/young"), -1);
	assert_int_equal(find(stage, SITE, "/priority"), 15000);
	save(stage, SITE, "/largest", 45000, COPY_ORDINARY);  /* it would take what is of priority: it is not kept */
	assert_int_equal(find(stage, SITE, "/largest"), -1);
	save(stage, SITE, "/first", 45000, COPY_PRIORITY);
	assert_int_equal(find(stage, SITE, "/first"), 45000);
	assert_int_equal(find(stage, SITE, "/priority"), -1);
	assert_int_equal(find(stage, SITE, "/pinned"), 15000);
	assert_true(copies_state(stage->copies).bytes <= 65536);
	assert_int_equal(each_file(stage, ".copy", NULL), 2);
	again(stage);  /* ranks are known again */
	save(stage, SITE, "/largest", 45000, COPY_ORDINARY);
	assert_int_equal(find(stage, SITE, "/first"), 45000);
}

/* A copy that grows takes no room from itself, and the limit holds. */
static void one_that_grows(void **state)
{
	struct stage *stage = *state;

	stage->rules[0].disk_bytes = 65536;
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	save(stage, SITE, "/a", 30000, COPY_ORDINARY);
	save(stage, SITE, "/b", 30000, COPY_ORDINARY);
	assert_int_equal(copies_state(stage->copies).bytes, 65536);
	save(stage, SITE, "/a", 40000, COPY_ORDINARY);
	assert_true(copies_state(stage->copies).bytes <= 65536);
	assert_int_equal(find(stage, SITE, "/a"), 40000);
	assert_int_equal(find(stage, SITE, "/b"), -1);
	save(stage, SITE, "/a", 70000, COPY_ORDINARY);  /* there is no such room: the one before it stays */
	assert_int_equal(find(stage, SITE, "/a"), 40000);
}

/* What is younger than `refresh` makes no room for its like. */
static void nobody_turns_the_disk_over(void **state)
{
	struct stage *stage = *state;

	stage->rules[0].disk_bytes = 65536;
	stage->rules[0].refresh_s = 600;
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	save(stage, SITE, "/a", 40000, COPY_ORDINARY);
	save(stage, SITE, "/b", 40000, COPY_ORDINARY);
	assert_int_equal(find(stage, SITE, "/a"), 40000);
	assert_int_equal(find(stage, SITE, "/b"), -1);
	assert_int_equal(copies_state(stage->copies).error, 0);
}

/* All sites together: the one that has most loses its own. */
static void all_together(void **state)
{
	struct stage *stage = *state;

	stage->total_bytes = 100000;
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	save(stage, OTHER_SITE, "/small", 10000, COPY_ORDINARY);
	save(stage, SITE, "/a", 40000, COPY_ORDINARY);
	usleep(1100000);
	save(stage, SITE, "/b", 40000, COPY_ORDINARY);
	save(stage, OTHER_SITE, "/more", 10000, COPY_ORDINARY);
	assert_int_equal(find(stage, SITE, "/a"), -1);
	assert_int_equal(find(stage, SITE, "/b"), 40000);
	assert_int_equal(find(stage, OTHER_SITE, "/small"), 10000);
	assert_int_equal(find(stage, OTHER_SITE, "/more"), 10000);
}

/* Many at once: what is too much goes all the same, in more turns than one. */
static void much_smaller(void **state)
{
	struct stage *stage = *state;

	for (unsigned i = 0; i < 100; i++) {
		char path[16];

		snprintf(path, sizeof(path), "/%u", i);
		save(stage, SITE, path, 10, COPY_ORDINARY);
	}
	assert_int_equal(copies_state(stage->copies).copies, 100);
	stage->rules[0].disk_bytes = 8192;
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	for (unsigned i = 0; i < WAIT_MS && each_file(stage, ".copy", NULL) > 2; i++)
		usleep(1000);
	assert_int_equal(each_file(stage, ".copy", NULL), 2);
	assert_int_equal(copies_state(stage->copies).bytes, 8192);
}

static void variants(void **state)
{
	struct stage *stage = *state;
	struct field asked[] = { { SPAN("Accept-Language"), SPAN("nl"), FIELD_ACCEPT_LANGUAGE } };

	save_variant(stage, SITE, "/", 1000, COPY_ORDINARY, SPAN("accept-language"), SPAN("\rnl\n"));
	save_variant(stage, SITE, "/", 2000, COPY_ORDINARY, SPAN("accept-language"), SPAN("\rfr\n"));
	assert_int_equal(find_for(stage, SITE, "/", asked, 1, false), 1000);
	asked[0].value = SPAN("fr");
	assert_int_equal(find_for(stage, SITE, "/", asked, 1, false), 2000);
	asked[0].value = SPAN("de");
	assert_int_equal(find_for(stage, SITE, "/", asked, 1, false), -1);
	assert_int_equal(find(stage, SITE, "/"), -1);
	save_variant(stage, SITE, "/c", 3000, COPY_ORDINARY, SPAN("cookie"), SPAN("\n"));
	assert_int_equal(find(stage, SITE, "/c"), 3000);
	assert_int_equal(find_for(stage, SITE, "/c", NULL, 0, true), -1);
	for (unsigned i = 0; i < 2 * VARIANTS_MAX; i++) {
		char text[8];

		save_variant(stage, SITE, "/many", 10, COPY_ORDINARY, SPAN("accept-language"), span_make(text, (size_t)snprintf(text, sizeof(text), "\r%u\n", i)));
	}
	assert_int_equal(copies_state(stage->copies).copies, 3 + VARIANTS_MAX);
}

/* Whoever asks in ever more languages takes the place of nobody's copy that is younger than `refresh`. */
static void nobody_turns_variants_over(void **state)
{
	struct stage *stage = *state;
	struct field asked[] = { { SPAN("Accept-Language"), SPAN("nl"), FIELD_ACCEPT_LANGUAGE } };
	char key[256], text[8];
	struct copies_offer offer = { .site = SITE, .key = key_of(SITE, "/", key), .hash = 1, .vary = SPAN("accept-language"), .variant = SPAN("\rnew\n") };

	stage->rules[0].refresh_s = 600;
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	save_variant(stage, SITE, "/", 1000, COPY_ORDINARY, offer.vary, SPAN("\rnl\n"));
	for (unsigned i = 0; i < VARIANTS_MAX; i++)
		save_variant(stage, SITE, "/", 10, COPY_ORDINARY, offer.vary, span_make(text, (size_t)snprintf(text, sizeof(text), "\r%u\n", i)));
	assert_int_equal(copies_state(stage->copies).copies, VARIANTS_MAX);
	assert_int_equal(find_for(stage, SITE, "/", asked, 1, false), 1000);
	assert_false(is_wanted(stage, &offer, 1000));
	stage->rules[0].refresh_s = 0;
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	assert_true(is_wanted(stage, &offer, 1000 + 2 * COPIES_LOOK_MS));
}

/* What came to a private address is for private addresses, and takes no other's place. */
static void private(void **state)
{
	struct stage *stage = *state;
	struct fields none = { .count = 0 };
	char key[256];
	struct copies_ask ask = { .site = SITE, .key = key_of(SITE, "/", key), .fields = &none };
	struct copies_offer offer = { .site = SITE, .key = ask.key, .hash = 1, .is_private = true };

	save_flags(stage, SITE, "/", 10, COPY_IS_PRIVATE, SPAN_NONE, SPAN_NONE);
	again(stage);
	assert_int_equal(copies_find(stage->copies, &ask, NULL, NULL), COPIES_NONE);
	ask.is_private = true;
	assert_int_equal(copies_find(stage->copies, &ask, NULL, NULL), COPIES_WAIT);
	assert_true(is_wanted(stage, &offer, 1000));
	offer.is_private = false;
	assert_true(is_wanted(stage, &offer, 1000 + 2 * COPIES_LOOK_MS));
	save(stage, SITE, "/", 20, COPY_ORDINARY);
	offer.is_private = true;
	assert_false(is_wanted(stage, &offer, 1000 + 5 * COPIES_LOOK_MS));
	assert_int_equal(find(stage, SITE, "/"), 20);
}

/* Under a name of which there is any number: pinned as a whole only. */
static void wild(void **state)
{
	struct stage *stage = *state;
	char key[256];
	struct copies_offer offer = { .site = SITE, .key = key_of(SITE, "/a", key), .hash = 1, .is_for_pins = true, .is_wild = true };

	assert_ok(copies_pin(stage->copies, SITE, SPAN("/a")));
	assert_false(is_wanted(stage, &offer, 1000));
	save_flags(stage, SITE, "/a", 10, COPY_IS_WILD, SPAN_NONE, SPAN_NONE);
	again(stage);
	copies_forget(stage->copies, offer.key, true);
	assert_int_equal(find(stage, SITE, "/a"), -1);
	assert_ok(copies_pin(stage->copies, SITE, SPAN("https://www.x.example/a")));
	assert_true(is_wanted(stage, &offer, 1000 + 2 * COPIES_LOOK_MS));
	save_flags(stage, SITE, "/a", 10, COPY_IS_WILD, SPAN_NONE, SPAN_NONE);
	copies_forget(stage->copies, offer.key, true);
	assert_int_equal(find(stage, SITE, "/a"), 10);
}

static void words(void **state)
{
	struct stage *stage = *state;
	struct copies_total total;
	size_t count;

	save(stage, SITE, "/", 10, COPY_ORDINARY);
	save(stage, SITE, "/a/b", 10, COPY_ORDINARY);
	assert_ok(copies_pin(stage->copies, SITE, SPAN("/a/b")));
	assert_ok(copies_pin(stage->copies, SITE, SPAN("/a/b")));
	assert_ok(copies_pin(stage->copies, SITE, SPAN("https://www.x.example/none")));
	again(stage);
	assert_int_equal(copies_state(stage->copies).pins, 2);
	copies_forget(stage->copies, key_of(SITE, "/a/b", (char[256]){ 0 }), true);  /* pinned: it stays */
	copies_forget(stage->copies, key_of(SITE, "/", (char[256]){ 0 }), true);
	assert_int_equal(find(stage, SITE, "/"), -1);
	assert_int_equal(find(stage, SITE, "/a/b"), 10);
	assert_ok(copies_drop(stage->copies, &(struct cache_purge){ SITE, PURGE_PREFIX, SPAN("/a/") }, false, &count));
	assert_int_equal(count, 1);
	assert_int_equal(copies_state(stage->copies).pins, 2);
	assert_ok(copies_drop(stage->copies, &(struct cache_purge){ SITE, PURGE_ADDRESS, SPAN("/none") }, true, &count));
	assert_int_equal(count, 1);
	assert_ok(copies_list(stage->copies, SITE, (void (*)(void *, const struct copy_view *))drop, NULL, &total));
	assert_true(total.copies == 0 && total.pins == 1);
	again(stage);
	assert_int_equal(copies_state(stage->copies).pins, 1);
	assert_int_equal(each_file(stage, ".copy", NULL), 0);
	for (unsigned i = 0; i < COPIES_PINS_MAX - 1; i++) {
		char path[16];

		assert_ok(copies_pin(stage->copies, SITE, span_make(path, (size_t)snprintf(path, sizeof(path), "/%u", i))));
	}
	assert_result(copies_pin(stage->copies, SITE, SPAN("/one-more")), RESULT_LIMIT);
	assert_result(copies_pin(stage->copies, 12345, SPAN("/")), RESULT_REFUSED);
}

/* It leaves the configuration: so do its files, now and after a restart. Smaller limits count at once. */
static void a_site_that_goes(void **state)
{
	struct stage *stage = *state;

	save(stage, SITE, "/", 10, COPY_ORDINARY);
	save(stage, OTHER_SITE, "/a", 40000, COPY_ORDINARY);
	assert_ok(copies_pin(stage->copies, SITE, SPAN("/")));
	stage->rules[0] = stage->rules[1];
	stage->rules[0].disk_bytes = 4096;
	stage->rules[1] = stage->rules[0];
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	for (unsigned i = 0; i < WAIT_MS && (each_file(stage, ".copy", NULL) || each_file(stage, ".pin", NULL)); i++)
		usleep(1000);
	assert_int_equal(each_file(stage, ".copy", NULL) + each_file(stage, ".pin", NULL), 0);
	assert_int_equal(copies_state(stage->copies).copies, 0);
	assert_int_equal(copies_state(stage->copies).bytes, 0);
}

/* An answer that came before a drop, and is whole after it. */
static void dropped_before_it_is_saved(void **state)
{
	struct stage *stage = *state;
	char key[256];
	struct copies_offer offer = { .site = SITE, .key = key_of(SITE, "/", key), .hash = 1 };
	size_t count;

	assert_true(is_wanted(stage, &offer, 1000));
	assert_ok(copies_drop(stage->copies, &(struct cache_purge){ SITE, PURGE_PREFIX, SPAN("/") }, false, &count));
	save(stage, SITE, "/", 10, COPY_ORDINARY);
	assert_int_equal(find(stage, SITE, "/"), -1);
	assert_true(is_wanted(stage, &offer, 1000 + 2 * COPIES_LOOK_MS));
	save(stage, SITE, "/", 10, COPY_ORDINARY);
	assert_int_equal(find(stage, SITE, "/"), 10);
}

/* The origin says that there is no such page while its copies wait to be written. */
static void gone_before_it_is_written(void **state)
{
	struct stage *stage = *state;
	char key[256];
	struct cache_draft draft = { .party = 1, .status = 200, .key = key_of(SITE, "/gone", key), .fields = &(struct fields){ .count = 0 } };
	uint64_t now_s = clock_wall_ns() / 1000000000u;
	struct cache_object *object;

	assert_ok(cache_body_new(stage->store, 1, 1 << 20, &draft.body));
	assert_ok(cache_object_make(stage->store, &draft, &object));
	for (unsigned i = 0; i < 100; i++)
		copies_save(stage->copies, object, SITE, 0, now_s, stage->drops);
	copies_forget(stage->copies, draft.key, true);
	save(stage, SITE, "/last", 10, COPY_ORDINARY);  /* written behind them */
	for (unsigned i = 0; i < WAIT_MS && find(stage, SITE, "/last") < 0; i++)
		usleep(1000);
	assert_int_equal(find(stage, SITE, "/last"), 10);
	assert_int_equal(find(stage, SITE, "/gone"), -1);
	assert_int_equal(copies_state(stage->copies).copies, 1);
	cache_object_drop(object);
	cache_body_drop(draft.body);
}

/* Between the look at its head, when it was wanted, and the end of its body. */
static void gone_while_it_comes(void **state)
{
	struct stage *stage = *state;
	char key[256];
	struct copies_offer offer = { .site = SITE, .key = key_of(SITE, "/gone", key), .hash = 1 };

	assert_true(is_wanted(stage, &offer, 1000));
	copies_forget(stage->copies, offer.key, true);
	save(stage, SITE, "/gone", 10, COPY_ORDINARY);
	save(stage, SITE, "/other", 10, COPY_ORDINARY);
	assert_int_equal(find(stage, SITE, "/other"), 10);
	assert_int_equal(find(stage, SITE, "/gone"), -1);
	assert_true(is_wanted(stage, &offer, 1000 + 2 * COPIES_LOOK_MS));
	stage->saved_ago_s = 10;
	save(stage, SITE, "/gone", 15, COPY_ORDINARY);  /* from memory, which had it before */
	stage->saved_ago_s = 0;
	assert_int_equal(find(stage, SITE, "/gone"), -1);
	assert_true(is_wanted(stage, &offer, 1000 + 3 * COPIES_LOOK_MS));
	save(stage, SITE, "/gone", 20, COPY_ORDINARY);  /* it is there again */
	assert_int_equal(find(stage, SITE, "/gone"), 20);
	assert_ok(copies_pin(stage->copies, SITE, SPAN("/gone")));
	assert_true(is_wanted(stage, &offer, 1000 + 4 * COPIES_LOOK_MS));
	copies_forget(stage->copies, offer.key, true);
	save(stage, SITE, "/gone", 30, COPY_ORDINARY);
	assert_int_equal(find(stage, SITE, "/gone"), 30);
}

/* Many are: the last are remembered. */
static void many_are_gone(void **state)
{
	struct stage *stage = *state;
	char key[256], path[32];
	struct copies_offer offer = { .site = SITE, .key = key_of(SITE, "/gone", key), .hash = 1 };

	for (unsigned i = 0; i < 1000; i++) {
		snprintf(path, sizeof(path), "/%u", i);
		copies_forget(stage->copies, key_of(SITE, path, (char[256]){ 0 }), true);
	}
	assert_true(is_wanted(stage, &offer, 1000));
	copies_forget(stage->copies, offer.key, true);
	for (unsigned i = 0; i < 255; i++) {
		snprintf(path, sizeof(path), "/%u", i);
		copies_forget(stage->copies, key_of(SITE, path, (char[256]){ 0 }), true);
	}
	save(stage, SITE, "/gone", 10, COPY_ORDINARY);
	save(stage, SITE, "/999", 10, COPY_ORDINARY);
	assert_int_equal(find(stage, SITE, "/999"), 10);
	assert_int_equal(find(stage, SITE, "/gone"), -1);
}

/* 404 twice, and the page between them; then twice without it. */
static void missed_and_found(void **state)
{
	struct stage *stage = *state;
	char key[256];
	struct span page = key_of(SITE, "/", key);

	stage->rules[0].refresh_s = 1;
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	save(stage, SITE, "/", 10, COPY_ORDINARY);
	copies_forget(stage->copies, page, false);
	usleep(1100000);
	copies_remember(stage->copies, page);
	copies_forget(stage->copies, page, false);
	assert_int_equal(find(stage, SITE, "/"), 10);
	usleep(1100000);
	copies_forget(stage->copies, page, false);
	assert_int_equal(find(stage, SITE, "/"), -1);
}

static void too_old(void **state)
{
	struct stage *stage = *state;

	save(stage, SITE, "/", 10, COPY_ORDINARY);
	save(stage, SITE, "/pinned", 10, COPY_ORDINARY);
	assert_ok(copies_pin(stage->copies, SITE, SPAN("/pinned")));
	stage->rules[0].max_age_s = 1;
	usleep(2100000);
	assert_ok(copies_apply(stage->copies, stage->rules, 2, stage->total_bytes));
	assert_int_equal(find(stage, SITE, "/"), -1);
	assert_int_equal(find(stage, SITE, "/pinned"), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keeps), TEST(is_wanted_now_and_then), TEST(who_goes), TEST(one_that_grows), TEST(nobody_turns_the_disk_over), TEST(all_together),
		TEST(much_smaller), TEST(variants), TEST(nobody_turns_variants_over), TEST(private), TEST(wild), TEST(words), TEST(a_site_that_goes),
		TEST(dropped_before_it_is_saved), TEST(gone_before_it_is_written), TEST(gone_while_it_comes), TEST(many_are_gone), TEST(missed_and_found), TEST(too_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
