#include "check.h"

#include "base/list.h"

struct thing {
	int number;
	struct list node;
};

static int number_of(struct list *node)
{
	return list_entry(node, struct thing, node)->number;
}

static void in_order_and_out_again(void **state)
{
	struct thing things[5];
	struct list list;
	int sum = 0, seen = 0;

	(void)state;
	list_init(&list);
	assert_true(list_is_empty(&list));
	list_each(none, &list)
		fail();
	for (int i = 0; i < 5; i++) {
		things[i].number = i;
		list_init(&things[i].node);
		if (i % 2)
			list_add_first(&list, &things[i].node);
		else
			list_add_last(&list, &things[i].node);
	}
	list_each(node, &list)
		sum = sum * 10 + number_of(node);
	assert_int_equal(sum, 31024);
	list_each_safe(node, following, &list) {
		seen++;
		if (number_of(node) != 2)
			list_remove(node);
	}
	assert_int_equal(seen, 5);
	assert_int_equal(number_of(list.next), 2);
	list_remove(&things[2].node);
	list_remove(&things[2].node);  /* in no list: nothing */
	assert_true(list_is_empty(&list));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(in_order_and_out_again) };

	return cmocka_run_group_tests_name("base/list", tests, NULL, NULL);
}
