/* What vantages told goes into the incidents of a hub/keep, each once. */
#include "../store/stage.h"

#include "hub/probe/inside.h"
#include "hub/probe/tick.h"

#define OK(call) assert_string_equal(result_name(call), "ok")

static struct stage stage;
static struct loop loop;
static struct keep *keep;
static struct hub_probe *probe;
static struct hub_site site;
static struct span hosts[1];
static char kept[32];

static void read_place(void *context, const struct document *document)
{
	(void)context;
	OK(span_to_text(document->text, kept, sizeof(kept)));
}

static uint64_t place_kept(void)
{
	kept[0] = '\0';
	(void)!store_document(stage.store, DOCUMENT_HUB, SPAN(PROBE_FED_KEY), NULL, read_place, NULL);
	return strtoull(kept, NULL, 10);
}

static void birth(void)
{
	OK(hub_probe_new(stage.store, &(struct list_value){ NULL, 0 }, &site, 1, NULL, &probe));
}

/* A minute as take.c keeps it, of so many minutes ago. */
static void put(unsigned ago, uint64_t place)
{
	struct probe_minute *minute = calloc(1, sizeof(*minute));
	struct document_change change = { .kind = DOCUMENT_PROBE, .sort = place };
	uint64_t now = clock_wall_ns() / 60000000000;
	struct buffer text;
	char key[64];

	*minute = (struct probe_minute){ .from_s = (now - ago) * 60, .site_count = 1 };
	snprintf(minute->sites[0].host, sizeof(minute->sites[0].host), "www.a.example");
	minute->sites[0].counts = (struct probe_counts){ .asked = 2, .in_time = 2 };
	buffer_init(&text, PROBE_REPORT_BYTES);
	OK(probe_minute_write(minute, &text));
	change.key = span_make(key, (size_t)snprintf(key, sizeof(key), "antwerp/%u", ago));
	change.text = buffer_span(&text);
	OK(store_documents_change(stage.store, &change, 1, NULL));
	buffer_done(&text);
	free(minute);
}

static int begin(void **unused)
{
	static const struct hub_settings settings = { .keep = { 86400000, 86400000, 86400000, 86400000 }, .incidents = { 600000, 86400000 } };
	struct keep_birth of = { .loop = &loop, .source = SPAN("node-2"), .settings = &settings, .sites = &site, .site_count = 1 };

	(void)unused;
	hosts[0] = SPAN("www.a.example");
	site = (struct hub_site){ .name = SPAN("a"), .hosts = { hosts, 1 } };
	stage_init(&stage);
	stage_open(&stage);
	OK(loop_init(&loop));
	of.store = stage.store;
	of.journal_fd = stage.journal_fd;
	OK(keep_new(&of, NULL, &keep));
	return 0;
}

static int end(void **unused)
{
	(void)unused;
	hub_probe_free(probe);
	keep_free(keep);
	loop_done(&loop);
	stage_done(&stage);
	return 0;
}

static void tick(void)
{
	enum result result = RESULT_TIMEOUT;

	for (unsigned i = 0; i < 50 && result == RESULT_TIMEOUT; i++) {
		loop_turn(&loop, 250);
		result = hub_probe_tick(probe, keep);
	}
	OK(result);
}

static void a_place_is_kept_with_what_was_fed(void **unused)
{
	(void)unused;
	put(5, 100);
	put(4, 200);
	birth();
	tick();
	assert_int_equal(place_kept(), 200);
	/* Another hub goes on there. */
	hub_probe_free(probe);
	birth();
	assert_int_equal(probe->fed, 200);
	tick();
	assert_int_equal(place_kept(), 200);
	put(3, 300);
	hub_probe_free(probe);
	birth();
	tick();
	assert_int_equal(place_kept(), 300);
}

static void many_go_a_few_at_a_time(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < HUB_PROBE_FEED_MAX + 3; i++)
		put(60 - i, 1000 + i);
	birth();
	tick();
	assert_int_equal(place_kept(), 1000 + HUB_PROBE_FEED_MAX - 1);
	tick();
	assert_int_equal(place_kept(), 1000 + HUB_PROBE_FEED_MAX + 2);
}

static void a_minute_that_is_not_over_waits(void **unused)
{
	(void)unused;
	put(0, 100);
	birth();
	tick();
	assert_int_equal(place_kept(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_place_is_kept_with_what_was_fed, begin, end),
		cmocka_unit_test_setup_teardown(many_go_a_few_at_a_time, begin, end),
		cmocka_unit_test_setup_teardown(a_minute_that_is_not_over_waits, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
