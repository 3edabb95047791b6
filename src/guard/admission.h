/* Who may go to an origin now, who waits, and who need not: the origin's limit, and the queues in front of it.
 *
 * Priority routes have RESERVED places of the limit that nobody else takes, and a queue of their own, which is asked first; what
 * they do not need of the others' places they may have.
 *
 * Who only observes (docs/guard.md) asks as everybody does, and goes whatever the answer is. The origin has then more to do than its limit, and who came
 * beyond it counts as if he waited, each in his lane.
 *
 * Units    microseconds of a clock that does not step
 * Limits   who would have no answer within PATIENCE is refused when he comes: what would be late anyway costs nobody anything
 * Owns     its queues; entries are the caller's, who takes back (admission_give_up) those whose client is gone
 * Threads  one at a time: workers share one behind a lock
 *
 * Availability, fails open: without memory to queue there is no waiting, and who finds a place is served.
 */
#ifndef BOUCLIER_GUARD_ADMISSION_H
#define BOUCLIER_GUARD_ADMISSION_H

#include "guard/limit.h"
#include "guard/queue.h"

#define ADMISSION_PATIENCE_US 2000000u  /* what citizens have, without a word of the administrator's */

struct admission_settings {
	struct limit_range range;
	unsigned reserved;       /* places of priority routes; below the floor of RANGE */
	unsigned queue_max;      /* entries of each queue */
	uint64_t patience_us;
};

struct admission {
	struct admission_settings settings;
	struct limit limit;
	struct queue ordinary, priority;
	unsigned ordinary_at_work, priority_at_work;
	double held_us;          /* how long a place is held, in the mean; 0: not known */
	double within_us;        /* the same while no more were at work than the limit allows: where some are observed there may be more */
	unsigned observed[LANE_COUNT];  /* of those at work: who went whatever he was told; those of priority routes as PARTNER */
};

struct admission_entry {
	struct queue_entry entry;  /* source and lane are the caller's to set */
	bool is_priority;
	bool is_observed;          /* it goes, whatever it is told */
};

enum admission_answer {
	ADMISSION_GO,            /* has a place, until admission_done */
	ADMISSION_WAIT,          /* until admission_next gives it a place, or admission_give_up */
	ADMISSION_REFUSE,
};

void admission_init(struct admission *admission, const struct admission_settings *settings, uint64_t now_us);
void admission_free_queues(struct admission *admission);
/* Of queues in which nobody waits: what sources had lately is forgotten too. */
void admission_release_queues(struct admission *admission);
/* From now on; what was learned stays, within the new range. Who waits in a queue that got shorter goes on to wait. */
void admission_set(struct admission *admission, const struct admission_settings *settings);
/* How long ENTRY would wait if it came now. 0: not at all, or nothing is known yet. */
uint64_t admission_wait_us(const struct admission *admission, const struct admission_entry *entry);
/* PUSHED_OUT (may come back NULL) waits no more: somebody better has its place in the queue, and it is refused. */
enum admission_answer admission_ask(struct admission *admission, struct admission_entry *entry, struct admission_entry **pushed_out) must_check;
/* Of an entry that is observed: what it would have been told; it has a place in any case, until admission_done. */
enum admission_answer admission_observe(struct admission *admission, const struct admission_entry *entry) must_check;
/* The next one that has a place now; NULL: none is free, or nobody waits. Asked after each admission_done and admission_learn. */
struct admission_entry *admission_next(struct admission *admission);
void admission_give_up(struct admission *admission, struct admission_entry *entry);
/* Comes back to the work that it left with admission_done (the end of a slow upload has come): it is there, so it is counted, also above the limit. */
void admission_come_back(struct admission *admission, const struct admission_entry *entry);
/* The last byte of the answer has come, or the origin was given up: the place, HELD_US long its, is free. 0: it was not used, which says
 * nothing of how long places are held. */
void admission_done(struct admission *admission, const struct admission_entry *entry, uint64_t held_us);
/* The same of one whose answer had not begun: nobody waits for it any more, or it is slow on purpose. An answer takes at least so long, and may take
 * longer: HELD_US teaches only what is more than was known, or whoever hangs up early would have all others wait for places that are not free so soon. */
void admission_break_off(struct admission *admission, const struct admission_entry *entry, uint64_t held_us);
/* Counted with the one that asks: for struct limit_answer. */
unsigned admission_at_work(const struct admission *admission);
unsigned admission_waiting(const struct admission *admission);
/* Somebody waits; or would, had he not been let in. */
bool admission_keeps_waiting(const struct admission *admission);
/* The mean time a place is held, over all that are taken at once while more is asked for: so much the origin takes for an answer, at least. */
double admission_each_us(const struct admission *admission);
/* An ordinary request that asked now would not go. */
bool admission_is_short(const struct admission *admission);

#endif
