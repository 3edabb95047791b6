/* The keeper with real processes: this program is also the keeper and its roles (toy_roles.h). */
#include "toy_shield.h"

/* -- start -- */

static void test_start(void **unused)
{
	struct shield shield;
	struct pong pong;
	char extra[256];

	(void)unused;
	shield_make(&shield, "");
	snprintf(extra, sizeof(extra), "state %s\nadmin %s/admin.sock\nworkers 2\n", shield.state, shield.folder);
	configure(&shield, extra);
	shield_run(&shield);
	pong = wait_pong(&shield);
	assert_int_equal(pong.generation, 1);
	assert_int_equal(pong.workers, 2);
	assert_int_equal(pong.reduced, 0);
	if (getuid() == 0)
		assert_int_not_equal(pong.uid, 0);  /* never root, whatever accounts there are */
	snprintf(extra, sizeof(extra), "%s/admin.sock", shield.folder);
	assert_int_equal(access(extra, F_OK), 0);
	end(&shield);
	assert_int_not_equal(access(extra, F_OK), 0);
}

static void expect_no_start(const char *extra, const char *sentence)
{
	struct shield shield;

	start(&shield, extra);
	assert_int_equal(wait_end(&shield), 1);
	if (!has_logged(&shield, sentence)) {
		(void)!system(({ static char c[128]; snprintf(c, sizeof(c), "cat %s >&2", shield.log); c; }));
		fail_msg("not said: %s", sentence);
	}
	remove_all(&shield);
}

static void test_start_fails(void **unused)
{
	int taken = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	char extra[64];

	(void)unused;
	expect_no_start("refuse toy.conf:2:1: error: no\n", "toy.conf:2:1: error: no");
	expect_no_start("die\n", "check died");
	expect_no_start("startfail the key does not fit\n", "the key does not fit");
	expect_no_start("required /etc/bouclier/none.pem\n", "cannot read /etc/bouclier/none.pem: No such file");
	expect_no_start("required /etc/passwd\n", "outside the folders");
	expect_no_start("required /dev/zero\n", "not a regular file");
	expect_no_start("state /etc\n", "the state folder /etc");
	expect_no_start("listen 192.0.2.1:80\n", "cannot listen on 192.0.2.1:80");
	assert_int_equal(bind(taken, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(taken, 1), 0);
	getsockname(taken, (struct sockaddr *)&address, &len);
	snprintf(extra, sizeof(extra), "listen 127.0.0.1:%u\n", ntohs(address.sin_port));
	expect_no_start(extra, "Address already in use");
	close(taken);
}

static void test_second_keeper_is_refused(void **unused)
{
	struct shield shield, second;

	(void)unused;
	start(&shield, "");
	wait_pong(&shield);
	second = shield;
	shield_run(&second);
	assert_int_equal(wait_end(&second), 1);
	assert_true(has_logged(&shield, "already running"));
	wait_pong(&shield);
	end(&shield);
}

/* -- reload -- */

static void test_reload(void **unused)
{
	struct shield shield;
	struct pong before, after;
	uint16_t second = free_port();
	char out[512], extra[128];

	(void)unused;
	start(&shield, "");
	before = wait_pong(&shield);
	snprintf(extra, sizeof(extra), "listen 127.0.0.1:%u\n", second);
	configure(&shield, extra);
	reload(&shield, out, sizeof(out));
	assert_string_equal(out, "ok\n");
	after = wait_pong(&shield);
	assert_int_equal(after.pid, before.pid);
	assert_int_equal(after.generation, 2);
	assert_true(ask_port(second, "ping\n", out, sizeof(out), NULL));
	configure(&shield, "");
	reload(&shield, out, sizeof(out));
	assert_string_equal(out, "ok\n");
	assert_false(ask_port(second, "ping\n", out, sizeof(out), NULL));  /* no longer listened on */
	end(&shield);
}

static void test_reload_fails(void **unused)
{
	static const struct { const char *extra, *sentence; } cases[] = {
		{ "refuse no such word\n", "no such word" },
		{ "buildfail certificate expired\n", "certificate expired" },
		{ "required /etc/bouclier/none.pem\n", "cannot read" },
		{ "listen 192.0.2.1:80\n", "cannot listen" },
		{ "die\n", "check died" },
		{ "admin /tmp/elsewhere\n", "admin socket cannot change" },
		{ "workers 2\nstartfail two are too many\n", "two are too many" },
	};
	struct shield shield;
	struct pong before, after;
	char out[512];

	(void)unused;
	start(&shield, "");
	before = wait_pong(&shield);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		configure(&shield, cases[i].extra);
		reload(&shield, out, sizeof(out));
		assert_non_null(strstr(out, cases[i].sentence));
		after = wait_pong(&shield);
		assert_int_equal(after.pid, before.pid);
		assert_int_equal(after.generation, 1);
	}
	configure(&shield, "");
	kill(shield.pid, SIGHUP);
	for (int i = 0; i < 300 && after.generation == 1; i++) {
		usleep(10000);
		after = wait_pong(&shield);
	}
	assert_true(after.generation > 1);
	end(&shield);
}

