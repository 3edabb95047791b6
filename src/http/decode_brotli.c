/* br; libbrotlidec's one place in the house. Its large windows stay off, as RFC 7932 knows none. */
#include "http/decode.h"

#include <brotli/decode.h>

#include "base/banned.h"

static void *brotli_new(enum content_coding coding)
{
	(void)coding;
	return BrotliDecoderCreateInstance(NULL, NULL, NULL);
}

static void brotli_free(void *state)
{
	BrotliDecoderDestroyInstance(state);
}

static bool is_memory(BrotliDecoderErrorCode code)
{
	return code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES && code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES;  /* negative, in a row */
}

static enum result brotli_some(void *state, struct span *input, char *out, size_t size, size_t *made)
{
	const uint8_t *from = (const uint8_t *)input->at;
	uint8_t *to = (uint8_t *)out;
	size_t given = input->len, room = size;
	BrotliDecoderResult code = BrotliDecoderDecompressStream(state, &given, &from, &room, &to, NULL);

	*made = size - room;
	*input = span_skip(*input, input->len - given);
	switch (code) {
	case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT:
	case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT:
		return RESULT_OK;
	case BROTLI_DECODER_RESULT_SUCCESS:
		return RESULT_END;
	case BROTLI_DECODER_RESULT_ERROR:
		break;
	}
	return is_memory(BrotliDecoderGetErrorCode(state)) ? RESULT_NO_MEMORY : RESULT_MALFORMED;
}

const struct decode_type decode_brotli = { brotli_new, brotli_free, brotli_some, NULL };
