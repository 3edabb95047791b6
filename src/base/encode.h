/* Bytes as text: hexadecimal, base64, percent, JSON strings. Writers append to a buffer and fail with its result;
 * what was appended before a failure stays (the caller discards the line).
 */
#ifndef BOUCLIER_BASE_ENCODE_H
#define BOUCLIER_BASE_ENCODE_H

#include "base/buffer.h"
#include "base/span.h"

/* Lower case, two digits a byte; OUT has room for 2 * COUNT bytes, no NUL is added. */
void hex_write(const void *bytes, size_t count, char *out);
/* Exactly 2 * COUNT hexadecimal digits. */
enum result hex_read(struct span text, void *out, size_t count) must_check;

/* RFC 4648, section 4, with padding. */
enum result base64_write(struct span bytes, struct buffer *out) must_check;
/* Strict: padding right, no white space, unused bits zero. */
enum result base64_read(struct span text, struct buffer *out) must_check;

/* RFC 4648, section 5 (for URLs and cookies), without padding. OUT has BASE64URL_LEN(COUNT) bytes; no NUL is added. */
#define BASE64URL_LEN(count) (((count) * 4 + 2) / 3)
void base64url_write(const void *bytes, size_t count, char *out);
/* Exactly COUNT bytes; strict: each text has one value, each value one text. OUT may be changed on failure. */
enum result base64url_read(struct span text, void *out, size_t count) must_check;
/* How many bytes LEN characters stand for. */
static inline size_t base64url_bytes(size_t len)
{
	return len / 4 * 3 + (len % 4 ? len % 4 - 1 : 0);
}

/* "text" of RFC 8259, quotes included. Bytes that are not UTF-8 become U+FFFD, so that a line of the journal is
 * always JSON. */
enum result json_write_string(struct span text, struct buffer *out) must_check;

/* Number of bytes (1..4) of the UTF-8 character at the front, 0 when it is not well-formed (Unicode, table 3-7). */
size_t utf8_length(struct span text);
/* Is the character at the front one that a screen obeys rather than shows: C0 (a newline too), DEL, C1 (U+009B begins what ESC [ does), or one that turns the direction of the
 * text behind it, so that people read another name than there is? */
bool utf8_is_control(struct span text);

/* Decodes %XX; a % without two hexadecimal digits is RESULT_MALFORMED. */
enum result percent_read(struct span text, struct buffer *out) must_check;

/* The byte at *AT as forms mean it, which moves behind it: what two hexadecimal digits behind a % say, or else the byte itself. */
char percent_byte(struct span text, size_t *at);

/* Text as HTML content: & < > " ' escaped. */
enum result html_write(struct span text, struct buffer *out) must_check;

/* Value of a hexadecimal digit, or -1. */
int hex_digit(char c);

#endif
