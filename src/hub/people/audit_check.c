#include "hub/people/audit_check.h"

#include <stdlib.h>

#include "base/clock.h"

#include "base/banned.h"

struct audit_check {
	struct loop *loop;
	struct audit *audit;
	struct timer timer;
	bool is_running;
	struct audit_verify verify;
	struct audit_walk walk;
	struct list asked, next;             /* ASKED: are told of the one that is under way */
	unsigned count;
	enum people_audit state;
};

static void tell(struct audit_check *check, const struct audit_verdict *verdict)
{
	while (!list_is_empty(&check->asked)) {
		struct audit_asker *asker = list_entry(check->asked.next, struct audit_asker, node);

		audit_check_withdraw(check, asker);
		asker->told(asker, verdict);
	}
}

static void end(struct audit_check *check, enum result result, bool says_nothing)
{
	struct audit_verdict verdict = { .result = says_nothing ? result : RESULT_OK };

	audit_walk_done(&check->walk);
	check->is_running = false;
	verdict.is_intact = audit_verify_end(&check->verify) && result == RESULT_OK;
	verdict.entries = check->verify.entries;
	verdict.broken = check->verify.broken;
	verdict.broken_at = check->verify.broken_at;
	if (!says_nothing)
		check->state = verdict.is_intact ? PEOPLE_AUDIT_INTACT : PEOPLE_AUDIT_BROKEN;
	timer_set(&check->loop->timers, &check->timer,
	          check->loop->now_ms + (!list_is_empty(&check->next) ? AUDIT_CHECK_PAUSE_MS : says_nothing ? AUDIT_CHECK_AGAIN_MS : AUDIT_CHECK_DAY_MS));
	tell(check, &verdict);
}

static void begin(struct audit_check *check)
{
	enum result result;

	while (!list_is_empty(&check->next)) {
		struct list *node = check->next.next;

		list_remove(node);
		list_add_last(&check->asked, node);
	}
	check->is_running = true;
	audit_verify_begin(&check->verify, NULL, NULL);
	result = audit_walk_begin(&check->walk, &check->verify, audit_folder_fd(check->audit));
	if (result != RESULT_OK)
		end(check, result, true);
}

static void turn(struct timer *timer)
{
	struct audit_check *check = list_entry(timer, struct audit_check, timer);
	uint64_t end_ns = clock_mono_ns() + AUDIT_CHECK_SLICE_NS;
	enum result result = RESULT_MORE;

	if (!check->is_running)
		begin(check);
	if (!check->is_running)
		return;
	while (result == RESULT_MORE && clock_mono_ns() < end_ns)
		result = audit_walk_step(&check->walk);
	if (result == RESULT_MORE)
		timer_set(&check->loop->timers, timer, check->loop->now_ms + AUDIT_CHECK_PAUSE_MS);
	else
		end(check, result, result == RESULT_NO_MEMORY);
}

enum result audit_check_new(struct loop *loop, struct audit *audit, struct audit_check **out)
{
	struct audit_check *check = calloc(1, sizeof(*check));

	if (!check)
		return RESULT_NO_MEMORY;
	check->loop = loop;
	check->audit = audit;
	list_init(&check->asked);
	list_init(&check->next);
	timer_init(&check->timer, turn);
	timer_set(&loop->timers, &check->timer, loop->now_ms + AUDIT_CHECK_PAUSE_MS);
	*out = check;
	return RESULT_OK;
}

void audit_check_free(struct audit_check *check)
{
	if (!check)
		return;
	timer_cancel(&check->loop->timers, &check->timer);
	if (check->is_running)
		audit_walk_done(&check->walk);
	free(check);
}

enum result audit_check_ask(struct audit_check *check, struct audit_asker *asker)
{
	if (check->count == AUDIT_CHECK_ASKERS)
		return RESULT_LIMIT;
	check->count++;
	list_add_last(&check->next, &asker->node);
	if (!check->is_running)
		timer_set(&check->loop->timers, &check->timer, check->loop->now_ms);
	return RESULT_OK;
}

void audit_check_withdraw(struct audit_check *check, struct audit_asker *asker)
{
	list_remove(&asker->node);
	check->count--;
}

enum people_audit audit_check_state(const struct audit_check *check)
{
	return check->state;
}
