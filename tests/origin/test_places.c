/* The places at an origin outlive what is said of them, and those who only look see what is so. */
#include "../base/check.h"

#include "origin/places.h"

static const struct admission_settings some = { { 2, 4, 8 }, 0, 16, ADMISSION_PATIENCE_US };

static struct admission_entry *ask(struct places *places, struct admission_entry *entry, enum admission_answer wanted)
{
	struct admission_entry *pushed_out;

	pthread_mutex_lock(&places->lock);
	assert_int_equal(admission_ask(&places->admission, entry, &pushed_out), wanted);
	places_note(places);
	pthread_mutex_unlock(&places->lock);
	return pushed_out;
}

static void done(struct places *places, struct admission_entry *entry)
{
	pthread_mutex_lock(&places->lock);
	admission_done(&places->admission, entry, 1000);
	places_note(places);
	pthread_mutex_unlock(&places->lock);
}

static void views_tell_what_is_so(void **state)
{
	struct admission_entry entries[5] = { 0 };
	struct places places;
	struct places_view view;

	(void)state;
	places_init(&places);
	view = places_look(&places);
	assert_int_equal(view.limit + view.at_work + view.waiting, 0);
	places_set(&places, &some, 1);
	for (unsigned i = 0; i < 4; i++) {
		assert_false(places_is_short(&places));
		assert_null(ask(&places, &entries[i], ADMISSION_GO));
	}
	assert_true(places_is_short(&places));
	assert_null(ask(&places, &entries[4], ADMISSION_WAIT));
	view = places_look(&places);
	assert_int_equal(view.limit, 4);
	assert_int_equal(view.at_work, 4);
	assert_int_equal(view.waiting, 1);
	done(&places, &entries[0]);
	assert_true(places_is_short(&places));  /* somebody waits for it */
	pthread_mutex_lock(&places.lock);
	assert_ptr_equal(admission_next(&places.admission), &entries[4]);
	pthread_mutex_unlock(&places.lock);
	done(&places, &entries[4]);
	assert_false(places_is_short(&places));
	places_done(&places);
}

static void a_reload_keeps_what_was_learned_within_its_range(void **state)
{
	struct admission_settings other = some;
	struct admission_entry entry = { 0 };
	struct places places;

	(void)state;
	places_init(&places);
	places_set(&places, &some, 1);
	assert_null(ask(&places, &entry, ADMISSION_GO));
	places.admission.limit.allowed = 7;
	places_set(&places, &some, 2);
	assert_int_equal(places_look(&places).limit, 7);
	other.range.ceiling = 5;
	places_set(&places, &other, 3);
	assert_int_equal(places_look(&places).limit, 5);
	other.range = (struct limit_range){ 6, 6, 6 };
	places_set(&places, &other, 4);
	assert_int_equal(places_look(&places).limit, 6);
	assert_int_equal(places_look(&places).at_work, 1);
	done(&places, &entry);
	places_done(&places);
}

/* Some 300 KiB for each queue, as long as somebody might wait again soon. */
static void rest_gives_memory_back(void **state)
{
	struct admission_entry entries[5] = { 0 };
	struct places places;

	(void)state;
	places_init(&places);
	places_rest(&places);
	places_set(&places, &some, 1);
	for (unsigned i = 0; i < 4; i++)
		assert_null(ask(&places, &entries[i], ADMISSION_GO));
	assert_null(ask(&places, &entries[4], ADMISSION_WAIT));
	places_rest(&places);
	assert_non_null(places.admission.ordinary.memory);
	admission_give_up(&places.admission, &entries[4]);
	places_rest(&places);
	assert_null(places.admission.ordinary.memory);
	places_done(&places);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(views_tell_what_is_so),
		cmocka_unit_test(a_reload_keeps_what_was_learned_within_its_range),
		cmocka_unit_test(rest_gives_memory_back),
	};

	return cmocka_run_group_tests_name("origin/places", tests, NULL, NULL);
}
