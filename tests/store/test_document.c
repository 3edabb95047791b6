#include "stage.h"

#include "store/document.h"

static struct stage_told told;

static void read_one(void *context, const struct document *document)
{
	(void)context;
	assert_int_equal(buffer_print(&told.text, "%d %.*s=%.*s @%llu v%llu\n", document->kind, SPAN_ARG(document->key), SPAN_ARG(document->text),
	                              (unsigned long long)document->sort, (unsigned long long)document->version), RESULT_OK);
}

static bool read_row(void *context, const struct document *document)
{
	unsigned *left = context;

	read_one(NULL, document);
	return --*left > 0;
}

static void begin(struct stage *stage)
{
	stage_init(stage);
	stage_open(stage);
}

static void tells(const char *wanted)
{
	stage_assert_told(&told, wanted);
	told = (struct stage_told){ .stop_after = 0 };
	buffer_init(&told.text, 1 << 20);
}

static enum result put(struct stage *stage, const char *key, const char *text, uint64_t sort, uint64_t version)
{
	const struct document_change change = { DOCUMENT_PERSON, span_of(key), text ? span_of(text) : SPAN_NONE, sort, version };

	return store_documents_change(stage->store, &change, 1, &stage->complaints);
}

static void has(struct stage *stage, const char *key, const char *wanted)
{
	enum result result = store_document(stage->store, DOCUMENT_PERSON, span_of(key), &stage->complaints, read_one, NULL);

	assert_int_equal(result, *wanted ? RESULT_OK : RESULT_NOT_FOUND);
	tells(wanted);
}

static void list(struct stage *stage, struct documents_ask ask, unsigned count, const char *wanted)
{
	ask.kind = DOCUMENT_PERSON;
	assert_int_equal(store_documents(stage->store, &ask, &stage->complaints, read_row, &count), RESULT_OK);
	tells(wanted);
}

static int setup(void **state)
{
	(void)state;
	buffer_init(&told.text, 1 << 20);
	return 0;
}

static void versions_are_held(void **state)
{
	struct stage stage;

	(void)state;
	begin(&stage);
	has(&stage, "a", "");
	assert_int_equal(put(&stage, "a", "one", 5, 1), RESULT_REFUSED);
	assert_int_equal(put(&stage, "a", "one", 5, 0), RESULT_OK);
	has(&stage, "a", "3 a=one @5 v1\n");
	assert_int_equal(put(&stage, "a", "two", 6, 0), RESULT_REFUSED);
	assert_int_equal(put(&stage, "a", "two", 6, 1), RESULT_OK);
	assert_int_equal(put(&stage, "a", "lost", 7, 1), RESULT_REFUSED);
	assert_int_equal(put(&stage, "a", "", 8, DOCUMENT_ANY), RESULT_OK);
	has(&stage, "a", "3 a= @8 v3\n");
	assert_int_equal(put(&stage, "a", NULL, 0, 2), RESULT_REFUSED);
	assert_int_equal(put(&stage, "a", NULL, 0, 3), RESULT_OK);
	has(&stage, "a", "");
	assert_int_equal(put(&stage, "a", NULL, 0, DOCUMENT_ANY), RESULT_OK);
	stage_done(&stage);
}

static void all_or_nothing(void **state)
{
	const struct document_change good[] = { { DOCUMENT_PERSON, SPAN("a"), SPAN("1"), 1, 0 }, { DOCUMENT_PERSON, SPAN("b"), SPAN("2"), 1, 0 },
		                                    { DOCUMENT_PERSON, SPAN("a"), SPAN("3"), 2, 1 } };
	const struct document_change bad[] = { { DOCUMENT_PERSON, SPAN("a"), SPAN_NONE, 0, 2 }, { DOCUMENT_PERSON, SPAN("c"), SPAN("4"), 1, 0 },
		                                   { DOCUMENT_PERSON, SPAN("b"), SPAN("5"), 1, 9 } };
	struct stage stage;

	(void)state;
	begin(&stage);
	assert_int_equal(store_documents_change(stage.store, good, 3, &stage.complaints), RESULT_OK);
	assert_int_equal(store_documents_change(stage.store, bad, 3, &stage.complaints), RESULT_REFUSED);
	assert_int_equal(store_documents_change(stage.store, NULL, 0, &stage.complaints), RESULT_OK);
	list(&stage, (struct documents_ask){ .is_ascending = true }, 9, "3 b=2 @1 v1\n3 a=3 @2 v2\n");
	stage_close(&stage);
	stage_open(&stage);
	list(&stage, (struct documents_ask){ .is_ascending = true }, 9, "3 b=2 @1 v1\n3 a=3 @2 v2\n");
	stage_done(&stage);
}

