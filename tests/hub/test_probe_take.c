/* Reports of outside vantages: whose they are, that each is taken once, and what incidents are told of them. */
#include "../store/stage.h"

#include "base/encode.h"
#include "hub/probe/probe.h"

#define NOW_S (STAGE_NOW_MS / 1000)
#define OK(call) assert_string_equal(result_name(call), "ok")

struct scene {
	struct stage stage;
	struct hub_probe *probe;
	struct evp_pkey_st *keys[2];     /* of the probe, and of somebody else */
	char public_key[64];
	struct hub_probe_settings settings[2];
	struct hub_site sites[2];
	struct span hosts[2][2];
	struct probe_report report;
	struct buffer body, signature;
	struct hub_probe_verdict verdict;
	unsigned fed;
	struct observation last;
	char last_site[64];
	uint64_t place;
};
static struct scene *scene;

static void birth(void)
{
	const struct list_value probes = { scene->settings, 1 };

	OK(hub_probe_new(scene->stage.store, &probes, scene->sites, 2, &scene->stage.complaints, &scene->probe));
}

static int begin(void **unused)
{
	uint8_t key[SIGNATURE_PUBLIC_LEN];
	struct buffer text;

	(void)unused;
	scene = calloc(1, sizeof(*scene));
	stage_init(&scene->stage);
	stage_open(&scene->stage);
	OK(signature_key_make(&scene->keys[0]));
	OK(signature_key_make(&scene->keys[1]));
	OK(signature_public(scene->keys[0], key));
	buffer_init(&text, 64);
	OK(base64_write(span_make((const char *)key, sizeof(key)), &text));
	OK(span_to_text(buffer_span(&text), scene->public_key, sizeof(scene->public_key)));
	buffer_done(&text);
	scene->settings[0] = (struct hub_probe_settings){ SPAN("antwerp"), span_of(scene->public_key) };
	scene->hosts[0][0] = SPAN("www.a.example");
	scene->hosts[1][0] = SPAN("*.b.example");
	scene->sites[0] = (struct hub_site){ .name = SPAN("a"), .tenant = SPAN("north"), .hosts = { scene->hosts[0], 1 } };
	scene->sites[1] = (struct hub_site){ .name = SPAN("b"), .tenant = SPAN("south"), .hosts = { scene->hosts[1], 1 } };
	buffer_init(&scene->body, 2 * PROBE_REPORT_BYTES);
	buffer_init(&scene->signature, 256);
	birth();
	return 0;
}

static int end(void **unused)
{
	(void)unused;
	hub_probe_free(scene->probe);
	stage_done(&scene->stage);
	signature_key_free(scene->keys[0]);
	signature_key_free(scene->keys[1]);
	buffer_done(&scene->body);
	buffer_done(&scene->signature);
	free(scene);
	return 0;
}

/* The minutes FIRST and COUNT - 1 behind it, back from now. */
static void make(uint64_t sequence, unsigned first, unsigned count)
{
	scene->report = (struct probe_report){ .name = "antwerp", .sequence = sequence, .sent_s = NOW_S, .minute_count = count };
	for (unsigned i = 0; i < count; i++) {
		struct probe_minute *minute = &scene->report.minutes[i];

		minute->from_s = NOW_S - 60 * (uint64_t)(first - i);
		minute->site_count = 3;
		for (unsigned j = 0; j < 3; j++) {
			static const char *const hosts[] = { "www.a.example", "x.b.example:8443", "nobody.example" };

			snprintf(minute->sites[j].host, sizeof(minute->sites[j].host), "%s", hosts[j]);
			minute->sites[j].counts = (struct probe_counts){ .asked = 4, .in_time = 1, .slow = j, .refused = 3 - j };
		}
	}
}

static void sign(struct evp_pkey_st *key, struct span prefix)
{
	uint8_t signature[SIGNATURE_LEN];
	struct buffer text;

	buffer_init(&text, 4 * PROBE_REPORT_BYTES);
	OK(buffer_append(&text, prefix));
	OK(buffer_append(&text, buffer_span(&scene->body)));
	OK(signature_make(key, buffer_span(&text), signature));
	buffer_reset(&scene->signature);
	OK(base64_write(span_make((const char *)signature, sizeof(signature)), &scene->signature));
	buffer_done(&text);
}

static void write_it(void)
{
	buffer_reset(&scene->body);
	OK(probe_report_write(&scene->report, &scene->body));
	sign(scene->keys[0], SPAN(PROBE_REPORT_PREFIX));
}

static void send_at(uint64_t now_s, unsigned status, const char *code)
{
	const struct hub_probe_letter letter = { SPAN("antwerp"), buffer_span(&scene->signature), buffer_span(&scene->body), now_s * 1000000000 };

	hub_probe_take(scene->probe, &letter, &scene->verdict);
	assert_string_equal(scene->verdict.code, code);
	assert_int_equal(scene->verdict.status, status);
}

