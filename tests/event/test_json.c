#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static size_t freed, seen;

/* What json.c gives back begins with its size. */
static void looking_free(void *block)
{
	size_t size;

	memcpy(&size, block, sizeof(size));
	freed++;
	seen += memmem((char *)block + 16, size, "correct horse", 13) != NULL;
	free(block);
}

#define free looking_free
#include "event/json.c"
#undef free

static void what_is_written_is_read(void **state)
{
	struct json_writer json;
	struct buffer text;
	struct json *root;
	const struct json *list;

	(void)state;
	buffer_init(&text, 4096);
	json_writer_init(&json, &text);
	json_open(&json, SPAN_NONE, '{');
	json_put_text(&json, SPAN("text"), SPAN("a \"b\"\n\xff"));
	json_put_number(&json, SPAN("number"), 9007199254740993u);
	json_put_bool(&json, SPAN("yes"), true);
	json_put_time(&json, SPAN("never"), 0);
	json_put_time(&json, SPAN("then"), 784111777000000000u);
	json_put_raw(&json, SPAN("raw"), SPAN("{\"a\":[1]}"));
	json_put_null(&json, SPAN("nothing"));
	json_open(&json, SPAN("list"), '[');
	json_put_text(&json, SPAN_NONE, SPAN("x"));
	json_open(&json, SPAN_NONE, '{');
	json_close(&json, '}');
	json_put_number(&json, SPAN_NONE, 3);
	json_close(&json, ']');
	json_close(&json, '}');
	assert_int_equal(json.result, RESULT_OK);
	assert_int_equal(json_read(buffer_span(&text), &root), RESULT_OK);
	assert_true(span_equal(json_text_of(json_find(root, "text")), SPAN("a \"b\"\n\xef\xbf\xbd")));
	assert_true(json_number_of(json_find(root, "number")) == 9007199254740993u);
	assert_true(json_bool_of(json_find(root, "yes")));
	assert_false(json_has_text(json_find(root, "never")));
	assert_true(span_equal(json_text_of(json_find(root, "then")), SPAN("1994-11-06T08:49:37.000Z")));
	assert_int_equal(json_number_of(json_item(json_find(json_find(root, "raw"), "a"), 0)), 1);
	assert_true(json_has_null(json_find(root, "nothing")));
	list = json_find(root, "list");
	assert_int_equal(json_length(list), 3);
	assert_int_equal(json_number_of(json_item(list, 2)), 3);
	assert_null(json_item(list, 3));
	json_drop(root);
	buffer_done(&text);
}

static void what_was_read_is_written_again(void **state)
{
	struct span text = SPAN("{\"a\":[1,\"\u00e9\",null,{\"b\":true}],\"c\":\"x\"}");
	struct json_writer json;
	struct json *root = NULL;
	struct buffer out;

	(void)state;
	assert_int_equal(json_read(text, &root), RESULT_OK);
	buffer_init(&out, 4096);
	json_writer_init(&json, &out);
	json_open(&json, SPAN_NONE, '[');
	json_put_value(&json, SPAN_NONE, root);
	json_put_value(&json, SPAN_NONE, json_find(root, "c"));
	json_put_value(&json, SPAN_NONE, NULL);
	json_close(&json, ']');
	assert_int_equal(json.result, RESULT_OK);
	assert_true(span_equal(buffer_span(&out), SPAN("[{\"a\":[1,\"\u00e9\",null,{\"b\":true}],\"c\":\"x\"},\"x\",null]")));
	buffer_done(&out);
	buffer_init(&out, 20);
	json_writer_init(&json, &out);
	json_put_value(&json, SPAN_NONE, root);
	assert_true(json.result != RESULT_OK);
	buffer_done(&out);
	json_drop(root);
}

static void what_is_not_there_is_nothing(void **state)
{
	(void)state;
	assert_null(json_find(NULL, "x"));
	assert_null(json_find(json_find(NULL, "x"), "y"));
	assert_int_equal(json_length(NULL), 0);
	assert_int_equal(json_number_of(NULL), 0);
	assert_false(json_bool_of(NULL));
	assert_int_equal(json_text_of(NULL).len, 0);
}

/* Each kind is of one kind only, and what is not there is of none. */
static void each_value_is_of_one_kind(void **state)
{
	static bool (*const kinds[])(const struct json *value) = { json_has_text, json_has_number, json_has_bool, json_has_null, json_has_list, json_has_object };
	struct json *root = NULL;

	(void)state;
	assert_int_equal(json_read(SPAN("[\"a\",1,false,null,[],{}]"), &root), RESULT_OK);
	for (size_t i = 0; i < 6; i++) {
		for (size_t k = 0; k < 6; k++)
			assert_true(kinds[k](json_item(root, i)) == (i == k));
		assert_false(kinds[i](NULL));
	}
	json_drop(root);
}

static void bad_texts_are_refused(void **state)
{
	static const char *const bad[] = { "", "{", "{\"a\":1,\"a\":2}", "[1,]", "{} x", "\"\\ud800\"", "{\"a\":99999999999999999999}" };
	struct json *root = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(json_read(span_of(bad[i]), &root), RESULT_MALFORMED);
		assert_null(root);
	}
}

static void a_full_buffer_is_remembered(void **state)
{
	struct json_writer json;
	struct buffer text;

	(void)state;
	buffer_init(&text, 8);
	json_writer_init(&json, &text);
	json_open(&json, SPAN_NONE, '[');
	json_put_text(&json, SPAN_NONE, SPAN("too long for it"));
	json_put_number(&json, SPAN_NONE, 1);
	assert_int_equal(json.result, RESULT_LIMIT);
	buffer_done(&text);
}

/* The last: it is so for the whole process. */
static void what_is_dropped_is_wiped(void **state)
{
	struct json *root;

	(void)state;
	json_wipe_dropped();
	assert_int_equal(json_read(SPAN("{\"password\":\"correct horse \\u00e9 and a text that makes the reader's own buffer grow more than once\",\"correct horse\":1}"), &root), RESULT_OK);
	assert_true(span_starts(json_text_of(json_find(root, "password")), SPAN("correct horse \xc3\xa9 and")));
	json_drop(root);
	assert_int_equal(json_read(SPAN("{\"password\":\"correct horse\""), &root), RESULT_MALFORMED);
	assert_true(freed > 4);
	assert_int_equal(seen, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(what_was_read_is_written_again),
		cmocka_unit_test(what_is_not_there_is_nothing),
		cmocka_unit_test(each_value_is_of_one_kind),
		cmocka_unit_test(bad_texts_are_refused),
		cmocka_unit_test(a_full_buffer_is_remembered),
		cmocka_unit_test(what_is_dropped_is_wiped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
