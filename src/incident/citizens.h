/* What citizens experienced of a site: how many were expected, seen and served; and in which minutes they could not reach it, or had to suffer.
 *
 * A request is taken for a citizen's as long as there are no more than the site usually has: in each minute, of what came and was served at
 * most as many as were expected count as citizens. Where far more are served than are expected, nobody can tell citizens from others: such a minute is
 * crowded, and the shield has no figure. So a flood that is served never makes a figure better, and whoever was expected and did
 * not come was not seen, and is never counted as served.
 *
 *   expected     the usual requests a minute of this hour of the week (UTC), learned while nothing was wrong
 *   seen         came, whatever became of them; at most as many as expected
 *   served       got an answer below 500 from the portal (or a copy), and in time; at most as many as seen
 *   late         the same, but had to wait longer than CITIZENS_WAIT_US in the mean
 *   looks        a probe outside asks for a page of the site as a citizen would (docs/probe.md): how many came to a page, and how many of these too late.
 *                What it says is known where the shield knows nothing: packets that were dropped on their way, an hour that was never learned
 *   unreachable  a minute in which every probe from outside failed; or CITIZENS_LEAST were expected, or asked for by the shield at the
 *                origin, and nobody was served
 *   degraded     a minute that is not unreachable, in which a probe failed or took longer than CITIZENS_SLOW_MS; or the mean wait was longer than
 *                CITIZENS_WAIT_US; or one in CITIZENS_FAILED_IN of at least CITIZENS_LEAST failed at the origin; or served were fewer than CITIZENS_SERVED_PERCENT of at least
 *                CITIZENS_LEAST expected
 *
 * Shape    struct citizens_usual is kept for each site; struct citizens_minute is filled in a minute, judged, and added to struct citizens
 * Limits   no pointers, fixed size
 * Threads  pure functions
 */
#ifndef BOUCLIER_INCIDENT_CITIZENS_H
#define BOUCLIER_INCIDENT_CITIZENS_H

#include <stdbool.h>
#include <stdint.h>

#define CITIZENS_HOURS 168u
#define CITIZENS_LEARNED 30u          /* minutes of an hour of the week, before it is known what is usual then */
#define CITIZENS_MEMORY 480u          /* minutes: what is older than that many of the same hour fades */
#define CITIZENS_LEAST 20u            /* requests a minute: of fewer nothing is concluded */
#define CITIZENS_WAIT_US 3000000u
#define CITIZENS_SLOW_MS 8000u        /* of a page that a probe asked for: a citizen is not served in time */
#define CITIZENS_FAILED_IN 20u
#define CITIZENS_SERVED_PERCENT 50u
#define CITIZENS_CROWDED_PERCENT 150u /* of the expected, and CITIZENS_LEAST more: served are others too */

/* Requests a minute, by hour of the week; the week begins on Thursday at 0:00 UTC, as 1970 did. */
struct citizens_usual {
	float mean[CITIZENS_HOURS];
	uint16_t minutes[CITIZENS_HOURS];
};

struct citizens_minute {
	uint64_t seen, served, refused;      /* requests and connections */
	uint64_t queued, wait_us;            /* of the served: who waited; all their waiting */
	uint64_t asked, failed;              /* of the origin */
	uint32_t probes, reached, slow;      /* from outside; SLOW of REACHED */
	bool has_drops;                      /* the line dropped packets that nobody counted */
};

enum citizens_state { CITIZENS_WELL, CITIZENS_DEGRADED, CITIZENS_UNREACHABLE };

/* The sum, over minutes and sites. */
struct citizens {
	uint64_t expected, seen, served, late, not_seen;
	uint64_t refused;                    /* whoever they were */
	uint64_t site_minutes, probed;       /* a minute of a site is one; those in which somebody outside looked */
	uint64_t blind;                      /* of them those in which nobody knew what to expect, and the crowded ones */
	uint64_t probes, reached, slow;      /* looks from outside; SLOW of REACHED */
	uint32_t minutes, unreachable, degraded;  /* in which any site was so */
	bool has_drops;
};

/* Where the figure was seen from. X(ID, "name") */
#define VANTAGE_LIST(X) \
	X(UNKNOWN, "unknown")  /* there is no figure */ \
	X(SHIELD, "shield")    /* by the shield alone: at most so many */ \
	X(OUTSIDE, "probe")    /* from outside, in at least half of the minutes; and never better than what the shield knows */

enum vantage {
#define X(id, name) VANTAGE_##id,
	VANTAGE_LIST(X)
#undef X
	VANTAGE_COUNT,
};

/* Requests that are usual in the minute of AT_S. False: not known yet. */
bool citizens_expect(const struct citizens_usual *usual, uint64_t at_s, uint64_t *out);
/* The caller says it only of minutes in which nothing was wrong. */
void citizens_learn(struct citizens_usual *usual, uint64_t at_s, const struct citizens_minute *minute);
/* HAS_EXPECTED: EXPECTED is known. */
enum citizens_state citizens_judge(const struct citizens_minute *minute, bool has_expected, uint64_t expected);
/* A minute of one site. `minutes`, `unreachable` and `degraded` are left: they are of all sites together. */
void citizens_add(struct citizens *citizens, const struct citizens_minute *minute, bool has_expected, uint64_t expected);
/* What was counted elsewhere is added; minutes too, which only the same sites may have in common. */
void citizens_sum(struct citizens *sum, const struct citizens *add);
/* The same minute, out again: more became known of it. */
void citizens_take(struct citizens *citizens, const struct citizens_minute *minute, bool has_expected, uint64_t expected);
/* The shield's own part of the figure is known: no packets were dropped uncounted, and in every minute it was known what to expect, and what came was like it. */
bool citizens_are_counted(const struct citizens *citizens);
/* The share that was served in time, in thousandths, rounded down: of the expected, of the looks from outside, or the lower of both. VANTAGE_UNKNOWN: there is
 * none, and OUT is untouched. */
enum vantage citizens_share(const struct citizens *citizens, unsigned *out);

const char *vantage_name(enum vantage vantage);

#endif
