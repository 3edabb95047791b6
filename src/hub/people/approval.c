/* Asking for four eyes. */
#include "hub/people/approval_kept.h"
#include "hub/people/inside.h"

#include "base/banned.h"

#define COUNTER_KEY "approvals"
#define PRUNED_MAX 32u

void approval_register(struct people *people, enum approval_kind kind, approval_apply apply, void *context)
{
	people->applies[kind].apply = apply;
	people->applies[kind].context = context;
}

/* -- is it needed -- */

struct others {
	const struct person_view *caller;
	struct span base;
	bool found;
};

static bool sees_as_much(const struct person *person, const struct person_view *caller)
{
	bool sees = person->tenants.is_all || !caller->tenants.is_all;

	for (size_t i = 0; i < caller->tenants.count && sees; i++)
		sees = tenant_set_has(&person->tenants, caller->tenants.list[i]);
	return sees;
}

static bool look_at(void *context, const struct person *person)
{
	struct others *others = context;

	others->found = role_permits(person->roles) & PERMIT_APPROVE && !span_equal(span_of(person->name), others->base) && sees_as_much(person, others->caller);
	return !others->found;
}

enum result approval_is_needed(struct people *people, const struct person_view *caller, bool *out)
{
	struct others others = { .caller = caller, .base = people_base_name(caller->name) };
	enum result result = person_each(people->store, look_at, &others);

	if (result == RESULT_OK)
		*out = others.found;
	return result;
}

/* -- asking -- */

struct waiting {
	unsigned count;
};

static bool count_waiting(void *context, const struct approval *approval, uint64_t version)
{
	struct waiting *waiting = context;

	(void)version;
	waiting->count += approval->status == APPROVAL_WAITING;
	return waiting->count < APPROVAL_WAITING_MAX;
}

static enum result keep(struct people *people, const struct approval *approval, struct document_counter *counter)
{
	struct document_key key = document_key(approval->number);
	struct document_change changes[2];
	struct buffer text;
	enum result result;

	buffer_init(&text, APPROVAL_TEXT_MAX);
	result = approval_write(approval, &text);
	changes[0] = (struct document_change){ DOCUMENT_APPROVAL, span_of(key.text), buffer_span(&text), approval->asked_ms, 0 };
	changes[1] = store_counter_taken(counter);
	if (result == RESULT_OK)
		result = store_documents_change(people->store, changes, 2, NULL);
	buffer_done(&text);
	return result;
}

enum result approval_ask(struct people *people, const struct person_view *caller, enum approval_kind kind, struct span tenant, struct span object, struct span detail,
                         uint64_t wall_ns, uint64_t *number)
{
	const struct audit_action action = { caller->name, SPAN("approval.ask"), object, .detail = detail };
	struct approval approval = { .kind = kind, .author = caller->name, .tenant = tenant, .object = object, .detail = detail, .asked_ms = wall_ns / 1000000 };
	struct waiting waiting = { 0 };
	struct document_counter counter;
	enum result result = people->applies[kind].apply ? approval_each(people->store, count_waiting, &waiting) : RESULT_NOT_FOUND;

	if (result == RESULT_OK && (waiting.count == APPROVAL_WAITING_MAX || detail.len > APPROVAL_DETAIL_MAX || object.len > AUDIT_OBJECT_BYTES))
		result = RESULT_LIMIT;
	if (result == RESULT_OK)
		result = store_counter(people->store, SPAN(COUNTER_KEY), NULL, &counter);
	if (result == RESULT_OK && audit_add(people->audit, &action, wall_ns) != RESULT_OK)
		result = RESULT_REFUSED;
	if (result != RESULT_OK)
		return result;
	approval.number = counter.next;
	result = keep(people, &approval, &counter);
	if (result == RESULT_OK)
		*number = approval.number;
	return result;
}

/* -- nobody decided -- */

struct pruning {
	uint64_t now_ms;
	size_t count;
	uint64_t numbers[PRUNED_MAX];
};

static bool find_over(void *context, const struct approval *approval, uint64_t version)
{
	struct pruning *pruning = context;

	(void)version;
	if (approval->status == APPROVAL_WAITING && approval_is_over(approval, pruning->now_ms))
		pruning->numbers[pruning->count++] = approval->number;
	return pruning->count < PRUNED_MAX;
}

enum result approval_decide(struct people *people, const struct approval *approval, uint64_t version, const char *what, uint64_t wall_ns)
{
	const struct audit_action action = { approval->decided_by, span_of(what), approval->object, .detail = approval->why };
	struct document_key key = document_key(approval->number);
	struct document_change change;
	struct buffer text;
	enum result result;

	if (audit_add(people->audit, &action, wall_ns) != RESULT_OK)
		return RESULT_IO;
	buffer_init(&text, APPROVAL_TEXT_MAX);
	result = approval_write(approval, &text);
	change = (struct document_change){ DOCUMENT_APPROVAL, span_of(key.text), buffer_span(&text), approval->asked_ms, version };
	if (result == RESULT_OK)
		result = store_documents_change(people->store, &change, 1, NULL);
	buffer_done(&text);
	return result;
}

static void end_one(struct people *people, uint64_t number, uint64_t wall_ns)
{
	struct approval approval;
	uint64_t version;
	struct json *root;

	if (approval_find(people->store, number, &approval, &version, &root) != RESULT_OK)
		return;
	approval.status = APPROVAL_OVER;
	approval.decided_ms = wall_ns / 1000000;
	approval.decided_by = SPAN("hub");
	approval.why = SPAN("nobody decided within 7 days");
	if (approval_decide(people, &approval, version, "approval.over", wall_ns) != RESULT_OK)
		approval.status = APPROVAL_WAITING;  /* next time; nobody can approve it meanwhile: routes/approvals.c looks at the clock */
	json_drop(root);
}

void approval_prune(struct people *people, uint64_t wall_ns)
{
	struct pruning pruning = { .now_ms = wall_ns / 1000000 };

	if (approval_each(people->store, find_over, &pruning) != RESULT_OK)
		return;
	for (size_t i = 0; i < pruning.count; i++)
		end_one(people, pruning.numbers[i], wall_ns);
}
