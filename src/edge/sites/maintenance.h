/* Sites that a person closed until a time (`bouclier maintenance`), in memory that outlives an edge: everybody else gets 503 and a page.
 *
 * Units    wall clock, milliseconds since 1970
 * Limits   MAINTENANCES_MAX sites at once, each for MAINTENANCE_MS_MAX at most
 * Owns     nothing: the memory is the caller's, zero at birth
 * Threads  one writes, any number of any processes read (base/slots.h)
 *
 * Security, fails closed: who is in no network of `allow` does not go on, while its record is half written nobody does, and who dies while he says
 * something anew of a site leaves what was said before. Availability, fails open: it ends by itself, and an edge
 * without the memory closes nothing.
 */
#ifndef BOUCLIER_EDGE_MAINTENANCE_H
#define BOUCLIER_EDGE_MAINTENANCE_H

#include "base/address.h"

#define MAINTENANCE_VERSION 1u
#define MAINTENANCES_MAX 1024u
#define MAINTENANCE_MS_MIN ((uint64_t)1000)
#define MAINTENANCE_MS_MAX ((uint64_t)31 * 86400 * 1000)
#define MAINTENANCE_ALLOW_MAX 16u
#define MAINTENANCE_MESSAGE_MAX 400u     /* bytes */

struct maintenance {
	uint64_t site;                   /* its key; 0: free */
	uint64_t until_ms;
	uint32_t allow_count;
	uint32_t message_len;
	struct network allow[MAINTENANCE_ALLOW_MAX];
	char message[MAINTENANCE_MESSAGE_MAX];
};

struct maintenances {
	uint32_t used;
	uint32_t versions[MAINTENANCES_MAX];
	uint64_t sites[MAINTENANCES_MAX];  /* what the list has, close together: a look costs little */
	struct maintenance list[MAINTENANCES_MAX];
};

struct edge_common;
struct edge_site;
struct request;

/* WISH's site is closed as it says, whatever was said before. RESULT_LIMIT: no place. */
enum result maintenance_begin(struct maintenances *all, const struct maintenance *wish, uint64_t now_ms) must_check;
/* OUT is what has ended. RESULT_NOT_FOUND: SITE is not closed. */
enum result maintenance_end(struct maintenances *all, uint64_t site, uint64_t now_ms, struct maintenance *out) must_check;
/* SITE is closed now. ALL may be NULL. */
bool maintenance_find(const struct maintenances *all, uint64_t site, uint64_t now_ms, struct maintenance *out);
/* One whose time is over is taken out of the list, into OUT; false: there is none. */
bool maintenance_take_over(struct maintenances *all, uint64_t now_ms, struct maintenance *out);
bool maintenance_lets_in(const struct maintenance *maintenance, const struct address *address);

/* -- requests -- */

/* It meets a site that is closed, by its file or by a person: when to come back, and what its page says, is set. */
bool maintenance_meets(struct request *request);

#endif
