/* `bouclier drill`: would this site stay reachable for its citizens if it were attacked now? Played small, on this machine alone.
 *
 *   site     the site's own settings, in a configuration that names no origin but ours
 *   socket   every socket of the drill: loopback, or none
 *   crew     the processes: a shield of its own, a portal of its own, players; their folder; the end of all of them
 *   portal   an origin that needs a fixed time for a page
 *   client   one HTTP/1.1 connection; cast: who plays, from which address
 *   citizen  a person who asks for pages, and does what he is asked; question, work: what a challenge asks, and doing it
 *   flood, slow  those who attack
 *   play     all of them, on the clock of three acts
 *   verdict  what came of it, in words; report: as a table, or as JSON
 *
 * Shape    a tally lies in memory that the processes of a drill share; each number has one writer
 * Units    milliseconds
 */
#ifndef BOUCLIER_CLI_DRILL_DRILL_H
#define BOUCLIER_CLI_DRILL_DRILL_H

#include <stdbool.h>
#include <stdint.h>

/* Reserved for ever (RFC 6761, 6.4): nobody's name. */
#define DRILL_HOST "drill.bouclier.invalid"
#define DRILL_MARK "X-Drill-Page"    /* of every page that the portal made */

#define DRILL_MS_MIN 10000
#define DRILL_MS_MAX 300000
#define DRILL_MS 20000
#define DRILL_RATE_MIN 50
#define DRILL_RATE_MAX 2000
#define DRILL_RATE 400

/* What the portal can do: 100 pages a second. It waits rather than computes: a drill takes no core from whom this machine serves. */
#define DRILL_PAGE_MS 40u
#define DRILL_DESKS 4u

/* A page is in time within so long; with work to do for a script, so much later; with a wait that was announced, that much later. */
#define DRILL_IN_TIME_MS 2000u
#define DRILL_WORK_MS 1000u
#define DRILL_ONSET_MS 3000u         /* the beginning of an attack, which is judged more mildly */

enum drill_window { WINDOW_CALM, WINDOW_ONSET, WINDOW_ATTACK, WINDOW_AFTER, WINDOW_COUNT };

#define CITIZEN_LIST(X) \
	X(SCRIPT, "script", "with JavaScript") \
	X(NO_SCRIPT, "no_script", "without JavaScript") \
	X(KNOWN, "known", "known before the attack") \
	X(SHARED, "shared", "behind one shared address") \
	X(PARTNER, "partner", "partners of the allowlist")

enum citizen_kind {
#define X(id, name, words) CITIZEN_##id,
	CITIZEN_LIST(X)
#undef X
	CITIZEN_KINDS,
};

#define ATTACK_LIST(X) \
	X(GET, "get", "pages with random queries") \
	X(POST, "post", "forms with random words") \
	X(SLOW, "slow", "connections that never end")

enum attack_kind {
#define X(id, name, words) ATTACK_##id,
	ATTACK_LIST(X)
#undef X
	ATTACK_KINDS,
};

struct drill_acts {
	_Atomic uint64_t begin_ms;   /* CLOCK_MONOTONIC; 0: not begun yet, which counts as calm */
	uint64_t calm_ms, attack_ms, after_ms;
};

struct drill_tally {
	struct drill_acts acts;      /* set before anybody plays */
	/* by players */
	_Atomic int window;          /* enum drill_window; WINDOW_COUNT: over */
	struct drill_pages { uint64_t asked, in_time, kept, challenged; } pages[CITIZEN_KINDS][WINDOW_COUNT];
	struct drill_attack { uint64_t sent, served, refused, broken, late; } attacks[ATTACK_KINDS];
	uint64_t turns, late_turns;  /* of the players' clock; those that came much too late: this machine had no time for them */
	/* by the portal */
	struct drill_work { uint64_t pages, ms; } work[2][WINDOW_COUNT];  /* [1]: for attackers */
};

/* Which of the windows NOW is in. */
enum drill_window drill_window_at(const struct drill_acts *acts, uint64_t now_ms);

#endif
