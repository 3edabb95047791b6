#include "slow.h"

#include <stdio.h>

#define REDIAL_MS 300
#define SPREAD_MS 1000 /* connections of a burst begin within it */

static struct ask ask; /* one thread */

static void slow_redial(struct actor *actor, uint64_t now_ns)
{
	link_close(&actor->link);
	actor->asked_ns = 0;
	actor_wait(actor, now_ns + REDIAL_MS * MS_NS);
}

static bool slow_begin(struct actor *actor)
{
	const struct group *group = actor->group;
	struct ask_order order = {.group = group, .agent = actor->agent, .tls = group->tls};

	text_target(group, text_path(group, &actor->random), &actor->random, ask.target);
	ask.body_len = 0;
	ask.endless = group->role == ROLE_SLOW_BODY;
	ask_fill(&ask, &order);
	if (group->role != ROLE_SLOW_READ)
		return link_ask_partly(&actor->link, &ask);
	for (unsigned n = 0; n < group->streams; n++)
		if (!link_ask(&actor->link, &ask, false))
			return false;
	return true;
}

static bool slow_drip(struct actor *actor)
{
	char line[32];
	int len = snprintf(line, sizeof line, "X-%c: %u\r\n", (char)('a' + random_next(&actor->random) % 26),
			   (unsigned)(random_next(&actor->random) % 10000));

	if (actor->group->role == ROLE_SLOW_READ)
		return true; /* just waits */
	return actor->group->role == ROLE_SLOW_BODY ? link_put(&actor->link, "x", 1) : link_put(&actor->link, line, (size_t)len);
}

void slow_wake(struct actor *actor, uint64_t now_ns)
{
	const struct group *group = actor->group;
	bool begun = actor->link.in_flight > 0;

	if (!actor_is_on(actor, now_ns, SPREAD_MS * MS_NS))
		return;
	if (now_ns < actor->next_ns) {
		actor_wait(actor, actor->next_ns);
	} else if (actor->link.state == LINK_CLOSED) {
		actor->asked_ns = now_ns;
		if (actor_dial(actor, group->tls))
			actor_wait(actor, now_ns + group->timeout_ms * MS_NS);
		else
			slow_redial(actor, now_ns);
	} else if (actor->link.state != LINK_OPEN) {
		actor->group->counts.timeouts++;
		slow_redial(actor, now_ns);
	} else if (begun ? slow_drip(actor) : slow_begin(actor)) {
		actor_wait(actor, now_ns + group->interval_ms * MS_NS);
	} else {
		slow_redial(actor, now_ns);
	}
}

void slow_moved(struct actor *actor, uint64_t now_ns)
{
	for (;;)
		switch (link_advance(&actor->link)) {
		case LINK_WAITS:
			return;
		case LINK_OPENED:
			slow_wake(actor, now_ns);
			break;
		case LINK_ANSWERED: /* a refusal: what was asked can have no other answer */
		case LINK_BROKEN:
			slow_redial(actor, now_ns);
			return;
		}
}

static void churn_next(struct actor *actor, uint64_t now_ns)
{
	uint64_t interval_ns = actor_interval_ns(actor);

	link_close(&actor->link);
	actor->next_ns += interval_ns;
	if (actor->next_ns < now_ns) {
		actor->group->counts.late += (now_ns - actor->next_ns) / interval_ns;
		actor->next_ns = now_ns;
	}
	actor_wait(actor, actor->next_ns);
}

void churn_wake(struct actor *actor, uint64_t now_ns)
{
	const struct group *group = actor->group;

	if (!actor_is_on(actor, now_ns, actor_interval_ns(actor)))
		return;
	if (actor->link.state == LINK_OPEN) {
		churn_next(actor, now_ns);
	} else if (actor->link.state != LINK_CLOSED) {
		actor->group->counts.timeouts++;
		churn_next(actor, now_ns);
	} else if (now_ns < actor->next_ns) {
		actor_wait(actor, actor->next_ns);
	} else if (actor_dial(actor, group->tls)) {
		actor_wait(actor, now_ns + group->timeout_ms * MS_NS);
	} else {
		churn_next(actor, now_ns);
	}
}

void churn_moved(struct actor *actor, uint64_t now_ns)
{
	for (;;)
		switch (link_advance(&actor->link)) {
		case LINK_WAITS:
			return;
		case LINK_OPENED:
			actor_wait(actor, now_ns + actor->group->hold_ms * MS_NS);
			break;
		case LINK_ANSWERED:
			break;
		case LINK_BROKEN:
			churn_next(actor, now_ns);
			return;
		}
}
