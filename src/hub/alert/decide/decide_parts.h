/* What the files of decide.h share; for them alone.
 *
 * Threads  one at a time
 */
#ifndef BOUCLIER_HUB_ALERT_DECIDE_DECIDE_PARTS_H
#define BOUCLIER_HUB_ALERT_DECIDE_DECIDE_PARTS_H

#include "hub/alert/decide/decide.h"

#define RATE_HOUR_S 3600u

struct thread {
	bool is_used;
	struct alert_facts facts;           /* as they are */
	enum incident_status status;        /* as they were told */
	enum severity severity;
	uint32_t waves;
	uint32_t told;                      /* alerts of it */
	uint64_t calm_until_s;              /* what goes back and forth is told no sooner */
	uint32_t paths;                     /* bits: on which it was told of */
	uint64_t escalate_s;                /* 0: nothing is to be escalated */
	uint32_t step;                      /* of escalate_to, that is next */
	bool waits_for_day;                 /* its clock begins at the end of quiet hours */
};

struct path {
	struct path_health health;
	uint64_t hour_s;                    /* when the hour of the rate began */
	uint32_t count;                     /* in it */
	struct alert_held held[ALERT_HELD_MAX];
	uint64_t held_more;
	bool is_quiet_held;                 /* some of them wait for the end of quiet hours */
	uint64_t told_down_s;               /* last; 0: never */
	unsigned told_on;                   /* index of the path that was told; ALERT_PATHS_MAX: none */
};

struct decide {
	struct decide_birth birth;
	const struct alert_plan *plan;
	struct path paths[ALERT_PATHS_MAX];
	struct thread threads[DECIDE_THREADS_MAX];
	uint64_t number;                    /* of alerts that belong to no thread */
	uint64_t self_test_s;
	bool is_quiet;                      /* now */
	bool has_changed;
};

void decide_now(struct decide *decide, uint64_t now_s);

/* decide.c: hands ALERT on, or holds it, as the hour says. False: it is held for quiet hours. */
bool decide_say(struct decide *decide, struct alert *alert);
/* The same of what neither quiet hours nor the rate keep back. */
void decide_say_at_once(struct decide *decide, struct alert *alert);
/* Digests and summaries whose time has come. */
void decide_release(struct decide *decide, uint64_t now_s);
bool decide_is_quiet_for(const struct decide *decide, enum severity severity);
/* decide_thread.c */
void decide_threads(struct decide *decide, uint64_t now_s);
/* decide_path.c */
void decide_paths(struct decide *decide, uint64_t now_s);

#endif
