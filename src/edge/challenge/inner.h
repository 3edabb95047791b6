/* What the parts of this folder say to each other. */
#ifndef BOUCLIER_EDGE_CHALLENGE_INNER_H
#define BOUCLIER_EDGE_CHALLENGE_INNER_H

#include "edge/challenge/challenge.h"
#include "edge/page.h"
#include "guard/carry.h"

#define CHALLENGE_CARRIED "bouclier-carried"   /* the last parameter of a query: a form comes back */
#define CHALLENGE_TO_MAX 2048u                 /* of the path and query that a wait leads back to; longer ones lead to / */

/* -- visitor.c -- */

/* False: this site, or this edge, challenges nobody. */
bool visit_of(const struct request *request, struct visit *out);
/* The token that came is good: true. It goes along with the answer again if it is from another network, or MUST. */
bool visit_is_admitted(const struct visit *visit);
/* It is, or he has waited without keeping a cookie. */
bool visit_is_proven(const struct request *request, const struct visit *visit);
/* His lane in front of the origin by the token that he shows, and its budget, while there is no room for all. */
void challenge_take_token(struct request *request, struct visit *visit);
/* The same, of TOKEN that he has just been given for a wait. */
void challenge_take_wait(struct request *request, const struct visit *visit, const struct token *token);
/* TOKEN goes with the answer. Without memory or keys it does not: the visitor is asked once more, some time. */
void visit_give(struct request *request, const struct visit *visit, const struct token *token);
/* Rules, caches and origins do not see our cookie: it is no word of theirs. Without memory they do. */
void visit_hide(struct request *request);

/* -- step.c -- */

/* There is no room for all, or a person wants everybody to be asked. */
bool challenge_is_pressed(struct request *request);

/* -- flood.c -- */

struct challenge_memory *challenge_memory_of(const struct request *request);
bool challenge_is_navigation(const struct request *request);
bool challenge_is_part(const struct request *request);
/* His kind floods the site, and it is attacked or there is no room for all: his request is counted, and caller.is_watched and is_hasty say so. */
void flood_watch(struct request *request, const struct visit *visit);
/* He would go, at the pace of a person: a page of his waits for a moment first. */
bool flood_is_to_pause(const struct request *request);
/* STEP_WAIT. */
enum step_outcome flood_pause(struct request *request);
/* The moment is over. */
bool flood_has_paused(struct request *request);
/* What his source has asked meanwhile: is_hasty, and the lane that follows. */
void flood_look_again(struct request *request, const struct visit *visit);

/* -- page.c -- */

/* What a page is about. Spans live as long as the request. */
struct challenge_ask {
	struct puzzle puzzle;
	char text[PUZZLE_TEXT_LEN];
	unsigned wait_s;          /* what is left of its wait */
	struct span to;           /* path and query */
	struct span sealed;       /* the form that comes back; empty: none */
};

/* Too early: into ASK goes the puzzle that TEXT is, and what is left of its wait. RESULT_TIMEOUT, RESULT_MALFORMED: it is none, or not any more. */
enum result challenge_ask_again(const struct visit *visit, struct span text, struct challenge_ask *ask) must_check;
/* Answers with the page, 503. */
enum step_outcome challenge_answer_page(struct request *request, const struct challenge_ask *ask);
/* A page that leads on to URL by itself. Empty: no memory. */
struct span challenge_onward_page(struct request *request, struct span url);
/* Asks anew: a new puzzle, and a cookie that tells whether cookies are kept. */
enum step_outcome challenge_ask_visitor(struct request *request, const struct visit *visit, struct span sealed);

/* -- carry.c -- */

/* 429, and when to come back. */
enum step_outcome challenge_refuse(struct request *request);
/* A stranger's POST: its form goes along with the page, or it is refused. */
enum step_outcome challenge_carry(struct request *request);
/* A form comes back. */
bool challenge_is_carried(const struct request *request);
enum step_outcome challenge_bring_back(struct request *request);
/* More of the body that is read has come. */
enum step_outcome challenge_collect(struct request *request);

/* -- admit.c -- */

/* NAME's value in TEXT, "a=b&c=d" (or with ;), as it came; empty: not there. */
struct span parameter_of(struct span text, struct span name);

/* -- texts.c -- */

struct challenge_texts {
	const char *title, *why, *working, *done;
	const char *wait[2];      /* around the number of seconds */
	const char *form[2];      /* instead, where a form is carried: nothing sends it but the button, or the script */
	const char *button, *cookie, *progress;
};
extern const struct challenge_texts challenge_texts[PAGE_LANGUAGES];

#endif
