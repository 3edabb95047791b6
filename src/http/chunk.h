/* The line before the data of a chunk.
 *
 * Shape    1*16HEXDIG *( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ] ) CRLF
 * Source   RFC 9112, section 7.1. BWS is read where the grammar has it, and nowhere else: "5 " CRLF is a fault, as is
 *          a bare LF in an extension, which some readers take for the end of the line (CVE-2025-4366 and its kind)
 * Limits   size up to 2^63-1; extensions CHUNK_EXTENSION_BYTES_MAX
 * Owns     nothing: what the extensions say is dropped
 */
#ifndef BOUCLIER_HTTP_CHUNK_H
#define BOUCLIER_HTTP_CHUNK_H

#include <stdint.h>

#include "base/result.h"
#include "http/fault.h"

#define CHUNK_DIGITS_MAX 16
#define CHUNK_EXTENSION_BYTES_MAX 256

/* RESULT_OK: SIZE and EXTENSION_BYTES are set and AT is past the line. RESULT_MORE, RESULT_MALFORMED. */
enum result chunk_line_read(const char **at, const char *end, uint64_t *size, uint32_t *extension_bytes,
                            enum http_fault *fault) must_check;

#endif
