/* The places at an origin outlive what is said of them, and those who only look see what is so. */
#include "../base/check.h"

#include "origin/gate.h"

static const struct admission_settings some = { { 2, 4, 8 }, 0, 16, ADMISSION_PATIENCE_US };

static struct admission_entry *ask(struct gate *gate, struct admission_entry *entry, enum admission_answer wanted)
{
	struct admission_entry *pushed_out;

	pthread_mutex_lock(&gate->lock);
	assert_int_equal(admission_ask(&gate->admission, entry, &pushed_out), wanted);
	gate_note(gate);
	pthread_mutex_unlock(&gate->lock);
	return pushed_out;
}

static void done(struct gate *gate, struct admission_entry *entry)
{
	pthread_mutex_lock(&gate->lock);
	admission_done(&gate->admission, entry, 1000);
	gate_note(gate);
	pthread_mutex_unlock(&gate->lock);
}

static void views_tell_what_is_so(void **state)
{
	struct admission_entry entries[5] = { 0 };
	struct gate gate;
	struct gate_view view;

	(void)state;
	gate_init(&gate);
	view = gate_look(&gate);
	assert_int_equal(view.limit + view.at_work + view.waiting, 0);
	gate_set(&gate, &some, 1);
	for (unsigned i = 0; i < 4; i++) {
		assert_false(gate_is_short(&gate));
		assert_null(ask(&gate, &entries[i], ADMISSION_GO));
	}
	assert_true(gate_is_short(&gate));
	assert_null(ask(&gate, &entries[4], ADMISSION_WAIT));
	view = gate_look(&gate);
	assert_int_equal(view.limit, 4);
	assert_int_equal(view.at_work, 4);
	assert_int_equal(view.waiting, 1);
	done(&gate, &entries[0]);
	assert_true(gate_is_short(&gate));  /* somebody waits for it */
	pthread_mutex_lock(&gate.lock);
	assert_ptr_equal(admission_next(&gate.admission), &entries[4]);
	pthread_mutex_unlock(&gate.lock);
	done(&gate, &entries[4]);
	assert_false(gate_is_short(&gate));
	gate_done(&gate);
}

static void a_reload_keeps_what_was_learned_within_its_range(void **state)
{
	struct admission_settings other = some;
	struct admission_entry entry = { 0 };
	struct gate gate;

	(void)state;
	gate_init(&gate);
	gate_set(&gate, &some, 1);
	assert_null(ask(&gate, &entry, ADMISSION_GO));
	gate.admission.limit.allowed = 7;
	gate_set(&gate, &some, 2);
	assert_int_equal(gate_look(&gate).limit, 7);
	other.range.ceiling = 5;
	gate_set(&gate, &other, 3);
	assert_int_equal(gate_look(&gate).limit, 5);
	other.range = (struct limit_range){ 6, 6, 6 };
	gate_set(&gate, &other, 4);
	assert_int_equal(gate_look(&gate).limit, 6);
	assert_int_equal(gate_look(&gate).at_work, 1);
	done(&gate, &entry);
	gate_done(&gate);
}

/* Some 300 KiB for each queue, as long as somebody might wait again soon. */
static void rest_gives_memory_back(void **state)
{
	struct admission_entry entries[5] = { 0 };
	struct gate gate;

	(void)state;
	gate_init(&gate);
	gate_rest(&gate);
	gate_set(&gate, &some, 1);
	for (unsigned i = 0; i < 4; i++)
		assert_null(ask(&gate, &entries[i], ADMISSION_GO));
	assert_null(ask(&gate, &entries[4], ADMISSION_WAIT));
	gate_rest(&gate);
	assert_non_null(gate.admission.ordinary.memory);
	admission_give_up(&gate.admission, &entries[4]);
	gate_rest(&gate);
	assert_null(gate.admission.ordinary.memory);
	gate_done(&gate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(views_tell_what_is_so),
		cmocka_unit_test(a_reload_keeps_what_was_learned_within_its_range),
		cmocka_unit_test(rest_gives_memory_back),
	};

	return cmocka_run_group_tests_name("origin/gate", tests, NULL, NULL);
}
