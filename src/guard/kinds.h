/* Which kinds of clients (source/kind.h) a site has, how much of each is usual, and which one floods it now.
 *
 * While all is calm, what is usual of each kind is learned: the mean of its requests a second, over a day. While the site is pressed nothing is
 * learned, and each kind is held against what is usual of it, times what the portal's other visitors are more than usual now: that is the
 * quarter of them (by what is usual of each kind) that has grown least, so that a kind that is flooded does not excuse itself, and a morning when
 * everybody comes is no flood. A kind with KINDS_TIMES as much is *far beyond*; when all that are far beyond are a sizeable part of what comes, they
 * flood the site, and for KINDS_HELD_S from then on: floods come in waves. A kind nobody has seen in calm is far beyond as soon as it is more than what is not known of a site's kinds (kinds_margin).
 *
 * A kind that has no place here, and comes while another floods, is taken for the flood in another guise, for KINDS_PRESUMED_S: by then it has
 * shown how much of it there is.
 *
 * Kinds that are rare here (under KINDS_RARE of what is usual), and all that have no place in the table, are held against what is usual of all
 * rare ones together, too. So a flood whose every request is of another kind, by fields in random order, is the flood of "some rare kind": all rare
 * kinds that have grown are moved down while it lasts. A citizen whose browser nobody else here has waits with them, unless he is known.
 *
 * What an attacker can make of it: he has to send for days, in calm, what he wants to be usual. A second counts as no more than what would be far
 * beyond, and a day moves the mean by two thirds. So a flood that is not seen here is KINDS_TIMES what the portal had borne for days without
 * being pressed; or to be there first: of a site that nobody has seen yet, what comes and is borne is what is usual. A tool that sends just what the browser of most citizens sends is of their kind: where that kind is more than three quarters of a
 * site's visitors, nothing can be said, and nobody is moved.
 *
 * Shape    arrays of KINDS, in buckets of KINDS_BUCKET; no pointer: it lies in memory that processes share, zero at birth
 * Units    requests a second
 * Limits   KINDS kinds a site, fixed memory, O(1) a request. A bucket always has KINDS_SPARE places for newcomers: the least usual make room,
 *          so that no flood of new kinds makes it forget the ones that citizens have. Who finds no place counts as a rare kind
 * Owns     nothing
 * Threads  kinds_note: any, of any processes, without a lock; kinds_tick and kinds_look: one thread, of the edge that is not draining
 *
 * Availability, fails open: without enough learned, nobody floods. Never a reason to refuse: a lane down, no more.
 */
#ifndef BOUCLIER_GUARD_KINDS_H
#define BOUCLIER_GUARD_KINDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KINDS 256u
#define KINDS_BUCKET 8u
#define KINDS_SPARE 2u
#define KINDS_TIMES 4.0            /* as much as usual is far beyond */
#define KINDS_SIZEABLE 0.1         /* of all that comes */
#define KINDS_RARE 0.01            /* of all that is usual */
#define KINDS_LEAST 10.0           /* a second: under it nothing is far beyond, and everything is learned as it is */
#define KINDS_DAY_S 86400.0
#define KINDS_YOUNG_S 5.0          /* of calm: before, nothing can be said */
#define KINDS_YOUNG_REQUESTS 64.0  /* the same */
#define KINDS_PRESUMED_S 3u        /* so long a kind that is new while others flood is taken for one of them */
#define KINDS_HELD_S 240u          /* so long after a kind was last far beyond it still floods: floods come in waves. It matters while the site is pressed */

struct kinds {
	uint32_t kind[KINDS];      /* 0: free */
	uint32_t count[KINDS];     /* since the last tick */
	uint32_t rest;             /* the same, of those without a place */
	uint8_t is_flooding[KINDS];
	uint8_t is_rest_flooding, is_flooded;  /* the second: any of them is */
	/* The rest is the ticking thread's. */
	uint8_t held_s[KINDS], rest_held_s;
	float usual[KINDS], lately[KINDS];
	float rest_usual, rest_lately;
	double learned_s;          /* seconds in which somebody came and all was calm */
};

/* A request of KIND (not 0) has come. True: its kind floods the site. */
bool kinds_note(struct kinds *kinds, uint32_t kind);
/* SECONDS (not 0, about one) have gone by. IS_PRESSED: the level is above normal, or somebody waits or is refused because the origin cannot keep up. */
void kinds_tick(struct kinds *kinds, double seconds, bool is_pressed);

/* -- the judgement, pure -- */

struct kind_case {
	double lately, usual;      /* of the kind */
	double all_usual;          /* of the site */
	double growth;             /* of the other visitors: 1 or more */
	double margin;             /* share of all that is usual: what is not known better */
};
/* Is LATELY more than is to be explained? */
bool kind_is_far_beyond(const struct kind_case *that);
/* The least share that can be told from chance after so many requests. */
double kinds_margin(double learned_requests);

/* -- for people -- */

struct kind_told {
	uint32_t kind;             /* 0: all rare ones that have no place */
	double usual, lately;
	bool is_flooding;
};
struct kinds_told {
	struct kind_told list[KINDS + 1];
	unsigned count;            /* the most frequent now first */
	unsigned flooding;
};
void kinds_look(const struct kinds *kinds, struct kinds_told *out);

#endif
