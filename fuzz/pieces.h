/* An input that arrives in pieces, each arrival in fresh memory of the exact size, followed by an empty line, so that every
 * input is decided. What was read is said as text, to be compared. */
#ifndef FUZZ_PIECES_H
#define FUZZ_PIECES_H

#include <assert.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "http/head_reader.h"
#include "http/head_writer.h"

#define PIECES_END 4  /* "\r\n\r\n" */

struct answer {
	enum result result;
	size_t used;
	struct buffer said;
};

typedef enum result (*read_function)(struct head_reader *reader, struct span input, struct arena *arena, struct buffer *said, size_t *used);

/* The fields as lines, and the empty line, of a good head; the fault's name otherwise. */
static inline void say_fields(struct buffer *said, const struct fields *fields, enum result result, enum http_fault fault)
{
	if (result == RESULT_MORE)
		return;
	for (unsigned i = 0; i < fields->count; i++)
		assert(field_is_hop_by_hop(fields, &fields->list[i]) ||
		       field_write(fields->list[i].name, fields->list[i].value, said) == RESULT_OK);
	if (result == RESULT_OK)
		assert(head_end_write(said) == RESULT_OK);
	else
		assert(buffer_print(said, "%s", http_fault_name(fault)) == RESULT_OK);
}

static inline enum result read_copy(read_function read, struct head_reader *reader, struct span input, struct answer *answer)
{
	char *copy = malloc(input.len ? input.len : 1);
	struct arena arena;

	arena_init(&arena, 1 << 20, 4096);
	if (input.len)
		memcpy(copy, input.at, input.len);
	answer->result = read(reader, span_make(copy, input.len), &arena, &answer->said, &answer->used);
	arena_done(&arena);
	free(copy);
	return answer->result;
}

/* STEP bytes more at each arrival. */
static inline struct answer answer_in_pieces(read_function read, const uint8_t *bytes, size_t count, size_t step)
{
	struct answer answer = { 0 };
	struct head_reader reader;
	char *input = malloc(count + PIECES_END);
	size_t len = 0, total = count + PIECES_END;

	if (count)
		memcpy(input, bytes, count);
	memcpy(input + count, "\r\n\r\n", PIECES_END);
	buffer_init(&answer.said, 1 << 20);
	head_reader_init(&reader);
	do {
		len = step < total - len ? len + step : total;
	} while (read_copy(read, &reader, span_make(input, len), &answer) == RESULT_MORE && len < total);
	assert(answer.result == RESULT_OK || answer.result == RESULT_MALFORMED);
	free(input);
	return answer;
}

/* The answer to the whole, after finding that pieces give the same. */
static inline struct answer answer_twice(read_function read, const uint8_t *bytes, size_t count)
{
	struct answer whole = answer_in_pieces(read, bytes, count, count + PIECES_END);
	struct answer pieces = answer_in_pieces(read, bytes, count, count ? bytes[count - 1] % 64 + 1u : 1);

	assert(whole.result == pieces.result && whole.used == pieces.used);
	assert(span_equal(buffer_span(&whole.said), buffer_span(&pieces.said)));
	buffer_done(&pieces.said);
	return whole;
}

static inline enum result prefix_result(read_function read, const uint8_t *bytes, size_t count)
{
	struct answer answer = { 0 };
	struct head_reader reader;

	buffer_init(&answer.said, 1 << 20);
	head_reader_init(&reader);
	read_copy(read, &reader, span_make((const char *)bytes, count), &answer);
	buffer_done(&answer.said);
	return answer.result;
}

#endif
