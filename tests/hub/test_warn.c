/* What is raised of what is seen. */
#include "folder.h"
#include "hub/warn/warn.h"

#define NOW UINT64_C(1796025600)

static struct store *store;
static struct warn *warn;
static char folder[40];
static char said[2048];

/* "disk-low+ /var;" */
static void take(void *context, enum alert_warning warning, struct span subject, bool is_on, uint64_t now_s)
{
	size_t len = strlen(said);

	(void)context, (void)now_s;
	snprintf(said + len, sizeof(said) - len, "%s%c%s%.*s;", alert_warning_name(warning), is_on ? '+' : '-', subject.len ? " " : "", SPAN_ARG(subject));
}

static void start(void)
{
	assert_ok(store_open(span_of(folder), NULL, &store));
	assert_ok(warn_new(&(struct warn_birth){ .store = store, .raise = take }, &warn));
}

static void stop(void)
{
	warn_free(warn);
	store_close(store);
}

static int begin(void **state)
{
	(void)state;
	folder_make(folder);
	said[0] = 0;
	start();
	return 0;
}

static int end(void **state)
{
	(void)state;
	stop();
	folder_remove(folder);
	return 0;
}

static void assert_said(const char *due)
{
	assert_string_equal(said, due);
	said[0] = 0;
}

static void a_disk_is_low_below_ten_and_well_from_fifteen(void **unused)
{
	static const struct { uint64_t free, total; const char *due; } rows[] = {
		{ 100, 100, "disk-low- /d;" }, { 15, 100, "disk-low- /d;" }, { 14, 100, "" }, { 10, 100, "" }, { 9, 100, "disk-low+ /d;" }, { 0, 100, "disk-low+ /d;" }, { 12, 100, "" },
		{ 149, 1000, "" }, { 150, 1000, "disk-low- /d;" }, { 0, 0, "disk-low- /d;" }, { UINT64_MAX / 20, UINT64_MAX, "disk-low+ /d;" },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		warn_disk(warn, SPAN("/d"), rows[i].free, rows[i].total, NOW);
		assert_said(rows[i].due);
	}
}

static void a_filter_that_was_never_there_is_not_missed(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 100; i++)
		warn_filter(warn, WARN_FILTER_AWAY, NOW + i);
	assert_said("");
	warn_filter(warn, WARN_FILTER_NONE, NOW + 100);
	assert_said("kernel-filter-off-;");
}

static void a_filter_that_has_gone_is(void **unused)
{
	(void)unused;
	warn_filter(warn, WARN_FILTER_ATTACHED, NOW);
	assert_said("kernel-filter-off-;");
	stop();  /* that it was there outlives the hub */
	start();
	warn_filter(warn, WARN_FILTER_UNKNOWN, NOW + 1);
	warn_filter(warn, WARN_FILTER_AWAY, NOW + 10);
	warn_filter(warn, WARN_FILTER_AWAY, NOW + 10 + WARN_FILTER_S - 1);  /* a controller that is started anew */
	assert_said("");
	warn_filter(warn, WARN_FILTER_AWAY, NOW + 10 + WARN_FILTER_S);
	assert_said("kernel-filter-off+;");
	warn_filter(warn, WARN_FILTER_ATTACHED, NOW + 100);
	assert_said("kernel-filter-off-;");
	/* Whoever takes it out of the configuration does not miss it, and puts it back as if it had never been. */
	warn_filter(warn, WARN_FILTER_NONE, NOW + 101);
	assert_said("kernel-filter-off-;");
	warn_filter(warn, WARN_FILTER_AWAY, NOW + 102);
	warn_filter(warn, WARN_FILTER_AWAY, NOW + 102 + WARN_FILTER_S);
	assert_said("");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_disk_is_low_below_ten_and_well_from_fifteen), TEST(a_filter_that_was_never_there_is_not_missed), TEST(a_filter_that_has_gone_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
