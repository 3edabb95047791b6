/* A person with a browser, or a program that belongs here: loads pages, one part after the other, and thinks in between.
 *
 *   think -> ask for the page -> (redirect)* -> (challenge, wait)* -> its parts, each in turn -> think
 *
 * Shape   each page is a line of JSON on stdout: when it was to begin, how long it took, how it ended
 * Limits  REDIRECTS_MAX and CHALLENGES_MAX a page; the group's timeout
 *
 * A page's time counts from when it was to begin: a slow server cannot slow the clock down. A kept connection that the server closed
 * meanwhile is opened once more, as browsers do.
 */
#pragma once
#include "actor.h"

bool visitor_init(struct actor *actor);
void visitor_wake(struct actor *actor, uint64_t now_ns);
void visitor_moved(struct actor *actor, uint64_t now_ns);

/* The run is over: says what is still under way. */
void visitor_last_words(struct actor *actor, uint64_t now_ns);
