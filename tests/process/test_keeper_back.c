/* Reloads that wait to be confirmed, and texts that a role proposes, with real processes (toy_roles.h): what serves, and what is in the file. */
#include "toy_shield.h"

static void read_config(const struct shield *shield, char *out, size_t size)
{
	int fd = open(shield->config, O_RDONLY);
	ssize_t len = fd < 0 ? -1 : read(fd, out, size - 1);

	close(fd);
	out[len > 0 ? len : 0] = 0;
}

static bool has_text(const struct shield *shield, const char *text)
{
	char all[4096];

	read_config(shield, all, sizeof(all));
	return strstr(all, text) != NULL;
}

static void expect(const struct shield *shield, const char *question, const char *answer)
{
	char out[700];

	assert_true(ask(shield, question, out, sizeof(out)));
	if (strncmp(out, answer, strlen(answer)) != 0)
		fail_msg("%s: %s", question, out);
}

/* Until the configuration has so many workers, or other ones; fails after 10 s. */
static struct pong wait_generation(const struct shield *shield, unsigned long long generation)
{
	struct pong pong = wait_pong(shield);

	for (int i = 0; i < 1000 && pong.generation != generation; i++) {
		usleep(10000);
		pong = wait_pong(shield);
	}
	assert_int_equal(pong.generation, generation);
	return pong;
}

static unsigned count_kept(const struct shield *shield)
{
	char command[200], text[16] = "";
	FILE *pipe;

	snprintf(command, sizeof(command), "ls -A %s | grep -c '^.bouclier.kept'", shield->folder);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	(void)!fgets(text, sizeof(text), pipe);
	pclose(pipe);
	return (unsigned)strtoul(text, NULL, 10);
}

static void test_nobody_confirms(void **unused)
{
	struct shield shield;
	struct pong before, after;
	char out[512];

	(void)unused;
	start(&shield, "# first\n");
	before = wait_pong(&shield);
	configure(&shield, "# second\n");
	expect(&shield, "reload 400", "ok");
	assert_true(has_text(&shield, "# second"));
	after = wait_generation(&shield, 3);
	assert_int_equal(after.pid, before.pid);
	assert_true(has_text(&shield, "# first") && !has_text(&shield, "# second"));
	assert_int_equal(count_kept(&shield), 0);
	assert_true(ask(&shield, "ping", out, sizeof(out)));
	assert_non_null(strstr(out, "nobody confirmed in time"));
	expect(&shield, "confirm", "4 ");
	/* What is in the file is what serves: nothing more happens. */
	expect(&shield, "reload", "ok");
	assert_true(has_text(&shield, "# first"));
	end(&shield);
}

static void test_confirmed(void **unused)
{
	struct shield shield;
	char out[512];

	(void)unused;
	start(&shield, "# first\n");
	wait_pong(&shield);
	configure(&shield, "# second\n");
	expect(&shield, "reload 700", "ok");
	assert_true(ask(&shield, "ping", out, sizeof(out)));
	assert_non_null(strstr(out, "note=toy"));
	expect(&shield, "confirm", "0 ");
	expect(&shield, "confirm", "4 ");
	usleep(1000000);
	assert_int_equal(wait_pong(&shield).generation, 2);
	assert_true(has_text(&shield, "# second"));
	expect(&shield, "back", "4 ");
	end(&shield);
}

/* What comes back is what was confirmed last, however many reloads came since; and an edge may ask for it at any time. */
static void test_several_wait(void **unused)
{
	struct shield shield;
	char out[512];

	(void)unused;
	start(&shield, "# first\n");
	wait_pong(&shield);
	configure(&shield, "# second\n");
	expect(&shield, "reload 60000", "ok");
	configure(&shield, "# third\n");
	expect(&shield, "reload", "ok");
	configure(&shield, "refuse because\n");
	expect(&shield, "reload", "because");
	expect(&shield, "back", "0 ");
	wait_generation(&shield, 4);
	assert_true(has_text(&shield, "# first"));
	assert_int_equal(count_kept(&shield), 1);  /* the edit that was refused, and is nowhere else */
	assert_true(ask(&shield, "ping", out, sizeof(out)));
	assert_non_null(strstr(out, "note=errors"));
	end(&shield);
}

/* A fresh edge on the way there, and on the way back. */
static void test_replacement(void **unused)
{
	struct shield shield;
	struct pong before;

	(void)unused;
	start(&shield, "workers 1\n");
	before = wait_pong(&shield);
	configure(&shield, "workers 2\n");
	expect(&shield, "reload 500", "ok");
	assert_int_equal(wait_generation(&shield, 2).workers, 2);
	assert_int_equal(wait_generation(&shield, 3).workers, 1);
	assert_int_not_equal(wait_pong(&shield).pid, before.pid);
	assert_true(has_text(&shield, "workers 1"));
	end(&shield);
}

static void test_ended_unconfirmed(void **unused)
{
	struct shield shield;

	(void)unused;
	start(&shield, "# first\n");
	wait_pong(&shield);
	configure(&shield, "# second\n");
	expect(&shield, "reload 60000", "ok");
	kill(shield.pid, SIGTERM);
	assert_int_equal(wait_end(&shield), 0);
	assert_true(has_text(&shield, "# first"));
	shield_run(&shield);
	wait_pong(&shield);
	end(&shield);
}

