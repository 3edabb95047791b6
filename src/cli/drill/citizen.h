/* A citizen with a browser, or a partner's program: asks for a page, does what he is asked before he gets it, reads, asks for the next one.
 *
 *   rests -> asks -> (follows, works or waits, asks again)* -> rests
 *
 * Shape    a page's time counts from when it was due: a slow shield cannot slow the clock down
 * Limits   CITIZEN_PATIENCE_MS a page; five redirects and three questions
 * Owns     its connection and the page that it reads, until citizen_done
 * Threads  those of the stage's loop
 */
#ifndef BOUCLIER_CLI_DRILL_CITIZEN_H
#define BOUCLIER_CLI_DRILL_CITIZEN_H

#include "cli/drill/cast.h"
#include "cli/drill/client.h"
#include "cli/drill/question.h"
#include "cli/drill/stage.h"
#include "cli/drill/work.h"

#define CITIZEN_PATIENCE_MS 9000u

enum citizen_state { CITIZEN_RESTS, CITIZEN_ASKS, CITIZEN_WAITS, CITIZEN_WORKS };

struct citizen {
	struct stage *stage;
	enum citizen_kind kind;
	unsigned seat, person, pages;        /* pages: that this person has had */
	struct client client;
	struct client_answer answer;
	enum citizen_state state;
	struct timer next, patience;
	uint64_t begun_ms, allowed_ms;       /* of the page under way */
	unsigned redirects, questions;
	bool is_retried;                     /* the kept connection was closed meanwhile: as browsers do, once */
	struct question question;            /* in the answer's page */
	struct work work;
	char target[CLIENT_TARGET_MAX], cookie[CLIENT_COOKIE_MAX];
};

void citizen_init(struct citizen *citizen, struct stage *stage, enum citizen_kind kind, unsigned seat);
/* The play is over: a page that is too late already counts. */
void citizen_done(struct citizen *citizen);

#endif
