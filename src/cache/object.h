/* An answer that may be given again: its head, and its body, which an answer that was brought up to date shares with the one before it.
 *
 * Limits   every byte of it is taken from what its tenant has of the store's memory before it is allocated, and given back when the last
 *          holder lets go: what is being delivered is counted although the store has forgotten it
 * Owns     copies of all that it was made of; each holds its tenant
 * Threads  a body is written by one, before anybody else knows of it; an object is immutable once made. Counted with atomics
 */
#ifndef BOUCLIER_CACHE_OBJECT_H
#define BOUCLIER_CACHE_OBJECT_H

#include "base/list.h"
#include "cache/policy.h"

/* What an answer is counted as at least. */
#define OBJECT_BYTES_MIN ((size_t)1024)

struct cache_store;
struct body_chunk;

/* Memory that some tenant has. PARTY is the tenant's key. */
struct cache_account {
	struct cache_store *store;
	void *tenant;                 /* of the store's ports */
	uint64_t party;
	uint64_t bytes;               /* taken */
};

struct cache_body {
	struct cache_account account;
	unsigned holders;
	uint64_t bytes, max_bytes;
	struct body_chunk *first, *last;
};

enum cache_segment { SEGMENT_WINDOW, SEGMENT_PROBATION, SEGMENT_PROTECTED, SEGMENT_COUNT, SEGMENT_NONE = SEGMENT_COUNT };

struct cache_object {
	struct cache_account account;
	unsigned holders;
	/* The store's own, under its locks. */
	struct list bucket, turn;
	enum cache_segment segment;
	struct cache_part *part;

	uint64_t hash;                /* of the key */
	struct span key, vary, variant, tags;
	unsigned status;
	bool is_judged;               /* rules were asked, and had nothing against it */
	struct fields fields;         /* without those about a connection, Content-Length, Age and tags; arena: none */
	struct cache_life life;
	uint64_t received_ms;         /* CLOCK_MONOTONIC: ages count from here */
	uint64_t copy_look_ms;        /* atomic: until then nobody looks again whether a continuity copy is to be made of it */
	uint64_t disk_look_ms;        /* atomic: the same, for the disk of the cache */
	uint64_t ill_until_ms;        /* atomic: the origin has just failed to bring it up to date; until then nobody tries again */
	struct cache_body *body;      /* never NULL; may be empty */
};

/* RESULT_LIMIT: the tenant has no room. RESULT_NO_MEMORY. MAX_BYTES: of the body. LENGTH: known, or 0. */
enum result cache_body_new(struct cache_store *store, uint64_t party, uint64_t max_bytes, struct cache_body **out) must_check;
/* All of PIECE, or nothing: RESULT_LIMIT: more than MAX_BYTES, or than there is room for. EXPECTED: how much may come in all; 0: not known. */
enum result cache_body_add(struct cache_body *body, struct span piece, uint64_t expected) must_check;
/* No more is added: what was allocated for nothing is given back. Pieces become stale. */
void cache_body_seal(struct cache_body *body);
/* What lies together from AT on; empty at the end. */
struct span cache_body_piece(const struct cache_body *body, uint64_t at);
void cache_body_hold(struct cache_body *body);
void cache_body_drop(struct cache_body *body);

struct cache_draft {
	struct span key, vary, variant, tags;
	uint64_t hash, party;
	unsigned status;
	bool is_judged;
	const struct fields *fields;  /* as they came: what does not belong is left out */
	struct cache_life life;
	uint64_t received_ms;
	struct cache_body *body;      /* held once more */
};

/* Born with one holder. RESULT_LIMIT, RESULT_NO_MEMORY. */
enum result cache_object_make(struct cache_store *store, const struct cache_draft *draft, struct cache_object **out) must_check;
void cache_object_hold(struct cache_object *object);
void cache_object_drop(struct cache_object *object);
static inline int64_t cache_object_resident_s(const struct cache_object *object, uint64_t now_ms)
{
	return now_ms > object->received_ms ? (int64_t)((now_ms - object->received_ms) / 1000) : 0;
}

/* A field by which origins name what belongs together: Cache-Tag, Surrogate-Key. */
static inline bool field_is_tag(const struct field *field)
{
	return field->id == FIELD_CACHE_TAG || field->id == FIELD_SURROGATE_KEY;
}

/* The fields of a stored answer, with those of a 304 in their place (RFC 9111, 3.2): into OUT, whose list has room for both. */
enum result cache_fields_merge(const struct fields *stored, const struct fields *update, struct fields *out) must_check;

#endif
