#include "cli/drill/question.h"

#include "edge/challenge/challenge.h"

#include "base/banned.h"

#define TO_MAX 8192u

/* What stands between BEFORE and END. */
static enum result read_text(struct span page, struct span before, char end, struct span *out)
{
	for (size_t at = span_find(page, before.at[0]); at < page.len; at = span_find(page, before.at[0])) {
		page = span_skip(page, at);
		if (span_starts(page, before)) {
			page = span_skip(page, before.len);
			*out = span_take(page, span_find(page, end));
			return out->len < page.len ? RESULT_OK : RESULT_NOT_FOUND;
		}
		page = span_skip(page, 1);
	}
	return RESULT_NOT_FOUND;
}

static enum result read_number(struct span page, struct span before, unsigned max, unsigned *out)
{
	struct span text;
	uint64_t number;

	if (read_text(page, before, '"', &text) != RESULT_OK || span_to_u64(text, max, &number) != RESULT_OK)
		return RESULT_NOT_FOUND;
	*out = (unsigned)number;
	return RESULT_OK;
}

/* As the page has it: it is sent back as it is, so it may hold nothing that ends a request line. */
static bool is_parameter(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.at[i] <= ' ' || (unsigned char)text.at[i] >= 0x7f || text.at[i] == '&' || text.at[i] == '#')
			return false;
	}
	return text.len <= TO_MAX;
}

enum result question_read(struct span page, struct question *out)
{
	struct question question;

	if (read_text(page, SPAN("data-ask=\""), '"', &question.ask) != RESULT_OK || question.ask.len != PUZZLE_TEXT_LEN ||
	    read_text(page, SPAN(";to="), '"', &question.to) != RESULT_OK || !is_parameter(question.ask) || !is_parameter(question.to) ||
	    read_number(page, SPAN("data-bits=\""), PUZZLE_BITS_MAX, &question.bits) != RESULT_OK ||
	    read_number(page, SPAN("data-parts=\""), PUZZLE_PARTS_MAX, &question.parts) != RESULT_OK ||
	    read_number(page, SPAN("data-wait=\""), 10 * PUZZLE_WAIT_S_MAX, &question.wait_s) != RESULT_OK || (question.parts && !question.bits))
		return RESULT_NOT_FOUND;
	*out = question;
	return RESULT_OK;
}

enum result question_write_answer(const struct question *question, struct span work, struct buffer *out)
{
	return buffer_print(out, CHALLENGE_ADMIT "?ask=%.*s&to=%.*s%s%.*s", SPAN_ARG(question->ask), SPAN_ARG(question->to), work.len ? "&work=" : "",
	                    SPAN_ARG(work));
}