static void feed_one(void *context, const struct observation *observation)
{
	(void)context;
	scene->fed++;
	scene->last = *observation;
	OK(span_to_text(observation->site, scene->last_site, sizeof(scene->last_site)));
}

static unsigned feed(uint64_t until_s)
{
	scene->fed = 0;
	OK(hub_probe_feed(scene->probe, &scene->place, until_s, feed_one, NULL));
	return scene->fed;
}

static void a_report_is_taken_and_told(void **unused)
{
	struct hub_probe_state state;

	(void)unused;
	make(1, 3, 2);
	write_it();
	send_at(NOW_S, 200, "");
	assert_int_equal(scene->verdict.taken, 2);
	assert_int_equal(feed(NOW_S), 4);   /* two minutes of two sites; nobody.example is of none */
	assert_string_equal(scene->last_site, "b");
	assert_int_equal(scene->last.at_s, NOW_S - 120);
	assert_int_equal(scene->last.probe.reached, 2);
	assert_int_equal(scene->last.probe.slow, 1);
	assert_int_equal(feed(NOW_S), 0);
	assert_true(hub_probe_state(scene->probe, 0, NOW_S + 10, &state));
	assert_int_equal(state.taken, 2);
	assert_int_equal(state.asked, 12);
	assert_false(state.is_silent);
	assert_true(hub_probe_state(scene->probe, 0, NOW_S + HUB_PROBE_SILENT_S + 1, &state) && state.is_silent);
	assert_false(hub_probe_state(scene->probe, 1, NOW_S, &state));
}

static bool sees(const void *tenant, struct span asked)
{
	return asked.len && span_equal(span_of(tenant), asked);
}

static bool sees_all(const void *unused, struct span asked)
{
	(void)unused;
	(void)asked;
	return true;
}

static bool confine(const char *tenant, struct hub_probe_state *out)
{
	assert_true(hub_probe_state(scene->probe, 0, NOW_S, out));
	return hub_probe_confine(scene->probe, 0, &(struct hub_probe_sees){ tenant ? sees : sees_all, tenant }, out);
}

static void each_sees_what_was_seen_of_his_own(void **unused)
{
	struct hub_probe_state state;

	(void)unused;
	assert_true(confine(NULL, &state));
	assert_false(confine("north", &state));  /* nothing was told yet */
	make(1, 3, 2);
	write_it();
	send_at(NOW_S, 200, "");
	assert_true(confine(NULL, &state) && state.asked == 12 && state.reached == 6);
	assert_true(confine("north", &state) && state.asked == 4 && state.reached == 1);
	assert_true(confine("south", &state) && state.asked == 4 && state.reached == 2);
	assert_false(confine("east", &state));
	/* A minute in which only one of them is looked at. */
	make(2, 1, 1);
	scene->report.minutes[0].site_count = 1;
	write_it();
	send_at(NOW_S, 200, "");
	assert_true(confine("north", &state));
	assert_false(confine("south", &state));
}

static void each_is_taken_once(void **unused)
{
	(void)unused;
	make(7, 3, 2);
	write_it();
	send_at(NOW_S, 200, "");
	send_at(NOW_S, 409, "replayed");
	assert_int_equal(scene->verdict.sequence, 7);
	/* The hub dies, and knows it still. */
	hub_probe_free(scene->probe);
	birth();
	send_at(NOW_S + 1, 409, "replayed");
	/* The answer was lost: the same minutes come again, with one more. */
	make(8, 3, 3);
	write_it();
	send_at(NOW_S, 200, "");
	assert_int_equal(scene->verdict.taken, 1);
	assert_int_equal(scene->verdict.known, 2);
	assert_int_equal(feed(NOW_S), 6);
}

static void what_is_not_proved_is_not_looked_into(void **unused)
{
	struct hub_probe_letter letter;

	(void)unused;
	make(1, 3, 2);
	write_it();
	sign(scene->keys[1], SPAN(PROBE_REPORT_PREFIX));
	send_at(NOW_S, 401, "bad-signature");
	sign(scene->keys[0], SPAN("another use of the same key\n"));
	send_at(NOW_S, 401, "bad-signature");
	write_it();
	buffer_reset(&scene->signature);
	send_at(NOW_S, 401, "bad-signature");
	OK(buffer_append(&scene->signature, SPAN("AAAA")));
	send_at(NOW_S, 401, "bad-signature");
	/* One byte of it is another. */
	write_it();
	scene->body.bytes[scene->body.start + 20] ^= 1;
	send_at(NOW_S, 401, "bad-signature");
	write_it();
	letter = (struct hub_probe_letter){ SPAN("ghent"), buffer_span(&scene->signature), buffer_span(&scene->body), NOW_S * UINT64_C(1000000000) };
	hub_probe_take(scene->probe, &letter, &scene->verdict);
	assert_int_equal(scene->verdict.status, 401);
	assert_int_equal(feed(NOW_S), 0);
	send_at(NOW_S, 200, "");
}

