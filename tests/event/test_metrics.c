#include "stage.h"

#include <sys/wait.h>

#include "event/metrics.h"

static struct span page(struct buffer *out)
{
	static const struct metric more[] = {
		{ .name = "connections", .help = "Open connections.", .label = "state", .label_value = SPAN_INIT("idle"), .value = 3 },
		{ .name = "connections", .help = "Open connections.", .label = "state", .label_value = SPAN_INIT("active"), .value = 1.5 },
		{ .name = "reloads_total", .help = "Reloads.", .is_counter = true, .value = 2 },
	};
	struct counts_block *block = stage_memory(counts_memory_bytes());
	struct counts_writer *writer = malloc(sizeof(*writer));
	struct stage_request stage;
	struct request_fact *fact = stage_request(&stage);
	struct connection_fact connection = { .decision = DECISION_DROP, .reason = REASON_HANDSHAKE };
	struct counts_view view;
	struct tally tally = { 0 };
	bool is_new;

	counts_adopt(block, &is_new);
	counts_writer_open(writer, block);
	tally_adopt(&tally, &is_new);
	atomic_store(&tally.numbers[TALLY_DETAIL_LINES], 42);
	fact->site_name = SPAN("we\"ird\\si\nte");
	counts_request(writer, fact);
	fact->decision = DECISION_BLOCK;
	fact->reason = REASON_FAULT;
	fact->status = 400;
	counts_request(writer, fact);
	counts_connection(writer, &connection);
	assert_int_equal(counts_view_init(&view, &block, 1), RESULT_OK);
	assert_int_equal(counts_view_update(&view), RESULT_OK);
	buffer_init(out, 1 << 20);
	assert_int_equal(metrics_write(&(struct metrics_source){ .view = &view, .tally = &tally, .losses = { .ring_full = 9 },
	                                                         .is_writing = true, .start_wall_ns = 1767312245123456789u,
	                                                         .more = more, .more_count = 3 }, out), RESULT_OK);
	counts_view_done(&view);
	free(writer);
	munmap(block, counts_memory_bytes());
	return buffer_span(out);
}

static void numbers(void **state)
{
	static const char *const parts[] = {
		"bouclier_requests_total{site=\"we\\\"ird\\\\si\\nte\",decision=\"allow\",code_class=\"2xx\"} 1\n",
		"bouclier_requests_total{site=\"we\\\"ird\\\\si\\nte\",decision=\"block\",code_class=\"4xx\"} 1\n",
		"bouclier_reasons_total{site=\"\",reason=\"tls-handshake\"} 1\n",
		"bouclier_connections_ended_total{site=\"\",decision=\"drop\"} 1\n",
		"bouclier_response_bytes_total{site=\"we\\\"ird\\\\si\\nte\"} 10240\n",
		"bouclier_request_seconds_total{site=\"we\\\"ird\\\\si\\nte\"} 0.002468\n",
		"bouclier_journal_lines_total{stream=\"detail\"} 42\n", "bouclier_journal_lines_lost_total{cause=\"ring-full\"} 9\n",
		"bouclier_journal_writing 1\n", "bouclier_connections{state=\"active\"} 1.5\n", "bouclier_reloads_total 2\n",
		"bouclier_start_time_seconds 1767312245.123456\n",
	};
	struct buffer out;
	struct span text = page(&out);

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!span_contains(text, span_of(parts[i])))
			fail_msg("no %s in\n%.*s", parts[i], SPAN_ARG(text));
	}
	buffer_done(&out);
}

static void promtool_is_content(void **state)
{
	struct buffer out;
	struct span text = page(&out);
	FILE *promtool;

	(void)state;
	if (access("/usr/bin/promtool", X_OK) != 0) {
		print_message("skipped: no promtool\n");
		buffer_done(&out);
		return;
	}
	promtool = popen("/usr/bin/promtool check metrics", "w");
	assert_non_null(promtool);
	assert_int_equal(fwrite(text.at, 1, text.len, promtool), text.len);
	assert_int_equal(pclose(promtool), 0);
	buffer_done(&out);
}

static void a_page_that_does_not_fit_is_refused(void **state)
{
	struct buffer out, small;
	struct span text = page(&out);
	struct counts_view view = { .count = 0 };
	struct tally tally = { 0 };

	(void)state;
	assert_true(text.len > 1000);
	buffer_init(&small, 500);
	assert_int_equal(metrics_write(&(struct metrics_source){ .view = &view, .tally = &tally }, &small), RESULT_LIMIT);
	buffer_done(&small);
	buffer_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers), cmocka_unit_test(promtool_is_content), cmocka_unit_test(a_page_that_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
