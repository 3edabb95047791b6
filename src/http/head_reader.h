/* Reads the head of an HTTP/1 message from the front of a growing input, strictly.
 *
 * Shape    HTTP-message of RFC 9112 up to the empty line; one empty line before a request line is skipped (2.2)
 * Source   RFC 9110, RFC 9112. Stricter than both where request smuggling lives: see fault.h
 * Limits   struct http_limits; a line that has not ended by then is a fault at once
 * Owns     nothing: spans point into INPUT; the field list lives in the arena of head->fields
 *
 * RESULT_OK         HEAD is set and USED is the bytes read, the empty line included
 * RESULT_MORE       call again with the same bytes and more behind them (they may have moved)
 * RESULT_MALFORMED  FAULT says why; HEAD holds what could be represented (method, target, fields so far)
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
	size_t looked;  /* bytes of the input known to hold complete lines only */
};

static inline void head_reader_init(struct head_reader *reader)
{
	reader->looked = 0;
}

enum result request_head_read(struct head_reader *reader, struct span input, const struct http_limits *limits,
                              struct request_head *head, size_t *used, enum http_fault *fault) must_check;

/* METHOD is the request's, which decides whether there is a body (RFC 9112, 6.3). Interim responses (1xx) are heads of
 * their own: the caller reads again, with a new reader. What an origin may get wrong without danger is accepted
 * (a missing reason phrase; white space there); framing is as strict as for requests. */
enum result response_head_read(struct head_reader *reader, struct span input, const struct http_limits *limits,
                               enum method method, struct response_head *head, size_t *used, enum http_fault *fault) must_check;

/* Splits "host", "host:port", "[v6]:port"; checks characters (reg-name without percent signs, RFC 9110, 4.2.3). */
enum result authority_read(struct span text, struct span *host, uint16_t *port) must_check;

/* The framing a request's or a response's fields announce, by the rules of RFC 9112, section 6: shared with HTTP/2 for
 * Content-Length. */
enum result content_length_read(const struct fields *fields, struct body_size *size, enum http_fault *fault) must_check;

#endif
