/* One origin: identity, slots, addresses, and what it is believed to be after what happened to it. */
#include "made.h"

#include <pthread.h>

#include "net/tls_client.h"

static struct origin *hold(struct origins *origins, struct origin_settings settings, struct origin_health_settings health)
{
	struct origin *origin = origins_hold(origins, &settings, &health, NULL);

	assert_non_null(origin);
	return origin;
}

static const struct origin_health_settings passive = { .rise = 2, .fall = 3 };
static const struct origin_health_settings active = { .path = SPAN_INIT("/health"), .rise = 2, .fall = 3 };

static void the_same_settings_are_the_same_origin(void **state)
{
	struct origin_auth_settings auth = { .certificate = SPAN("/c.pem") };
	struct origin_settings settings = made_origin("10.0.0.1", 80), other;
	struct origins origins;
	struct origin *first, *second;

	(void)state;
	origins_init(&origins);
	first = hold(&origins, settings, passive);
	settings.weight = 7;  /* no connection depends on it */
	second = hold(&origins, settings, passive);
	assert_ptr_equal(first, second);
	origins_drop(&origins, second);

	for (unsigned i = 0; i < 6; i++) {
		other = made_origin("10.0.0.1", i == 0 ? 81 : 80);
		if (i == 1)
			other.sni = SPAN("a.example");
		else if (i == 2)
			other.ca = SPAN("/ca.pem");
		else if (i == 3)
			other.verify = false;
		else if (i == 4)
			other.auth = &auth;
		else if (i == 5)
			other.proxy_protocol = ORIGIN_PROXY_V2;
		second = hold(&origins, other, passive);
		assert_ptr_not_equal(first, second);
		origins_drop(&origins, second);
	}
	origins_drop(&origins, first);
	assert_true(list_is_empty(&origins.all));
	origins_done(&origins);
}

static struct tls_client *client_of(const char *host, struct span ca, const struct certificate_source *own)
{
	struct tls_client_settings settings = { .host = span_of(host), .ca = ca, .ca_path = SPAN("/ca.pem"), .certificate = own };
	struct tls_client *client = NULL;

	assert_ok(tls_client_new(&settings, NULL, &client));
	return client;
}

/* What is in the files counts, not how they are called. */
static void other_bytes_in_a_file_are_another_origin(void **state)
{
	struct origin_settings settings = made_origin("10.0.0.1", 443);
	struct buffer chains[2], keys[2];
	struct certificate_source own[2];
	struct origin *first, *again, *renewed, *shown, *shown_renewed;
	struct origins origins;
	struct span name = SPAN("10.0.0.1");

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		buffer_init(&chains[i], 65536);
		buffer_init(&keys[i], 65536);
		assert_ok(certificate_make_self_signed(&name, 1, 0, &chains[i], &keys[i]));
		own[i] = (struct certificate_source){ buffer_span(&chains[i]), buffer_span(&keys[i]), SPAN("c"), SPAN("k") };
	}
	settings.ca = SPAN("/ca.pem");
	origins_init(&origins);
	first = origins_hold(&origins, &settings, &passive, client_of("10.0.0.1", own[0].chain, NULL));
	again = origins_hold(&origins, &settings, &passive, client_of("10.0.0.1", own[0].chain, NULL));
	renewed = origins_hold(&origins, &settings, &passive, client_of("10.0.0.1", own[1].chain, NULL));
	shown = origins_hold(&origins, &settings, &passive, client_of("10.0.0.1", own[0].chain, &own[0]));
	shown_renewed = origins_hold(&origins, &settings, &passive, client_of("10.0.0.1", own[0].chain, &own[1]));
	assert_ptr_equal(first, again);
	assert_ptr_not_equal(first, renewed);
	assert_ptr_not_equal(first, shown);
	assert_ptr_not_equal(shown, shown_renewed);
	/* A sticky cookie leads to it all the same. */
	assert_int_equal(first->key, renewed->key);
	assert_int_equal(first->key, shown_renewed->key);
	origins_drop(&origins, first);
	origins_drop(&origins, again);
	origins_drop(&origins, renewed);
	origins_drop(&origins, shown);
	origins_drop(&origins, shown_renewed);
	assert_true(list_is_empty(&origins.all));
	origins_done(&origins);
	for (unsigned i = 0; i < 2; i++) {
		buffer_done(&chains[i]);
		buffer_done(&keys[i]);
	}
}

