/* Complaints are printed where a person looks, and none is lost without being counted. */
#include "check.h"
#include "failing.h"

#include "base/complaint.c"

static void assert_written(const struct complaints *complaints, const char *text)
{
	struct buffer out;

	buffer_init(&out, 4 << 20);
	assert_ok(complaints_write(complaints, &out));
	assert_ok(buffer_append_byte(&out, 0));
	assert_string_equal(buffer_span(&out).at, text);
	buffer_done(&out);
}

static void one_line_each(void **state)
{
	struct complaints complaints;

	(void)state;
	complaints_init(&complaints);
	assert_written(&complaints, "");
	complain(&complaints, COMPLAINT_ERROR, (struct place){ SPAN("a.yaml"), 3, 7 }, SPAN("did you mean hosts?"), "unknown key %s", "hots");
	complain(&complaints, COMPLAINT_WARNING, (struct place){ SPAN("a.yaml"), 0, 0 }, SPAN_NONE, "old");
	complain(&complaints, COMPLAINT_ERROR, (struct place){ SPAN_NONE, 4, 1 }, SPAN_NONE, "%s", "");
	complain(&complaints, COMPLAINT_ERROR, (struct place){ 0 }, SPAN_NONE, "no file");
	assert_int_equal(complaints.errors, 3);
	assert_written(&complaints, "a.yaml:3:7: error: unknown key hots (did you mean hosts?)\na.yaml: warning: old\n4:1: error: \nerror: no file\n");
	complaints_done(&complaints);
}

static void a_long_one_is_cut_between_characters(void **state)
{
	struct complaints complaints;
	char text[3001];

	(void)state;
	for (size_t shift = 0; shift < 3; shift++) {
		complaints_init(&complaints);
		memset(text, 'x', sizeof(text));
		for (size_t i = shift; i + 2 < sizeof(text) - 1; i += 3)
			memcpy(text + i, "€", 3);
		text[sizeof(text) - 1] = 0;
		complain(&complaints, COMPLAINT_ERROR, (struct place){ 0 }, SPAN_NONE, "%s", text);
		assert_int_equal(complaints.count, 1);
		assert_int_equal(complaints.dropped, 0);
		struct span said = complaints.list[0].text;

		assert_in_range(said.len, 2040, 2048);
		assert_true(span_ends(said, SPAN("...")));
		said.len -= 3;
		assert_memory_equal(said.at, text, said.len);
		assert_int_equal((said.len - shift) % 3, 0);
		complaints_done(&complaints);
	}
}

static void what_finds_no_room_is_counted(void **state)
{
	struct complaints complaints;
	char text[2000];

	(void)state;
	complaints_init(&complaints);
	memset(text, 'y', sizeof(text));
	for (unsigned i = 0; i < 1200; i++)
		complain(&complaints, COMPLAINT_ERROR, (struct place){ SPAN("f"), i, 1 }, SPAN_NONE, "%.*s", (int)sizeof(text), text);
	assert_int_equal(complaints.errors, 1200);
	assert_int_equal(complaints.count + complaints.dropped, 1200);
	assert_true(complaints.count < COMPLAINTS_MAX);  /* the text's megabyte was full first */
	for (size_t i = 0; i < complaints.count; i++)
		assert_int_equal(complaints.list[i].text.len, sizeof(text));
	complaints_done(&complaints);
	for (unsigned i = 0; i < 1200; i++)
		complain(&complaints, COMPLAINT_WARNING, (struct place){ 0 }, SPAN_NONE, "w");
	assert_int_equal(complaints.count, COMPLAINTS_MAX);
	assert_int_equal(complaints.dropped, 200);
	assert_int_equal(complaints.errors, 0);
	complaints_done(&complaints);
}

static void without_memory_it_is_counted(void **state)
{
	struct complaints complaints;

	(void)state;
	complaints_init(&complaints);
	failing_from(1);
	for (unsigned i = 0; i < 3; i++)
		complain(&complaints, COMPLAINT_ERROR, (struct place){ 0 }, SPAN_NONE, "x");
	failing_from(0);
	assert_int_equal(complaints.errors, 3);
	assert_int_equal(complaints.dropped, 3);
	assert_written(&complaints, "and 3 more that are not shown\n");
	complaints_done(&complaints);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_line_each),
		cmocka_unit_test(a_long_one_is_cut_between_characters),
		cmocka_unit_test(what_finds_no_room_is_counted),
		cmocka_unit_test(without_memory_it_is_counted),
	};

	return cmocka_run_group_tests_name("base/complaint", tests, NULL, NULL);
}
