/* One person or one attacking machine: what all roles share.
 *
 * Shape   two doors for each role, both in the table of actor.c: WAKE when its time has come, MOVED when its connection may go on
 * Owns    its link, its jar, the page it reads
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "agenda.h"
#include "challenge.h"
#include "clock.h"
#include "link.h"
#include "plan.h"
#include "random.h"

#define MS_NS 1000000ull

/* What all actors share. */
struct crowd {
	struct plan *plan;
	struct agenda agenda;
	int poller;
	struct wire_plan plain, tls[2][2];  /* [h2][an attack tool's fingerprint] */
	union address server_v4, server_v6;
	in_port_t plain_port, tls_port;     /* network order */
	uint64_t start_ns, end_ns, seed;
};

struct visit;

struct actor {
	struct crowd *crowd;
	struct group *group;
	unsigned number, life;      /* life: how many persons had this place before */
	unsigned network;           /* which of its networks it is on */
	int agenda_at;              /* -1: in no agenda */
	uint64_t due_ns;            /* by the agenda */
	uint64_t next_ns, asked_ns; /* when it is to act; when it last asked, or dialled */
	uint64_t random;
	struct link link;
	struct cookies *cookies;    /* NULL: keeps none */
	struct visit *visit;        /* visitors only */
	struct challenge *challenge; /* floods that do as they are told: what to ask next, NULL: none pending */
	bool is_challenged;
	char agent[TEXT_AGENT_MAX];
};

bool actor_init(struct actor *actor, struct crowd *crowd, struct group *group, unsigned number);
void actor_done(struct actor *actor);
void actor_wake(struct actor *actor, uint64_t now_ns);
void actor_moved(struct actor *actor, uint64_t now_ns);

void actor_wait(struct actor *actor, uint64_t due_ns);

/* False: no connection; the counts say why. */
bool actor_dial(struct actor *actor, bool tls);

/* Of one actor, so that the group keeps its rate. */
uint64_t actor_interval_ns(const struct actor *actor);

/* True: the group acts now. Else the link is closed and the actor waits for its next window, where NEXT_NS is somewhere in the
 * first SPREAD_NS of it. */
bool actor_is_on(struct actor *actor, uint64_t now_ns, uint64_t spread_ns);
