/* A copy of a store beside somebody who writes; and one of an older schema, which is brought forward where it is put. */
#include "../base/check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/copy.h"
#include "store/document.h"
#include "store/migrate.h"

#include "base/banned.h"

static char folder[64], from[80], to[80];
static struct complaints complaints;

static int begin(void **state)
{
	(void)state;
	complaints_init(&complaints);
	snprintf(folder, sizeof(folder), "/tmp/test-copy-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(from, sizeof(from), "%s/from", folder);
	snprintf(to, sizeof(to), "%s/to", folder);
	return mkdir(from, 0700) || mkdir(to, 0700);
}

static int finish(void **state)
{
	char command[96];

	(void)state;
	complaints_done(&complaints);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static void put(struct store *store, const char *text)
{
	const struct document_change change = { DOCUMENT_HUB, SPAN("key"), span_of(text), 1, DOCUMENT_ANY };

	assert_ok(store_documents_change(store, &change, 1, &complaints));
}

static void read_one(void *context, const struct document *document)
{
	assert_ok(span_to_text(document->text, context, 64));
}

static void expect(const char *where, const char *text)
{
	char out[64] = "";
	struct store *store;

	assert_ok(store_open(span_of(where), &complaints, &store));
	assert_ok(store_document(store, DOCUMENT_HUB, SPAN("key"), &complaints, read_one, out));
	assert_string_equal(out, text);
	store_close(store);
}

static void test_beside_a_writer(void **state)
{
	struct store *store;
	char path[128];

	(void)state;
	assert_ok(store_open(span_of(from), &complaints, &store));
	put(store, "before");
	assert_ok(store_copy(from, to, true, &complaints));
	put(store, "after");
	expect(to, "before");
	store_close(store);
	expect(from, "after");
	snprintf(path, sizeof(path), "%s/main.db", to);
	assert_int_equal(access(path, F_OK), 0);
}

static void test_one_file(void **state)
{
	struct store *store;
	char path[128];

	(void)state;
	assert_ok(store_open(span_of(from), &complaints, &store));
	put(store, "text");
	assert_ok(store_copy(from, to, false, &complaints));
	store_close(store);
	snprintf(path, sizeof(path), "%s/main.db-wal", to);
	assert_int_not_equal(access(path, F_OK), 0);
	snprintf(path, sizeof(path), "%s/main.db-shm", to);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void test_no_store(void **state)
{
	(void)state;
	assert_result(store_copy(from, to, false, &complaints), RESULT_NOT_FOUND);
	assert_result(store_copy("/nowhere", to, false, &complaints), RESULT_NOT_FOUND);
}

/* A backup that an older program made: its steps were fewer. */
static void test_older_schema(void **state)
{
	const struct database_options options = { .complaints = (struct complaints *const[]){ &complaints }, .page_bytes = 4096, .cache_kib = 1024, .checkpoint_pages = 100 };
	const struct schema older = { schema_main.application_id, schema_main.steps, 1 };
	struct database *database;
	struct store *store;
	char path[128];
	int64_t version;

	(void)state;
	snprintf(path, sizeof(path), "%s/main.db", from);
	assert_ok(migrate_open(path, &older, &options, &database));
	assert_ok(database_run(database, "INSERT INTO names VALUES(2, 2, 0, 'commune')"));
	database_close(database);
	assert_ok(store_copy(from, to, false, &complaints));
	snprintf(path, sizeof(path), "%s/main.db", to);
	assert_ok(database_open(path, &options, &database));
	assert_ok(database_number(database, "PRAGMA user_version", 0, &version));
	assert_int_equal(version, 1);
	database_close(database);
	assert_ok(store_open(span_of(to), &complaints, &store));
	put(store, "new");
	store_close(store);
	expect(to, "new");
	assert_ok(database_open(path, &options, &database));
	assert_ok(database_number(database, "PRAGMA user_version", 0, &version));
	assert_int_equal(version, schema_main.count);
	assert_ok(database_number(database, "SELECT count(*) FROM names WHERE name = 'commune'", 0, &version));
	assert_int_equal(version, 1);
	database_close(database);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_beside_a_writer, begin, finish), cmocka_unit_test_setup_teardown(test_one_file, begin, finish),
		cmocka_unit_test_setup_teardown(test_no_store, begin, finish), cmocka_unit_test_setup_teardown(test_older_schema, begin, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
