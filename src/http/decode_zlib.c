/* gzip and deflate; zlib's one place in the house. */
#include "http/decode.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/banned.h"

#define GZIP_ONLY (16 + MAX_WBITS)

struct zlib_state {
	z_stream stream;
	bool is_gzip;
	bool is_within;                     /* of gzip: a member has begun and not ended */
	unsigned char first[2];             /* of deflate: they tell whether it has zlib's header */
	unsigned first_count, first_given;  /* how many came, and how many zlib has */
};

static void *zlib_new(enum content_coding coding)
{
	struct zlib_state *state = calloc(1, sizeof(*state));

	if (!state)
		return NULL;
	state->is_gzip = coding == CODING_GZIP;
	if (state->is_gzip)
		state->first_count = state->first_given = sizeof(state->first);
	if (inflateInit2(&state->stream, state->is_gzip ? GZIP_ONLY : MAX_WBITS) == Z_OK)
		return state;
	free(state);
	return NULL;
}

static void zlib_free(void *context)
{
	struct zlib_state *state = context;

	inflateEnd(&state->stream);
	free(state);
}

static int inflate_some(z_stream *stream, struct span *input, char *out, size_t size, size_t *made)
{
	unsigned given = input->len < UINT_MAX ? (unsigned)input->len : UINT_MAX;
	int code;

	stream->next_in = (unsigned char *)(uintptr_t)input->at;
	stream->avail_in = given;
	stream->next_out = (unsigned char *)out;
	stream->avail_out = size < UINT_MAX ? (unsigned)size : UINT_MAX;
	code = inflate(stream, Z_NO_FLUSH);
	*made = (size_t)((char *)stream->next_out - out);
	*input = span_skip(*input, given - stream->avail_in);
	return code;
}

/* RFC 1950, 2.2: method 8, and the two bytes are a multiple of 31. */
static bool is_zlib_header(const unsigned char first[2])
{
	return (first[0] & 15) == Z_DEFLATED && (first[0] << 8 | first[1]) % 31 == 0;
}

/* Without its header, as some send it: judged by all of a header, so that the answer does not depend on how it was cut. */
static enum result take_first(struct zlib_state *state, struct span *input)
{
	while (state->first_count < sizeof(state->first) && input->len) {
		state->first[state->first_count++] = (unsigned char)input->at[0];
		*input = span_skip(*input, 1);
	}
	if (state->first_count < sizeof(state->first) || is_zlib_header(state->first))
		return RESULT_OK;
	return inflateReset2(&state->stream, -MAX_WBITS) == Z_OK ? RESULT_OK : RESULT_NO_MEMORY;
}

static int next_code(struct zlib_state *state, struct span *input, char *out, size_t size, size_t *made)
{
	struct span first = span_make((const char *)state->first + state->first_given, sizeof(state->first) - state->first_given);
	int code;

	if (!first.len)
		return inflate_some(&state->stream, input, out, size, made);
	code = inflate_some(&state->stream, &first, out, size, made);
	state->first_given = (unsigned)(sizeof(state->first) - first.len);
	return code;
}

static enum result zlib_some(void *context, struct span *input, char *out, size_t size, size_t *made)
{
	struct zlib_state *state = context;
	z_stream *stream = &state->stream;
	int code;

	if (state->first_count < sizeof(state->first) && take_first(state, input) != RESULT_OK)
		return RESULT_NO_MEMORY;
	if (state->first_count < sizeof(state->first))
		return RESULT_OK;
	state->is_within |= input->len > 0;
	code = next_code(state, input, out, size, made);
	if (code == Z_STREAM_END && state->is_gzip) {  /* another member may follow (RFC 1952, 2.2), and some clients read it */
		state->is_within = false;
		return inflateReset(stream) == Z_OK ? RESULT_OK : RESULT_NO_MEMORY;
	}
	switch (code) {
	case Z_OK:
	case Z_BUF_ERROR:
		return RESULT_OK;
	case Z_STREAM_END:
		return RESULT_END;
	case Z_MEM_ERROR:
		return RESULT_NO_MEMORY;
	default:
		return RESULT_MALFORMED;
	}
}

static bool zlib_is_whole(const void *context)
{
	const struct zlib_state *state = context;

	return state->is_gzip && !state->is_within;
}

const struct decode_type decode_zlib = { zlib_new, zlib_free, zlib_some, zlib_is_whole };
