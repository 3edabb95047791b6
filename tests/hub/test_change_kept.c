/* Proposals in the store. */
#include "../base/check.h"
#include "../store/stage.h"

#include "hub/change/kept.h"

static struct stage stage;

static int begin(void **state)
{
	(void)state;
	stage_init(&stage);
	stage_open(&stage);
	return 0;
}

static int end(void **state)
{
	(void)state;
	stage_done(&stage);
	return 0;
}

static struct proposal some(uint64_t at_ms)
{
	return (struct proposal){ .author = SPAN("agnes/token:x"), .path = SPAN("/etc/b.yaml"), .why = SPAN("because \"so\""), .at_ms = at_ms, .takes_eyes = true, .needs_approval = true,
		.diff = SPAN("-a\n+b\n"), .complaints = SPAN("[{\"text\":\"x\"}]"), .files = { { SPAN("/etc/b.yaml"), SPAN("b\n"), SPAN("00ff") } }, .file_count = 1 };
}

static void what_is_kept_is_found(void **unused)
{
	struct proposal proposal = some(5), found = { 0 }, other = { 0 };
	struct json_writer json;
	struct buffer text;

	(void)unused;
	assert_int_equal(proposal_find(stage.store, 1, &found), RESULT_NOT_FOUND);
	assert_ok(proposal_add(stage.store, &proposal));
	assert_int_equal(proposal.number, 1);
	assert_ok(proposal_find(stage.store, 1, &found));
	assert_span(found.author, "agnes/token:x");
	assert_span(found.files[0].text, "b\n");
	assert_span(found.files[0].base, "00ff");
	assert_true(found.takes_eyes && found.needs_approval && found.state == PROPOSAL_WAITS);
	/* Two decide: the second one is told. */
	assert_ok(proposal_find(stage.store, 1, &other));
	found.state = PROPOSAL_APPROVED;
	found.applying_ms = 77;
	found.decided_by = SPAN("boris");
	assert_ok(proposal_keep(stage.store, &found));
	other.state = PROPOSAL_REJECTED;
	assert_int_equal(proposal_keep(stage.store, &other), RESULT_REFUSED);
	proposal_done(&other);
	proposal_done(&found);
	assert_ok(proposal_find(stage.store, 1, &found));
	assert_true(found.state == PROPOSAL_APPROVED && found.applying_ms == 77);
	buffer_init(&text, 4096);
	json_writer_init(&json, &text);
	json_open(&json, SPAN_NONE, '{');
	proposal_put(&json, &found);
	json_close(&json, '}');
	assert_ok(json.result);
	assert_true(span_contains(buffer_span(&text), SPAN("\"complaints\":[{\"text\":\"x\"}]")) && span_contains(buffer_span(&text), SPAN("\"decided_by\":\"boris\"")));
	assert_false(span_contains(buffer_span(&text), SPAN("00ff")));  /* what is kept and not told */
	buffer_done(&text);
	proposal_done(&found);
}

static void damaged_ones_are_none(void **unused)
{
	static const char *const texts[] = { "", "{", "[]", "{\"id\":1,\"author\":\"a\",\"state\":\"waits\",\"takes_eyes\":true,\"files\":[]}",
		"{\"id\":1,\"author\":\"\",\"state\":\"waits\",\"takes_eyes\":true,\"files\":[{}]}", "{\"id\":1,\"author\":\"a\",\"state\":\"ready\",\"takes_eyes\":true,\"files\":[{}]}",
		"{\"id\":1,\"author\":\"a\",\"state\":\"approved\",\"files\":[{}]}" };
	struct proposal found = { 0 };

	(void)unused;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const struct document_change change = { DOCUMENT_PROPOSAL, SPAN("00000000000000000009"), span_of(texts[i]), 1, DOCUMENT_ANY };

		assert_ok(store_documents_change(stage.store, &change, 1, NULL));
		assert_int_equal(proposal_find(stage.store, 9, &found), RESULT_MALFORMED);
	}
}

static void count(void *context, const struct proposal *proposal)
{
	unsigned *counts = context;

	counts[0]++;
	counts[1] = (unsigned)proposal->number;  /* the oldest one comes last */
}

/* Those that wait are never thrown away; the oldest that is over makes room. */
static void there_is_room_for_so_many(void **unused)
{
	struct proposal proposal, found;
	unsigned counts[2] = { 0 };

	(void)unused;
	for (unsigned i = 0; i < PROPOSALS_MAX; i++) {
		proposal = some(10 + i);
		assert_ok(proposal_add(stage.store, &proposal));
	}
	proposal = some(1000);
	assert_int_equal(proposal_add(stage.store, &proposal), RESULT_LIMIT);
	assert_ok(proposal_find(stage.store, 3, &found));
	found.state = PROPOSAL_APPLIED;
	assert_ok(proposal_keep(stage.store, &found));
	proposal_done(&found);
	proposal = some(1000);
	assert_ok(proposal_add(stage.store, &proposal));
	assert_int_equal(proposal.number, PROPOSALS_MAX + 1);
	assert_int_equal(proposal_find(stage.store, 3, &found), RESULT_NOT_FOUND);
	assert_ok(proposal_each(stage.store, count, counts));
	assert_int_equal(counts[0], PROPOSALS_MAX);
	assert_int_equal(counts[1], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_kept_is_found, begin, end),
		cmocka_unit_test_setup_teardown(damaged_ones_are_none, begin, end),
		cmocka_unit_test_setup_teardown(there_is_room_for_so_many, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
