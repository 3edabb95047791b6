/* The page of a challenge, as a player of a drill reads it: what is read lies in the page, is bounded, and answers in one request line. */
#include <assert.h>

#include "cli/drill/question.h"

static bool is_within(struct span part, struct span whole)
{
	return part.at >= whole.at && part.at + part.len <= whole.at + whole.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span page = span_make((const char *)data, size), target;
	struct question question;
	struct buffer answer;

	if (question_read(page, &question) != RESULT_OK)
		return 0;
	assert(is_within(question.ask, page) && is_within(question.to, page) && question.ask.len == PUZZLE_TEXT_LEN);
	assert(question.parts <= PUZZLE_PARTS_MAX && question.bits <= PUZZLE_BITS_MAX && (!question.parts || question.bits));
	buffer_init(&answer, size + 1024);
	assert(question_write_answer(&question, SPAN("1.2"), &answer) == RESULT_OK);
	target = buffer_span(&answer);
	for (size_t i = 0; i < target.len; i++)
		assert((unsigned char)target.at[i] > ' ' && (unsigned char)target.at[i] < 0x7f);
	buffer_done(&answer);
	return 0;
}
