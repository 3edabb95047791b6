/* Who is told what, and when. Pure: it is fed what changes and the time, and says what is to be told on which path; the rest (hub/alert/alerts.h) keeps that and sends it.
 *
 *   a thread     an incident, or a warning of the shield itself. Told are: opened, a second wave, more severe, contained, closed. What changes back and forth is told at once
 *                DECIDE_AT_ONCE times, and then as it is every DECIDE_CALM_S; more severe is told at once always
 *   severity     each path has the least that it is told of. A thread that was told on a path is told there to its end
 *   rate         an hour on each path at most `rate`; the last quarter of them is for what is critical. What is more is told in one summary when the hour is over.
 *                Syslog has no rate and no quiet hours: a machine reads it
 *   quiet hours  what is less severe than they say waits, and comes in one digest at their end
 *   escalation   an incident that nobody acknowledges while it goes on is told to the paths of escalate_to, one after another, `escalate_after` apart.
 *                The clock begins when somebody could be told: at the end of quiet hours, of what waits for it
 *   a path that fails  (DECIDE_FAILS attempts in a row, or refused once) is told of on the next that works, once an hour at most, and never on itself
 *   self-test    each week on every path: a path that is never used is known to work
 *
 * Limits   DECIDE_THREADS_MAX threads: for one more the one gives place that was least severe, of the longest ago; it is then told no more of
 * Owns     what it remembers; decide_write and decide_read carry it over a restart, so that nothing is told twice and nothing forgotten
 * Threads  one at a time
 */
#ifndef BOUCLIER_HUB_ALERT_DECIDE_DECIDE_H
#define BOUCLIER_HUB_ALERT_DECIDE_DECIDE_H

#include "hub/alert/plan.h"

#define DECIDE_THREADS_MAX 256u
#define DECIDE_AT_ONCE 6u
#define DECIDE_CALM_S 3600u
#define DECIDE_FAILS 3u
#define DECIDE_PATH_AGAIN_S 3600u
#define DECIDE_RETELL_S 300u          /* where the path that was told has failed too */
#define DECIDE_STATE_MAX ((size_t)900 << 10)

struct decide;

struct decide_birth {
	const struct alert_plan *plan;      /* outlives it */
	void *context;
	/* ALERT lives until TELL returns; TELL calls nothing of here. */
	void (*tell)(void *context, const struct alert *alert);
};

enum path_state { PATH_STATE_UNKNOWN, PATH_STATE_WORKS, PATH_STATE_FAILS };
/* OUTCOME_GIVEN_UP: it was tried for long enough, or gave its place. */
enum path_outcome { OUTCOME_ARRIVED, OUTCOME_LATER, OUTCOME_REFUSED, OUTCOME_GIVEN_UP };

struct path_health {
	enum path_state state;
	unsigned failures;                  /* in a row */
	uint64_t ok_s, failed_s;            /* last; 0: never */
	uint64_t since_s;                   /* it has failed */
	char why[ALERT_WHY_BYTES];          /* what was last said when it failed */
	uint64_t sent, given_up;
	uint32_t held;                      /* that wait for the end of quiet hours or of the hour */
};

/* RESULT_NO_MEMORY. */
enum result decide_new(const struct decide_birth *birth, struct decide **out) must_check;
void decide_free(struct decide *decide);

/* As it is now; what is told already is not told again. */
void decide_incident(struct decide *decide, const struct incident *incident, uint64_t now_s);
void decide_warning(struct decide *decide, enum alert_warning warning, struct span subject, bool is_on, uint64_t now_s);
/* How an attempt to send on PATH ended; WHY when it did not arrive. */
void decide_outcome(struct decide *decide, unsigned path, enum path_outcome outcome, struct span why, uint64_t now_s);
/* A test on PATH, now. OUT gets its id. */
void decide_test(struct decide *decide, unsigned path, uint64_t now_s, char out[ALERT_ID_BYTES]);
/* Each second, or as often as may be. */
void decide_second(struct decide *decide, uint64_t now_s);

/* Warnings that are on, as long as EACH says true. */
void decide_warnings(const struct decide *decide, bool (*each)(void *context, const struct alert_facts *facts), void *context);
const struct path_health *decide_path(const struct decide *decide, unsigned path);

/* Something was decided since this was last asked: it is to be kept. */
bool decide_has_changed(struct decide *decide);
enum result decide_write(const struct decide *decide, struct buffer *out) must_check;
/* Into one that is new. Strict: RESULT_MALFORMED, RESULT_LIMIT, RESULT_NO_MEMORY, and DECIDE is as new. Paths that the plan has not are forgotten. */
enum result decide_read(struct decide *decide, struct span text) must_check;

#endif