/* Pages meet without a hole, where several have one time too; other kinds are not seen. */
static void lists_in_pages(void **state)
{
	const struct document_change other = { DOCUMENT_INCIDENT, SPAN("x"), SPAN("x"), 2, 0 };
	struct stage stage;

	(void)state;
	begin(&stage);
	assert_int_equal(store_documents_change(stage.store, &other, 1, &stage.complaints), RESULT_OK);
	for (const char *key = "abcde"; *key; key++)
		assert_int_equal(put(&stage, (char[]){ *key, '1', 0 }, "t", *key == 'e' ? 3 : 2, 0), RESULT_OK);
	list(&stage, (struct documents_ask){ .is_ascending = false }, 2, "3 e1=t @3 v1\n3 d1=t @2 v1\n");
	list(&stage, (struct documents_ask){ .has_after = true, .after_sort = 2, .after_key = SPAN("d1") }, 2, "3 c1=t @2 v1\n3 b1=t @2 v1\n");
	list(&stage, (struct documents_ask){ .is_ascending = true, .has_after = true, .after_sort = 2, .after_key = SPAN("c1") }, 9,
	     "3 d1=t @2 v1\n3 e1=t @3 v1\n");
	list(&stage, (struct documents_ask){ .key_front = SPAN("c") }, 9, "3 c1=t @2 v1\n");
	list(&stage, (struct documents_ask){ .key_front = SPAN("x") }, 9, "");
	stage_done(&stage);
}

/* Two who ask for a number at the same time: one of them gets it. */
static void no_number_is_given_twice(void **state)
{
	const struct document_change broken = { DOCUMENT_HUB, SPAN("n"), SPAN("3x"), 0, DOCUMENT_ANY };
	struct document_counter one, other;
	struct document_change changes[2];
	struct stage stage;

	(void)state;
	begin(&stage);
	assert_int_equal(store_counter(stage.store, SPAN("n"), NULL, &one), RESULT_OK);
	assert_int_equal(store_counter(stage.store, SPAN("n"), NULL, &other), RESULT_OK);
	assert_true(one.next == 1 && other.next == 1);
	changes[0] = (struct document_change){ DOCUMENT_PERSON, SPAN("a"), SPAN("t"), 1, 0 };
	changes[1] = store_counter_taken(&one);
	assert_int_equal(store_documents_change(stage.store, changes, 2, NULL), RESULT_OK);
	changes[0].key = SPAN("b");
	changes[1] = store_counter_taken(&other);
	assert_int_equal(store_documents_change(stage.store, changes, 2, NULL), RESULT_REFUSED);
	has(&stage, "b", "");
	assert_int_equal(store_counter(stage.store, SPAN("n"), NULL, &one), RESULT_OK);
	assert_int_equal(one.next, 2);
	assert_int_equal(store_documents_change(stage.store, &broken, 1, NULL), RESULT_OK);
	assert_int_equal(store_counter(stage.store, SPAN("n"), NULL, &one), RESULT_MALFORMED);
	stage_done(&stage);
}

static void limits(void **state)
{
	static char long_key[DOCUMENT_KEY_MAX + 2];
	static const struct document_change many[DOCUMENT_CHANGES_MAX + 1];
	struct document_change change = { DOCUMENT_PERSON, SPAN("k"), SPAN("t"), 1, DOCUMENT_ANY };
	char *text = calloc(1, DOCUMENT_TEXT_MAX + 1);
	struct stage stage;

	(void)state;
	begin(&stage);
	memset(long_key, 'k', sizeof(long_key) - 1);
	assert_non_null(text);
	memset(text, 't', DOCUMENT_TEXT_MAX + 1);
	const struct document_change bad[] = { { .key = SPAN_NONE, .text = SPAN("t") }, { .key = span_of(long_key), .text = SPAN("t") },
		                                   { .key = SPAN("k\0k"), .text = SPAN("t") }, { .key = SPAN("k"), .text = SPAN("t\0") },
		                                   { .key = SPAN("k"), .text = span_make(text, DOCUMENT_TEXT_MAX + 1) },
		                                   { .key = SPAN("k"), .text = SPAN("t"), .sort = 1ull << 63 } };

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct document_change both[2] = { change, bad[i] };

		both[1].kind = DOCUMENT_PERSON;
		assert_int_equal(store_documents_change(stage.store, both, 2, &stage.complaints), RESULT_LIMIT);
		has(&stage, "k", "");
	}
	assert_int_equal(store_documents_change(stage.store, many, DOCUMENT_CHANGES_MAX + 1, &stage.complaints), RESULT_LIMIT);
	change.key = span_make(long_key, DOCUMENT_KEY_MAX);
	change.text = span_make(text, DOCUMENT_TEXT_MAX);
	assert_int_equal(store_documents_change(stage.store, &change, 1, &stage.complaints), RESULT_OK);
	free(text);
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_are_held), cmocka_unit_test(all_or_nothing), cmocka_unit_test(lists_in_pages), cmocka_unit_test(no_number_is_given_twice), cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