/* What a running edge cannot take: a fresh one beside it, and the old one finishes what it has. */
static void test_replacement(void **unused)
{
	struct shield shield;
	struct pong before, after;
	char out[64], slow[64];
	int pipes[2];

	(void)unused;
	start(&shield, "");
	before = wait_pong(&shield);
	assert_int_equal(pipe(pipes), 0);
	if (fork() == 0) {
		bool is_ok = ask(&shield, "slow", slow, sizeof(slow));

		(void)!write(pipes[1], is_ok ? slow : "nothing", 7);
		_exit(0);
	}
	usleep(100000);
	configure(&shield, "workers 3\n");
	kill(shield.pid, SIGHUP);
	for (int i = 0; i < 300; i++) {
		after = wait_pong(&shield);
		if (after.pid != before.pid)
			break;
		usleep(10000);
	}
	assert_int_not_equal(after.pid, before.pid);
	assert_int_equal(after.workers, 3);
	assert_int_equal(after.deaths, 0);
	assert_int_equal(read(pipes[0], out, 7), 7);
	assert_memory_equal(out, "slowly\n", 7);
	wait(NULL);
	configure(&shield, "workers 3\nask\n");
	kill(shield.pid, SIGHUP);
	before = after;
	for (int i = 0; i < 300 && after.pid == before.pid; i++) {
		usleep(10000);
		after = wait_pong(&shield);
	}
	assert_int_not_equal(after.pid, before.pid);
	close(pipes[0]);
	close(pipes[1]);
	end(&shield);
}

/* Two edges live side by side during a replacement, whatever came before: here an edge that could not start. */
static void test_replacement_has_its_own_seat(void **unused)
{
	struct shield shield;
	struct pong before, after;

	(void)unused;
	start(&shield, "");
	before = wait_pong(&shield);
	configure(&shield, "workers 2\nstartfail not today\n");
	kill(shield.pid, SIGHUP);
	for (int i = 0; i < 500 && !has_logged(&shield, "reload failed"); i++)
		usleep(10000);
	configure(&shield, "workers 2\n");
	kill(shield.pid, SIGHUP);
	after = before;
	for (int i = 0; i < 300 && after.pid == before.pid; i++) {
		usleep(10000);
		after = wait_pong(&shield);
	}
	assert_int_not_equal(after.pid, before.pid);
	assert_int_not_equal(after.seat, before.seat);
	end(&shield);
}

static void test_file_change_reloads(void **unused)
{
	struct shield shield;
	struct pong pong;
	char path[128], extra[160];

	(void)unused;
	shield_make(&shield, "");
	snprintf(path, sizeof(path), "%s/cert.pem", shield.folder);
	write_file(path, "12345");
	assert_int_equal(chmod(path, 0600), 0);  /* the keeper reads it, the edge could not */
	snprintf(extra, sizeof(extra), "file %s\n", path);
	configure(&shield, extra);
	shield_run(&shield);
	pong = wait_pong(&shield);
	assert_int_equal(pong.files, 5);
	write_file(path, "1234567");
	for (int i = 0; i < 80 && pong.files == 5; i++) {
		usleep(100000);
		pong = wait_pong(&shield);
	}
	assert_int_equal(pong.files, 7);
	assert_int_equal(pong.generation, 2);
	unlink(path);  /* not required: the last good copy stays, and an edge that dies gets it too */
	for (int i = 0; i < 80 && pong.generation == 2; i++) {
		usleep(100000);
		pong = wait_pong(&shield);
	}
	assert_int_equal(pong.generation, 3);
	assert_int_equal(pong.files, 7);
	kill(pong.pid, SIGKILL);
	assert_int_equal(wait_pong(&shield).files, 7);
	end(&shield);
}

/* -- crash -- */

