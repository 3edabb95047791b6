#include "cli/edge/names.h"

#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "cli/edge/ocsp.h"
#include "edge/caller/bot_names.h"
#include "edge/rules/blocklist.h"
#include "process/resolve.h"

#include "base/banned.h"

#define REFRESH_MS 30000u
#define RETRY_MS 3000u
#define TICK_MS 1000u

struct edge_names {
	struct edge_state *state;
	struct watch watch;
	struct timer timer;
	uint64_t base_id;     /* id of a question: base plus the origin's slot */
};

static struct origin *find_slot(struct origins *origins, uint64_t slot)
{
	list_each(node, &origins->all) {
		struct origin *origin = list_entry(node, struct origin, node);

		if (origin->slot == slot)
			return origin;
	}
	return NULL;
}

static void take_answer(struct edge_names *names, const struct resolve_answer *answer)
{
	struct origins *origins = &names->state->common.origins;
	struct endpoint endpoints[ORIGIN_ENDPOINTS_MAX];
	struct origin *origin;
	unsigned count = 0;

	pthread_mutex_lock(&origins->lock);
	origin = find_slot(origins, answer->id - names->base_id);
	if (origin) {
		for (; count < answer->count && count < ORIGIN_ENDPOINTS_MAX; count++)
			endpoints[count] = (struct endpoint){ answer->addresses[count], origin->port };
		origin_set_endpoints(origin, endpoints, count, clock_mono_ms());
	}
	pthread_mutex_unlock(&origins->lock);
}

static bool take_listed(struct edge_names *names, const struct resolve_answer *answer)
{
	struct blocklist *blocklist = names->state->common.blocklist;

	return blocklist && blocklist_take(blocklist, answer, clock_mono_ms());
}

static bool take_bot(struct edge_names *names, const struct resolve_answer *answer)
{
	struct bot_names *bot_names = names->state->common.bot_names;

	return bot_names && bot_names_take(bot_names, answer, clock_mono_ms());
}

static void read_answers(struct edge_names *names)
{
	struct resolve_answer answer;
	enum result result;

	while ((result = resolve_client_read(names->state->start.resolve_fd, &answer)) != RESULT_MORE) {
		if (result == RESULT_MALFORMED)
			continue;
		if (result != RESULT_OK)
			return;
		if (edge_ocsp_take(names->state->ocsp, &answer) || take_listed(names, &answer) || take_bot(names, &answer))
			continue;
		if (answer.status <= RESOLVE_BUSY)
			take_answer(names, &answer);
	}
}

static void ready(struct watch *watch, uint32_t events)
{
	(void)events;
	read_answers(list_entry(watch, struct edge_names, watch));
}

/* A name that has no address is refused until it has one: it is asked for again soon. */
static bool is_due(const struct origin *origin, uint64_t now_ms, uint64_t age_ms)
{
	if (!origin->endpoint_count && age_ms > RETRY_MS)
		age_ms = RETRY_MS;
	return !origin->resolved_ms || now_ms - origin->resolved_ms >= age_ms;
}

/* Asks for every name whose answer is older than AGE_MS. */
static void ask(struct edge_names *names, uint64_t age_ms)
{
	struct origins *origins = &names->state->common.origins;
	uint64_t now_ms = clock_mono_ms();

	pthread_mutex_lock(&origins->lock);
	list_each(node, &origins->all) {
		struct origin *origin = list_entry(node, struct origin, node);

		if (!origin->is_name || !is_due(origin, now_ms, age_ms))
			continue;
		if (resolve_client_ask(names->state->start.resolve_fd, names->base_id + origin->slot, origin->host) != RESULT_OK)
			break;  /* the socket is full: the rest in a second */
	}
	pthread_mutex_unlock(&origins->lock);
}

static void tick(struct timer *timer)
{
	struct edge_names *names = list_entry(timer, struct edge_names, timer);
	struct loop *loop = &names->state->loop;

	ask(names, REFRESH_MS);
	timer_set(&loop->timers, timer, loop->now_ms + TICK_MS * 5);
}

static struct origin *first_unresolved(struct edge_names *names)
{
	list_each(node, &names->state->common.origins.all) {
		struct origin *origin = list_entry(node, struct origin, node);

		if (origin->is_name && !origin->endpoint_count)
			return origin;
	}
	return NULL;
}

enum result edge_names_wait(struct edge_names *names, int wait_ms, enum complaint_kind kind, struct complaints *complaints)
{
	uint64_t until_ms = clock_mono_ms() + (uint64_t)wait_ms;
	uint64_t asked_ms = 0;
	struct origin *origin;

	while ((origin = first_unresolved(names)) != NULL) {
		struct pollfd poll_fd = { .fd = names->state->start.resolve_fd, .events = POLLIN };
		uint64_t now_ms = clock_mono_ms();

		if (now_ms >= until_ms) {
			complain(complaints, kind, (struct place){ 0 }, SPAN_NONE, "the origin %.*s has no address", SPAN_ARG(origin->text));
			return RESULT_NOT_FOUND;
		}
		if (!asked_ms || now_ms - asked_ms > TICK_MS) {
			ask(names, 0);
			asked_ms = now_ms;
		}
		poll(&poll_fd, 1, 100);
		read_answers(names);
	}
	return RESULT_OK;
}

/* A blocklist has answered: who waits for it asks again. */
static void wake_workers(void *context)
{
	struct edge_state *state = context;

	for (unsigned i = 0; i < state->worker_count && state->workers[i]; i++)
		outside_post(state->workers[i]);
}

static void forget_all(struct edge_state *state)
{
	blocklist_free(state->common.blocklist);
	state->common.blocklist = NULL;
	bot_names_free(state->common.bot_names);
	state->common.bot_names = NULL;
}

struct edge_names *edge_names_new(struct edge_state *state)
{
	struct edge_names *names = calloc(1, sizeof(*names));

	if (!names)
		return NULL;
	names->state = state;
	names->watch = (struct watch){ -1, ready };
	timer_init(&names->timer, tick);
	random_fill(&names->base_id, sizeof(names->base_id));
	names->base_id &= ~(uint64_t)0xffffff;
	state->common.blocklist = blocklist_new(state->start.resolve_fd, wake_workers, state);
	state->common.bot_names = bot_names_new(state->start.resolve_fd);
	if (!state->common.blocklist || !state->common.bot_names ||
	    loop_watch(&state->loop, &names->watch, state->start.resolve_fd, EPOLLIN) != RESULT_OK) {
		forget_all(state);
		free(names);
		return NULL;
	}
	timer_set(&state->loop.timers, &names->timer, state->loop.now_ms + TICK_MS);
	return names;
}

void edge_names_free(struct edge_names *names)
{
	if (!names)
		return;
	loop_forget(&names->state->loop, &names->watch);
	timer_cancel(&names->state->loop.timers, &names->timer);
	forget_all(names->state);
	free(names);
}
