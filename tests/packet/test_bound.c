/* Sockets that are bound to an interface, out of the kernel's own answer and out of messages that are cut. */
#include "../base/check.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "packet/loader/bound.h"

#include "base/banned.h"

static int listen_on(int family, uint16_t port, const char *device)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(family, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	if (device)
		assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device)), 0);
	assert_int_equal(family == AF_INET ? bind(fd, (struct sockaddr *)&v4, sizeof(v4)) : bind(fd, (struct sockaddr *)&v6, sizeof(v6)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void the_kernel_tells(void **state)
{
	struct bound_sockets bound;
	int fds[4];

	(void)state;
	if (unshare(CLONE_NEWNET) < 0) {
		print_message("skipped: no CAP_SYS_ADMIN\n");
		skip();
	}
	assert_int_equal(system("ip link set lo up"), 0);
	fds[0] = listen_on(AF_INET, 8081, NULL);
	fds[1] = listen_on(AF_INET6, 8082, NULL);
	assert_ok(bound_look(&bound));
	assert_int_equal(bound.count, 0);
	fds[2] = listen_on(AF_INET, 8083, "lo");
	fds[3] = listen_on(AF_INET6, 8084, "lo");
	assert_ok(bound_look(&bound));
	assert_true(bound.count == 1 && bound.list[0].interface == if_nametoindex("lo") && bound.list[0].sockets == 2 && bound.list[0].port == 8083);
	for (unsigned i = 0; i < 4; i++)
		close(fds[i]);
}

static void cut_messages(void **state)
{
	struct {
		struct nlmsghdr head;
		struct inet_diag_msg socket;
	} messages[2] = { { .head = { sizeof(messages[0]), SOCK_DIAG_BY_FAMILY, 0, 1, 0 } }, { .head = { NLMSG_HDRLEN, NLMSG_DONE, 0, 1, 0 } } };
	struct bound_sockets bound = { .count = 0 };

	(void)state;
	messages[0].socket.id.idiag_if = 7;
	messages[0].socket.id.idiag_sport = htons(179);
	assert_ok(bound_read(&bound, messages, sizeof(messages[0]) + NLMSG_HDRLEN));
	assert_true(bound.count == 1 && bound.list[0].interface == 7 && bound.list[0].port == 179);
	for (size_t len = 0; len < sizeof(messages[0]); len++) {
		char *exact = malloc(len + 1);

		assert_non_null(exact);
		memcpy(exact, messages, len);
		bound.count = 0;
		assert_result(bound_read(&bound, exact, len), len ? RESULT_MALFORMED : RESULT_MORE);
		assert_int_equal(bound.count, 0);
		free(exact);
	}
	messages[0].head.nlmsg_len = NLMSG_HDRLEN + 4;  /* too short for a socket */
	assert_result(bound_read(&bound, messages, NLMSG_HDRLEN + 4), RESULT_MORE);
	messages[0].head.nlmsg_type = NLMSG_ERROR;
	assert_result(bound_read(&bound, messages, NLMSG_HDRLEN + 4), RESULT_MALFORMED);
	assert_int_equal(bound.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_kernel_tells), cmocka_unit_test(cut_messages) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
