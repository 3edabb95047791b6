/* The folder of a drill: who gets in, and that nothing else goes with it, whatever lies in it and whoever rearranges it meanwhile. */
#include "../base/check.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/write_file.h"
#include "cli/drill/ground.h"

#define FILES 300
#define RACES 20

/* A folder that is none of the drill's, with files. */
static void make_other(char folder[], unsigned files)
{
	char leaf[16];

	assert_non_null(mkdtemp(folder));
	for (unsigned i = 0; i < files; i++) {
		snprintf(leaf, sizeof(leaf), "%u", i);
		write_file_in(folder, leaf, "of somebody else");
	}
}

/* All of them are there; now they are not. */
static void take_other(const char *folder, unsigned files)
{
	char path[64];

	for (unsigned i = 0; i < files; i++) {
		snprintf(path, sizeof(path), "%s/%u", folder, i);
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(rmdir(folder), 0);
}

static void nobody_else_gets_in(void **state)
{
	struct drill_ground ground;
	struct stat folder, config;
	mode_t mask = umask(0);

	(void)state;
	assert_ok(ground_init(&ground));
	assert_ok(ground_write_config(&ground, SPAN("listen: []\n")));
	umask(mask);
	assert_int_equal(stat(ground.folder, &folder), 0);
	assert_int_equal(stat(ground.config, &config), 0);
	assert_int_equal(folder.st_uid, geteuid());
	assert_int_equal(config.st_uid, geteuid());
	assert_int_equal(ground.account.must_switch, geteuid() == 0);
	assert_int_equal(folder.st_mode & 07777, ground.account.must_switch ? 0710 : 0700);
	assert_int_equal(config.st_mode & 07777, ground.account.must_switch ? 0640 : 0600);
	if (ground.account.must_switch) {
		assert_int_equal(folder.st_gid, ground.account.gid);
		assert_int_equal(config.st_gid, ground.account.gid);
	}
	ground_done(&ground);
}

static void links_are_not_followed(void **state)
{
	char other[] = "/tmp/test-drill-ground-XXXXXX", folder[sizeof(GROUND_FOLDER)], deep[128];
	struct drill_ground ground;

	(void)state;
	make_other(other, 2);
	assert_ok(ground_init(&ground));
	memcpy(folder, ground.folder, sizeof(folder));
	assert_int_equal(mkdir(ground.state, 0700), 0);
	snprintf(deep, sizeof(deep), "%s/a", ground.state);
	assert_int_equal(mkdir(deep, 0700), 0);
	write_file_in(deep, "file", "ours");
	snprintf(deep, sizeof(deep), "%s/a/link", ground.state);
	assert_int_equal(symlink(other, deep), 0);
	snprintf(deep, sizeof(deep), "%s/link", ground.folder);
	assert_int_equal(symlink(other, deep), 0);
	ground_done(&ground);
	assert_int_equal(access(folder, F_OK), -1);
	take_other(other, 2);
}

/* As deep as DEPTH folders; false: it stays. */
static bool goes(unsigned depth)
{
	char folder[sizeof(GROUND_FOLDER)], path[256];
	struct drill_ground ground;
	bool is_gone;

	assert_ok(ground_init(&ground));
	memcpy(folder, ground.folder, sizeof(folder));
	for (unsigned i = 1; i <= depth; i++) {
		int len = snprintf(path, sizeof(path), "%s", folder);

		for (unsigned j = 0; j < i; j++)
			len += snprintf(path + len, sizeof(path) - (size_t)len, "/d");
		assert_int_equal(mkdir(path, 0700), 0);
	}
	ground_done(&ground);
	is_gone = access(folder, F_OK) != 0;
	for (unsigned i = is_gone ? 0 : depth + 1; i > 0; i--) {
		assert_int_equal(rmdir(path), 0);
		*strrchr(path, '/') = '\0';
	}
	return is_gone;
}

static void depth_has_an_end(void **state)
{
	(void)state;
	assert_true(goes(GROUND_DEPTH_MAX));
	assert_false(goes(GROUND_DEPTH_MAX + 1));
}

struct swapper {
	char folder[128], link[128];
	const char *other;
	atomic_uint swaps;
	atomic_bool must_end;
};

static void *swap(void *context)
{
	struct swapper *swapper = context;

	while (!swapper->must_end) {
		if (renameat2(AT_FDCWD, swapper->folder, AT_FDCWD, swapper->link, RENAME_EXCHANGE) == 0)
			swapper->swaps++;
		else
			(void)!symlink(swapper->other, swapper->link);  /* it was taken away */
	}
	return NULL;
}

/* A folder with as many files of the same names becomes a link to the other one, and a folder again, all the while. */
static void race(const char *other)
{
	struct swapper swapper = { .other = other };
	struct drill_ground ground, rest;
	pthread_t thread;

	assert_ok(ground_init(&ground));
	assert_int_equal(mkdir(ground.state, 0700), 0);
	snprintf(swapper.folder, sizeof(swapper.folder), "%s/a", ground.state);
	snprintf(swapper.link, sizeof(swapper.link), "%s/b", ground.state);
	assert_int_equal(mkdir(swapper.folder, 0700), 0);
	assert_int_equal(symlink(other, swapper.link), 0);
	for (unsigned i = 0; i < FILES; i++) {
		char leaf[16];

		snprintf(leaf, sizeof(leaf), "%u", i);
		write_file_in(swapper.folder, leaf, "ours");
	}
	rest = (struct drill_ground){ .folder_fd = open(ground.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), .shield_fd = -1, .metrics_fd = -1, .portal_fd = -1 };
	assert_true(rest.folder_fd >= 0);
	memcpy(rest.folder, ground.folder, sizeof(rest.folder));
	assert_int_equal(pthread_create(&thread, NULL, swap, &swapper), 0);
	while (swapper.swaps < 10) {}
	ground_done(&ground);
	swapper.must_end = true;
	assert_int_equal(pthread_join(thread, NULL), 0);
	if (access(rest.folder, F_OK) == 0)
		ground_done(&rest);  /* what had become something else stayed */
	else
		close(rest.folder_fd);
}

static void who_rearranges_it_wins_nothing(void **state)
{
	char other[] = "/tmp/test-drill-ground-XXXXXX";

	(void)state;
	make_other(other, FILES);
	for (unsigned i = 0; i < RACES; i++)
		race(other);
	take_other(other, FILES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_else_gets_in),
		cmocka_unit_test(links_are_not_followed),
		cmocka_unit_test(depth_has_an_end),
		cmocka_unit_test(who_rearranges_it_wins_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
