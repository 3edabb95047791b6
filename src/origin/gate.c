#include "origin/gate.h"

#include "base/banned.h"

#define HELD_MAX_US 1e9
#define LOAD(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)
#define STORE(field, value) __atomic_store_n(&(field), (value), __ATOMIC_RELAXED)

void gate_init(struct gate *gate)
{
	*gate = (struct gate){ .is_made = false };
	pthread_mutex_init(&gate->lock, NULL);
}

void gate_done(struct gate *gate)
{
	if (gate->is_made)
		admission_free_queues(&gate->admission);
	pthread_mutex_destroy(&gate->lock);
}

bool gate_set(struct gate *gate, const struct admission_settings *settings, uint64_t now_us)
{
	bool is_first;

	pthread_mutex_lock(&gate->lock);
	is_first = !gate->is_made;
	if (gate->is_made)
		admission_set(&gate->admission, settings);
	else
		admission_init(&gate->admission, settings, now_us);
	gate->is_made = true;
	pthread_mutex_unlock(&gate->lock);
	return is_first;
}

bool gate_tell_learned(struct gate *gate, struct gate_learned *out)
{
	pthread_mutex_lock(&gate->lock);
	if (gate->is_made) {
		out->limit = gate->admission.limit;
		out->demand = gate->demand;
		out->held_us = gate->admission.held_us;
	}
	pthread_mutex_unlock(&gate->lock);
	return gate->is_made;
}

bool gate_take_up(struct gate *gate, const struct gate_learned *learned, uint64_t now_us)
{
	struct demand demand;
	bool is_taken = learned->held_us >= 0 && learned->held_us <= HELD_MAX_US && demand_take_up(&demand, &learned->demand, now_us);

	pthread_mutex_lock(&gate->lock);
	is_taken = is_taken && gate->is_made && limit_take_up(&gate->admission.limit, &learned->limit, now_us);
	if (is_taken) {
		gate->demand = demand;
		gate->admission.held_us = learned->held_us;
	}
	pthread_mutex_unlock(&gate->lock);
	return is_taken;
}

/* Written only when it changes: the line of memory is every worker's. */
void gate_note(struct gate *gate)
{
	bool is_short = admission_is_short(&gate->admission);

	if (LOAD(gate->is_short) != is_short)
		STORE(gate->is_short, is_short);
}

struct gate_view gate_look(struct gate *gate)
{
	struct gate_view view = { 0 };

	pthread_mutex_lock(&gate->lock);
	if (gate->is_made)
		view = (struct gate_view){ limit_get(&gate->admission.limit), admission_at_work(&gate->admission), admission_waiting(&gate->admission) };
	pthread_mutex_unlock(&gate->lock);
	return view;
}

bool gate_is_short(const struct gate *gate)
{
	return LOAD(gate->is_short);
}

uint64_t gate_until_us(const struct gate *gate)
{
	return LOAD(gate->demand.until_us);
}

bool gate_is_pressed(const struct gate *gate, uint64_t now_us)
{
	return demand_is_pressed(gate_until_us(gate), now_us);
}

void gate_rest(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	if (gate->is_made)
		admission_release_queues(&gate->admission);
	pthread_mutex_unlock(&gate->lock);
}
