/* From the note of what waits to what is confirmed, on disk: in folders of its own, for which it needs the right to mount. */
#include "../base/check.h"

#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "packet/loader/confirmed.h"
#include "packet/loader/files.h"

#include "base/banned.h"

static void begin(void)
{
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("run", "/run", "tmpfs", 0, NULL), 0);
	assert_int_equal(mount("lib", "/var/lib", "tmpfs", 0, NULL), 0);
	assert_ok(loader_folder_make(PENDING_FOLDER));
	assert_ok(loader_folder_make(CONFIRMED_FOLDER));
}

static void has(const char *name, const char *text)
{
	struct buffer buffer;

	buffer_init(&buffer, 4096);
	assert_result(loader_file_read(CONFIRMED_FOLDER, name, &buffer), text ? RESULT_OK : RESULT_NOT_FOUND);
	if (text)
		assert_true(span_equal(buffer_span(&buffer), span_of(text)));
	buffer_done(&buffer);
}

static void note(const char *wish, const char *denied)
{
	pending_remove();
	if (wish)
		assert_ok(loader_file_write(PENDING_FOLDER, "wish", span_of(wish)));
	if (denied)
		assert_ok(loader_file_write(PENDING_FOLDER, "denied", span_of(denied)));
}

/* True: it was warned of. */
static bool keep(void)
{
	struct complaints complaints;
	bool has_warned;

	complaints_init(&complaints);
	confirmed_keep(&complaints);
	has_warned = complaints.count > 0;
	complaints_done(&complaints);
	return has_warned;
}

static void what_is_noted_is_kept(void)
{
	begin();
	note("one", "192.0.2.0/24\n");
	assert_false(keep());
	has("wish", "one");
	has("denied", "192.0.2.0/24\n");
	note(NULL, "");  /* a list alone */
	assert_false(keep());
	has("wish", "one");
	has("denied", "");
}

/* What was confirmed before would come back at the next start, and is not what was confirmed last. */
static void what_is_not_noted_forgets(void)
{
	begin();
	note("one", "192.0.2.0/24\n");
	assert_false(keep());
	note(NULL, NULL);
	assert_true(keep());
	has("wish", NULL);
	has("denied", NULL);
	note("two", NULL);
	assert_true(keep());
	has("wish", NULL);
}

/* The wish cannot be written: the list beside it is not the list of an older wish. */
static void half_a_note_is_none(void)
{
	const struct packet_filter_settings settings = { .mode = PACKET_MODE_OBSERVE };
	const struct packet_ground ground = { .only = PACKET_ONLY_XDP };
	static struct spared spared;
	const struct packet_wish wish = { .settings = &settings, .spared = &spared };
	struct complaints complaints;
	struct packet_prefixes none;

	begin();
	note("one", "192.0.2.0/24\n");
	assert_false(keep());
	pending_remove();
	prefixes_init(&none);
	complaints_init(&complaints);
	assert_int_equal(mkdir(PENDING_FOLDER "/wish", 0700), 0);
	confirmed_note(&wish, &ground, &none, &complaints);
	assert_int_equal(complaints.count, 1);
	assert_int_equal(rmdir(PENDING_FOLDER "/wish"), 0);
	assert_true(keep());
	has("wish", NULL);
	complaints_done(&complaints);
}

static void in_folders_of_its_own(void (*what)(void))
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		if (unshare(CLONE_NEWNS) < 0)
			_exit(77);
		what();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

#define IN_FOLDERS(what) \
	static void test_##what(void **state) \
	{ \
		(void)state; \
		in_folders_of_its_own(what); \
	}
IN_FOLDERS(what_is_noted_is_kept)
IN_FOLDERS(what_is_not_noted_forgets)
IN_FOLDERS(half_a_note_is_none)

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_what_is_noted_is_kept), cmocka_unit_test(test_what_is_not_noted_forgets), cmocka_unit_test(test_half_a_note_is_none) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
