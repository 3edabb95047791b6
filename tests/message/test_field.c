#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "message/field.h"

static const struct span names[FIELD_COUNT] = {
	SPAN_INIT(""),
#define X(id, text) SPAN_INIT(text),
	FIELD_LIST(X)
#undef X
};

/* In memory of the exact size: a byte read beyond the name is an error under ASan. */
static enum field_id id_of_copy(struct span name)
{
	char *copy = malloc(name.len ? name.len : 1);
	enum field_id id;

	memcpy(copy, name.at, name.len);
	id = field_id_of(span_make(copy, name.len));
	free(copy);
	return id;
}

static void test_every_name_has_its_id(void **state)
{
	(void)state;
	for (unsigned id = 1; id < FIELD_COUNT; id++) {
		char upper[64];

		for (size_t i = 0; i < names[id].len; i++)
			upper[i] = names[id].at[i] >= 'a' && names[id].at[i] <= 'z' ? (char)(names[id].at[i] - 32) : names[id].at[i];
		assert_int_equal(id_of_copy(names[id]), id);
		assert_int_equal(id_of_copy(span_make(upper, names[id].len)), id);
		assert_true(span_equal(field_name((enum field_id)id), names[id]));
	}
	assert_int_equal(field_name(FIELD_OTHER).len, 0);
	assert_int_equal(field_name(FIELD_COUNT).len, 0);
}

/* Every other byte in every place of every name, and every shorter or longer name, is another name. */
static void test_no_other_name_has_one(void **state)
{
	(void)state;
	for (unsigned id = 1; id < FIELD_COUNT; id++) {
		char other[64];

		for (size_t i = 0; i < names[id].len; i++) {
			for (int byte = 0; byte < 256; byte++) {
				memcpy(other, names[id].at, names[id].len);
				other[i] = (char)byte;
				if (ascii_lower((char)byte) != names[id].at[i])
					assert_int_not_equal(id_of_copy(span_make(other, names[id].len)), id);
			}
		}
		memcpy(other, names[id].at, names[id].len);
		other[names[id].len] = 'x';
		assert_int_not_equal(id_of_copy(span_make(other, names[id].len + 1)), id);
		assert_int_not_equal(id_of_copy(span_make(other, names[id].len - 1)), id);
		assert_int_not_equal(id_of_copy(span_make(other + 1, names[id].len - 1)), id);
	}
	assert_int_equal(id_of_copy(SPAN("")), FIELD_OTHER);
	assert_int_equal(id_of_copy(SPAN("x")), FIELD_OTHER);
	assert_int_equal(id_of_copy(SPAN("a-name-that-is-longer-than-any-that-the-house-knows")), FIELD_OTHER);
}

static void test_list_keeps_its_maximum(void **state)
{
	struct arena arena;
	struct fields fields;

	(void)state;
	arena_init(&arena, 1 << 20, 4096);
	fields_init(&fields, &arena, 70);
	for (unsigned i = 0; i < 70; i++)
		assert_int_equal(fields_add(&fields, i % 2 ? FIELD_COOKIE : FIELD_OTHER, SPAN("n"), span_make("0123456789", i % 10)), RESULT_OK);
	assert_int_equal(fields_add(&fields, FIELD_VIA, SPAN("via"), SPAN("x")), RESULT_LIMIT);
	assert_int_equal(fields.count, 70);
	assert_int_equal(fields_count(&fields, FIELD_COOKIE), 35);
	for (unsigned i = 0; i < 70; i++)
		assert_int_equal(fields.list[i].value.len, i % 10);
	fields_init(&fields, &arena, 0);
	assert_int_equal(fields_add(&fields, FIELD_VIA, SPAN("via"), SPAN("x")), RESULT_LIMIT);
	arena_done(&arena);
}

static void test_list_without_memory(void **state)
{
	(void)state;
	for (size_t limit = 0; limit < 8192; limit += 512) {
		enum result result = RESULT_OK;
		struct arena arena;
		struct fields fields;

		arena_init(&arena, limit, 4096);
		fields_init(&fields, &arena, 1000);
		while (result == RESULT_OK)
			result = fields_add(&fields, FIELD_OTHER, SPAN("n"), SPAN("v"));
		assert_int_equal(result, RESULT_NO_MEMORY);
		assert_true(fields.count * sizeof(struct field) <= limit);
		arena_done(&arena);
	}
}

static void test_find(void **state)
{
	struct arena arena;
	struct fields fields;

	(void)state;
	arena_init(&arena, 1 << 16, 4096);
	fields_init(&fields, &arena, 10);
	assert_int_equal(fields_add(&fields, FIELD_CONNECTION, SPAN("Connection"), SPAN("close, Upgrade ,,\tx")), RESULT_OK);
	assert_int_equal(fields_add(&fields, FIELD_OTHER, SPAN("X-Other"), SPAN("1")), RESULT_OK);
	assert_int_equal(fields_add(&fields, FIELD_CONNECTION, SPAN("connection"), SPAN("TE")), RESULT_OK);
	assert_ptr_equal(fields_find(&fields, FIELD_CONNECTION), &fields.list[0]);
	assert_null(fields_find(&fields, FIELD_HOST));
	assert_ptr_equal(fields_find_name(&fields, SPAN("x-otheR")), &fields.list[1]);
	assert_ptr_equal(fields_find_name(&fields, SPAN("CONNECTION")), &fields.list[0]);
	assert_null(fields_find_name(&fields, SPAN("x-othe")));
	assert_null(fields_find_name(&fields, SPAN("host")));
	assert_true(fields_has_token(&fields, FIELD_CONNECTION, SPAN("upgrade")));
	assert_true(fields_has_token(&fields, FIELD_CONNECTION, SPAN("X")));
	assert_true(fields_has_token(&fields, FIELD_CONNECTION, SPAN("te")));
	assert_false(fields_has_token(&fields, FIELD_CONNECTION, SPAN("up")));
	assert_false(fields_has_token(&fields, FIELD_CONNECTION, SPAN("close, Upgrade")));
	assert_false(fields_has_token(&fields, FIELD_VIA, SPAN("close")));
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_name_has_its_id),
		cmocka_unit_test(test_no_other_name_has_one),
		cmocka_unit_test(test_list_keeps_its_maximum),
		cmocka_unit_test(test_list_without_memory),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
