/* A body as it is without its Content-Encoding, for whoever has to look at it; what goes on stays as it came.
 *
 * Limits   decodes into what the caller gives, never more: a bomb costs as much as the caller takes. A window (what is looked back
 *          to) is at most 16 MiB with br, as its format has it, and 8 MiB with zstd (RFC 9659): a larger one is MALFORMED
 * Owns     the library's state, from content_decoder_new to content_decoder_free; each library has one file (decode_*.c)
 * Source   RFC 9110, 8.4.1; RFC 1950 to 1952; RFC 7932; RFC 8878
 */
#ifndef BOUCLIER_HTTP_CONTENT_DECODER_H
#define BOUCLIER_HTTP_CONTENT_DECODER_H

#include "message/field.h"

enum content_coding {
	CODING_IDENTITY,
	CODING_GZIP,      /* gzip and x-gzip */
	CODING_DEFLATE,   /* with zlib's header, or without as some send it */
	CODING_BROTLI,
	CODING_ZSTD,
	CODING_OTHER,     /* another one, or several */
};

/* Of a message with FIELDS. */
enum content_coding content_coding_of(const struct fields *fields);
/* "br", any case; OTHER: not one that can be decoded. */
enum content_coding content_coding_named(struct span name);

struct content_decoder;

/* Of any but IDENTITY and OTHER. NULL: no memory. */
struct content_decoder *content_decoder_new(enum content_coding coding) must_check;
void content_decoder_free(struct content_decoder *decoder);
/* Decodes from the front of INPUT, and moves it on by what was used. RESULT_OK: MADE bytes (more than 0) are in OUT.
 * RESULT_MORE: INPUT is used up; whether a body may end here, content_decoder_is_whole says. RESULT_END: the encoded body is
 * over (deflate, br), and what is left of INPUT stands behind its end. RESULT_MALFORMED (also of a checksum or a length that is not the
 * content's, and of what follows a gzip member and is none), RESULT_NO_MEMORY. */
enum result content_decoder_turn(struct content_decoder *decoder, struct span *input, char *out, size_t size, size_t *made) must_check;
/* After RESULT_MORE or RESULT_END: a body that ends here is not cut off. One without a byte is whole too. */
bool content_decoder_is_whole(const struct content_decoder *decoder);

#endif
