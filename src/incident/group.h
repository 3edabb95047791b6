/* From observations to incidents: what opens one, what joins it, when it is contained, comes again, is closed.
 *
 *   attack        a site's level is above normal (docs/guard.md), unless only because the administrator's floor says so; rules refuse far more than
 *                 usual there (signals.h); or the kernel filter drops GROUP_PACKETS_LEAST packets a minute and far more than usual. Sites that are attacked
 *                 in the same kind within GROUP_JOIN_S of each other suffer one attack, and packets belong to whichever goes on
 *   outage        an origin is down for GROUP_DOWN_S; the portal fails (signals.h); or GROUP_LOOKS minutes in a row nobody outside reaches the site. While the
 *                 site is attacked it is part of that attack
 *   certificate   one for each certificate that expires, expired, was revoked, or has no OCSP response
 *   integrity     records or copies were lost or damaged
 *   capacity      the line drops or is full while no attack goes on; a disk takes no more
 *
 * A live incident (new, acknowledged) of which nothing was seen for GROUP_CONTAIN_S is contained, a contained one is closed after GROUP_CLOSE_S (or as its birth says, of all three). What comes
 * again within GROUP_AGAIN_S of when it was last seen, or of when silence began to say something, is a second wave of the same incident, closed or not; but what only goes on in PEOPLE_HOLD_S after
 * a person said that it is over is none. Of a closed one nothing is kept longer than that.
 *
 * Shape    group_feed what was seen, in the order of time as nearly as can be; group_second when a second is over. What is fed is of the second that goes on,
 *          whatever its own time (but looks from outside, which are of theirs): whoever catches up with an old journal does so second by second. Sink `changed` is told at once of
 *          what opens, comes again, becomes more severe, is contained or closed, or was touched by a person; of other changes once a minute
 * Units    seconds since 1970 (UTC). A clock that goes back stops nothing: the seconds that come twice are one
 * Limits   GROUP_INCIDENTS_MAX followed: for one more the least severe contained or closed one gives place, or else the least severe of another family than attacks:
 *          it is told to the sink first. GROUP_SITES_MAX sites, GROUP_ORIGINS_MAX origins. What had no place is counted. Memory: about 72 KiB an incident, 6 KiB a site, and 35 KiB more for GROUP_WATCHED_MAX of those that suffer an incident or that somebody outside looks at
 * Owns     all that it remembers; pointers to incidents stay until the next group_second
 * Threads  one at a time
 */
#ifndef BOUCLIER_INCIDENT_GROUP_H
#define BOUCLIER_INCIDENT_GROUP_H

#include "incident/incident.h"
#include "incident/observation.h"

#define GROUP_INCIDENTS_MAX 128u
#define GROUP_SITES_MAX 4096u
#define GROUP_ORIGINS_MAX 512u
#define GROUP_JOIN_S 300u
#define GROUP_CONTAIN_S 600u
#define GROUP_CLOSE_S 86400u
#define GROUP_AGAIN_S 86400u
#define GROUP_DOWN_S 60u
#define GROUP_LOOKS 3u
#define GROUP_LOOKS_FRESH 5u      /* minutes: a look that is older says nothing of now */
#define GROUP_LOOKS_WITHIN 15u
#define GROUP_LATE_MINUTES 240u   /* so long after a minute an outside vantage may tell of it */
#define GROUP_WATCHED_MAX 1024u   /* sites of which that is so */
#define GROUP_PACKETS_LEAST 60000u
#define GROUP_SILENT_S 3600u      /* of a site from which nothing came for so long the level is normal: an edge would have brought it down much sooner */
#define GROUP_RECENT 5u            /* minutes that group_site_look sums up */
#define GROUP_CATCH_UP_S 120u     /* of a gap in time at most so many seconds are gone through */

struct group;

struct group_birth {
	uint64_t next_id;         /* of the next incident; at least 1 */
	uint32_t contain_s, close_s, again_s;  /* in place of GROUP_CONTAIN_S, GROUP_CLOSE_S and GROUP_AGAIN_S; 0: those */
	void *context;
	void (*changed)(void *context, const struct incident *incident);
	/* Where a source is; OUT stays as it is where nothing is known. NULL: nobody knows. */
	void (*place)(void *context, const struct address *source, struct geo_place *out);
};

struct group_sums {
	uint64_t gave_place;      /* incidents that are followed no longer, though they were not over for a day */
	uint64_t refused;         /* that could not be opened: too many, or no memory */
	uint64_t beyond;          /* observations of sites and origins that had no place */
	uint64_t too_late;        /* looks from outside in minutes that are not known any more */
};

/* RESULT_NO_MEMORY. */
enum result group_new(const struct group_birth *birth, uint64_t now_s, struct group **out) must_check;
/* NULL is nothing. */
void group_free(struct group *group);
/* Takes up again what was told to the sink before a restart. RESULT_LIMIT, RESULT_NO_MEMORY; RESULT_REFUSED: it is followed already. */
enum result group_restore(struct group *group, const struct incident *incident) must_check;
/* Forgets every incident, and numbers the next one NEXT_ID: what was fed before made known what is usual and what goes on, and no more. Those that are
 * followed are then restored. */
void group_begin(struct group *group, uint64_t next_id);
void group_feed(struct group *group, const struct observation *observation);
void group_second(struct group *group, uint64_t now_s);
/* For people.h: what is changed in it is told in the next second. NULL: it is not followed. */
struct incident *group_find(struct group *group, uint64_t id);
/* EACH says false to stop. */
void group_each(const struct group *group, bool (*each)(void *context, const struct incident *incident), void *context);

/* How a site is: of the last minute that is over, and what its citizens experienced in the last GROUP_RECENT. */
struct group_site_view {
	struct span name, tenant;     /* TENANT empty: not known */
	enum level level;
	bool is_closed;               /* for maintenance */
	enum citizens_state state;
	bool is_known;                /* somebody was served, asked for or expected, or somebody outside looked: STATE says something */
	uint64_t since_s;             /* it is so; 0: no minute is over yet */
	struct citizens recent;       /* the sum; `minutes` are those that are there */
};
/* The same of one. False: it is not known. */
bool group_site_look(const struct group *group, struct span name, struct group_site_view *out);
struct group_sums group_sums(const struct group *group);
uint64_t group_next_id(const struct group *group);

/* Whose a site is, as the configuration says: lines of counts name no tenant, and a site that is only counted belongs to somebody all the same. RESULT_LIMIT, RESULT_NO_MEMORY. */
enum result group_set_tenant(struct group *group, struct span site, struct span tenant) must_check;

/* What is usual of a site, to be kept over a restart. NULL: the site is not known. */
const struct citizens_usual *group_usual(const struct group *group, struct span site);
/* RESULT_LIMIT, RESULT_NO_MEMORY. */
enum result group_set_usual(struct group *group, struct span site, const struct citizens_usual *usual) must_check;

#endif
