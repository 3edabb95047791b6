#include "visitor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REDIRECTS_MAX  5
#define CHALLENGES_MAX 3
#define REST_MIN_MS    50
#define THINK_MAX      5 /* times the mean */

struct visit {
	bool is_open, is_waiting, is_retried; /* a page is being loaded; it waits as it was told; the connection was stale */
	bool tls;                             /* the scheme of the next request: pages lead to pages of their own scheme */
	uint64_t begun_ns, go_on_ns;
	unsigned part, redirects, challenges, announced_ms;
	unsigned pages, served;               /* by this person, so far */
	struct ask ask;                       /* target and body of the request under way */
	char referer[TEXT_TARGET_MAX];
};

/* Somebody else sits down: other address, empty jar. */
static void person_new(struct actor *actor)
{
	struct visit *visit = actor->visit;

	link_close(&actor->link);
	if (actor->cookies)
		*actor->cookies = (struct cookies){0};
	visit->tls = actor->group->tls;
	visit->pages = visit->served = 0;
	visit->referer[0] = 0;
	text_agent(&actor->random, actor->agent);
}

bool visitor_init(struct actor *actor)
{
	uint64_t think_ns = actor->group->think_ms * MS_NS;

	actor->visit = calloc(1, sizeof *actor->visit);
	if (!actor->visit)
		return false;
	person_new(actor);
	actor->next_ns = actor->crowd->start_ns + (uint64_t)(random_share(&actor->random) * (double)think_ns);
	/* Not all change places at the same time. */
	actor->visit->pages = actor->group->visits ? actor->number % actor->group->visits : 0;
	return true;
}

static void page_write(const struct actor *actor, uint64_t now_ns, const char *outcome)
{
	const struct visit *visit = actor->visit;

	printf("{\"page\":\"%s\",\"begun_ms\":%.1f,\"took_ms\":%.1f,\"outcome\":\"%s\",\"status\":%d,\"part\":%u,\"challenges\":%u,"
	       "\"announced_ms\":%u,\"seen\":%s}\n",
	       actor->group->name, (double)(visit->begun_ns - actor->crowd->start_ns) / 1e6, (double)(now_ns - visit->begun_ns) / 1e6,
	       outcome, actor->link.answer.status, visit->part, visit->challenges, visit->announced_ms, visit->served ? "true" : "false");
}

static void page_end(struct actor *actor, uint64_t now_ns, const char *outcome)
{
	const struct group *group = actor->group;
	struct visit *visit = actor->visit;
	double think = -log(1 - random_share(&actor->random));

	page_write(actor, now_ns, outcome);
	visit->is_open = visit->is_waiting = false;
	visit->served += !strcmp(outcome, "served");
	if (actor->link.in_flight)
		link_close(&actor->link);
	actor->next_ns = visit->begun_ns + (uint64_t)(fmin(think, THINK_MAX) * group->think_ms * 1e6);
	if (actor->next_ns < now_ns + REST_MIN_MS * MS_NS)
		actor->next_ns = now_ns + REST_MIN_MS * MS_NS;
	if (group->visits && ++visit->pages >= group->visits) {
		actor->life++;
		person_new(actor);
	}
	actor_wait(actor, actor->next_ns);
}

static void page_fail(struct actor *actor, uint64_t now_ns, const char *outcome)
{
	link_close(&actor->link);
	page_end(actor, now_ns, outcome);
}

/* What this person's next request asks for, when nobody has told otherwise. */
static void part_order(struct actor *actor)
{
	const struct group *group = actor->group;
	struct visit *visit = actor->visit;

	text_target(group, visit->part ? group->asset : text_path(group, &actor->random), &actor->random, visit->ask.target);
	visit->ask.body_len = 0;
}

static void part_ask(struct actor *actor, uint64_t now_ns)
{
	struct visit *visit = actor->visit;
	struct link *link = &actor->link;
	struct ask_order order = {.group = actor->group, .agent = actor->agent, .cookies = actor->cookies, .tls = visit->tls,
				  .is_part = visit->part > 0, .referer = visit->referer[0] ? visit->referer : NULL};

	if (link->state == LINK_CLOSED && !actor_dial(actor, visit->tls)) {
		page_fail(actor, now_ns, "connection");
		return;
	}
	if (link->state != LINK_OPEN || link->in_flight)
		return; /* link_advance will tell */
	ask_fill(&visit->ask, &order);
	if (!link_ask(link, &visit->ask, false))
		page_fail(actor, now_ns, "connection");
}

/* Wi-Fi here, 4G there: another page, another network. */
static void network_switch(struct actor *actor)
{
	if (actor->group->from_count == 1)
		return;
	link_close(&actor->link);
	actor->network = (actor->network + 1) % actor->group->from_count;
}

