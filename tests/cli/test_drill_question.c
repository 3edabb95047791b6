/* What a challenge's page asks, as a player reads it; and the work, as the shield checks it. */
#include "../guard/asking.h"

#include "cli/drill/question.h"
#include "cli/drill/work.h"

#include "base/banned.h"

#define ASK "0123456789abcdef0123456789ABCDEF0123456789_-cdef0123456789abcdef"
#define PAGE(ask, bits, parts, wait, to) \
	"<noscript><meta http-equiv=\"refresh\" content=\"3; url=/.well-known/bouclier/admit?ask=" ask ";to=" to "\"></noscript>\n" \
	"<main data-ask=\"" ask "\" data-admit=\"/x\" data-bits=\"" bits "\" data-parts=\"" parts "\" data-wait=\"" wait "\" data-done=\"x\">"

static void what_it_asks(void **state)
{
	struct question question;
	struct buffer answer;

	(void)state;
	assert_ok(question_read(SPAN(PAGE(ASK, "12", "16", "3", "/a%3fb")), &question));
	assert_span(question.ask, ASK);
	assert_span(question.to, "/a%3fb");
	assert_int_equal(question.bits, 12);
	assert_int_equal(question.parts, 16);
	assert_int_equal(question.wait_s, 3);
	buffer_init(&answer, 1024);
	assert_ok(question_write_answer(&question, SPAN_NONE, &answer));
	assert_span(buffer_span(&answer), "/.well-known/bouclier/admit?ask=" ASK "&to=/a%3fb");
	buffer_reset(&answer);
	assert_ok(question_write_answer(&question, SPAN("1.2f"), &answer));
	assert_span(buffer_span(&answer), "/.well-known/bouclier/admit?ask=" ASK "&to=/a%3fb&work=1.2f");
	buffer_done(&answer);
	assert_ok(question_read(SPAN(PAGE(ASK, "0", "0", "6", "/")), &question));
	assert_int_equal(question.parts, 0);
}

static void what_is_no_question(void **state)
{
	static const char *const pages[] = {
		"", "<p>Too many requests</p>", "data-ask=\"",
		PAGE("short", "12", "16", "3", "/"), PAGE(ASK, "21", "16", "3", "/"), PAGE(ASK, "12", "17", "3", "/"), PAGE(ASK, "12", "16", "61", "/"),
		PAGE(ASK, "0", "16", "3", "/"), PAGE(ASK, "x", "16", "3", "/"), PAGE(ASK, "", "16", "3", "/"), PAGE(ASK, "12", "16", "3", "/ HTTP/1.1\r\nX: y"),
		PAGE(ASK, "12", "16", "3", "/a b"), PAGE(ASK, "12", "16", "3", "/&work=1"), PAGE(ASK, "-1", "16", "3", "/"), PAGE(ASK, "12", "-1", "3", "/"),
	};
	struct question question;

	(void)state;
	for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++)
		assert_result(question_read(span_of(pages[i]), &question), RESULT_NOT_FOUND);
	for (size_t len = 0; len < sizeof(PAGE(ASK, "12", "16", "3", "/")) - 16; len++)  /* before data-wait ends */
		assert_result(question_read(span_make(PAGE(ASK, "12", "16", "3", "/"), len), &question), RESULT_NOT_FOUND);
}

/* However many tries at a time. */
static void work_is_what_the_shield_wants(void **state)
{
	struct challenge_memory *memory = memory_new();
	struct asker asker = asker_at(memory, "192.0.2.1", START_S * 1000);
	struct puzzle puzzle = puzzle_new(&asker, 9, 4);
	char line[PUZZLE_TEXT_LEN], first[PUZZLE_SOLUTION_MAX + 1] = "";
	static const unsigned steps[] = { 1, 100, 1000000 };

	(void)state;
	assert_ok(puzzle_write(&asker, &puzzle, line));
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		struct span text = span_make(line, sizeof(line));
		enum result result = RESULT_MORE;
		struct work work;

		assert_ok(work_begin(&work, text, puzzle.bits, puzzle.parts));
		while (result == RESULT_MORE)
			result = work_go_on(&work, steps[i]);
		assert_ok(result);
		assert_ok(puzzle_check(&asker, &puzzle, text, span_make(work.solution, work.len)));
		assert_true(!first[0] || span_equal(span_of(first), span_make(work.solution, work.len)));
		memcpy(first, work.solution, sizeof(first));
	}
	free(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_asks),
		cmocka_unit_test(what_is_no_question),
		cmocka_unit_test(work_is_what_the_shield_wants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
