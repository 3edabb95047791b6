/* The way of a response to its client: what is left of its body, wherever that lies, and its head, with what we add and leave out.
 *
 * Owns     nothing: all of it is the request's
 * Threads  its worker's
 */
#ifndef BOUCLIER_EDGE_DELIVER_H
#define BOUCLIER_EDGE_DELIVER_H

#include "base/result.h"
#include "message/field.h"

struct request;

/* -- body.c -- */

/* The response body, from the origin or our own page. */
enum result response_peek(struct request *request, struct span *piece) must_check;
void response_take(struct request *request, size_t count);
/* The same of what the origin sends, whether or not it is kept: what rules held first. */
enum result response_peek_origin(struct request *request, struct span *piece) must_check;
void response_take_origin(struct request *request, size_t count);
/* For as long the origin may be silent from now on, while a client is there to take what it sends. */
void response_set_idle_clock(struct request *request);

/* -- head.c -- */

/* The response that goes to the client has one, be it empty so far. */
bool response_has_body(const struct request *request);
/* The head to the client. */
enum result response_send_head(struct request *request) must_check;
/* "name=member; ...", for a visitor who is to stay with the member that serves him and does not show its cookie; else empty. */
struct span response_sticky_cookie(struct request *request);
void response_send_interim(struct request *request, unsigned status, const struct fields *fields);

/* -- deliver.c, client/http1.c -- */

/* Moves the response body to an HTTP/1 client. RESULT_OK: all of it has gone. */
enum result http1_deliver(struct request *request) must_check;
/* The origin has said all: it is kept for others, or closed. */
void response_origin_done(struct request *request);

#endif
