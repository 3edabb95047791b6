/* zstd; libzstd's one place in the house. Frame follows frame until there is no more. */
#include "http/decode.h"

#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/banned.h"

#define WINDOW_LOG_MAX 23  /* RFC 9659, 3 */

struct zstd_state {
	ZSTD_DCtx *library;
	bool is_between;  /* a frame has ended, and none begun behind it */
};

static void *zstd_new(enum content_coding coding)
{
	struct zstd_state *state = calloc(1, sizeof(*state));

	(void)coding;
	if (!state)
		return NULL;
	state->library = ZSTD_createDCtx();
	if (state->library && !ZSTD_isError(ZSTD_DCtx_setParameter(state->library, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
		return state;
	ZSTD_freeDCtx(state->library);
	free(state);
	return NULL;
}

static void zstd_free(void *context)
{
	struct zstd_state *state = context;

	ZSTD_freeDCtx(state->library);
	free(state);
}

static enum result zstd_some(void *context, struct span *input, char *out, size_t size, size_t *made)
{
	struct zstd_state *state = context;
	ZSTD_inBuffer from = { input->at, input->len, 0 };
	ZSTD_outBuffer to = { out, size, 0 };
	size_t code = ZSTD_decompressStream(state->library, &to, &from);

	*made = to.pos;
	*input = span_skip(*input, from.pos);
	if (from.pos || !state->is_between)  /* asked again without a byte, the library speaks of the next frame */
		state->is_between = code == 0;
	if (!ZSTD_isError(code))
		return RESULT_OK;
	return ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation ? RESULT_NO_MEMORY : RESULT_MALFORMED;
}

static bool zstd_is_whole(const void *context)
{
	const struct zstd_state *state = context;

	return state->is_between;
}

const struct decode_type decode_zstd = { zstd_new, zstd_free, zstd_some, zstd_is_whole };
