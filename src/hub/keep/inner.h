/* The inside of keep.h, for its files alone.
 *
 * keep.c        birth, the timers, what is asked
 * checkpoint.c  incidents and position onto the disk, and from it
 * order.c       what people do
 * kept.c        one incident in the store
 */
#ifndef BOUCLIER_HUB_KEEP_INNER_H
#define BOUCLIER_HUB_KEEP_INNER_H

#include "hub/keep/feed.h"
#include "hub/keep/known.h"
#include "source/geo.h"

/* What the group told of since the last checkpoint. */
struct told {
	uint64_t id;
	struct buffer text;              /* as it was when it was told: some are followed no longer by then */
};

/* What lies in the document of one that is followed. */
struct saved {
	uint64_t id, hash;
};

struct keep {
	struct keep_birth birth;
	struct timer timer;
	struct store_journal *journal;
	struct group *group, *nothing;
	struct seconds *seconds;
	struct lasts *lasts;
	struct journal_feed feed;
	struct known *known;
	struct geo *geo;
	struct list watches;
	struct told *told;
	size_t told_count, told_size;
	struct saved saved[GROUP_INCIDENTS_MAX];
	unsigned saved_count;
	struct incident *scratch;        /* one; too large for the stack */
	bool is_behind;                  /* nobody is told until it has caught up */
	bool is_pruning;
	uint64_t checkpoint_due_ms, checkpoint_due_s, prune_due_ms;
	uint64_t usual_minute;           /* what is usual was kept up to there */
	uint64_t *usual_hashes;          /* of what is kept, by the number of the site in SECONDS */
	uint64_t epochs, damaged, missing;
	unsigned stuck;                  /* KEEP_STUCK_... */
	char why[256];
};

/* What the store does not take now. */
#define USUAL_TOGETHER 64u           /* so many sites are kept with the position; more of them before it */
#define LASTS_TOGETHER 32u           /* and so many of their last lines */
#define KEEP_STUCK_LINES 1u
#define KEEP_STUCK_INCIDENTS 2u

/* -- checkpoint.c -- */
/* For the group's sink: INCIDENT is told of at the next checkpoint. */
void keep_told(struct keep *keep, const struct incident *incident);
/* All that changed, and the position, in one; then whoever watches is told. Where the store takes nothing they are told all the same. */
enum result keep_checkpoint(struct keep *keep, struct complaints *complaints) must_check;
/* The position that was kept. RESULT_NOT_FOUND: none. */
enum result keep_load_position(struct keep *keep, struct position *out, struct complaints *complaints) must_check;
/* What was observed last, before anything is fed. */
enum result keep_recall(struct keep *keep, struct complaints *complaints) must_check;
/* The incidents and what is usual, into the group. */
enum result keep_restore(struct keep *keep, struct complaints *complaints) must_check;
/* Everything that is live, to whoever watches: nothing new. */
void keep_tell_live(struct keep *keep);
void keep_tell(struct keep *keep, const struct incident *incident, bool is_again);
/* What COMPLAINTS say, for keep_health and on stderr, once. */
void keep_complain(struct keep *keep, unsigned what, enum result result, const struct complaints *complaints);

#endif
