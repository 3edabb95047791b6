/* From the note of what waits to what is confirmed, on disk: in folders of its own, for which it needs the right to mount. */
#include "../base/check.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "packet/loader/confirmed.h"
#include "packet/loader/files.h"
#include "packet/loader/locked_out.h"

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

static void what_is_forgotten(void)
{
	struct complaints complaints;

	begin();
	complaints_init(&complaints);
	assert_false(confirmed_is_there());
	assert_result(confirmed_forget(&complaints), RESULT_NOT_FOUND);
	note("one", "");
	assert_false(keep());
	assert_true(confirmed_is_there());
	assert_ok(confirmed_forget(&complaints));
	assert_false(confirmed_is_there());
	assert_int_equal(complaints.count, 0);
	has("denied", NULL);
	assert_int_equal(mkdir(CONFIRMED_FOLDER "/wish", 0700), 0);  /* what cannot be removed */
	assert_result(confirmed_forget(&complaints), RESULT_REFUSED);
	assert_int_equal(complaints.errors, 1);
	assert_true(span_ends(complaints.list[0].text, SPAN("/wish: Is a directory")));
	complaints_done(&complaints);
}

#define WISH(mode) "packet.mode: " mode "\nmanagement, trusted_proxies: 198.51.100.0/24 2001:db8::/48\n"

/* He gets through as long as he is connected, and nobody is connected when the machine starts. */
static void who_confirms_from_outside(void)
{
	static const struct {
		const char *peer, *wish, *denied;
		unsigned warnings;
	} cases[] = {
		{ "192.0.2.7 50000 203.0.113.1 22", WISH("enforce"), "192.0.2.0/24\n", 1 },
		{ "192.0.2.7 50000 203.0.113.1 22", WISH("observe"), "192.0.2.0/24\n", 0 },
		{ "192.0.2.7 50000 203.0.113.1 22", WISH("enforce"), "192.0.3.0/24\n", 0 },
		{ "198.51.100.7 50000 203.0.113.1 22", WISH("enforce"), "198.51.0.0/16\n", 0 },
		{ "2001:db8:1::7 50000 2001:db8::1 22", WISH("enforce"), "2001:db8::/32\n", 1 },
		{ "2001:db8::7 50000 2001:db8::1 22", WISH("enforce"), "2001:db8::/32\n", 0 },
		{ "192.0.2.7 50000 203.0.113.1 22", NULL, "192.0.2.0/24\n", 0 },  /* nothing comes back at a start */
	};

	begin();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct complaints complaints;

		assert_int_equal(setenv("SSH_CONNECTION", cases[i].peer, 1), 0);
		complaints_init(&complaints);
		assert_true(confirmed_forget(&complaints) != RESULT_REFUSED);
		note(cases[i].wish, cases[i].denied);
		assert_false(keep());
		locked_out_warn_confirmed(&complaints);
		if (complaints.count != cases[i].warnings || complaints.errors)
			fail_msg("case %zu: %zu warnings", i, (size_t)complaints.count);
		if (complaints.count)
			assert_true(span_contains(complaints.list[0].text, SPAN(" is denied, and passes only because it is connected to sshd now: after a restart of the machine you are locked out")));
		complaints_done(&complaints);
	}
}

/* sudo takes SSH_CONNECTION away: then it is whoever is connected to sshd. */
static void who_attaches_from_outside(void **state)
{
	static struct spared spared;
	struct packet_prefixes denied;
	struct complaints complaints;
	struct network network;

	(void)state;
	unsetenv("SSH_CONNECTION");
	complaints_init(&complaints);
	prefixes_init(&denied);
	spared_init(&spared);
	assert_ok(network_read(SPAN("192.0.2.0/24"), &network));
	assert_ok(prefixes_add(&denied, &network));
	prefixes_merge(&denied);
	assert_ok(network_read(SPAN("192.0.2.1"), &network));
	spared_add(&spared, &network, SPARED_GATEWAY);
	locked_out_warn(&spared, &denied, &complaints);
	assert_int_equal(complaints.count, 0);
	assert_ok(network_read(SPAN("192.0.2.2"), &network));
	spared_add(&spared, &network, SPARED_SSH);
	locked_out_warn(&spared, &denied, &complaints);
	assert_int_equal(complaints.count, 1);
	assert_true(span_starts(complaints.list[0].text, SPAN("192.0.2.2")));
	assert_int_equal(setenv("SSH_CONNECTION", "203.0.113.9 50000 203.0.113.1 22", 1), 0);
	locked_out_warn(&spared, &denied, &complaints);
	assert_int_equal(complaints.count, 1);
	prefixes_done(&denied);
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
IN_FOLDERS(what_is_forgotten)
IN_FOLDERS(who_confirms_from_outside)

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_what_is_noted_is_kept), cmocka_unit_test(test_what_is_not_noted_forgets), cmocka_unit_test(test_half_a_note_is_none), cmocka_unit_test(test_what_is_forgotten),
		                            cmocka_unit_test(test_who_confirms_from_outside), cmocka_unit_test(who_attaches_from_outside) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
