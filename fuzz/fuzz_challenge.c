/* Any bytes as a cookie, a question, its answer, a form that comes back: nothing that we did not sign is believed, and what was read and is
 * written again is the same line. */
#include <assert.h>
#include <stdlib.h>

#include "edge/challenge/inner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ticket_keys keys;  /* drawn anew in each run: nothing is ours, but by a chance of 2^-128 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size), body;
	struct asker asker = { &keys, 1, { { 1 } }, 1000ull * TICKET_PERIOD_S * 1000 };
	struct puzzle puzzle = { .made_ms = asker.now_ms, .bits = 1, .parts = 16 }, read;
	struct token token;
	uint64_t number;
	char *out = malloc(size + 1);

	ticket_keys_rotate(&keys, asker.now_ms / 1000);
	assert(out && token_read(&asker, text, &token) == RESULT_MALFORMED && puzzle_read(&asker, text, &read) == RESULT_MALFORMED);
	assert(carry_open(&asker, SPAN("/"), text, out, &body, &number) != RESULT_OK);
	assert(puzzle_check(&asker, &puzzle, SPAN("x"), text) != RESULT_OK || size <= PUZZLE_SOLUTION_MAX);
	body = parameter_of(text, SPAN("ask"));
	assert(!body.len || (body.at > text.at && body.at + body.len <= text.at + size));
	if (base64url_read(text, out, base64url_bytes(size)) == RESULT_OK) {
		char *again = malloc(size + 1);

		assert(again);
		base64url_write(out, base64url_bytes(size), again);
		assert(span_equal(text, span_make(again, size)));
		free(again);
	}
	free(out);
	return 0;
}
