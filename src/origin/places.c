#include "origin/places.h"

#include "base/banned.h"

#define LOAD(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)
#define STORE(field, value) __atomic_store_n(&(field), (value), __ATOMIC_RELAXED)

void places_init(struct places *places)
{
	*places = (struct places){ .is_made = false };
	pthread_mutex_init(&places->lock, NULL);
}

void places_done(struct places *places)
{
	if (places->is_made)
		admission_free_queues(&places->admission);
	pthread_mutex_destroy(&places->lock);
}

void places_set(struct places *places, const struct admission_settings *settings, uint64_t now_us)
{
	pthread_mutex_lock(&places->lock);
	if (places->is_made)
		admission_set(&places->admission, settings);
	else
		admission_init(&places->admission, settings, now_us);
	places->is_made = true;
	pthread_mutex_unlock(&places->lock);
}

/* Written only when it changes: the line of memory is every worker's. */
void places_note(struct places *places)
{
	bool is_short = admission_is_short(&places->admission);

	if (LOAD(places->is_short) != is_short)
		STORE(places->is_short, is_short);
}

struct places_view places_look(struct places *places)
{
	struct places_view view = { 0 };

	pthread_mutex_lock(&places->lock);
	if (places->is_made)
		view = (struct places_view){ limit_get(&places->admission.limit), admission_at_work(&places->admission), admission_waiting(&places->admission) };
	pthread_mutex_unlock(&places->lock);
	return view;
}

bool places_is_short(const struct places *places)
{
	return LOAD(places->is_short);
}

void places_rest(struct places *places)
{
	pthread_mutex_lock(&places->lock);
	if (places->is_made)
		admission_release_queues(&places->admission);
	pthread_mutex_unlock(&places->lock);
}
