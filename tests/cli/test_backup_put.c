/* A file that is sealed as it should be, and holds what would lead out of its folder: nothing is put in place, and nothing is left behind. */
#include "../base/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/backup/put.h"
#include "cli/command.h"

#include "base/banned.h"

#define WORDS SPAN("correct horse")

struct thing {
	enum backup_kind kind;
	enum backup_root root;
	const char *path, *content;
};

static char folder[64];

static int begin(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/test-put-XXXXXX");
	return mkdtemp(folder) ? 0 : 1;
}

static int finish(void **state)
{
	(void)state;
	remove_tree(folder);
	return 0;
}

static int make(const char *manifest, const struct thing *things, size_t count)
{
	struct backup_record record = { .kind = BACKUP_MANIFEST };
	int fd = memfd_create("backup", MFD_CLOEXEC);
	struct backup_writer writer;
	char text[1024];

	if (manifest)
		snprintf(text, sizeof(text), "%s", manifest);
	else
		snprintf(text, sizeof(text), "{\"version\":1,\"at\":\"2026-01-31T00:00:00.000Z\",\"config\":\"%s/etc/b.yaml\",\"folder\":\"%s/etc\",\"state\":\"%s/state\","
		         "\"hub\":\"%s/state/hub\",\"events\":false}", folder, folder, folder, folder);
	assert_ok(backup_writer_init(&writer, fd, WORDS, PASSPHRASE_COST_MIN));
	record.size = strlen(text);
	backup_put_record(&writer, &record);
	backup_put(&writer, span_of(text));
	for (size_t i = 0; i < count; i++) {
		record = (struct backup_record){ .kind = things[i].kind, .root = things[i].root, .mode = 0640, .size = strlen(things[i].content) };
		snprintf(record.path, sizeof(record.path), "%s", things[i].path);
		backup_put_record(&writer, &record);
		backup_put(&writer, span_of(things[i].content));
	}
	assert_ok(backup_writer_finish(&writer));
	backup_writer_done(&writer);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static int put(int fd, bool is_forced)
{
	struct backup_reader reader;
	struct putting putting = { .reader = &reader, .is_forced = is_forced };
	int code;

	assert_ok(backup_reader_init(&reader, fd, WORDS));
	code = backup_look(&putting);
	putting.to = putting.contents.was;
	if (code == EXIT_DONE)
		code = backup_put_in_place(&putting);
	backup_reader_done(&reader);
	close(fd);
	return code;
}

static unsigned entries(const char *path)
{
	DIR *list = opendir(path);
	unsigned count = 0;

	for (const struct dirent *entry; list && (entry = readdir(list)) != NULL;)
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	if (list)
		closedir(list);
	return count;
}

static void test_in_place(void **state)
{
	static const struct thing things[] = {
		{ BACKUP_FOLDER, BACKUP_CONFIG, "", "" }, { BACKUP_FILE, BACKUP_CONFIG, "b.yaml", "sites: []\n" },
		{ BACKUP_FILE, BACKUP_CONFIG, "rules/4.1/a.conf", "# rules\n" }, { BACKUP_LINK, BACKUP_CONFIG, "rules/current", "4.1" },
		{ BACKUP_FOLDER, BACKUP_STATE, "", "" }, { BACKUP_FILE, BACKUP_STATE, "node", "12345678" }, { BACKUP_FILE, BACKUP_HUB, "main.db", "store" },
	};
	char path[128], target[8] = "";
	struct stat about;

	(void)state;
	assert_int_equal(put(make(NULL, things, sizeof(things) / sizeof(*things)), false), EXIT_DONE);
	assert_int_equal(entries(folder), 2);
	snprintf(path, sizeof(path), "%s/etc/rules/current", folder);
	assert_int_equal(readlink(path, target, sizeof(target) - 1), 3);
	assert_string_equal(target, "4.1");
	snprintf(path, sizeof(path), "%s/state/hub/main.db", folder);
	assert_true(stat(path, &about) == 0 && about.st_size == 5 && (about.st_mode & 0777) == 0640);
	/* Again: only by force, and what was there is beside it. */
	assert_int_equal(put(make(NULL, things, 2), false), EXIT_FAILED);
	assert_int_equal(entries(folder), 2);
	assert_int_equal(put(make(NULL, things, 2), true), EXIT_DONE);
	assert_int_equal(entries(folder), 4);
}

static void test_hostile(void **state)
{
	static const struct thing bad[][2] = {
		{ { BACKUP_LINK, BACKUP_CONFIG, "a", "b" }, { BACKUP_FILE, BACKUP_CONFIG, "a/x", "behind a link" } },
		{ { BACKUP_LINK, BACKUP_CONFIG, "a", "b" }, { BACKUP_FILE, BACKUP_CONFIG, "a", "over a link" } },
		{ { BACKUP_LINK, BACKUP_CONFIG, "a", "b" }, { BACKUP_FOLDER, BACKUP_CONFIG, "a", "" } },
		{ { BACKUP_FILE, BACKUP_CONFIG, "a", "one" }, { BACKUP_FILE, BACKUP_CONFIG, "a", "twice" } },
		{ { BACKUP_FILE, BACKUP_CONFIG, "a", "one" }, { BACKUP_FILE, BACKUP_CONFIG, "a/b", "below a file" } },
		{ { BACKUP_FILE, BACKUP_CONFIG, "a", "one" }, { BACKUP_LINK, BACKUP_CONFIG, "b", "../outside" } },
		{ { BACKUP_FILE, BACKUP_CONFIG, "a", "one" }, { BACKUP_LINK, BACKUP_CONFIG, "b", ".." } },
		{ { BACKUP_FILE, BACKUP_CONFIG, "a", "one" }, { BACKUP_LINK, BACKUP_CONFIG, "b", "/etc" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (put(make(NULL, bad[i], 2), true) == EXIT_DONE || entries(folder) != 0)
			fail_msg("row %zu was put in place, or left something behind", i);
	}
}

static void test_manifests(void **state)
{
	static const char *const bad[] = {
		"{}", "not JSON", "{\"version\":2,\"at\":\"\",\"config\":\"/a/b\",\"folder\":\"/a\",\"state\":\"/s\",\"hub\":\"/s/h\"}",
		"{\"version\":1,\"at\":\"\",\"config\":\"/a/b\",\"folder\":\"/a/../etc\",\"state\":\"/s\",\"hub\":\"/s/h\"}",
		"{\"version\":1,\"at\":\"\",\"config\":\"/a/b\",\"folder\":\"a\",\"state\":\"/s\",\"hub\":\"/s/h\"}",
		"{\"version\":1,\"at\":\"\\u001b[2J\",\"config\":\"/a/b\",\"folder\":\"/a\",\"state\":\"/s\",\"hub\":\"/s/h\"}",
		"{\"version\":1,\"at\":\"\",\"config\":\"/a/b\",\"folder\":\"/\",\"state\":\"/s\",\"hub\":\"/s/h\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(put(make(bad[i], NULL, 0), true), EXIT_FAILED);
	assert_int_equal(entries(folder), 0);
}

/* A shield that runs holds its state folder. */
static void test_in_use(void **state)
{
	static const struct thing one = { BACKUP_FILE, BACKUP_CONFIG, "b.yaml", "sites: []\n" };
	char path[96];
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/state", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(put(make(NULL, &one, 1), true), EXIT_FAILED);
	assert_int_equal(entries(folder), 1);
	close(fd);
	assert_int_equal(put(make(NULL, &one, 1), false), EXIT_DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_in_place, begin, finish), cmocka_unit_test_setup_teardown(test_hostile, begin, finish),
		cmocka_unit_test_setup_teardown(test_manifests, begin, finish), cmocka_unit_test_setup_teardown(test_in_use, begin, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
