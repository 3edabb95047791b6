/* Bans: a source is refused for a while, and for twice as long each time that it comes back to do the same.
 *
 * They lie in the entries of the table of sources (source/table.h): they outlive an edge, no flood washes them out, and asking whether a
 * source is banned is part of the look that every request costs anyway.
 *
 * Shape    the n-th ban lasts first_s * 2^n, at most most_s. Who was not banned for forget_s begins anew
 * Limits   one for each source: an IPv4 address, or an IPv6 /64. A /48 that has become one source is limited and never banned by the machine:
 *          nobody knows who else is in it. A full table forgets bans before citizens
 * Owns     nothing; the sink and the lists of networks are the caller's
 * Threads  any number, of any processes. The sink is called by whoever bans or lifts, with no lock held
 *
 * Security, fails closed: what touches a network of `exempt` (management, trusted_proxies), or is marked trusted, is never banned,
 * whoever asks. Who is banned is no known citizen from then on. Availability, fails open: a ban that cannot be made is not made.
 */
#ifndef BOUCLIER_GUARD_BAN_H
#define BOUCLIER_GUARD_BAN_H

#include "config/key.h"
#include "source/table.h"

enum ban_reason {
	BAN_BY_HAND, BAN_REQUESTS, BAN_COST, BAN_ERRORS, BAN_CONNECTIONS, BAN_HANDSHAKES, BAN_RULES,
	BAN_OBSERVED,                        /* the machine would have banned it for what it asked of a site that only observes: no ban, but remembered as one */
	BAN_REASON_COUNT,
};

/* "by-hand", "requests"... */
const char *ban_reason_name(enum ban_reason reason);

#define BAN_EXEMPT_LISTS 4u
#define BAN_S_MAX 31536000u              /* a year */

struct ban_policy {
	uint32_t first_s, most_s, forget_s;  /* 1 to BAN_S_MAX */
	const struct list_value *exempt[BAN_EXEMPT_LISTS];  /* of struct network; NULL: no more */
};

struct ban_fact {
	struct network network;
	enum ban_reason reason;
	unsigned times;                      /* 1: the first; 16: or more */
	bool has_begun;                      /* of ban_source: by this very call; none was on */
	uint64_t until_us;                   /* CLOCK_MONOTONIC: what the kernel's filter reads too */
	/* It may be dropped without an answer. Not when somebody behind it showed a valid token, or several clients were seen, within 24 h:
	 * then citizens may share it, and it is owed a page. */
	bool may_drop;
};

/* Told of every ban and of its end before its time. */
struct ban_sink {
	void *context;
	void (*banned)(void *context, const struct ban_fact *fact);
	void (*lifted)(void *context, const struct network *network);
};

struct bans {
	const struct source_table *table;
	struct ban_policy policy;
	struct ban_sink sink;                /* functions may be NULL */
};

/* Bans KEY, for FOR_S seconds or (0) for as long as it has earned. Who is banned already stays so, until the later of both; only a ban
 * whose end moves is told to the sink. By hand: the very /64 is meant, also where its /48 is one source.
 * RESULT_REFUSED: it is exempt, or a /48 and not by hand; RESULT_IO: no lock is to be had. OUT may be NULL.
 * BAN_OBSERVED: as if; a ban that is on stays, the next one that is made takes its place and begins its own ladder, nobody is told, and who is known stays so.
 * Security: nor does it make anybody forget a ban that was one: RESULT_REFUSED, for forget_s after its end. */
enum result ban_source(const struct bans *bans, struct source_key key, enum ban_reason reason, uint32_t for_s, uint64_t now_us,
                       struct ban_fact *out) must_check;
/* Ends the ban of KEY and forgets those before it. RESULT_NOT_FOUND: it has none. */
enum result ban_lift(const struct bans *bans, struct source_key key, uint64_t now_us) must_check;
/* Lifts what is exempt by now: after the lists have changed. Returns how many. */
unsigned ban_lift_exempt(const struct bans *bans, uint64_t now_us);

/* NETWORK was banned as a whole (ban_networks.h): those in it who are known citizens are strangers from now on. */
void ban_forget_known(const struct source_table *table, const struct network *network, uint64_t now_us);

/* Of an entry in hand. */
bool ban_is_on(const struct source_entry *entry, uint64_t now_us);
/* It would be, had it been made. */
bool ban_is_observed(const struct source_entry *entry, uint64_t now_us);
struct ban_fact ban_of(const struct source_entry *entry, uint64_t now_us);

/* Calls EACH for every ban that is on. It may ban and lift. A new filter learns what it has to know by it. */
void ban_each(const struct bans *bans, uint64_t now_us, void (*each)(void *context, const struct ban_fact *fact), void *context);

#endif
