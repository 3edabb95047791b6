#include "actor.h"

#include <stdlib.h>

#include "role/flood.h"
#include "role/slow.h"
#include "role/visitor.h"

#define SECOND 1e9

struct role_doors {
	void (*wake)(struct actor *actor, uint64_t now_ns);
	void (*moved)(struct actor *actor, uint64_t now_ns);
};

static const struct role_doors doors[ROLE_COUNT] = {
	[ROLE_VISITOR] = {visitor_wake, visitor_moved}, [ROLE_FLOOD] = {flood_wake, flood_moved},
	[ROLE_RESET] = {reset_wake, reset_moved},       [ROLE_SLOW_HEAD] = {slow_wake, slow_moved},
	[ROLE_SLOW_BODY] = {slow_wake, slow_moved},     [ROLE_SLOW_READ] = {slow_wake, slow_moved},
	[ROLE_CHURN] = {churn_wake, churn_moved},
};

static bool needs_page(const struct group *group)
{
	return group->script || group->refresh;
}

bool actor_init(struct actor *actor, struct crowd *crowd, struct group *group, unsigned number)
{
	struct answer *answer = &actor->link.answer;

	*actor = (struct actor){.crowd = crowd, .group = group, .number = number, .agenda_at = -1};
	actor->random = crowd->seed * 0x9e3779b97f4a7c15ull + (uint64_t)(group - crowd->plan->groups) * 1000003 + number;
	actor->link.tag = actor;
	actor->link.counts = &group->counts;
	actor->link.host = group_host(group);
	actor->link.deaf = group->role == ROLE_SLOW_READ;
	text_agent(&actor->random, actor->agent);
	if (group->cookies && !(actor->cookies = calloc(1, sizeof *actor->cookies)))
		return false;
	answer->cookies = actor->cookies;
	if (needs_page(group)) {
		answer->page_size = SOLVER_PAGE_MAX;
		answer->page = malloc(SOLVER_PAGE_MAX);
		actor->challenge = calloc(1, sizeof *actor->challenge);
		if (!answer->page || !actor->challenge)
			return false;
	}
	actor->next_ns = crowd->start_ns;
	return group->role != ROLE_VISITOR || visitor_init(actor);
}

void actor_done(struct actor *actor)
{
	link_done(&actor->link);
	free(actor->link.answer.page);
	free(actor->challenge);
	free(actor->cookies);
	free(actor->visit);
}

void actor_wake(struct actor *actor, uint64_t now_ns)
{
	doors[actor->group->role].wake(actor, now_ns);
}

void actor_moved(struct actor *actor, uint64_t now_ns)
{
	doors[actor->group->role].moved(actor, now_ns);
}

void actor_wait(struct actor *actor, uint64_t due_ns)
{
	agenda_put(&actor->crowd->agenda, actor, due_ns);
}

bool actor_dial(struct actor *actor, bool tls)
{
	struct crowd *crowd = actor->crowd;
	const struct group *group = actor->group;
	union address source = group_source(group, actor->network, actor->number % group->ips + actor->life * group->ips);
	bool v6 = source.any.sa_family == AF_INET6;
	union address server = v6 ? crowd->server_v6 : crowd->server_v4;
	struct wire_plan *plan = tls ? &crowd->tls[group->h2][group->profile == PROFILE_TOOL] : &crowd->plain;

	/* Both families have the port in the same place. */
	server.v4.sin_port = tls ? crowd->tls_port : crowd->plain_port;
	return link_open(&actor->link, plan, group->h2 && tls, &source, &server);
}

uint64_t actor_interval_ns(const struct actor *actor)
{
	double rate = actor->group->rate > 0 ? actor->group->rate : 1;

	return (uint64_t)(SECOND * group_actors(actor->group) / rate);
}

bool actor_is_on(struct actor *actor, uint64_t now_ns, uint64_t spread_ns)
{
	const struct crowd *crowd = actor->crowd;
	double now_s = (double)(now_ns - crowd->start_ns) / SECOND;
	const struct window *window = now_ns < crowd->start_ns ? &actor->group->windows[0] : group_window(actor->group, now_s);
	uint64_t begin_ns;

	if (!window) {
		link_close(&actor->link);
		actor_wait(actor, UINT64_MAX);
		return false;
	}
	begin_ns = crowd->start_ns + (uint64_t)(window->begin_s * SECOND);
	if (actor->next_ns < begin_ns) {
		link_close(&actor->link);
		actor->next_ns = begin_ns + (uint64_t)(random_share(&actor->random) * (double)spread_ns);
	}
	if (now_ns >= begin_ns)
		return true;
	actor_wait(actor, actor->next_ns);
	return false;
}
