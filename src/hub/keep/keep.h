/* hub/keep: follows the journal of the node, fills the store, makes incidents of what it says and keeps them.
 *
 *   journal --- store_ingest ---------------------> rows and totals
 *      `------- feed: observe -> group, second by second -> incidents --- checkpoint ---> documents
 *
 * Both read the journal by themselves, each with a position of its own that is committed together with what was made of the lines before it: the store's
 * with totals, the group's with every incident that changed (one transaction of documents). Killed at any moment, the incidents that are read again are those of exactly
 * the position that is read again, and no line is ever counted twice in them. What only tells what is usual (a site's minute, the baselines of
 * signals) is not kept: after a start the lines of the KEEP_MARKS minutes before the position are fed to a group whose incidents are then forgotten, and
 * those that were kept take their place. Of a site that said nothing in those minutes the last line is kept (lasts.h): what its next one brings is counted.
 *
 * Shape    keep_new, then everything by its own timers on the loop, in pieces of KEEP_SLICE_MS
 * Units    as the names say
 * Limits   as of store/ and incident/
 * Errors   availability, fails open: what the store cannot take now (disk full) is tried again, incidents are told all the same, and keep_health says so
 * Owns     the store stays the caller's, the journal's descriptor too
 * Threads  the loop's
 */
#ifndef BOUCLIER_HUB_KEEP_KEEP_H
#define BOUCLIER_HUB_KEEP_KEEP_H

#include "base/loop.h"
#include "hub/settings/hand_over.h"
#include "incident/incident.h"
#include "incident/observation.h"
#include "store/document.h"
#include "store/follow.h"

#define KEEP_TICK_MS 200u
#define KEEP_SLICE_MS 20u         /* so long at a time, at most, are lines fed; a batch of the store may take longer */
#define KEEP_MARKS 10u            /* minutes */
#define KEEP_LAG_S 2u             /* a second is over when it is so long ago: the journal has its lines then */
#define KEEP_BEHIND_S 300u        /* further behind than this nobody is told of changes, but of what is live once it has caught up */
#define KEEP_SECONDS 120u         /* of rates */

struct keep;
struct group;

struct keep_birth {
	struct loop *loop;
	struct store *store;
	int journal_fd;                   /* the folder */
	struct span source;               /* its name in the store */
	const struct hub_settings *settings;
	const struct hub_site *sites;     /* whose each is; they stay the caller's */
	size_t site_count;
	const char *countries;            /* path of a database of libloc; NULL: nobody is anywhere */
	/* What comes on another way than by the journal: looks from outside (hub_probe_feed). Calls FEED for each behind *PLACE that is over at UNTIL_S, and moves
	 * *PLACE, which is kept with what is made of them: 0 at the first start. NULL: nothing does. */
	enum result (*outside)(void *context, uint64_t *place, uint64_t until_s, void (*feed)(void *feed_context, const struct observation *observation),
	                       void *feed_context);
	/* A notice of the journal goes by, for the first time or, after a kill, once more: MARK is its line. NULL: nobody wants to know. */
	void (*noticed)(void *context, const struct observation *observation, const struct follow_mark *mark);
	/* What was deleted for its age. NULL: nobody wants to know. */
	void (*deleted)(void *context, const struct store_deleted *deleted);
	void *context;
};

/* Fails where the store does: COMPLAINTS, which may be NULL, say why. */
enum result keep_new(const struct keep_birth *birth, struct complaints *complaints, struct keep **out) must_check;
/* Writes down where it is first. NULL is nothing. */
void keep_free(struct keep *keep);

/* -- who is told -- */

struct keep_change {
	const struct incident *incident;  /* until the call returns */
	uint64_t version;                 /* keep_version of it */
	uint64_t at_s;                    /* when, by the journal's clock */
	bool is_again;                    /* nothing new: it was live when the hub began, or had caught up */
};
/* Told of what opens, comes again, becomes more severe, is contained or closed, or was touched by a person; and of what goes on once a minute.
 * Told at least once: after a kill the last ones may come again, with the same version. It is on the disk before, unless the disk takes nothing. */
struct keep_watch {
	struct list node;
	void (*changed)(struct keep_watch *watch, const struct keep_change *change);
};
void keep_watch(struct keep *keep, struct keep_watch *watch);
void keep_unwatch(struct keep_watch *watch);

/* -- incidents -- */

/* Of an incident, for those who change it: 1, and one more for each thing that a person did to it. What the journal says does not change it: who wants to acknowledge what
 * goes on is not refused because a minute has passed. */
uint64_t keep_version(const struct incident *incident);
/* As it is now: the live ones are ahead of their documents by some seconds. RESULT_NOT_FOUND, or as the store. */
enum result keep_incident(struct keep *keep, uint64_t id, struct incident *out, struct complaints *complaints) must_check;

enum keep_deed { KEEP_ACKNOWLEDGE, KEEP_CONTAIN, KEEP_CLOSE, KEEP_REOPEN, KEEP_NOTE, KEEP_OWN };
struct keep_order {
	enum keep_deed deed;
	uint64_t id;
	uint64_t version;                 /* that he has read; 0: whatever it is (KEEP_NOTE) */
	struct span who;
	struct span text;                 /* KEEP_NOTE: the note; KEEP_OWN: the new owner; otherwise a note with it, or empty */
};
/* What a person does (incident/people.h). On the disk before it returns. OUT is the incident then.
 * RESULT_NOT_FOUND; RESULT_END: somebody else changed it meanwhile; RESULT_REFUSED: not a move of its status; RESULT_MALFORMED, RESULT_LIMIT: of WHO or
 * TEXT; or as the store. Nothing is changed then. */
enum result keep_order(struct keep *keep, const struct keep_order *order, struct incident *out, struct complaints *complaints) must_check;
/* What keep_order would make of INCIDENT, whatever its version; to be tried on a copy. RESULT_REFUSED, RESULT_MALFORMED, RESULT_LIMIT as there. */
enum result keep_try(const struct keep_order *order, struct incident *incident, uint64_t now_s) must_check;

/* The group itself, for who reads it; one without anything as long as what was kept is not in it yet: a moment after the start. */
struct group *keep_group(struct keep *keep);

/* -- now -- */

struct keep_second {
	uint64_t at_s;
	uint64_t decisions[DECISION_COUNT];   /* requests and connections */
};
/* The last COUNT seconds (KEEP_SECONDS at most) of SITE (empty: all together), the oldest first; those without anything are there too. Returns how many. */
size_t keep_seconds(const struct keep *keep, struct span site, struct keep_second *out, size_t count);

struct keep_health {
	uint64_t journal_s;               /* of the newest line that was fed; 0: none yet */
	uint64_t lag_s;                   /* the feed is so far behind now */
	bool is_behind;                   /* further than KEEP_BEHIND_S */
	struct store_position positions[2];  /* of the store: detail, counts */
	uint64_t epochs, damaged, missing;   /* since the hub began */
	bool is_stuck;                    /* the store takes nothing now */
	char why[256];                    /* ... what it said */
	unsigned followed;                /* incidents */
	uint64_t gave_place, refused;     /* incident/group.h */
};
void keep_health(const struct keep *keep, struct keep_health *out);

#endif
