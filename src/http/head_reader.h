/* Reads the head of an HTTP/1 message from the front of a growing input, strictly.
 *
 * Shape    HTTP-message of RFC 9112 up to the empty line; one empty line before a request line is skipped (2.2)
 * Source   RFC 9110, RFC 9112. Stricter than both where request smuggling lives: see fault.h
 * Limits   struct http_limits; a line that has not ended by then is a fault at once. A fault in a later piece of a head is
 *          told when the head ends, at a control byte, or at a limit, whichever comes first
 * Owns     nothing: spans point into INPUT; the field list lives in the arena of head->fields
 *
 * RESULT_OK         HEAD is set and USED is the bytes read, the empty line included
 * RESULT_MORE       call again with the same bytes and more behind them (they may have moved)
 * RESULT_MALFORMED  FAULT says why; HEAD holds what could be represented (method, target, fields so far). Running out
 *                   of memory is the fault NO_MEMORY
 * The caller has called fields_init on head->fields. READER remembers how far it looked: born by head_reader_init,
 * one for each message.
 */
#ifndef BOUCLIER_HTTP_HEAD_READER_H
#define BOUCLIER_HTTP_HEAD_READER_H

#include "http/fault.h"
#include "message/head.h"

struct http_limits {
	size_t head_bytes;    /* whole head: 414 while still in the request line, 431 after */
	size_t target_bytes;
	unsigned fields;
	uint64_t body_bytes;  /* an announced length beyond it is BODY_LONG at once */
};

struct head_reader {
	size_t looked;   /* bytes of the input known not to hold the end of the head: not looked at again before it is there */
	bool has_line;   /* the first line has ended within them */
};

static inline void head_reader_init(struct head_reader *reader)
{
	*reader = (struct head_reader){ 0 };
}

enum result request_head_read(struct head_reader *reader, struct span input, const struct http_limits *limits,
                              struct request_head *head, size_t *used, enum http_fault *fault) must_check;

/* METHOD is the request's, which decides whether there is a body (RFC 9112, 6.3). Interim responses (1xx) are heads of
 * their own: the caller reads again, with a new reader. What an origin may get wrong without danger is accepted
 * (a missing reason phrase; white space there); framing is as strict as for requests. */
enum result response_head_read(struct head_reader *reader, struct span input, const struct http_limits *limits,
                               enum method method, struct response_head *head, size_t *used, enum http_fault *fault) must_check;

/* Splits "host", "host:port", "[v6]:port"; checks characters (reg-name without percent signs, RFC 9110, 4.2.3), labels
 * (none empty; one trailing dot is left out of HOST) and that a name ending in a number is an IPv4 address. RESULT_OK or
 * RESULT_MALFORMED; PORT is 0 when none is said, and ":" without one is malformed. */
enum result authority_read(struct span text, struct span *host, uint16_t *port) must_check;

/* Content-Length as HTTP/2 shares it: one field of digits, or is_known is false. Repeated, listed, signed or beyond 2^63-1
 * is a fault. SIZE->framing is left as it is. */
enum result content_length_read(const struct fields *fields, struct body_size *size, enum http_fault *fault) must_check;

#endif
