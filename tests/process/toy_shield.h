/* A shield of a test's own: a folder, a port, a configuration, a keeper; and the questions that toy_roles.h answers. */
#include "toy_roles.h"

#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/un.h>

#include <cmocka.h>

#include "../base/write_file.h"
#include "process/sandbox_tables.h"

struct shield {
	char folder[64];
	char config[96], pid_file[96], log[96], state[96], program[96];
	pid_t pid;
	uint16_t port;
	bool as_nobody;
};

/* -- a shield of one's own -- */

static uint16_t free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	getsockname(fd, (struct sockaddr *)&address, &len);
	close(fd);
	return ntohs(address.sin_port);
}

/* An upgrade executes this as the edge's user, who need not reach the folder in which the tests were built (a clone in
 * root's home). */
static void copy_program(const char *path)
{
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	struct stat about;

	assert_true(from >= 0 && to >= 0 && fchmod(to, 0755) == 0 && fstat(from, &about) == 0);
	for (off_t left = about.st_size; left > 0;) {
		ssize_t copied = sendfile(to, from, NULL, (size_t)left);

		assert_true(copied > 0);
		left -= copied;
	}
	close(from);
	close(to);
}

/* The configuration: a listener on the shield's port, then EXTRA. */
static void configure(struct shield *shield, const char *extra)
{
	char text[4096];

	snprintf(text, sizeof(text), "listen 127.0.0.1:%u\n%s", shield->port, extra);
	write_file(shield->config, text);
}

static void shield_make(struct shield *shield, const char *extra)
{
	*shield = (struct shield){ .folder = "/tmp/bouclier-keeper-XXXXXX", .port = free_port() };
	assert_non_null(mkdtemp(shield->folder));
	assert_int_equal(chmod(shield->folder, 0755), 0);
	snprintf(shield->config, sizeof(shield->config), "%s/toy.conf", shield->folder);
	snprintf(shield->pid_file, sizeof(shield->pid_file), "%s/pid", shield->folder);
	snprintf(shield->log, sizeof(shield->log), "%s/log", shield->folder);
	snprintf(shield->state, sizeof(shield->state), "%s/state", shield->folder);
	snprintf(shield->program, sizeof(shield->program), "%s/toy", shield->folder);
	copy_program(shield->program);
	configure(shield, extra);
}

static void shield_run(struct shield *shield)
{
	shield->pid = fork();
	if (shield->pid == 0) {
		int log = open(shield->log, O_WRONLY | O_CREAT | O_APPEND, 0644);
		char *words[] = { shield->program, (char[]){ "run" }, shield->config, shield->pid_file, NULL };

		dup2(log, 1);
		dup2(log, 2);
		prctl(PR_SET_PDEATHSIG, SIGKILL);  /* a test that fails leaves nothing running */
		if (shield->as_nobody && (chown(shield->folder, 65534, 65534) != 0 || fchown(log, 65534, 65534) != 0 ||
		                          setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0))
			_exit(99);
		prctl(PR_SET_PDEATHSIG, SIGKILL);  /* changing users took it away */
		execv("/proc/self/exe", words);
		_exit(98);
	}
	assert_true(shield->pid > 0);
}

static void start(struct shield *shield, const char *extra)
{
	shield_make(shield, extra);
	shield_run(shield);
}

/* Exit code; waits 10 s at most, then kills. */
static int wait_end(struct shield *shield)
{
	int status = 0;

	for (int i = 0; i < 500; i++) {
		if (waitpid(shield->pid, &status, WNOHANG) == shield->pid) {
			shield->pid = 0;
			return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
		}
		usleep(20000);
	}
	kill(shield->pid, SIGKILL);
	waitpid(shield->pid, NULL, 0);
	shield->pid = 0;
	return -1;
}

static void remove_all(const struct shield *shield)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", shield->folder);
	assert_int_equal(system(command), 0);
}

static bool has_logged(const struct shield *shield, const char *text)
{
	static char log[65536];
	int fd = open(shield->log, O_RDONLY);
	ssize_t len = fd < 0 ? 0 : read(fd, log, sizeof(log) - 1);

	if (fd >= 0)
		close(fd);
	log[len > 0 ? len : 0] = 0;
	return strstr(log, text) != NULL;
}

static void end(struct shield *shield)
{
	int code;

	kill(shield->pid, SIGTERM);
	code = wait_end(shield);
	if (code != 0)
		(void)!system(({ static char c[128]; snprintf(c, sizeof(c), "cat %s >&2", shield->log); c; }));
	assert_int_equal(code, 0);
	remove_all(shield);
}

/* Asks once; false without an answer. REFUSED counts connections that nobody took. */
static bool ask_port(uint16_t port, const char *question, char *out, size_t size, unsigned *refused)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port) };
	struct timeval patience = { .tv_sec = 5 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	ssize_t len = -1;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		if (refused)
			++*refused;
	} else if (send(fd, question, strlen(question), MSG_NOSIGNAL) > 0 && send(fd, "\n", 1, MSG_NOSIGNAL | MSG_MORE) >= 0) {
		len = recv(fd, out, size - 1, 0);
	}
	close(fd);
	out[len > 0 ? len : 0] = 0;
	return len > 0;
}

static bool ask(const struct shield *shield, const char *question, char *out, size_t size)
{
	char line[256];

	snprintf(line, sizeof(line), "%s\n", question);
	return ask_port(shield->port, line, out, size, NULL);
}

struct pong {
	int pid, reduced, uid;
	unsigned long long generation, deaths;
	size_t files;
	unsigned workers, seat;
};

static bool ping(const struct shield *shield, struct pong *pong)
{
	char out[256];

	return ask(shield, "ping", out, sizeof(out)) &&
	       sscanf(out, "pid=%d generation=%llu reduced=%d files=%zu workers=%u uid=%d deaths=%llu seat=%u", &pong->pid, &pong->generation,
	              &pong->reduced, &pong->files, &pong->workers, &pong->uid, &pong->deaths, &pong->seat) == 8;
}

/* Until somebody serves; fails after 10 s. */
static struct pong wait_pong(const struct shield *shield)
{
	struct pong pong = { 0 };

	for (int i = 0; i < 1000; i++) {
		if (ping(shield, &pong))
			return pong;
		usleep(10000);
	}
	(void)!system(({ static char c[128]; snprintf(c, sizeof(c), "cat %s >&2", shield->log); c; }));
	fail_msg("nobody serves");
	return pong;
}

static void __attribute__((unused)) expect_error(const struct shield *shield, const char *question, int error)
{
	char out[64], expected[16];

	assert_true(ask(shield, question, out, sizeof(out)));
	snprintf(expected, sizeof(expected), "%d\n", error);
	assert_string_equal(out, expected);
}

/* Asks for a reload through the edge and waits for the keeper's answer. */
static void __attribute__((unused)) reload(const struct shield *shield, char *out, size_t size)
{
	assert_true(ask(shield, "reload", out, size));
}
