/* What is learned of pages that are the same for everybody (cache/learner.h), in a request's life.
 *
 *     look_up  learning_ask     may the request have what others got? Then it has their address: without its query
 *     forward  learning_fields  ... and the origin is asked for the page in the words of his kind, so that nothing of one visitor is in it: with GET, too
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
	struct fields asked;          /* of LEARN_SHARE: what the origin is told of who asks, and for which host */
	struct span authority;
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
/* What the origin is told: as the request came, or as anybody of his kind asks. */
const struct fields *learning_fields(const struct request *request);
struct span learning_authority(const struct request *request);
struct request_head learning_head(const struct request *request);
/* An answer that may not be kept because of REFUSAL, or may: what is to be done with it, and for how long in LIFE. */
enum cache_refusal learning_judge(struct request *request, enum cache_refusal refusal, int64_t took_s, struct cache_life *life);
/* The answer says nothing of the page, but that this one did not get it: another asks. */
bool learning_is_of_one(const struct request *request);
/* PIECE of the body is next; COUNT bytes of it have gone on; all of it has. */
void learning_look(struct request *request, struct span piece);
void learning_take(struct request *request, size_t count);
void learning_finish(struct request *request);
/* It came whole, and is not what others got: it is not to be given to them. */
bool learning_is_doubted(const struct request *request);

#endif
