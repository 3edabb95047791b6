/* Records that processes share: whole or not at all. */
#include "check.h"

#include <pthread.h>

#include "base/slots.h"

#include "base/banned.h"

#define PLACES 4u
#define WORDS 64u
#define ROUNDS 200000u

struct record {
	uint64_t words[WORDS];
};

struct memory {
	uint32_t used, versions[PLACES];
	struct record list[PLACES];
	bool is_over;
};

static struct slots slots_of(struct memory *memory)
{
	return (struct slots){ &memory->used, memory->versions, memory->list, sizeof(*memory->list), PLACES };
}

static struct record record_of(uint64_t word)
{
	struct record record;

	for (unsigned i = 0; i < WORDS; i++)
		record.words[i] = word;
	return record;
}

static void written_and_read(void **state)
{
	struct memory memory = { 0 };
	struct slots slots = slots_of(&memory);
	struct record record = record_of(7), out;

	(void)state;
	assert_int_equal(slots_used(&slots), 0);
	slots_write(&slots, 0, &record);
	record = record_of(8);
	slots_write(&slots, 1, &record);
	assert_int_equal(slots_used(&slots), 2);
	assert_true(slots_read(&slots, 0, &out));
	assert_true(out.words[0] == 7 && out.words[WORDS - 1] == 7);
	slots_write(&slots, 0, &record);
	assert_int_equal(slots_used(&slots), 2);
	assert_true(slots_read(&slots, 0, &out));
	assert_true(out.words[3] == 8);
	memory.used = 1000;  /* another's memory, damaged: no look goes beyond its end */
	assert_int_equal(slots_used(&slots), PLACES);
}

static void half_written(void **state)
{
	struct memory memory = { 0 };
	struct slots slots = slots_of(&memory);
	struct record record = record_of(7), out;

	(void)state;
	slots_write(&slots, 0, &record);
	memory.versions[0]++;
	assert_false(slots_read(&slots, 0, &out));
	slots_write(&slots, 0, &record);
	assert_true(slots_read(&slots, 0, &out));
}

static void *write_on(void *context)
{
	struct memory *memory = context;
	struct slots slots = slots_of(memory);

	for (uint64_t round = 1; round <= ROUNDS; round++) {
		struct record record = record_of(round);

		slots_write(&slots, 0, &record);
	}
	__atomic_store_n(&memory->is_over, true, __ATOMIC_RELEASE);
	return NULL;
}

/* Whatever is read while another writes is one record, not two halves. */
static void read_while_written(void **state)
{
	static struct memory memory;
	struct slots slots = slots_of(&memory);
	struct record out;
	pthread_t writer;

	(void)state;
	assert_int_equal(pthread_create(&writer, NULL, write_on, &memory), 0);
	while (!__atomic_load_n(&memory.is_over, __ATOMIC_ACQUIRE)) {
		if (!slots_read(&slots, 0, &out))
			continue;
		for (unsigned i = 1; i < WORDS; i++)
			assert_true(out.words[i] == out.words[0]);
	}
	pthread_join(writer, NULL);
	assert_true(slots_read(&slots, 0, &out) && out.words[0] == ROUNDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_and_read), cmocka_unit_test(half_written), cmocka_unit_test(read_while_written),
	};

	return cmocka_run_group_tests_name("base/slots", tests, NULL, NULL);
}