static void slots_are_small_and_used_again(void **state)
{
	struct origins origins;
	struct origin *list[100];
	struct draws draws = { 3 };
	bool taken[100] = { false };

	(void)state;
	origins_init(&origins);
	for (unsigned i = 0; i < 100; i++)
		list[i] = hold(&origins, made_origin("10.0.0.1", (uint16_t)(1000 + i)), passive);
	for (unsigned round = 0; round < 2000; round++) {
		unsigned i = (unsigned)draw_below(&draws, 100);

		if (list[i])
			origins_drop(&origins, list[i]);
		list[i] = list[i] ? NULL : hold(&origins, made_origin("10.0.0.1", (uint16_t)(1000 + i)), passive);
	}
	assert_int_equal(origins.slots, 100);
	for (unsigned i = 0; i < 100; i++) {
		if (!list[i])
			continue;
		assert_in_range(list[i]->slot, 0, 99);
		assert_false(taken[list[i]->slot]);
		taken[list[i]->slot] = true;
		origins_drop(&origins, list[i]);
	}
	assert_true(list_is_empty(&origins.all));
	origins_done(&origins);
}

static void addresses_take_turns_and_old_ones_beat_none(void **state)
{
	struct endpoint list[ORIGIN_ENDPOINTS_MAX + 2], endpoint;
	struct origins origins;
	struct origin *origin;

	(void)state;
	for (unsigned i = 0; i < ORIGIN_ENDPOINTS_MAX + 2; i++)
		list[i] = (struct endpoint){ .port = (uint16_t)(i + 1) };
	origins_init(&origins);
	origin = hold(&origins, made_origin("10.0.0.9", 8080), passive);
	assert_false(origin->is_name);
	assert_ok(origin_next_endpoint(origin, &endpoint));
	assert_int_equal(endpoint.port, 8080);
	origins_drop(&origins, origin);

	origin = hold(&origins, made_origin("portal.example", 8080), passive);
	assert_true(origin->is_name);
	assert_result(origin_next_endpoint(origin, &endpoint), RESULT_NOT_FOUND);
	origin_set_endpoints(origin, list, 3, 5);
	for (unsigned i = 0; i < 9; i++) {
		assert_ok(origin_next_endpoint(origin, &endpoint));
		assert_int_equal(endpoint.port, i % 3 + 1);
	}
	origin_set_endpoints(origin, NULL, 0, 6);  /* DNS fails: nothing changes but the time */
	assert_ok(origin_next_endpoint(origin, &endpoint));
	assert_int_equal(origin->resolved_ms, 6);
	origin_set_endpoints(origin, list, ORIGIN_ENDPOINTS_MAX + 2, 7);
	for (unsigned i = 0; i < 100; i++) {
		assert_ok(origin_next_endpoint(origin, &endpoint));
		assert_in_range(endpoint.port, 1, ORIGIN_ENDPOINTS_MAX);
	}
	origins_drop(&origins, origin);
	origins_done(&origins);
}

struct story {
	struct origins origins;
	struct origin *origin;
};

static void story_init(struct story *story, struct origin_health_settings health)
{
	origins_init(&story->origins);
	story->origin = hold(&story->origins, made_origin("10.0.0.1", 80), health);
}

static void story_done(struct story *story)
{
	origins_drop(&story->origins, story->origin);
	origins_done(&story->origins);
}

static void without_checks_it_falls_pauses_and_comes_back(void **state)
{
	static const uint64_t pauses_ms[] = { 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000 };
	uint64_t now_ms = 100000;
	struct story story;

	(void)state;
	story_init(&story, passive);
	assert_true(origin_is_available(story.origin, now_ms));
	assert_false(origin_learn(story.origin, ORIGIN_UNREACHABLE, now_ms));
	assert_false(origin_learn(story.origin, ORIGIN_TIMED_OUT, now_ms));
	assert_false(origin_learn(story.origin, ORIGIN_ANSWERED, now_ms));  /* in a row, or not at all */
	assert_false(origin_learn(story.origin, ORIGIN_UNREACHABLE, now_ms));
	assert_false(origin_learn(story.origin, ORIGIN_UNREACHABLE, now_ms));
	assert_true(origin_is_available(story.origin, now_ms));
	assert_true(origin_learn(story.origin, ORIGIN_UNREACHABLE, now_ms));
	for (size_t i = 0; i < sizeof(pauses_ms) / sizeof(pauses_ms[0]); i++) {
		assert_false(origin_is_available(story.origin, now_ms));
		assert_false(origin_is_available(story.origin, now_ms + pauses_ms[i] - 1));
		now_ms += pauses_ms[i];
		assert_true(origin_is_available(story.origin, now_ms));  /* may be tried */
		assert_false(origin_learn(story.origin, ORIGIN_UNREACHABLE, now_ms));
	}
	now_ms += 30000;
	assert_true(origin_learn(story.origin, ORIGIN_ANSWERED, now_ms));
	assert_true(origin_is_available(story.origin, now_ms));
	assert_int_equal(story.origin->up_since_ms, now_ms);
	assert_int_equal(story.origin->errors, 5 + 8);
	story_done(&story);
}

