/* crowd - citizens and attackers, each with a source address of its own, against one server; one thread.
 *
 * usage: crowd -f PLAN -4 ADDRESS -6 ADDRESS -p PLAIN_PORT -t TLS_PORT -s START_NS -d SECONDS [-S SEED]
 *
 * START_NS is on the monotonic clock: citizens and attackers are two processes that begin together, so that what attackers cost the
 * generator does not colour what citizens wait. Prints JSON lines: each page of each citizen, then each group's counts.
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "actor.h"
#include "role/visitor.h"

#define EVENTS_MAX    256
#define WAKES_A_TURN  256
#define TURN_MAX_NS   (50 * MS_NS)
#define SECONDS_MAX   600

static const char *const role_names[ROLE_COUNT] = {"visitor", "flood", "reset", "slow_head", "slow_body", "slow_read", "churn"};

static bool crowd_read(struct crowd *crowd, struct plan *plan, int argc, char **argv)
{
	const char *file = NULL;
	double seconds = 0;
	int letter;

	*crowd = (struct crowd){.plan = plan, .seed = 1, .server_v4.v4.sin_family = AF_INET, .server_v6.v6.sin6_family = AF_INET6};
	while ((letter = getopt(argc, argv, "f:4:6:p:t:s:d:S:")) != -1)
		switch (letter) {
		case 'f': file = optarg; break;
		case '4': if (inet_pton(AF_INET, optarg, &crowd->server_v4.v4.sin_addr) != 1) return false; break;
		case '6': if (inet_pton(AF_INET6, optarg, &crowd->server_v6.v6.sin6_addr) != 1) return false; break;
		case 'p': crowd->plain_port = htons((uint16_t)strtoul(optarg, NULL, 10)); break;
		case 't': crowd->tls_port = htons((uint16_t)strtoul(optarg, NULL, 10)); break;
		case 's': crowd->start_ns = strtoull(optarg, NULL, 10); break;
		case 'd': seconds = strtod(optarg, NULL); break;
		case 'S': crowd->seed = strtoull(optarg, NULL, 10); break;
		default: return false;
		}
	if (!file || !(seconds > 0 && seconds <= SECONDS_MAX) || !crowd->start_ns || !crowd->plain_port || !crowd->tls_port)
		return false;
	crowd->end_ns = crowd->start_ns + (uint64_t)(seconds * 1e9);
	return plan_read(plan, file);
}

static bool wires_init(struct crowd *crowd)
{
	crowd->poller = epoll_create1(EPOLL_CLOEXEC);
	crowd->plain = (struct wire_plan){.poller = crowd->poller};
	for (int h2 = 0; h2 < 2; h2++)
		for (int tool = 0; tool < 2; tool++) {
			struct wire_plan *plan = &crowd->tls[h2][tool];

			*plan = crowd->plain;
			if (!wire_tls_init(plan, h2, false))
				return false;
			if (tool)
				wire_tls_narrow(plan);
		}
	return crowd->poller >= 0;
}

static struct actor *actors_new(struct crowd *crowd, unsigned *count)
{
	struct actor *actors;

	for (unsigned i = 0; i < crowd->plan->count; i++)
		*count += group_actors(&crowd->plan->groups[i]);
	actors = calloc(*count ? *count : 1, sizeof *actors);
	if (!actors || !agenda_init(&crowd->agenda, *count))
		return NULL;
	*count = 0;
	for (unsigned i = 0; i < crowd->plan->count; i++)
		for (unsigned k = 0; k < group_actors(&crowd->plan->groups[i]); k++) {
			struct actor *actor = &actors[(*count)++];

			if (!actor_init(actor, crowd, &crowd->plan->groups[i], k))
				return NULL;
			actor_wait(actor, crowd->start_ns);
		}
	return actors;
}

static void due_wake(struct crowd *crowd, uint64_t now_ns)
{
	struct actor *actor;

	for (int n = 0; n < WAKES_A_TURN && (actor = agenda_first(&crowd->agenda)) && actor->due_ns <= now_ns; n++) {
		actor->group->counts.lagged += now_ns > actor->due_ns + LAG_MS * MS_NS && actor->due_ns > crowd->start_ns;
		actor_wait(actor, UINT64_MAX); /* unless it says otherwise */
		actor_wake(actor, now_ns);
	}
}

static void crowd_play(struct crowd *crowd)
{
	struct epoll_event events[EVENTS_MAX];

	for (uint64_t now_ns = clock_ns(); now_ns < crowd->end_ns; now_ns = clock_ns()) {
		const struct actor *first;
		uint64_t rest_ns = TURN_MAX_NS;
		struct timespec rest = {0};
		int count;

		due_wake(crowd, now_ns);
		first = agenda_first(&crowd->agenda);
		if (first && first->due_ns < now_ns + rest_ns)
			rest_ns = first->due_ns > now_ns ? first->due_ns - now_ns : 0;
		rest.tv_nsec = (long)rest_ns;
		count = epoll_pwait2(crowd->poller, events, EVENTS_MAX, &rest, NULL);
		now_ns = clock_ns();
		for (int i = 0; i < count; i++)
			actor_moved(events[i].data.ptr, now_ns);
	}
}

int main(int argc, char **argv)
{
	static struct plan plan;
	struct crowd crowd;
	struct actor *actors;
	unsigned count = 0;

	signal(SIGPIPE, SIG_IGN);
	if (!crowd_read(&crowd, &plan, argc, argv) || !wires_init(&crowd) || !(actors = actors_new(&crowd, &count))) {
		fprintf(stderr, "crowd: could not begin; usage: crowd -f PLAN -4 ADDRESS -6 ADDRESS -p PORT -t PORT -s START_NS -d SECONDS [-S SEED]\n");
		return 2;
	}
	crowd_play(&crowd);
	for (unsigned i = 0; i < count; i++)
		if (actors[i].visit)
			visitor_last_words(&actors[i], crowd.end_ns);
	for (unsigned i = 0; i < plan.count; i++)
		counts_write(&plan.groups[i].counts, plan.groups[i].name, role_names[plan.groups[i].role], group_actors(&plan.groups[i]));
	for (unsigned i = 0; i < count; i++)
		actor_done(&actors[i]);
	agenda_done(&crowd.agenda);
	plan_done(&plan);
	return 0;
}
