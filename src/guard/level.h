/* Is a site attacked? What came within each second, held against what is usual there. Pure: the time is told.
 *
 * Each measure of a second (LEVEL_MEASURES) is compared with its baseline: how high it usually is, and how much that swings, learned slowly
 * while the level is normal, so that no flood becomes what is usual. A measure that is far beyond is worth points, and so is pressure: somebody
 * waits or is refused because the origin cannot keep up. Points move the level up within LEVEL_UP_S seconds, and down after as many seconds
 * without them as the last attacks deserve.
 *
 * Who has seen a site for a few seconds only does not know yet how much is usual: the bounds of a young baseline are wider, so that the first
 * citizens of a morning are no attack.
 *
 * Units    one sample a second; rates are per second, latencies microseconds
 * Limits   no pointers, fixed size: it may be kept and taken up again by another process
 * Threads  one at a time
 *
 * Availability, fails open: a level by itself refuses nobody. It freezes what is learned, and tells people.
 */
#ifndef BOUCLIER_GUARD_LEVEL_H
#define BOUCLIER_GUARD_LEVEL_H

#include <stdbool.h>
#include <stdint.h>

#define LEVEL_UP_S 2u
#define LEVEL_DOWN_S 60u        /* after the first attack; doubled by each that follows within LEVEL_FORGET_S */
#define LEVEL_DOWN_MOST_S 960u
#define LEVEL_FORGET_S 3600u
#define LEVEL_ACCEPT_S 3600u    /* what is unusual for as long, without an attack and without pressure, is how things are now */
#define LEVEL_SHAPES 8u

/* X(ID, name) */
#define LEVEL_LIST(X) \
	X(NORMAL, "normal") \
	X(ELEVATED, "elevated")  /* something is unusual; nobody suffers yet */ \
	X(ATTACK, "attack")

enum level {
#define X(id, name) LEVEL_##id,
	LEVEL_LIST(X)
#undef X
	LEVEL_COUNT,
};

/* What is measured. X(ID, name, least): below LEAST nothing is unusual, whatever the baseline. */
#define LEVEL_MEASURES(X) \
	X(REQUESTS, "requests", 50)            /* a second */ \
	X(STRANGERS, "new-sources", 20)        /* a second */ \
	X(ERRORS, "errors", 10)                /* answers of 500 and more, a second */ \
	X(MISSES, "not-found", 20)             /* answers of 404, a second */ \
	X(LATENCY, "latency", 500000)          /* of the origin, in the mean */

enum level_measure {
#define X(id, name, least) LEVEL_OF_##id,
	LEVEL_MEASURES(X)
#undef X
	LEVEL_OF_COUNT,
};

/* Bits of what a move was for: 1 << enum level_measure, and these. */
#define LEVEL_FOR_SHAPE (1u << LEVEL_OF_COUNT)           /* requests of another kind than usual */
#define LEVEL_FOR_PRESSURE (1u << (LEVEL_OF_COUNT + 1))  /* the origin cannot keep up */
#define LEVEL_FOR_PERSON (1u << (LEVEL_OF_COUNT + 2))    /* somebody said so */
#define LEVEL_FOR_FLOOR (1u << (LEVEL_OF_COUNT + 3))     /* it is never lower: the administrator's `level_floor` */
#define LEVEL_FOR_COUNT (LEVEL_OF_COUNT + 4)

/* One second. */
struct level_sample {
	double measures[LEVEL_OF_COUNT];
	/* Requests by shape: whether they have a query, a body, come by HTTP/2 (bits 0, 1, 2). */
	uint32_t shapes[LEVEL_SHAPES];
	uint32_t waited, refused;       /* who had to wait so long that a citizen notices; who was refused for want of a place */
};

struct level_baseline {
	double usual, swing;            /* mean, and mean distance from it */
	double most;                    /* of the mean over some seconds: falls to a half in a day */
	double lately;                  /* mean over some seconds */
};

struct level_state {
	struct level_baseline baselines[LEVEL_OF_COUNT];
	double shapes[LEVEL_SHAPES];    /* shares */
	uint64_t samples;               /* that were learned from */
	uint64_t busy;                  /* of these, in which somebody came */
	uint32_t reasons;               /* LEVEL_FOR_..., of the level as it is */
	uint16_t up_for_s, calm_for_s;  /* how long a higher level was due; or no more than a lower one */
	uint16_t down_s;                /* how long it has to be calm */
	uint16_t odd_for_s;             /* how long something is unusual that hurts nobody */
	uint32_t since_attack_s;
	uint8_t level, due;             /* enum level */
	uint8_t least;                  /* never under it: the administrator's */
	bool is_forced;                 /* a person holds it where it is */
	uint8_t said;                   /* enum level, by the person: the floor may hold it above */
};

struct level_move {
	enum level from, to;
	uint32_t reasons;
};

void level_init(struct level_state *state, enum level least);
/* A second has gone by. True: MOVE tells that the level has changed. */
bool level_learn(struct level_state *state, const struct level_sample *sample, struct level_move *move);
/* A person says LEVEL, until level_release; under the floor it is the floor. True: it has changed. */
bool level_force(struct level_state *state, enum level level, struct level_move *move);
/* It is the detector's again, which begins where the person left it. */
void level_release(struct level_state *state);
/* Never under LEAST from now on, whatever a person said before. What only the floor before it held up comes down at once, to what a person
 * said where one did. True: it has changed. */
bool level_set_least(struct level_state *state, enum level least, struct level_move *move);

const char *level_name(enum level level);
/* The name of the reason that BIT (0 to LEVEL_FOR_COUNT - 1) stands for. */
const char *level_reason_name(unsigned bit);

#endif
