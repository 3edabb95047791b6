/* What the roles' sandboxes let through, each in a process of its own. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/sandbox_tables.h"

#ifndef SANDBOX_HAS_SANITIZER

/* 0: the socket was made; errno; 255: there was no sandbox. */
static int try_socket(enum sandbox_role role, int domain)
{
	struct sandbox_report report;
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		if (sandbox_enter(role, NULL, 0, &report) != RESULT_OK || !report.has_seccomp)
			_exit(255);
		_exit(socket(domain, SOCK_STREAM, 0) >= 0 ? 0 : errno);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* send reads what strangers' servers say, and has the user whom the admin socket and the hub's obey; the hub knows everything, and connects to nobody outside. */
static void who_goes_out_reaches_no_socket_of_the_machine(void **unused)
{
	static const struct { enum sandbox_role role; int domain, error; } rows[] = {
		{ SANDBOX_SEND, AF_INET, 0 }, { SANDBOX_SEND, AF_INET6, 0 }, { SANDBOX_SEND, AF_UNIX, EPERM }, { SANDBOX_SEND, AF_PACKET, EPERM },
		{ SANDBOX_HUB, AF_UNIX, 0 }, { SANDBOX_HUB, AF_INET, EPERM }, { SANDBOX_HUB, AF_INET6, EPERM }, { SANDBOX_HUB, AF_NETLINK, EPERM },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(try_socket(rows[i].role, rows[i].domain), rows[i].error);
}

#else

/* Sanitizers need calls that no role makes: there is no filter to be tested. */
static void who_goes_out_reaches_no_socket_of_the_machine(void **unused)
{
	(void)unused;
	skip();
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(who_goes_out_reaches_no_socket_of_the_machine) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
