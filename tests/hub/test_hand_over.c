#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "config/read.h"
#include "hub/settings/hand_over.h"

/* Settings as a configuration gives them: read by the same tables. */
static struct hub_config config_of(struct span *hosts)
{
	static struct hub_settings settings;
	static struct hub_site sites[2];
	struct hub_config config = { .hub = &settings, .state = SPAN("/var/lib/bouclier/hub"), .journal = SPAN("/var/lib/bouclier/journal"),
		                     .admin = SPAN("/run/bouclier/admin.sock"), .sites = sites, .site_count = 2 };

	settings = (struct hub_settings){ .enabled = true, .certificate = SPAN("/etc/bouclier/hub.pem"), .name = SPAN("hub.commune.example"),
		                          .keep = { 90ll * 86400000, 14ll * 86400000, 35ll * 86400000, 800ll * 86400000 },
		                          .incidents = { .contained_after_ms = 600000, .closed_after_ms = 86400000, .again_within_ms = 86400000 } };
	assert_int_equal(endpoint_read(SPAN("192.0.2.1:8444"), &settings.listen), RESULT_OK);
	sites[0] = (struct hub_site){ .name = SPAN("a"), .tenant = SPAN("commune"), .hosts = { hosts, 2 }, .mode = SPAN("block") };
	sites[1] = (struct hub_site){ .name = SPAN("b \"quoted\""), .tenant = SPAN(""), .hosts = { hosts, 0 }, .mode = SPAN("off") };
	return config;
}

static void what_is_written_is_read(void **unused)
{
	struct span hosts[2] = { SPAN("www.a.example"), SPAN("*.a.example") };
	struct hub_config config = config_of(hosts), read;
	struct buffer first, second;

	(void)unused;
	buffer_init(&first, HAND_OVER_MAX);
	buffer_init(&second, HAND_OVER_MAX);
	assert_int_equal(hand_over_write(&config, &first), RESULT_OK);
	assert_int_equal(hand_over_read(buffer_span(&first), &read), RESULT_OK);
	assert_true(read.hub->enabled && endpoint_equal(&read.hub->listen, &config.hub->listen));
	assert_true(span_equal(read.hub->certificate, config.hub->certificate) && span_equal(read.hub->name, config.hub->name));
	assert_int_equal(read.hub->keep.events_ms, 90ll * 86400000);
	assert_null(read.hub->state.at);
	assert_true(span_equal(read.journal, config.journal) && span_equal(read.admin, config.admin) && span_equal(read.state, config.state));
	assert_int_equal(read.site_count, 2);
	assert_int_equal(read.sites[0].hosts.count, 2);
	assert_true(span_equal(((const struct span *)read.sites[0].hosts.items)[1], hosts[1]) && span_equal(read.sites[1].name, SPAN("b \"quoted\"")));
	assert_int_equal(hand_over_write(&read, &second), RESULT_OK);
	assert_true(span_equal(buffer_span(&first), buffer_span(&second)));
	hub_config_done(&read);
	buffer_done(&first);
	buffer_done(&second);
}

/* FROM of a good text is TO: refused. */
static const struct { const char *from, *to; enum result result; } bads[] = {
	{ "\"version\":1", "\"version\":2", RESULT_MALFORMED },
	{ "\"version\":1", "\"version\":1,\"more\":1", RESULT_MALFORMED },
	{ "\"listen\":\"192.0.2.1:8444\"", "\"listen\":\"192.0.2.1\"", RESULT_MALFORMED },
	{ "\"listen\":\"192.0.2.1:8444\"", "\"listen\":8444", RESULT_MALFORMED },
	{ "\"listen\":\"192.0.2.1:8444\",", "", RESULT_MALFORMED },
	{ "\"enabled\":\"true\"", "\"enabled\":\"yes\"", RESULT_MALFORMED },
	{ "\"enabled\":\"true\"", "\"enabled\":\"true\",\"enabled\":\"true\"", RESULT_MALFORMED },
	{ "\"enabled\":\"true\"", "\"enabled\":\"true\",\"unknown\":\"x\"", RESULT_MALFORMED },
	{ "\"events\":\"90d\"", "\"events\":\"90\"", RESULT_MALFORMED },
	{ "\"events\":\"90d\"", "\"events\":\"1d\"", RESULT_MALFORMED },
	{ "\"keep\":{", "\"keep\":[{", RESULT_MALFORMED },
	{ "\"state\":\"/var/lib/bouclier/hub\"", "\"state\":\"hub\"", RESULT_MALFORMED },
	{ "\"journal\":\"/var/lib/bouclier/journal\"", "\"journal\":null", RESULT_MALFORMED },
	{ "\"name\":\"a\"", "\"name\":\"\"", RESULT_MALFORMED },
	{ "\"name\":\"a\"", "\"name\":\"a\\n\"", RESULT_MALFORMED },
	{ "\"mode\":\"off\"", "\"mode\":\"off\",\"x\":\"\"", RESULT_MALFORMED },
	{ "\"hosts\":[]", "\"hosts\":[[]]", RESULT_MALFORMED },
	{ "\"hosts\":[]", "\"hosts\":{}", RESULT_MALFORMED },
};

static void what_is_not_so_is_refused(void **unused)
{
	struct span hosts[2] = { SPAN("www.a.example"), SPAN("*.a.example") };
	struct hub_config config = config_of(hosts), read;
	struct buffer good, bad;

	(void)unused;
	buffer_init(&good, HAND_OVER_MAX);
	assert_int_equal(hand_over_write(&config, &good), RESULT_OK);
	for (size_t i = 0; i < sizeof(bads) / sizeof(*bads); i++) {
		struct span text = buffer_span(&good), from = span_of(bads[i].from);
		const char *at = memmem(text.at, text.len, from.at, from.len);

		if (!at)
			fail_msg("%s is not in %.*s", bads[i].from, SPAN_ARG(text));
		buffer_init(&bad, HAND_OVER_MAX);
		assert_int_equal(buffer_append(&bad, span_take(text, (size_t)(at - text.at))), RESULT_OK);
		assert_int_equal(buffer_append(&bad, span_of(bads[i].to)), RESULT_OK);
		assert_int_equal(buffer_append(&bad, span_skip(text, (size_t)(at - text.at) + from.len)), RESULT_OK);
		if (hand_over_read(buffer_span(&bad), &read) != bads[i].result)
			fail_msg("%s was not refused as it should be", bads[i].to);
		buffer_done(&bad);
	}
	for (size_t len = 0; len < buffer_len(&good); len++)
		assert_int_not_equal(hand_over_read(span_take(buffer_span(&good), len), &read), RESULT_OK);
	buffer_done(&good);
}

static void count_file(void *context, struct span path)
{
	assert_true(span_equal(path, SPAN("/etc/bouclier/hub.pem")));
	++*(unsigned *)context;
}

static void its_files_are_found(void **unused)
{
	struct span hosts[2] = { SPAN("a"), SPAN("b") };
	struct hub_config config = config_of(hosts);
	unsigned count = 0;

	(void)unused;
	hub_files(config.hub, count_file, &count);
	assert_int_equal(count, 1);
	config.hub->certificate = SPAN_NONE;
	hub_files(config.hub, count_file, &count);
	assert_int_equal(count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(what_is_not_so_is_refused),
		cmocka_unit_test(its_files_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