static void test_listeners_outlive_the_edge(void **unused)
{
	struct shield shield;
	struct pong before, after;
	unsigned refused = 0;
	char out[256];

	(void)unused;
	start(&shield, "");
	before = wait_pong(&shield);
	assert_true(ask(&shield, "count", out, sizeof(out)));
	assert_string_equal(out, "1\n");
	kill(before.pid, SIGSTOP);  /* the connection waits in the queue of an edge that dies */
	if (fork() == 0) {
		usleep(200000);
		kill(before.pid, SIGKILL);
		_exit(0);
	}
	assert_true(ask_port(shield.port, "ping\n", out, sizeof(out), &refused));
	wait(NULL);
	assert_int_equal(refused, 0);
	after = wait_pong(&shield);
	assert_int_not_equal(after.pid, before.pid);
	assert_int_equal(after.generation, 1);
	assert_int_equal(after.deaths, 1);
	assert_true(ask(&shield, "count", out, sizeof(out)));
	assert_string_equal(out, "2\n");  /* the memory too */
	end(&shield);
}

static void test_back_to_last_good(void **unused)
{
	struct shield shield;
	struct pong pong;
	uint64_t began_ms;
	char out[256];

	(void)unused;
	start(&shield, "");
	wait_pong(&shield);
	configure(&shield, "poison\n");
	reload(&shield, out, sizeof(out));
	assert_string_equal(out, "ok\n");
	began_ms = clock_mono_ms();
	pong = wait_pong(&shield);
	assert_true(clock_mono_ms() - began_ms < 5000);
	assert_int_equal(pong.generation, 1);
	assert_int_equal(pong.reduced, 0);
	assert_int_equal(pong.deaths, 3);
	assert_true(has_logged(&shield, "ALERT: the edge died 3 times with configuration 2: back to the last good one, 1"));
	/* The poison again: the good one is still what it goes back to. */
	reload(&shield, out, sizeof(out));
	pong = wait_pong(&shield);
	assert_int_equal(pong.generation, 1);
	end(&shield);
}

static void test_reduced(void **unused)
{
	struct shield shield;
	struct pong pong;
	uint64_t began_ms;
	char out[256];

	(void)unused;
	start(&shield, "poison\n");
	for (int i = 0; i < 500 && !ask(&shield, "count", out, sizeof(out)); i++)
		usleep(10000);
	began_ms = clock_mono_ms();
	pong = wait_pong(&shield);
	assert_true(clock_mono_ms() - began_ms < 5000);
	assert_int_equal(pong.reduced, 1);
	assert_int_equal(pong.deaths, 3);
	assert_true(has_logged(&shield, "ALERT: the edge died 3 times: it goes on reduced"));
	configure(&shield, "");  /* a new configuration is a new chance */
	reload(&shield, out, sizeof(out));
	pong = wait_pong(&shield);
	for (int i = 0; i < 100 && pong.reduced; i++) {
		usleep(10000);
		pong = wait_pong(&shield);
	}
	assert_int_equal(pong.reduced, 0);
	end(&shield);
}

/* -- the end -- */

static void test_drain(void **unused)
{
	struct shield shield;
	char out[64] = "";
	int pipes[2];

	(void)unused;
	start(&shield, "");
	wait_pong(&shield);
	assert_int_equal(pipe(pipes), 0);
	if (fork() == 0) {
		char slow[64];
		bool is_ok = ask(&shield, "slow", slow, sizeof(slow));

		(void)!write(pipes[1], is_ok ? slow : "nothing", 7);
		_exit(0);
	}
	usleep(200000);
	kill(shield.pid, SIGTERM);
	assert_int_equal(wait_end(&shield), 0);
	assert_int_equal(read(pipes[0], out, 7), 7);
	assert_memory_equal(out, "slowly\n", 7);
	wait(NULL);
	close(pipes[0]);
	close(pipes[1]);
	remove_all(&shield);
}

static void test_end_at_once(void **unused)
{
	struct shield shield;
	struct pong pong;
	uint64_t began_ms;

	(void)unused;
	start(&shield, "drain 30000\n");
	pong = wait_pong(&shield);
	kill(pong.pid, SIGSTOP);  /* it will not drain */
	began_ms = clock_mono_ms();
	kill(shield.pid, SIGINT);
	usleep(100000);
	kill(shield.pid, SIGINT);
	assert_int_equal(wait_end(&shield), 0);
	assert_true(clock_mono_ms() - began_ms < 3000);
	assert_int_equal(kill(pong.pid, 0), -1);
	remove_all(&shield);
}

