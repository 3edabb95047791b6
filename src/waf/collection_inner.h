/* The insides of collection.c, collection_stored.c and collection_keep.c. */
#ifndef BOUCLIER_WAF_COLLECTION_INNER_H
#define BOUCLIER_WAF_COLLECTION_INNER_H

#include "waf/collection.h"

#define EXPIRE "__expire_"

enum change_kind { CHANGE_SET, CHANGE_COUNT, CHANGE_UNSET };

/* One name that a rule touched; its value is in the table. */
struct change {
	struct change *next;
	enum change_kind kind;
	struct span name, value;
	int64_t count;
};

struct collection {
	struct collection *next;
	enum variable variable;
	struct span name, key;
	struct span loaded;          /* as it was read; empty: it is new */
	struct change *changes;      /* the last one first */
};

static inline uint64_t collection_now_s(const struct waf_transaction *transaction)
{
	return transaction->wall_ns / 1000000000;
}

static inline struct collection_key collection_key_of(const struct waf_transaction *transaction, const struct collection *collection)
{
	return (struct collection_key){ transaction->tenant, transaction->site, collection->name, collection->key };
}

/* -- collection_stored.c: what is stored, read piece by piece -- */

struct pieces {
	struct span rest;
	struct span name, value;
};

/* The next value of what is stored. What is cut short ends it. */
bool pieces_next(struct pieces *pieces);
bool stored_find(struct span stored, struct span name, struct span *value);
/* Is NAME's time over, in STORED? */
bool stored_has_expired(struct span stored, struct span name, uint64_t now_s);
/* Seconds since 1970, also beyond 2038. */
int64_t stored_time(struct span text);

#endif
