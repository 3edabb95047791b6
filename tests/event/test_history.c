/* Configurations that served: kept, found again, bounded; and what others put into the folder is not believed. */
#include "../base/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "event/history/inside.h"

#include "base/banned.h"

static char folder[] = "/tmp/test-history-XXXXXX";
static int state_fd, fd;

static int begin(void **state)
{
	(void)state;
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
	assert_non_null(mkdtemp(folder));
	state_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_ok(history_open(state_fd, &fd));
	return 0;
}

static int finish(void **state)
{
	char command[64];

	(void)state;
	close(fd);
	close(state_fd);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static uint64_t add(const char *main_text, const char *why, bool *is_new)
{
	struct history_file files[2] = { { .path = SPAN("/etc/bouclier/bouclier.yaml"), .text = span_of(main_text) },
		                         { .path = SPAN("/etc/bouclier/sites/one.yaml"), .text = SPAN("sites: []\n") } };
	struct history_change change = { .note = { HISTORY_RELOAD, SPAN("jeanne"), span_of(why) }, .generation = 7, .at_ms = 1700000000000u, .files = files, .count = 2 };
	uint64_t number = 0;

	assert_ok(history_add(fd, &change, &number, is_new));
	return number;
}

static unsigned count_texts(void)
{
	int copy = openat(fd, "texts", O_RDONLY | O_DIRECTORY);
	DIR *stream = fdopendir(copy);
	unsigned count = 0;

	for (const struct dirent *entry; (entry = readdir(stream)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(stream);
	return count;
}

static void test_kept(void **state)
{
	struct history_entry entry;
	struct buffer text;
	bool is_new;

	(void)state;
	assert_int_equal(add("one\n", "a first\ntry \x1b[31m", &is_new), 1);
	assert_true(is_new);
	assert_int_equal(add("one\n", "again", &is_new), 1);
	assert_false(is_new);
	assert_int_equal(add("two\n", "", &is_new), 2);
	assert_int_equal(add("one\n", "", &is_new), 3);
	assert_true(is_new);
	assert_int_equal(count_texts(), 3);
	assert_ok(history_read(fd, 1, &entry));
	assert_int_equal(entry.number, 1);
	assert_int_equal(entry.generation, 7);
	assert_int_equal(entry.at_ms, 1700000000000u);
	assert_span(entry.note.who, "jeanne");
	assert_span(entry.note.why, "a first?try ?[31m");
	assert_int_equal(entry.note.how, HISTORY_RELOAD);
	assert_int_equal(entry.count, 2);
	buffer_init(&text, 100);
	assert_ok(history_text(fd, history_find(&entry, SPAN("/etc/bouclier/bouclier.yaml")), &text));
	assert_span(buffer_span(&text), "one\n");
	assert_null(history_find(&entry, SPAN("/etc/shadow")));
	buffer_done(&text);
	history_entry_done(&entry);
	assert_result(history_read(fd, 9, &entry), RESULT_NOT_FOUND);
}

static void test_bounded(void **state)
{
	uint64_t numbers[HISTORY_MAX];
	struct history_entry entry;
	char text[16];
	size_t count;
	bool is_new;

	(void)state;
	for (unsigned i = 1; i <= HISTORY_MAX + 10; i++) {
		snprintf(text, sizeof(text), "v%u\n", i);
		assert_int_equal(add(text, "", &is_new), i);
	}
	assert_ok(history_list(fd, numbers, &count));
	assert_int_equal(count, HISTORY_MAX);
	assert_int_equal(numbers[0], 11);
	assert_int_equal(numbers[HISTORY_MAX - 1], HISTORY_MAX + 10);
	assert_int_equal(count_texts(), HISTORY_MAX + 1);
	assert_result(history_read(fd, 10, &entry), RESULT_NOT_FOUND);
	assert_ok(history_read(fd, 11, &entry));
	history_entry_done(&entry);
}

static void put(const char *name, const char *text)
{
	int file = openat(fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
	close(file);
}

static void test_damaged(void **state)
{
	struct history_entry entry;
	struct buffer text;
	char name[80];
	bool is_new;

	(void)state;
	add("one\n", "", &is_new);
	assert_ok(history_read(fd, 1, &entry));
	snprintf(name, sizeof(name), "texts/%.64s", entry.files[0].digest);
	buffer_init(&text, 100);
	put(name, "onE\n");
	assert_result(history_text(fd, &entry.files[0], &text), RESULT_MALFORMED);
	assert_int_equal(unlinkat(fd, name, 0), 0);
	assert_result(history_text(fd, &entry.files[0], &text), RESULT_MALFORMED);
	assert_int_equal(symlinkat("/etc/passwd", fd, name), 0);
	assert_result(history_text(fd, &entry.files[0], &text), RESULT_MALFORMED);
	buffer_done(&text);
	history_entry_done(&entry);
	/* An entry that nobody can read: the next has another number all the same, and nothing is lost. */
	put("5.json", "{\"number\":5");
	assert_result(history_read(fd, 5, &entry), RESULT_MALFORMED);
	assert_int_equal(add("one\n", "", &is_new), 6);
	assert_ok(history_read(fd, 6, &entry));
	history_entry_done(&entry);
	/* A name that is another's. */
	assert_int_equal(renameat(fd, "6.json", fd, "8.json"), 0);
	assert_result(history_read(fd, 8, &entry), RESULT_MALFORMED);
}

#define D64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ENTRY(path, digest, bytes) "{\"number\":1,\"generation\":1,\"at_ms\":1,\"how\":\"reload\",\"texts\":[{\"path\":\"" path "\",\"digest\":\"" digest "\",\"bytes\":" bytes "}]}"

static void test_hostile(void **state)
{
	static const char *const bad[] = {
		"", "[]", "{}", "{\"number\":1,\"at_ms\":1,\"how\":\"reload\",\"texts\":[]}",
		ENTRY("relative", D64, "1"), ENTRY("/etc/../shadow", D64, "1"), ENTRY("/etc/./x", D64, "1"), ENTRY("/etc//x", D64, "1"), ENTRY("/", D64, "1"),
		ENTRY("/etc/x/", D64, "1"), ENTRY("/etc/\\u001b", D64, "1"), ENTRY("/x", "../../etc/shadow", "1"), ENTRY("/x", D64, "99999999"), ENTRY("/x", "", "1"),
		"{\"number\":0,\"at_ms\":1,\"how\":\"reload\",\"texts\":[{\"path\":\"/x\",\"digest\":\"" D64 "\",\"bytes\":1}]}",
		"{\"number\":1,\"at_ms\":1,\"how\":\"other\",\"texts\":[{\"path\":\"/x\",\"digest\":\"" D64 "\",\"bytes\":1}]}",
		"{\"number\":1,\"at_ms\":1,\"how\":\"reload\",\"texts\":[{\"path\":\"/x\",\"digest\":\"" D64 "\",\"bytes\":1},{\"path\":\"/x\",\"digest\":\"" D64 "\",\"bytes\":1}]}",
	};
	struct history_entry entry;

	(void)state;
	assert_ok(history_entry_read(SPAN(ENTRY("/x", D64, "1")), &entry));
	history_entry_done(&entry);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (history_entry_read(span_of(bad[i]), &entry) == RESULT_OK)
			fail_msg("taken: %s", bad[i]);
	}
}

static void test_notes(void **state)
{
	struct history_note note = { HISTORY_ROLLBACK, SPAN("jeanne"), SPAN("because \"so\"") };
	struct history_note_store store;
	struct buffer text;
	char long_text[2000];

	(void)state;
	buffer_init(&text, HISTORY_NOTE_MAX);
	assert_ok(history_note_write(&note, &text));
	note = history_note_read(buffer_span(&text), &store);
	assert_int_equal(note.how, HISTORY_ROLLBACK);
	assert_span(note.who, "jeanne");
	assert_span(note.why, "because \"so\"");
	memset(long_text, '\xc3', sizeof(long_text));
	for (size_t i = 1; i < sizeof(long_text); i += 2)
		long_text[i] = '\xa9';
	buffer_reset(&text);
	note = (struct history_note){ HISTORY_START, span_make(long_text, sizeof(long_text)), span_make(long_text, sizeof(long_text)) };
	assert_ok(history_note_write(&note, &text));
	note = history_note_read(buffer_span(&text), &store);
	assert_int_equal(note.who.len, HISTORY_WHO_MAX - 1);  /* é has two bytes */
	assert_int_equal(note.why.len, HISTORY_WHY_MAX - 1);
	note = history_note_read(SPAN("not JSON"), &store);
	assert_int_equal(note.how, HISTORY_RELOAD);
	assert_int_equal(note.who.len, 0);
	buffer_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kept, begin, finish), cmocka_unit_test_setup_teardown(test_bounded, begin, finish),
		cmocka_unit_test_setup_teardown(test_damaged, begin, finish), cmocka_unit_test(test_hostile), cmocka_unit_test(test_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
