/* Any text as what is kept of people: what is read is written, and read again as the same. */
#include <assert.h>

#include "hub/people/approval_kept.h"
#include "hub/people/door/program_token.h"
#include "hub/people/door/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct person person, person_again;
	static struct program_token token, token_again;
	struct session session, session_again;
	struct span text = span_make((const char *)data, size);
	struct document_change change;
	struct buffer out;

	buffer_init(&out, APPROVAL_TEXT_MAX);
	if (person_read(text, &person) == RESULT_OK)
		assert(person_write(&person, &out) == RESULT_OK && person_read(buffer_span(&out), &person_again) == RESULT_OK && memcmp(&person, &person_again, sizeof(person)) == 0);
	buffer_reset(&out);
	if (session_read(text, &session) == RESULT_OK)
		assert(session_change(&session, &out, &change) == RESULT_OK && session_read(change.text, &session_again) == RESULT_OK);
	buffer_reset(&out);
	if (program_token_read(text, &token) == RESULT_OK)
		assert(program_token_change(&token, &out, &change) == RESULT_OK && program_token_read(change.text, &token_again) == RESULT_OK &&
		       memcmp(&token, &token_again, sizeof(token)) == 0);
	buffer_done(&out);
	return 0;
}
