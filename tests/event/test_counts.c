#include "stage.h"

#include "event/counts.h"

static struct counts_block *new_block(void)
{
	struct counts_block *block = stage_memory(counts_memory_bytes());
	bool is_new;

	counts_adopt(block, &is_new);
	assert_true(is_new);
	return block;
}

static const struct counts_total *find_total(const struct counts_view *view, const char *name)
{
	for (size_t i = 0; i < view->count; i++) {
		if (span_equal(view->totals[i].name, span_of(name)))
			return &view->totals[i];
	}
	return NULL;
}

static void two_workers_are_summed_by_name(void **state)
{
	struct counts_block *blocks[2] = { new_block(), new_block() };
	struct counts_writer *writers = calloc(2, sizeof(*writers));
	struct stage_request stage;
	struct request_fact *fact = stage_request(&stage);
	struct connection_fact connection = { .decision = DECISION_DROP, .reason = REASON_HANDSHAKE };
	const struct counts_total *total;
	struct counts_view view;

	(void)state;
	assert_int_equal(counts_view_init(&view, blocks, 2), RESULT_OK);
	for (unsigned i = 0; i < 2; i++) {
		counts_writer_open(&writers[i], blocks[i]);
		fact->site_name = i ? SPAN("b") : SPAN("a");  /* not the same slot in both */
		counts_request(&writers[i], fact);
		fact->site_name = SPAN("www");
		counts_request(&writers[i], fact);
	}
	fact->decision = DECISION_BLOCK;
	fact->reason = REASON_FAULT;
	fact->status = 400;
	counts_request(&writers[1], fact);
	fact->status = 0;
	fact->decision = (enum decision)(DECISION_COUNT + DECISION_BLOCK);  /* nonsense stays inside the slot */
	counts_request(&writers[1], fact);
	counts_connection(&writers[0], &connection);

	assert_int_equal(counts_view_update(&view), RESULT_OK);
	total = find_total(&view, "www");
	assert_non_null(total);
	assert_int_equal(total->numbers[COUNTS_EVENTS], 4);
	assert_int_equal(total->numbers[COUNTS_DECISIONS + DECISION_ALLOW * COUNTS_CLASSES + 2], 2);
	assert_int_equal(total->numbers[COUNTS_DECISIONS + DECISION_BLOCK * COUNTS_CLASSES + 4], 1);
	assert_int_equal(total->numbers[COUNTS_DECISIONS + DECISION_BLOCK * COUNTS_CLASSES], 1);
	assert_int_equal(total->numbers[COUNTS_REASONS + (unsigned)REASON_FAULT], 2);
	assert_int_equal(total->numbers[COUNTS_RESPONSE_BYTES], 4 * 5120);
	assert_int_equal(total->numbers[COUNTS_TOTAL_US], 4 * 1234);
	assert_int_equal(find_total(&view, "a")->numbers[COUNTS_EVENTS], 1);
	assert_int_equal(find_total(&view, "b")->numbers[COUNTS_EVENTS], 1);
	assert_int_equal(view.totals[0].numbers[COUNTS_CONNECTIONS + (unsigned)DECISION_DROP], 1);
	assert_int_equal(counts_view_update(&view), RESULT_OK);
	assert_int_equal(find_total(&view, "www")->numbers[COUNTS_EVENTS], 4);  /* summed anew, not added */
	counts_view_done(&view);
	free(writers);
	munmap(blocks[0], counts_memory_bytes());
	munmap(blocks[1], counts_memory_bytes());
}

/* A second edge beside the first has slots of its own: totals go on, and so does their birth. */
static void a_worker_more_is_no_new_birth(void **state)
{
	struct counts_block *blocks[2] = { new_block(), NULL };
	struct counts_writer *writer = malloc(sizeof(*writer));
	struct stage_request stage;
	struct request_fact *fact = stage_request(&stage);
	struct counts_view view;
	uint32_t since;

	(void)state;
	counts_writer_open(writer, blocks[0]);
	counts_request(writer, fact);
	assert_int_equal(counts_view_init(&view, blocks, 1), RESULT_OK);
	assert_int_equal(counts_view_update(&view), RESULT_OK);
	since = view.since;
	counts_view_done(&view);
	blocks[1] = new_block();
	counts_writer_open(writer, blocks[1]);
	counts_request(writer, fact);
	assert_int_equal(counts_view_init(&view, blocks, 2), RESULT_OK);
	assert_int_equal(counts_view_update(&view), RESULT_OK);
	assert_int_equal(find_total(&view, "www")->numbers[COUNTS_EVENTS], 2);
	assert_int_equal(view.since, since);
	counts_view_done(&view);
	free(writer);
	munmap(blocks[0], counts_memory_bytes());
	munmap(blocks[1], counts_memory_bytes());
}

static void slots_survive_and_overflow_is_counted_together(void **state)
{
	struct counts_block *block = new_block();
	struct counts_writer *writer = malloc(sizeof(*writer));
	struct stage_request stage;
	struct request_fact *fact = stage_request(&stage);
	struct counts_view view;
	uint64_t sum = 0;
	uint32_t since;
	bool is_new;

	(void)state;
	assert_int_equal(counts_view_init(&view, &block, 1), RESULT_OK);
	for (int life = 0; life < 2; life++) {
		counts_adopt(block, &is_new);
		assert_false(is_new);
		counts_writer_open(writer, block);
		for (unsigned i = 0; i < COUNTS_SITES + 100; i++) {
			char name[32];

			snprintf(name, sizeof(name), "site-%u", i);
			fact->site_name = span_of(name);
			counts_request(writer, fact);
		}
	}
	assert_int_equal(counts_view_update(&view), RESULT_OK);
	assert_int_equal(view.count, COUNTS_SITES);
	assert_int_equal(view.totals[0].numbers[COUNTS_EVENTS], 2 * 101);
	assert_int_equal(find_total(&view, "site-7")->numbers[COUNTS_EVENTS], 2);
	for (size_t i = 0; i < view.count; i++)
		sum += view.totals[i].numbers[COUNTS_EVENTS];
	assert_int_equal(sum, 2 * (COUNTS_SITES + 100));
	since = view.since;
	block->version++;  /* another layout: born anew, and told so */
	counts_adopt(block, &is_new);
	assert_true(is_new);
	assert_int_equal(counts_view_update(&view), RESULT_OK);
	assert_int_not_equal(view.since, since);
	assert_int_equal(view.totals[0].numbers[COUNTS_EVENTS], 0);
	counts_view_done(&view);
	free(writer);
	munmap(block, counts_memory_bytes());
}

static void long_names_share_the_nameless_slot(void **state)
{
	struct counts_block *block = new_block();
	struct counts_writer *writer = malloc(sizeof(*writer));
	struct stage_request stage;
	struct request_fact *fact = stage_request(&stage);
	char name[300];

	(void)state;
	memset(name, 'x', sizeof(name));
	counts_writer_open(writer, block);
	for (size_t len = 100; len < sizeof(name); len += 13) {
		fact->site_name = span_make(name, len);
		counts_request(writer, fact);
	}
	assert_int_equal(atomic_load(&block->site_count), 1 + 3);  /* 100, 113 and 126 fit */
	free(writer);
	munmap(block, counts_memory_bytes());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_workers_are_summed_by_name), cmocka_unit_test(a_worker_more_is_no_new_birth), cmocka_unit_test(slots_survive_and_overflow_is_counted_together),
		cmocka_unit_test(long_names_share_the_nameless_slot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
