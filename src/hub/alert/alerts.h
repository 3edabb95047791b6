/* All of the hub's alerts: what changes goes in, what is to be told is decided, put into words, kept in the store, and handed to the process that sends.
 *
 * What was decided and what waits are kept in one change of the store, before anything is sent: after a restart nothing is forgotten, and nothing told twice, but an alert that was on its
 * way is sent again, with the same id. Availability, fails open: when the store takes nothing, alerts are sent all the same, and kept as soon as it does.
 *
 * Shape    alerts_new, alerts_attach whenever there is a process that sends; incidents and warnings as they come, alerts_second each second
 * Units    seconds since 1970 (UTC)
 * Owns     the plan that it is given, the descriptor that it is given; STORE and LOOP outlive it
 * Threads  the loop's
 */
#ifndef BOUCLIER_HUB_ALERT_ALERTS_H
#define BOUCLIER_HUB_ALERT_ALERTS_H

#include "base/loop.h"
#include "hub/alert/decide/decide.h"
#include "hub/alert/outbox/outbox.h"
#include "store/document.h"

struct alerts;

struct alerts_birth {
	struct loop *loop;
	struct store *store;
};

/* Takes PLAN over, and takes up what was kept. What of it cannot be read is complained about and left: alerts go on without. RESULT_NO_MEMORY. hours_begin was called. */
enum result alerts_new(const struct alerts_birth *birth, struct alert_plan *plan, struct complaints *complaints, struct alerts **out) must_check;
void alerts_free(struct alerts *alerts);
/* FD is a connected socket to a new process that sends (send/role.h); one that was there before is let go. RESULT_IO, RESULT_NO_MEMORY: FD is closed. */
enum result alerts_attach(struct alerts *alerts, int fd) must_check;

/* An incident that has changed, or, after a start, that is followed: what is told already is not told again. */
void alerts_incident(struct alerts *alerts, const struct incident *incident, uint64_t now_s);
void alerts_warning(struct alerts *alerts, enum alert_warning warning, struct span subject, bool is_on, uint64_t now_s);
/* RESULT_NOT_FOUND: no such path. OUT gets the alert's id. */
enum result alerts_test(struct alerts *alerts, struct span path, uint64_t now_s, char out[ALERT_ID_BYTES]) must_check;
void alerts_second(struct alerts *alerts, uint64_t now_s);

/* Something else that the process that sends does for the hub: it asks somebody's server, by https, or, where IS_CLEAR says so, by http on this machine. DONE is called once, in a
 * later round: STATUS 0, and WHY, where there was no answer. RESULT_IO: there is no such process now; RESULT_LIMIT: ALERTS_FETCHES_MAX go on, or no room. Then DONE is not called. */
#define ALERTS_FETCHES_MAX 8u
struct alerts_fetch {
	struct span url, ca, authorization, form;  /* send/wire.h; copied */
	bool is_clear;
	void (*done)(void *context, unsigned status, struct span body, const char *why);
	void *context;
};
enum result alerts_fetch(struct alerts *alerts, const struct alerts_fetch *fetch) must_check;

/* -- for who shows them -- */

const struct alert_plan *alerts_plan(const struct alerts *alerts);
const struct path_health *alerts_path(const struct alerts *alerts, unsigned path);
/* Warnings that are on. */
void alerts_warnings(const struct alerts *alerts, bool (*each)(void *context, const struct alert_facts *facts), void *context);
const struct outbox *alerts_outbox(const struct alerts *alerts);
bool alerts_can_send(const struct alerts *alerts);   /* a process that sends is there */
bool alerts_are_kept(const struct alerts *alerts);   /* the store took what was decided last */

#endif