/* Fifty requests were on their way when it fell: that is one fall, and one second; so is a failed try with fifty. */
static void a_crowd_that_fails_together_counts_once(void **state)
{
	uint64_t now_ms = 100000;
	struct story story;

	(void)state;
	story_init(&story, passive);
	for (unsigned i = 0; i < 50; i++)
		(void)origin_learn(story.origin, ORIGIN_UNREACHABLE, now_ms);
	assert_false(origin_is_available(story.origin, now_ms + 999));
	assert_true(origin_is_available(story.origin, now_ms + 1000));
	now_ms += 1000;
	for (unsigned i = 0; i < 50; i++)
		(void)origin_learn(story.origin, ORIGIN_TIMED_OUT, now_ms + i);
	assert_false(origin_is_available(story.origin, now_ms + 1999));
	assert_true(origin_is_available(story.origin, now_ms + 2000));
	story_done(&story);
}

static void an_error_page_is_an_answer(void **state)
{
	struct story story;

	(void)state;
	story_init(&story, passive);
	for (unsigned i = 0; i < 100; i++)
		assert_false(origin_learn(story.origin, ORIGIN_ERROR, 1000));
	assert_true(origin_is_available(story.origin, 1000));
	assert_int_equal(story.origin->errors, 100);
	assert_int_equal(story.origin->requests, 100);
	story_done(&story);
}

static void with_checks_only_checks_bring_it_back(void **state)
{
	struct story story;

	(void)state;
	story_init(&story, active);
	assert_false(origin_learn_check(story.origin, true, 500));  /* the first check alone decides; from then on, rows do */
	for (unsigned i = 1; i < story.origin->fall; i++)
		assert_false(origin_learn_check(story.origin, false, 1000));
	assert_true(origin_learn_check(story.origin, false, 1000));
	assert_false(origin_is_available(story.origin, 1000000));  /* no pause ends it */
	for (unsigned i = 0; i < 10; i++)
		assert_false(origin_learn(story.origin, ORIGIN_ANSWERED, 2000));
	assert_false(origin_is_available(story.origin, 2000));
	assert_false(origin_learn_check(story.origin, true, 3000));
	assert_false(origin_learn_check(story.origin, false, 3000));  /* in a row */
	assert_false(origin_learn_check(story.origin, true, 4000));
	assert_true(origin_learn_check(story.origin, true, 5000));
	assert_true(origin_is_available(story.origin, 5000));
	assert_int_equal(story.origin->up_since_ms, 5000);
	story_done(&story);
}

/* A portal with a slow corner: three timeouts among thousands of answers between two checks are no reason to take it out. */
static void with_checks_failures_count_in_a_row_too(void **state)
{
	struct story story;

	(void)state;
	story_init(&story, active);
	for (unsigned i = 0; i < 20; i++) {
		assert_false(origin_learn(story.origin, ORIGIN_TIMED_OUT, 1000));
		assert_false(origin_learn(story.origin, ORIGIN_TIMED_OUT, 1000));
		assert_false(origin_learn(story.origin, ORIGIN_ANSWERED, 1000));
	}
	assert_true(origin_is_available(story.origin, 1000));
	story_done(&story);
}

static void *hold_and_drop(void *argument)
{
	struct origins *origins = argument;

	for (unsigned i = 0; i < 2000; i++) {
		struct origin_settings settings = { .url = { .text = SPAN("http://10.0.0.1:80"), .host = SPAN("10.0.0.1"), .port = 80 } };
		struct origin *origin = origins_hold(origins, &settings, &passive, NULL);

		if (!origin)
			abort();
		(void)origin_learn(origin, i % 2 ? ORIGIN_ANSWERED : ORIGIN_UNREACHABLE, i);
		origins_drop(origins, origin);
	}
	return NULL;
}

static void threads_hold_and_drop(void **state)
{
	struct origins origins;
	pthread_t threads[3];

	(void)state;
	origins_init(&origins);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hold_and_drop, &origins), 0);
	for (unsigned i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_true(list_is_empty(&origins.all));
	assert_true(origins.slots <= 3);
	origins_done(&origins);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_settings_are_the_same_origin), cmocka_unit_test(other_bytes_in_a_file_are_another_origin), cmocka_unit_test(slots_are_small_and_used_again),
		cmocka_unit_test(addresses_take_turns_and_old_ones_beat_none), cmocka_unit_test(without_checks_it_falls_pauses_and_comes_back),
		cmocka_unit_test(a_crowd_that_fails_together_counts_once), cmocka_unit_test(an_error_page_is_an_answer),
		cmocka_unit_test(with_checks_only_checks_bring_it_back), cmocka_unit_test(with_checks_failures_count_in_a_row_too),
		cmocka_unit_test(threads_hold_and_drop),
	};

	return cmocka_run_group_tests_name("origin/origin", tests, NULL, NULL);
}