static void page_begin(struct actor *actor, uint64_t now_ns)
{
	struct visit *visit = actor->visit;

	visit->is_open = true;
	visit->is_waiting = visit->is_retried = false;
	visit->begun_ns = actor->next_ns;
	visit->part = visit->redirects = visit->challenges = visit->announced_ms = 0;
	actor->link.answer.status = 0;
	network_switch(actor);
	part_order(actor);
	part_ask(actor, now_ns);
}

void visitor_wake(struct actor *actor, uint64_t now_ns)
{
	struct visit *visit = actor->visit;
	uint64_t end_ns;

	if (!visit->is_open && now_ns < actor->next_ns) {
		actor_wait(actor, actor->next_ns);
		return;
	}
	if (!visit->is_open) {
		page_begin(actor, now_ns);
	} else if (now_ns >= visit->begun_ns + actor->group->timeout_ms * MS_NS) {
		page_fail(actor, now_ns, "timeout");
	} else if (visit->is_waiting && now_ns >= visit->go_on_ns) {
		visit->is_waiting = false;
		part_ask(actor, now_ns);
	}
	if (!visit->is_open)
		return; /* page_end has said when */
	end_ns = visit->begun_ns + actor->group->timeout_ms * MS_NS;
	actor_wait(actor, visit->is_waiting && visit->go_on_ns < end_ns ? visit->go_on_ns : end_ns);
}

static void redirect_follow(struct actor *actor, uint64_t now_ns)
{
	struct visit *visit = actor->visit;
	bool tls = visit->tls;
	const char *path = reference_path(actor->link.answer.location, &tls);

	if (++visit->redirects > REDIRECTS_MAX || *path != '/') {
		page_fail(actor, now_ns, "status");
		return;
	}
	snprintf(visit->ask.target, sizeof visit->ask.target, "%s", path);
	visit->ask.body_len = 0;
	if (tls != visit->tls)
		link_close(&actor->link);
	visit->tls = tls;
	part_ask(actor, now_ns);
}

static void challenge_follow(struct actor *actor, uint64_t now_ns)
{
	struct visit *visit = actor->visit;
	struct challenge *challenge = actor->challenge;

	if (!challenge || visit->part || !challenge_meet(actor->group, &actor->link.answer, visit->ask.target, challenge) ||
	    ++visit->challenges > CHALLENGES_MAX) {
		page_fail(actor, now_ns, "status");
		return;
	}
	actor->group->counts.challenges++;
	memcpy(visit->ask.target, challenge->next.target, sizeof visit->ask.target);
	memcpy(visit->ask.body, challenge->next.body, challenge->next.body_len);
	visit->ask.body_len = challenge->next.body_len;
	if (challenge->is_announced)
		visit->announced_ms += challenge->wait_ms;
	visit->is_waiting = true;
	visit->go_on_ns = now_ns + challenge->wait_ms * MS_NS;
	actor_wait(actor, visit->go_on_ns);
}

static void part_arrived(struct actor *actor, uint64_t now_ns)
{
	struct visit *visit = actor->visit;

	if (!visit->part)
		snprintf(visit->referer, sizeof visit->referer, "%s://%s/", visit->tls ? "https" : "http",
			 group_host(actor->group));
	if (++visit->part > actor->group->assets) {
		page_end(actor, now_ns, "served");
		return;
	}
	part_order(actor);
	part_ask(actor, now_ns);
}

static void visitor_answered(struct actor *actor, uint64_t now_ns)
{
	const struct answer *answer = &actor->link.answer;

	if (actor->link.closes)
		link_close(&actor->link);
	if (!actor->visit->is_open)
		return;
	if (answer->status >= 300 && answer->status < 400 && answer->location[0])
		redirect_follow(actor, now_ns);
	else if (answer->status >= 200 && answer->status < 300 && answer->is_page)
		part_arrived(actor, now_ns);
	else
		challenge_follow(actor, now_ns);
}

static void visitor_broken(struct actor *actor, uint64_t now_ns, bool was_used)
{
	struct visit *visit = actor->visit;

	if (!visit->is_open || visit->is_waiting)
		return;
	if (was_used && !visit->is_retried) {
		visit->is_retried = true;
		part_ask(actor, now_ns);
		return;
	}
	page_fail(actor, now_ns, "connection");
}

void visitor_moved(struct actor *actor, uint64_t now_ns)
{
	for (;;) {
		bool was_used = actor->link.asked > 1;

		switch (link_advance(&actor->link)) {
		case LINK_WAITS:
			return;
		case LINK_OPENED:
			if (actor->visit->is_open && !actor->visit->is_waiting)
				part_ask(actor, now_ns);
			break;
		case LINK_ANSWERED:
			visitor_answered(actor, now_ns);
			break;
		case LINK_BROKEN:
			visitor_broken(actor, now_ns, was_used);
			return;
		}
	}
}

void visitor_last_words(struct actor *actor, uint64_t now_ns)
{
	if (actor->visit->is_open)
		page_write(actor, now_ns, "unfinished");
}
