/* From `detect` to `block` without a person (`waf: { graduate: 7d }`): a site moves when for so long its rules refused no known
 * visitor, nowhere HITS_MANY different ordinary ones, and not HITS_ANYWHERE of them in all (edge/hits/hits.h), after it was announced for
 * `graduate_notice`.
 *
 * Shape    observing -> announced -> blocking; a person may take it back (undone), and it stays so until he says otherwise
 * Units    seconds since 1970, as the caller's clock has them
 * Limits   a site that fewer than GRADUATE_VISITORS different ordinary visitors came to proves nothing, and does not move
 * Owns     nothing
 *
 * Availability before security: until nothing speaks against it the site goes on as its file says, and who keeps it from moving (an
 * attacker with three addresses can, or with one and a day's patience) wins no more than that; `status` says what holds it.
 */
#ifndef BOUCLIER_EDGE_GRADUATE_H
#define BOUCLIER_EDGE_GRADUATE_H

#include <stdbool.h>
#include <stdint.h>

#define GRADUATE_VISITORS 3u

/* Of a site; zero at first. It outlives the shield. */
struct graduation {
	uint32_t since_s;            /* observed from then; 0: not yet */
	uint32_t bad_s;              /* the last time that something spoke against it; 0: never */
	uint32_t visitors;           /* the most that were counted */
	uint32_t announced_s;        /* 0: it is not */
	uint32_t moves_s;            /* announced for then */
	uint32_t moved_s;            /* in block since; 0: it is not */
	uint32_t undone_s;           /* taken back then; 0: it was not */
};

struct graduation_facts {
	uint32_t now_s;
	uint32_t graduate_s, notice_s;  /* of the settings */
	uint32_t bad_s;
	uint32_t few_s;              /* the last time that they refused, or would have, an ordinary visitor, if only one: told, and puts nothing off */
	unsigned few;                /* how many different ones of late (hits.h) */
	unsigned visitors;
};

/* Since this observation began rules would have refused somebody, and of late: whoever writes alone in a town is fewer than HITS_MANY. */
bool graduation_meets_few(const struct graduation *graduation, const struct graduation_facts *facts);

enum graduation_news { GRADUATION_SAME, GRADUATION_BEGUN, GRADUATION_ANNOUNCED, GRADUATION_PUT_OFF, GRADUATION_MOVED };

/* What has come about since it was last asked. */
enum graduation_news graduation_advance(struct graduation *graduation, const struct graduation_facts *facts);
/* When it would move if nothing comes between and visitors come; 0: undone, or done. */
uint32_t graduation_earliest_s(const struct graduation *graduation, const struct graduation_facts *facts);
/* The same, once visitors have come; 0: too few yet. */
uint32_t graduation_due_s(const struct graduation *graduation, const struct graduation_facts *facts);

#endif