static void test_children_die_with_the_keeper(void **unused)
{
	struct shield shield;
	struct pong pong;

	(void)unused;
	start(&shield, "");
	pong = wait_pong(&shield);
	kill(shield.pid, SIGKILL);
	wait_end(&shield);
	for (int i = 0; i < 200 && kill(pong.pid, 0) == 0; i++)
		usleep(10000);
	assert_int_equal(kill(pong.pid, 0), -1);
	remove_all(&shield);
}

/* -- upgrade -- */

static void test_upgrade(void **unused)
{
	struct shield shield;
	struct pong before, after;
	unsigned refused = 0, asked = 0, answered = 0;
	char out[256];

	(void)unused;
	start(&shield, "");
	before = after = wait_pong(&shield);
	assert_true(ask(&shield, "count", out, sizeof(out)));
	kill(shield.pid, SIGUSR2);
	for (uint64_t end_ms = clock_mono_ms() + 5000; clock_mono_ms() < end_ms && asked < 200000;) {
		asked++;
		answered += ask_port(shield.port, "ping\n", out, sizeof(out), &refused);
		if (sscanf(out, "pid=%d", &after.pid) == 1 && after.pid != before.pid && end_ms > clock_mono_ms() + 300)
			end_ms = clock_mono_ms() + 300;
	}
	assert_int_equal(refused, 0);
	assert_int_equal(answered, asked);
	after = wait_pong(&shield);
	assert_int_not_equal(after.pid, before.pid);
	assert_int_equal(after.deaths, 0);
	assert_true(ask(&shield, "count", out, sizeof(out)));
	assert_string_equal(out, "2\n");
	assert_int_equal(waitpid(shield.pid, NULL, WNOHANG), 0);  /* the same process */
	kill(after.pid, SIGKILL);  /* and the new keeper keeps */
	before = wait_pong(&shield);
	assert_int_not_equal(before.pid, after.pid);
	configure(&shield, "workers 2\n");
	kill(shield.pid, SIGUSR2);  /* again, with a new configuration */
	for (int i = 0; i < 500 && after.workers != 2; i++) {
		usleep(10000);
		after = wait_pong(&shield);
	}
	assert_int_equal(after.workers, 2);
	end(&shield);
}

static void test_upgrade_to_nothing(void **unused)
{
	struct shield shield;
	struct pong before;

	(void)unused;
	shield_make(&shield, "");
	snprintf(shield.program, sizeof(shield.program), "%s/gone", shield.folder);
	shield_run(&shield);
	before = wait_pong(&shield);
	kill(shield.pid, SIGUSR2);
	for (int i = 0; i < 300 && !has_logged(&shield, "this binary goes on"); i++)
		usleep(10000);
	assert_true(has_logged(&shield, "this binary goes on"));
	assert_int_equal(wait_pong(&shield).pid, before.pid);
	end(&shield);
}

/* -- sandbox, names, systemd -- */

static void test_sandbox(void **unused)
{
	struct shield shield;
	struct pong before, after;
	char extra[512], question[256], out[64];

	(void)unused;
	shield_make(&shield, "");
	snprintf(extra, sizeof(extra), "state %s\nview %s/seen\n", shield.state, shield.folder);
	configure(&shield, extra);
	snprintf(question, sizeof(question), "%s/seen", shield.folder);
	write_file(question, "x");
	snprintf(question, sizeof(question), "%s/unseen", shield.folder);
	write_file(question, "x");
	shield_run(&shield);
	before = wait_pong(&shield);
	snprintf(question, sizeof(question), "open %s/seen", shield.folder);
	expect_error(&shield, question, 0);
	snprintf(question, sizeof(question), "open %s/unseen", shield.folder);
	expect_error(&shield, question, EACCES);
	expect_error(&shield, "open /etc/passwd", EACCES);
	snprintf(question, sizeof(question), "write %s/journal", shield.state);
	expect_error(&shield, question, 0);
	snprintf(question, sizeof(question), "write %s/elsewhere", shield.folder);
	expect_error(&shield, question, EACCES);
#ifndef SANDBOX_HAS_SANITIZER
	expect_error(&shield, "listen", EPERM);
	assert_false(ask(&shield, "exec", out, sizeof(out)));  /* it does not live to tell */
	after = wait_pong(&shield);
	assert_int_not_equal(after.pid, before.pid);
	assert_true(has_logged(&shield, "Bad system call"));
#else
	assert_true(ask(&shield, "exec", out, sizeof(out)));
	assert_string_equal(out, "exec said 13\n");
	after = before;
#endif
	(void)after;
	end(&shield);
}

