/* A page came that the origin did not make: what does this client do about it?
 *
 * Shape   with script, what the solver says; else, and where there is nothing to solve, the Refresh field or the page's
 *         <meta http-equiv="refresh">, which a browser with script does not see inside <noscript>
 * Limits  a wait of CHALLENGE_WAIT_MAX_S: who announces more is taken to refuse
 */
#pragma once
#include <stdbool.h>

#include "answer.h"
#include "plan.h"
#include "solver.h"

#define CHALLENGE_WAIT_MAX_S 60

struct challenge {
	struct solution next;  /* what to ask for */
	unsigned wait_ms;      /* before it */
	bool is_announced;     /* the page said how long, a person was told to wait */
};

/* False: it is a refusal. ASKED is the target that was asked for: a refresh without one asks for it again. */
bool challenge_meet(const struct group *group, const struct answer *answer, const char *asked, struct challenge *challenge);

/* "5; url=/x" as a Refresh field has it. False: not so, or too long a wait. TARGET stays when there is none. */
bool refresh_read(const char *text, unsigned *wait_ms, char *target, size_t size);

/* The site's path in an absolute or relative REFERENCE; TLS follows its scheme where it has one. */
const char *reference_path(const char *reference, bool *tls);
