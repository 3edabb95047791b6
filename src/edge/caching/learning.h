/* What is learned of pages that are the same for everybody (cache/learner.h), in a request's life.
 *
 *     look_up  learning_ask     may the request have what others got? Then it has their address: without its query
 *     forward  learning_drops   ... and the origin is asked for the page as anybody asks for it, so that nothing of one visitor is in it
 *     store    learning_judge   what came is looked at, and kept for a minute though it declares nothing
 *     deliver  learning_see     its body passes; at the end, what it was is told
 *
 * Security, fails closed: a request with anything unusual in it is neither learned from nor answered from what is learned.
 */
#ifndef BOUCLIER_EDGE_LEARNING_H
#define BOUCLIER_EDGE_LEARNING_H

#include "cache/learner.h"

struct request;

struct learning {
	enum learn_order order;
	struct span key;              /* in the request's arena; empty: there is nothing to tell */
	uint64_t hash;                /* of it */
	struct hash_stream seen;      /* of the answer, so far */
	uint64_t seen_bytes;
	struct span piece;            /* of the body, looked at last */
	enum { LEARNING_NOT, LEARNING_BODY, LEARNING_SHARED, LEARNING_DOUBTED } state;
};

/* The request's key is made. */
void learning_ask(struct request *request);
/* Its answer is asked for as anybody's. */
bool learning_is_shared(const struct request *request);
/* It may fetch for others. */
bool learning_may_lead(const struct request *request);
/* FIELD of the request does not go to the origin: the page is asked for as anybody would. */
bool learning_drops(const struct request *request, const struct field *field);
/* An answer that may not be kept because of REFUSAL, or may: what is to be done with it, and for how long in LIFE. */
enum cache_refusal learning_judge(struct request *request, enum cache_refusal refusal, int64_t took_s, struct cache_life *life);
/* PIECE of the body is next; COUNT bytes of it have gone on; all of it has. */
void learning_look(struct request *request, struct span piece);
void learning_take(struct request *request, size_t count);
void learning_finish(struct request *request);
/* It came whole, and is not what others got: it is not to be given to them. */
bool learning_is_doubted(const struct request *request);

#endif
