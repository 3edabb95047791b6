/* The journal's lines, in order of time, into a group: second by second.
 *
 * Both streams are read beside each other. A line is fed when its second goes on; a second is over when both streams have a later line, or when it is
 * KEEP_LAG_S ago. What comes later than that is fed in the second that goes on (incident/group.h).
 *
 * Warming: from the oldest mark up to the position, everything is fed to a group whose incidents are nobody's; then the kept ones take their place.
 *
 * Errors   availability: a line that cannot be read says nothing; a journal that is not there is looked for again. A journal that is another than the position's
 *          is read from its beginning, but what its lines say of seconds that are over is passed over: never twice
 * Owns     the group, SECONDS and LASTS are the caller's
 * Threads  one at a time
 */
#ifndef BOUCLIER_HUB_KEEP_FEED_H
#define BOUCLIER_HUB_KEEP_FEED_H

#include "hub/keep/lasts.h"
#include "hub/keep/position.h"
#include "hub/keep/seconds.h"
#include "incident/observe.h"

struct journal_feed {
	struct group *group;
	struct observe *observe;
	struct seconds *seconds;
	struct lasts *lasts;
	struct follow sides[STREAM_MAX];
	bool has[STREAM_MAX];             /* a line that is not fed yet */
	uint64_t at_s[STREAM_MAX];        /* ... its second */
	struct position position;         /* up to where it was fed */
	struct position target;           /* warming: up to here */
	bool is_warming;
	bool is_another;                  /* another journal than was followed: the shield may be older than its first line */
	const struct keep_birth *birth;   /* who wants to know of notices; NULL: nobody */
	uint64_t skip_until_s;            /* of another journal: lines up to this second were fed before */
};

/* POSITION: NULL: nothing was ever fed. */
enum result journal_feed_init(struct journal_feed *feed, int journal_fd, struct group *group, struct seconds *seconds, struct lasts *lasts,
                              const struct position *position) must_check;
/* LINE was the last of its site, with the number SEQUENCE: before anything is fed. What cannot be read is as if it had not been. */
void journal_feed_recall(struct journal_feed *feed, struct span line, uint64_t sequence);
void journal_feed_done(struct journal_feed *feed);
/* Feeds until a second is over, and closes it. RESULT_OK: there may be more at once; RESULT_MORE: that was all for now, or COUNT lines were fed.
 * RESULT_IO, RESULT_NO_MEMORY: the journal cannot be read now. */
enum result journal_feed_second(struct journal_feed *feed, uint64_t wall_s, unsigned *count) must_check;
/* While it warms, after RESULT_MORE with some of COUNT left: everything up to the position was fed. The kept incidents may take their place. */
void journal_feed_warmed(struct journal_feed *feed);

#endif
