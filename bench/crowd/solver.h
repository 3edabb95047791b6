/* The one place that knows how a browser's script answers a proof-of-work challenge.
 *
 * Shape   given the page that came instead of the one that was asked for (its text, its Set-Cookie already in the jar), says which
 *         request the page's script makes next, and how long a citizen's device works before it makes it
 * Units   work_ms on a slow phone, whatever this machine takes: the crowd waits for it, so that a challenge costs a citizen what it
 *         costs, and costs the bench nothing
 * Limits  the page is cut at SOLVER_PAGE_MAX bytes
 *
 * It knows Bouclier's page (docs/challenge.md). A browser that meets another does what browsers do: keeps cookies, follows redirects, Refresh and
 * <meta http-equiv="refresh">.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "answer.h"
#include "text.h"

#define SOLVER_PAGE_MAX (32 * 1024)

struct solution {
	char target[TEXT_TARGET_MAX]; /* a path of the same site */
	char body[TEXT_BODY_MAX];     /* of a POST */
	size_t body_len;              /* 0: a GET */
	unsigned work_ms;
};

/* False: this is no challenge that the solver knows; SOLUTION is untouched. */
bool solver_solve(const struct answer *answer, struct solution *solution);