static void test_upgrade_keeps_waiting(void **unused)
{
	struct shield shield;
	struct pong before;

	(void)unused;
	start(&shield, "# first\n");
	before = wait_pong(&shield);
	configure(&shield, "# second\n");
	expect(&shield, "reload 3000", "ok");
	kill(shield.pid, SIGUSR2);
	for (int i = 0; i < 500 && wait_pong(&shield).pid == before.pid; i++)
		usleep(10000);
	assert_int_not_equal(wait_pong(&shield).pid, before.pid);
	assert_true(has_text(&shield, "# second"));
	for (int i = 0; i < 500 && !has_text(&shield, "# first"); i++)
		usleep(20000);
	assert_true(has_text(&shield, "# first"));
	end(&shield);
}

/* A file that is no regular one any more is left alone, with an alert; what was good serves all the same. */
static void test_file_cannot_be_written(void **unused)
{
	struct shield shield;
	char command[500], outside[64];

	(void)unused;
	start(&shield, "# first\n");
	wait_pong(&shield);
	configure(&shield, "# second\n");
	expect(&shield, "reload 500", "ok");
	snprintf(outside, sizeof(outside), "/tmp/bouclier-outside-%d", (int)getpid());
	assert_int_equal(mkdir(outside, 0755), 0);
	snprintf(command, sizeof(command), "echo untouched > %s/file && rm %s && ln -s %s/file %s", outside, shield.config, outside, shield.config);
	assert_int_equal(system(command), 0);
	wait_generation(&shield, 3);
	snprintf(command, sizeof(command), "test \"$(ls -A %s)\" = file && grep -q untouched %s/file && rm -r %s", outside, outside, outside);
	assert_int_equal(system(command), 0);
	assert_true(has_logged(&shield, "is no regular file below the configuration's folder"));
	assert_true(has_logged(&shield, "ALERT: the files are not all what they were before"));
	end(&shield);
}

/* -- changes -- */

static void start_changeable(struct shield *shield, bool may)
{
	if (may)
		setenv("TOY_MAY_CHANGE", "1", 1);
	start(shield, "# first\n");
	unsetenv("TOY_MAY_CHANGE");
	wait_pong(shield);
}

static void ask_change(const struct shield *shield, const char *verb, const char *extra, const char *answer)
{
	char question[256];

	snprintf(question, sizeof(question), "%s listen 127.0.0.1:%u\1%s\1", verb, shield->port, extra);
	expect(shield, question, answer);
}

static void test_change(void **unused)
{
	struct shield shield;
	struct stat before, after;
	char out[512];

	(void)unused;
	start_changeable(&shield, true);
	assert_int_equal(chmod(shield.config, 0604), 0);
	assert_int_equal(stat(shield.config, &before), 0);
	ask_change(&shield, "try", "# second", "0 ");
	ask_change(&shield, "try", "refuse because", "1 because");
	ask_change(&shield, "change", "refuse because", "1 because");
	ask_change(&shield, "try", "die", "1 check died");
	assert_true(has_text(&shield, "# first"));
	assert_int_equal(wait_pong(&shield).generation, 1);
	ask_change(&shield, "change", "# second", "0 ");
	assert_true(has_text(&shield, "# second"));
	assert_int_equal(wait_pong(&shield).generation, 2);
	assert_true(ask(&shield, "ping", out, sizeof(out)));
	assert_non_null(strstr(out, "note=changed"));
	assert_int_equal(stat(shield.config, &after), 0);
	assert_int_equal(after.st_mode, before.st_mode);
	assert_int_equal(after.st_uid, before.st_uid);
	/* The edge does not take it: the file is what it was. */
	ask_change(&shield, "change", "buildfail not this", "1 not this");
	assert_true(has_text(&shield, "# second") && !has_text(&shield, "not this"));
	assert_int_equal(wait_pong(&shield).generation, 2);
	end(&shield);
}

static void test_change_refused(void **unused)
{
	struct shield shield;

	(void)unused;
	start_changeable(&shield, true);
	ask_change(&shield, "change", "# elsewhere", "1 ");
	ask_change(&shield, "change", "# stale", "3 ");
	/* Somebody edits, and has not reloaded. */
	configure(&shield, "# edited\n");
	ask_change(&shield, "change", "# second", "3 ");
	assert_true(has_text(&shield, "# edited"));
	end(&shield);
	start_changeable(&shield, false);
	ask_change(&shield, "try", "# second", "1 this process may not");
	ask_change(&shield, "change", "# second", "1 this process may not");
	assert_true(has_text(&shield, "# first"));
	end(&shield);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody_confirms), cmocka_unit_test(test_confirmed), cmocka_unit_test(test_several_wait),
		cmocka_unit_test(test_replacement), cmocka_unit_test(test_ended_unconfirmed), cmocka_unit_test(test_upgrade_keeps_waiting),
		cmocka_unit_test(test_file_cannot_be_written), cmocka_unit_test(test_change), cmocka_unit_test(test_change_refused),
	};
	int code = toy_main(argc, argv);

	if (code >= 0)
		return code;
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
