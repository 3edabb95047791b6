#include "stage.h"

#include "store/migrate.h"
#include "store/words.h"

static struct complaints *nobody = NULL;
static const struct database_options options = { .complaints = &nobody, .page_bytes = 4096, .cache_kib = 1024, .checkpoint_pages = 1000 };

static struct database *open_main(const struct stage *stage)
{
	struct database *database;
	char path[80];

	snprintf(path, sizeof(path), "%s/main.db", stage->folder);
	assert_int_equal(migrate_open(path, &schema_main, &options, &database), RESULT_OK);
	return database;
}

static uint32_t intern(struct words *words, enum word_kind kind, const char *text)
{
	uint32_t number = UINT32_MAX;

	assert_int_equal(words_intern(words, kind, span_of(text), &number), RESULT_OK);
	return number;
}

static uint32_t site(struct words *words, uint32_t tenant, const char *text)
{
	uint32_t number = UINT32_MAX;

	assert_int_equal(words_site(words, tenant, span_of(text), &number), RESULT_OK);
	return number;
}

static uint32_t site_now(struct words *words, const char *text)
{
	uint32_t number = UINT32_MAX;

	assert_int_equal(words_site_now(words, span_of(text), &number), RESULT_OK);
	return number;
}

static void numbers_stay(void **state)
{
	struct stage stage;
	struct words words;
	struct database *database;
	uint32_t a, b, www;

	(void)state;
	stage_init(&stage);
	database = open_main(&stage);
	assert_int_equal(words_init(&words, database), RESULT_OK);
	a = intern(&words, WORD_TENANT, "a");
	b = intern(&words, WORD_TENANT, "b");
	assert_int_not_equal(a, intern(&words, WORD_COUNT, "a"));
	assert_int_equal(intern(&words, WORD_TENANT, ""), WORD_NONE);
	www = site_now(&words, "www");
	assert_int_equal(words_at(&words, www)->parent, WORD_NONE);
	assert_int_equal(site(&words, a, "www"), www);  /* it was nobody's */
	assert_int_equal(words_at(&words, www)->parent, a);
	assert_int_not_equal(site(&words, b, "www"), www);
	assert_int_equal(site(&words, a, "www"), www);
	assert_int_equal(site_now(&words, "www"), www);
	assert_int_equal(database_run(database, "COMMIT"), RESULT_OK);
	words_done(&words);
	assert_int_equal(words_init(&words, database), RESULT_OK);
	assert_int_equal(intern(&words, WORD_TENANT, "b"), b);
	assert_int_equal(site_now(&words, "www"), www);
	assert_false(database_is_begun(database));
	words_done(&words);
	database_close(database);
	stage_done(&stage);
}

/* What was not committed had no number. */
static void undone(void **state)
{
	struct stage stage;
	struct words words;
	struct database *database;
	uint32_t a, b;

	(void)state;
	stage_init(&stage);
	database = open_main(&stage);
	assert_int_equal(words_init(&words, database), RESULT_OK);
	a = intern(&words, WORD_TENANT, "a");
	database_undo(database);
	words_undo(&words);
	assert_int_equal(words_ready(&words), RESULT_OK);
	assert_int_equal(words_find(&words, WORD_TENANT, WORD_NONE, SPAN("a")), WORD_NONE);
	b = intern(&words, WORD_TENANT, "b");
	assert_int_equal(a, b);
	database_undo(database);
	words_done(&words);
	database_close(database);
	stage_done(&stage);
}

static void limits(void **state)
{
	struct stage stage;
	struct words words;
	struct database *database;
	char name[300];

	(void)state;
	stage_init(&stage);
	database = open_main(&stage);
	assert_int_equal(words_init(&words, database), RESULT_OK);
	for (unsigned i = 0; i < STORE_TENANTS_MAX; i++) {
		snprintf(name, sizeof(name), "tenant-%u", i);
		assert_true(intern(&words, WORD_TENANT, name) > WORD_OTHER);
	}
	assert_int_equal(intern(&words, WORD_TENANT, "one more"), WORD_OTHER);
	assert_true(intern(&words, WORD_TENANT, "tenant-7") > WORD_OTHER);
	memset(name, 'x', sizeof(name));
	name[STORE_NAME_MAX] = 0;
	assert_true(intern(&words, WORD_COUNT, name) > WORD_OTHER);
	name[STORE_NAME_MAX] = 'x';
	name[STORE_NAME_MAX + 1] = 0;
	assert_int_equal(intern(&words, WORD_COUNT, name), WORD_OTHER);
	uint32_t number;

	assert_int_equal(words_intern(&words, WORD_SOURCE, span_make("a\0b", 3), &number), RESULT_OK);
	assert_int_equal(number, WORD_OTHER);
	database_undo(database);
	words_done(&words);
	database_close(database);
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(numbers_stay), cmocka_unit_test(undone), cmocka_unit_test(limits) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