static void whoever_guesses_is_slowed_down(void **unused)
{
	(void)unused;
	make(1, 3, 2);
	write_it();
	sign(scene->keys[1], SPAN(PROBE_REPORT_PREFIX));
	for (unsigned i = 0; i < HUB_PROBE_TRIES_MAX; i++)
		send_at(NOW_S, 401, "bad-signature");
	send_at(NOW_S, 429, "too-many");
	send_at(NOW_S + 1, 401, "bad-signature");
}

static void a_clock_may_not_differ_far(void **unused)
{
	(void)unused;
	make(1, 3, 1);
	write_it();
	send_at(NOW_S + HUB_PROBE_CLOCK_S + 1, 409, "clock-differs");
	assert_non_null(strstr(scene->verdict.text, "301 s"));
	send_at(NOW_S - HUB_PROBE_CLOCK_S - 1, 409, "clock-differs");
	send_at(NOW_S + HUB_PROBE_CLOCK_S, 200, "");
}

static void minutes_that_nobody_can_have_are_passed_over(void **unused)
{
	(void)unused;
	make(1, 3, 2);
	scene->report.minutes[0].from_s = NOW_S - HUB_PROBE_OLD_S - 60;
	scene->report.minutes[1].from_s = NOW_S + HUB_PROBE_CLOCK_S + 60;
	write_it();
	send_at(NOW_S, 200, "");
	assert_int_equal(scene->verdict.taken, 0);
	assert_int_equal(scene->verdict.known, 2);
}

static void what_is_too_large_or_malformed_is_refused(void **unused)
{
	(void)unused;
	make(1, 3, 2);
	write_it();
	for (size_t len = buffer_len(&scene->body); len <= PROBE_REPORT_BYTES; len++)
		OK(buffer_append_byte(&scene->body, ' '));
	sign(scene->keys[0], SPAN(PROBE_REPORT_PREFIX));
	send_at(NOW_S, 413, "too-large");
	buffer_reset(&scene->body);
	OK(buffer_append(&scene->body, SPAN("{\"version\":1}")));
	sign(scene->keys[0], SPAN(PROBE_REPORT_PREFIX));
	send_at(NOW_S, 400, "malformed");
	make(1, 3, 2);
	memcpy(scene->report.name, "ghent", 6);
	write_it();
	send_at(NOW_S, 400, "malformed");
}

/* Whoever reads an old journal is told of each minute when he is there. */
static void minutes_wait_for_who_is_behind(void **unused)
{
	(void)unused;
	make(1, 10, 8);
	write_it();
	send_at(NOW_S, 200, "");
	assert_int_equal(feed(NOW_S - 600), 0);
	assert_int_equal(feed(NOW_S - 480), 4);
	assert_int_equal(feed(NOW_S - 480), 0);
	assert_int_equal(feed(NOW_S), 12);
	/* A place that was kept is gone on from, after a restart too. */
	hub_probe_free(scene->probe);
	birth();
	assert_int_equal(feed(NOW_S), 0);
	scene->place = 0;
	assert_int_equal(feed(NOW_S), 16);
}

static void old_ones_go(void **unused)
{
	unsigned deleted = 0, all = 0;
	enum result result;

	(void)unused;
	for (unsigned i = 0; i < 10; i++) {
		make(1 + i, 15 * (10 - i), 15);
		write_it();
		send_at(NOW_S, 200, "");
	}
	OK(hub_probe_prune(scene->probe, STAGE_NOW_MS, &scene->stage.complaints, &deleted));
	assert_int_equal(deleted, 0);
	do {
		result = hub_probe_prune(scene->probe, STAGE_NOW_MS + 1000, &scene->stage.complaints, &deleted);
		all += deleted;
	} while (result == RESULT_MORE);
	OK(result);
	assert_int_equal(all, 150);
	assert_int_equal(feed(NOW_S), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_report_is_taken_and_told, begin, end),
		cmocka_unit_test_setup_teardown(each_sees_what_was_seen_of_his_own, begin, end),
		cmocka_unit_test_setup_teardown(each_is_taken_once, begin, end),
		cmocka_unit_test_setup_teardown(what_is_not_proved_is_not_looked_into, begin, end),
		cmocka_unit_test_setup_teardown(whoever_guesses_is_slowed_down, begin, end),
		cmocka_unit_test_setup_teardown(a_clock_may_not_differ_far, begin, end),
		cmocka_unit_test_setup_teardown(minutes_that_nobody_can_have_are_passed_over, begin, end),
		cmocka_unit_test_setup_teardown(what_is_too_large_or_malformed_is_refused, begin, end),
		cmocka_unit_test_setup_teardown(minutes_wait_for_who_is_behind, begin, end),
		cmocka_unit_test_setup_teardown(old_ones_go, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
