/* The first byte chooses the coding, the second how the rest is cut: whole and in pieces it decodes to the same, never into more
 * than was given. */
#include <assert.h>
#include <stdint.h>

#include "http/content_decoder.h"

#define DECODED_MAX (1u << 20)

struct decoded {
	uint64_t digest;
	size_t len;
	enum result end;
	bool is_whole;
};

static struct decoded decode(enum content_coding coding, struct span body, size_t step, size_t room)
{
	struct content_decoder *decoder = content_decoder_new(coding);
	struct decoded decoded = { .end = RESULT_MORE };
	char out[4096];

	assert(decoder);
	while (body.len && decoded.end == RESULT_MORE && decoded.len < DECODED_MAX) {
		struct span piece = span_take(body, step);
		size_t made;

		body = span_skip(body, piece.len);
		while ((decoded.end = content_decoder_turn(decoder, &piece, out, room, &made)) == RESULT_OK && decoded.len < DECODED_MAX) {
			assert(made > 0 && made <= room);
			for (size_t i = 0; i < made; i++)
				decoded.digest = decoded.digest * 31 + (unsigned char)out[i];
			decoded.len += made;
		}
		assert(decoded.end != RESULT_MORE || !piece.len);
	}
	decoded.is_whole = content_decoder_is_whole(decoder);
	content_decoder_free(decoder);
	return decoded;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	static const enum content_coding codings[] = { CODING_GZIP, CODING_DEFLATE, CODING_BROTLI, CODING_ZSTD };
	struct span body = span_make((const char *)bytes + 2, count < 2 ? 0 : count - 2);
	struct decoded whole, pieces;

	if (count < 3)
		return 0;
	whole = decode(codings[bytes[0] % 4], body, body.len, 4096);
	pieces = decode(codings[bytes[0] % 4], body, bytes[1] % 64 + 2u, bytes[1] % 100 + 1u);
	if (whole.len >= DECODED_MAX || pieces.len >= DECODED_MAX)
		return 0;
	assert(whole.end == pieces.end);  /* of a damaged body libraries give more or less of what stands before the damage */
	assert(whole.end == RESULT_MALFORMED || (whole.is_whole == pieces.is_whole && whole.len == pieces.len && whole.digest == pieces.digest));
	return 0;
}