static void test_resolve(void **unused)
{
	struct shield shield;
	char out[64];

	(void)unused;
	start(&shield, "");
	wait_pong(&shield);
	assert_true(ask(&shield, "host localhost", out, sizeof(out)));
	assert_true(strcmp(out, "127.0.0.1\n") == 0 || strcmp(out, "::1\n") == 0);
	assert_true(ask(&shield, "host a/b", out, sizeof(out)));
	assert_string_equal(out, "no answer\n");
	end(&shield);
}

static void expect_notice(int fd, const char *text)
{
	char got[1024];

	for (int i = 0; i < 20; i++) {
		ssize_t len = recv(fd, got, sizeof(got) - 1, 0);

		if (len < 0)
			break;
		got[len] = 0;
		if (strstr(got, text))
			return;
	}
	fail_msg("systemd was not told: %s", text);
}

static void test_notify(void **unused)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = 5 };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct shield shield;
	char got[1024];

	(void)unused;
	shield_make(&shield, "");
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", shield.folder);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	shield_run(&shield);
	unsetenv("NOTIFY_SOCKET");
	expect_notice(fd, "READY=1");
	kill(shield.pid, SIGHUP);
	expect_notice(fd, "RELOADING=1\nMONOTONIC_USEC=");
	expect_notice(fd, "READY=1");
	kill(shield.pid, SIGHUP);
	kill(shield.pid, SIGTERM);  /* in the middle of a reload: who stops is not ready again */
	assert_int_equal(wait_end(&shield), 0);
	assert_false(has_logged(&shield, "reload failed"));
	expect_notice(fd, "STOPPING=1");
	for (ssize_t len; (len = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT)) >= 0;) {
		got[len] = 0;
		assert_null(strstr(got, "READY=1"));
	}
	remove_all(&shield);
	close(fd);
}

/* The whole life without root: start, reload, crash, upgrade, end. */
static void test_without_root(void **unused)
{
	struct shield shield;
	struct pong before, after;
	char out[512], extra[256];

	(void)unused;
	shield_make(&shield, "");
	snprintf(extra, sizeof(extra), "state %s\nadmin %s/admin.sock\n", shield.state, shield.folder);
	configure(&shield, extra);
	shield.as_nobody = getuid() == 0;
	shield_run(&shield);
	before = wait_pong(&shield);
	assert_true(has_logged(&shield, "not root"));
	reload(&shield, out, sizeof(out));
	assert_string_equal(out, "ok\n");
	kill(before.pid, SIGKILL);
	after = wait_pong(&shield);
	assert_int_not_equal(after.pid, before.pid);
	expect_error(&shield, "open /etc/passwd", EACCES);
#ifndef SANDBOX_HAS_SANITIZER
	for (int i = 0; i < 4; i++) {  /* all of them run as one user here */
		snprintf(extra, sizeof(extra), "%s %d", i & 1 ? "limit" : "signal", i & 2 ? shield.pid : after.pid);
		expect_error(&shield, extra, i & 2 ? EPERM : 0);
	}
#endif
	kill(shield.pid, SIGUSR2);
	before = after;
	for (int i = 0; i < 500 && after.pid == before.pid; i++) {
		usleep(10000);
		after = wait_pong(&shield);
	}
	assert_int_not_equal(after.pid, before.pid);
	end(&shield);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_start_fails),
		cmocka_unit_test(test_second_keeper_is_refused),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_reload_fails),
		cmocka_unit_test(test_replacement),
		cmocka_unit_test(test_replacement_has_its_own_seat),
		cmocka_unit_test(test_file_change_reloads),
		cmocka_unit_test(test_listeners_outlive_the_edge),
		cmocka_unit_test(test_back_to_last_good),
		cmocka_unit_test(test_reduced),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_end_at_once),
		cmocka_unit_test(test_children_die_with_the_keeper),
		cmocka_unit_test(test_upgrade),
		cmocka_unit_test(test_upgrade_to_nothing),
		cmocka_unit_test(test_sandbox),
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_notify),
		cmocka_unit_test(test_without_root),
	};
	int code = toy_main(argc, argv);

	if (code >= 0)
		return code;
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
