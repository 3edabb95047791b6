#include "stage.h"

#include "store/migrate.h"

static struct complaints *nobody = NULL;
static const struct database_options options = { .complaints = &nobody, .page_bytes = 4096, .cache_kib = 64, .checkpoint_pages = 100 };

static void write_day(const struct stage *stage, const char *constant)
{
	struct database *database;
	char path[80];

	snprintf(path, sizeof(path), "%s/events-2026-01-30.db", stage->folder);
	assert_int_equal(database_open(path, &options, &database), RESULT_OK);
	assert_int_equal(database_accept(database), RESULT_OK);
	assert_int_equal(database_run(database, constant), RESULT_OK);
	database_close(database);
}

/* As version 1 was written: without the table of fields that were taken out. */
static const char version_1[] =
	"CREATE TABLE events(id INTEGER PRIMARY KEY, time INTEGER NOT NULL, tenant INTEGER NOT NULL, site INTEGER NOT NULL, decision INTEGER NOT NULL,"
	" line TEXT NOT NULL);"
	"CREATE INDEX by_tenant ON events(tenant, time);"
	"CREATE TABLE requests(first INTEGER PRIMARY KEY, list BLOB NOT NULL);"
	"INSERT INTO events VALUES(17592186044417, 1769774400000, 0, 0, 0, '{\"source.ip\":\"192.0.2.7\",\"url.path\":\"/\"}');"
	"PRAGMA application_id=1111706724; PRAGMA user_version=1";

static void ignore(void *context, const struct store_deleted *deleted)
{
	unsigned *count = context;

	*count += (unsigned)deleted->count;
}

static void an_older_version_is_brought_on(void **state)
{
	const struct store_events_ask ask = { .tenants = store_all_tenants, .count = 10 };
	const struct store_keep keep = { .field_days = 1 };
	struct stage stage;
	unsigned count = 0;

	(void)state;
	stage_init(&stage);
	write_day(&stage, version_1);
	stage_open(&stage);
	stage_events(&stage, &ask, "1 /\n");
	stage.now_ms += STAGE_DAY_MS;
	while (store_prune(stage.store, &keep, stage.now_ms * 1000000, NULL, ignore, &count) == RESULT_OK)
		;
	assert_int_equal(count, 1);
	stage_done(&stage);
}

struct file {
	char bytes[1 << 16];
	ssize_t len;
};

static void read_file(const struct stage *stage, const char *name, struct file *out)
{
	char path[80];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", stage->folder, name);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	out->len = read(fd, out->bytes, sizeof(out->bytes));
	close(fd);
}

/* To the byte: not even the log is carried into it. */
static void refuse(struct stage *stage, const char *name, const char *why)
{
	static struct file before, after;
	struct store *store;

	read_file(stage, name, &before);
	assert_int_equal(store_open(span_of(stage->folder), &stage->complaints, &store), RESULT_REFUSED);
	stage_assert_complaint(stage, name, why);
	read_file(stage, name, &after);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.bytes, after.bytes, (size_t)before.len);
}

static void a_newer_version_is_not_touched(void **state)
{
	struct database *database;
	struct stage stage;
	char path[80];

	(void)state;
	stage_init(&stage);
	stage_open(&stage);
	stage_close(&stage);
	snprintf(path, sizeof(path), "%s/main.db", stage.folder);
	assert_int_equal(database_open(path, &options, &database), RESULT_OK);
	assert_int_equal(database_run(database, "PRAGMA user_version=99"), RESULT_OK);  /* which stays in the log: it was not accepted */
	database_close(database);
	refuse(&stage, "main.db", "version 99");
	stage_done(&stage);
}

static void what_is_not_ours_is_not_touched(void **state)
{
	struct database *database;
	struct stage stage;
	char path[80];

	(void)state;
	stage_init(&stage);
	snprintf(path, sizeof(path), "%s/main.db", stage.folder);
	assert_int_equal(database_open(path, &options, &database), RESULT_OK);
	assert_int_equal(database_run(database, "CREATE TABLE somebodys(x)"), RESULT_OK);
	database_close(database);
	refuse(&stage, "main.db", "not a file of this kind");
	stage_done(&stage);
}

static void no_links_are_followed(void **state)
{
	struct store *store;
	struct stage stage;
	char path[80];

	(void)state;
	stage_init(&stage);
	snprintf(path, sizeof(path), "%s/main.db", stage.folder);
	assert_int_equal(symlink("/tmp/bouclier-elsewhere.db", path), 0);
	assert_int_equal(store_open(span_of(stage.folder), &stage.complaints, &store), RESULT_REFUSED);
	assert_int_equal(access("/tmp/bouclier-elsewhere.db", F_OK), -1);
	stage_assert_complaint(&stage, "main.db", "open");
	stage_done(&stage);
}

/* A step that fails leaves the version before it. */
static void a_step_is_whole_or_nothing(void **state)
{
	static const char *const steps[] = { "CREATE TABLE one(x)", "CREATE TABLE two(x); CREATE TABLE one(x)" };
	static const char *const mended[] = { "CREATE TABLE one(x)", "CREATE TABLE two(x)" };
	struct schema schema = { 7, steps, 1 };
	struct database *database;
	struct stage stage;
	char path[80];
	int64_t number;

	(void)state;
	stage_init(&stage);
	snprintf(path, sizeof(path), "%s/some.db", stage.folder);
	assert_int_equal(migrate_open(path, &schema, &options, &database), RESULT_OK);
	database_close(database);
	schema.count = 2;
	assert_int_equal(migrate_open(path, &schema, &options, &database), RESULT_IO);
	schema.steps = mended;
	assert_int_equal(migrate_open(path, &schema, &options, &database), RESULT_OK);
	assert_int_equal(database_number(database, "PRAGMA user_version", 0, &number), RESULT_OK);
	assert_int_equal(number, 2);
	database_close(database);
	schema.count = 1;
	assert_int_equal(migrate_open(path, &schema, &options, &database), RESULT_REFUSED);
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_older_version_is_brought_on), cmocka_unit_test(a_newer_version_is_not_touched), cmocka_unit_test(what_is_not_ours_is_not_touched),
		cmocka_unit_test(no_links_are_followed), cmocka_unit_test(a_step_is_whole_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
