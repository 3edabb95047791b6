#include "flood.h"

#include <stdio.h>
#include <string.h>

#define REDIAL_MS 100 /* a server that refuses is not asked in a loop */

static struct ask ask; /* one thread */

/* Tools change the browser's name with each request. */
static void flood_fill(struct actor *actor)
{
	const struct group *group = actor->group;
	struct ask_order order = {.group = group, .agent = actor->agent, .cookies = actor->cookies, .tls = group->tls};

	if (group->profile == PROFILE_TOOL)
		text_agent(&actor->random, actor->agent);
	if (actor->is_challenged) {
		memcpy(ask.target, actor->challenge->next.target, sizeof ask.target);
		memcpy(ask.body, actor->challenge->next.body, actor->challenge->next.body_len);
		ask.body_len = actor->challenge->next.body_len;
		actor->is_challenged = false;
	} else {
		text_target(group, text_path(group, &actor->random), &actor->random, ask.target);
		ask.body_len = group->body_max ? text_body(group, &actor->random, ask.body) : 0;
	}
	if (actor->challenge) /* what a refresh without a target asks for again */
		memcpy(actor->challenge->next.target, ask.target, sizeof ask.target);
	ask_fill(&ask, &order);
}

static bool flood_ask(struct actor *actor)
{
	const struct group *group = actor->group;

	flood_fill(actor);
	if (group->role == ROLE_RESET)
		return link_ask_and_cancel(&actor->link, &ask);
	return link_ask(&actor->link, &ask, group->keep && actor->link.asked + 1 >= group->keep);
}

static void flood_dial(struct actor *actor, uint64_t now_ns)
{
	actor->asked_ns = now_ns;
	if (actor_dial(actor, actor->group->tls))
		actor_wait(actor, now_ns + actor->group->timeout_ms * MS_NS);
	else
		actor_wait(actor, now_ns + REDIAL_MS * MS_NS);
}

static unsigned flood_at_once(const struct actor *actor)
{
	return actor->link.h2 && actor->group->streams ? actor->group->streams : 1;
}

/* What was due while nobody could ask is late, and over. */
static void flood_skip(struct actor *actor, uint64_t now_ns, uint64_t interval_ns)
{
	uint64_t missed;

	if (actor->next_ns + interval_ns > now_ns)
		return;
	missed = (now_ns - actor->next_ns) / interval_ns;
	actor->group->counts.late += missed;
	actor->next_ns += missed * interval_ns;
}

/* The link is open: asks what is due. */
static void flood_go(struct actor *actor, uint64_t now_ns)
{
	struct link *link = &actor->link;
	uint64_t interval_ns = actor_interval_ns(actor), timeout_ns = actor->group->timeout_ms * MS_NS;

	for (unsigned n = 0; actor->next_ns <= now_ns && n < flood_at_once(actor) && link->in_flight < flood_at_once(actor); n++) {
		actor->asked_ns = now_ns;
		actor->next_ns += interval_ns;
		if (!flood_ask(actor)) {
			link_close(link);
			break;
		}
	}
	flood_skip(actor, now_ns, interval_ns);
	actor_wait(actor, link->in_flight && actor->asked_ns + timeout_ns < actor->next_ns ? actor->asked_ns + timeout_ns : actor->next_ns);
}

static bool flood_has_timed_out(const struct actor *actor, uint64_t now_ns)
{
	bool waits = actor->link.state != LINK_OPEN || actor->link.in_flight;

	return waits && now_ns >= actor->asked_ns + actor->group->timeout_ms * MS_NS;
}

void flood_wake(struct actor *actor, uint64_t now_ns)
{
	uint64_t interval_ns = actor_interval_ns(actor);

	if (!actor_is_on(actor, now_ns, interval_ns))
		return;
	if (now_ns < actor->next_ns && actor->link.state == LINK_CLOSED) {
		actor_wait(actor, actor->next_ns);
		return;
	}
	if (actor->link.state != LINK_CLOSED && flood_has_timed_out(actor, now_ns)) {
		actor->group->counts.timeouts++;
		link_close(&actor->link);
	}
	if (actor->link.state == LINK_CLOSED)
		flood_dial(actor, now_ns);
	else if (actor->link.state == LINK_OPEN)
		flood_go(actor, now_ns);
	else
		actor_wait(actor, actor->asked_ns + actor->group->timeout_ms * MS_NS);
}

/* Bots that keep cookies, follow refreshes or solve do it as citizens do. */
static void flood_challenged(struct actor *actor, uint64_t now_ns)
{
	const struct answer *answer = &actor->link.answer;
	char asked[TEXT_TARGET_MAX];

	if (answer->is_page || !actor->challenge)
		return;
	memcpy(asked, actor->challenge->next.target, sizeof asked);
	if (!challenge_meet(actor->group, answer, asked, actor->challenge))
		return;
	actor->is_challenged = true;
	actor->group->counts.challenges++;
	actor->next_ns = now_ns + actor->challenge->wait_ms * MS_NS;
}

static void flood_answered(struct actor *actor, uint64_t now_ns)
{
	flood_challenged(actor, now_ns);
	if (actor->link.closes && !actor->link.in_flight)
		link_close(&actor->link);
	if (actor->link.state == LINK_OPEN && !actor->link.closes)
		flood_go(actor, now_ns);
	else
		actor_wait(actor, actor->next_ns);
}

void flood_moved(struct actor *actor, uint64_t now_ns)
{
	for (;;)
		switch (link_advance(&actor->link)) {
		case LINK_WAITS:
			return;
		case LINK_OPENED:
			flood_go(actor, now_ns);
			break;
		case LINK_ANSWERED:
			flood_answered(actor, now_ns);
			break;
		case LINK_BROKEN:
			actor_wait(actor, actor->next_ns > now_ns + REDIAL_MS * MS_NS ? actor->next_ns : now_ns + REDIAL_MS * MS_NS);
			return;
		}
}

/* As many as the group's streams at each turn: bursts are what the attack is. */
static void reset_go(struct actor *actor, uint64_t now_ns)
{
	uint64_t interval_ns = actor_interval_ns(actor);

	for (unsigned n = 0; n < actor->group->streams && actor->next_ns <= now_ns; n++) {
		actor->next_ns += interval_ns;
		if (!flood_ask(actor)) {
			link_close(&actor->link);
			break;
		}
	}
	flood_skip(actor, now_ns, interval_ns);
	actor_wait(actor, actor->next_ns > now_ns ? actor->next_ns : now_ns + MS_NS);
}

void reset_wake(struct actor *actor, uint64_t now_ns)
{
	if (!actor_is_on(actor, now_ns, actor_interval_ns(actor)))
		return;
	if (actor->link.state == LINK_CLOSED)
		flood_dial(actor, now_ns);
	else if (actor->link.state == LINK_OPEN)
		reset_go(actor, now_ns);
	else
		actor_wait(actor, now_ns + REDIAL_MS * MS_NS);
}

void reset_moved(struct actor *actor, uint64_t now_ns)
{
	for (;;)
		switch (link_advance(&actor->link)) {
		case LINK_WAITS:
			return;
		case LINK_OPENED:
			reset_go(actor, now_ns);
			break;
		case LINK_ANSWERED:
			break;
		case LINK_BROKEN:
			actor_wait(actor, now_ns + REDIAL_MS * MS_NS);
			return;
		}
}
