/* What a library does for content_decoder.c; for nobody else. */
#ifndef BOUCLIER_HTTP_DECODE_H
#define BOUCLIER_HTTP_DECODE_H

#include "http/content_decoder.h"

struct decode_type {
	/* NULL: no memory. */
	void *(*new)(enum content_coding coding);
	void (*free)(void *state);
	/* One call of the library: INPUT moves on, MADE bytes (perhaps none) are in OUT. RESULT_OK: it goes on. RESULT_END: the body is
	 * over, whatever follows. RESULT_MALFORMED, RESULT_NO_MEMORY. */
	enum result (*some)(void *state, struct span *input, char *out, size_t size, size_t *made);
	/* All that came is a row of whole members or frames. NULL: only RESULT_END ends such a body. */
	bool (*is_whole)(const void *state);
};

extern const struct decode_type decode_zlib, decode_brotli, decode_zstd;

#endif
