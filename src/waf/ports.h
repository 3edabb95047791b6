/* What the engine asks of those who run it, beside what operators ask (operator/operator.h): stored collections.
 *
 * Threads  a port may be asked by several transactions at once
 */
#ifndef BOUCLIER_WAF_PORTS_H
#define BOUCLIER_WAF_PORTS_H

#include "base/arena.h"

/* Whose collection: nobody sees another tenant's or another site's, whatever rules say. */
struct collection_key {
	struct span tenant, site;
	struct span collection;      /* "ip", "default_SESSION" ... */
	struct span key;
};

/* Asked with what is kept (empty: nothing): writes what is to be kept from now on into AFTER, ROOM bytes of it, until EXPIRES_S.
 * RESULT_NOT_FOUND: nothing is to be kept; anything else that is not RESULT_OK leaves what is kept as it is. Holds a lock: it
 * neither waits nor takes memory that may be slow to get. */
typedef enum result (*collection_change)(void *context, struct span before, char *after, size_t room, size_t *len, uint64_t *expires_s);

/* Units  seconds since 1970 */
struct collection_port {
	void *context;
	/* A copy in ARENA of what is kept. RESULT_NOT_FOUND: nothing, or it expired. RESULT_NO_MEMORY. */
	enum result (*read)(void *context, const struct collection_key *key, uint64_t now_s, struct arena *arena, struct span *bytes);
	/* RESULT_LIMIT: it is too large to be kept. */
	enum result (*change)(void *context, const struct collection_key *key, uint64_t now_s, collection_change change, void *change_context);
};

#endif
