#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/listener.h"

static int listening;
static struct endpoint bound;

static int setup(void **state)
{
	(void)state;
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	listening = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(listening, (struct sockaddr *)&any, sizeof(any)), 0);
	assert_int_equal(listener_adopt(listening, &bound), RESULT_IO);
	assert_int_equal(listen(listening, 64), 0);
	assert_int_equal(listener_adopt(listening, &bound), RESULT_OK);
	assert_true(bound.port > 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(listening);
	return 0;
}

static int visit(void)
{
	struct sockaddr_storage to;
	socklen_t len = endpoint_to_socket(&bound, &to);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, len), 0);
	return fd;
}

static void takes_them_ready_to_use(void **state)
{
	(void)state;
	int fd = -1, delay = 0;
	socklen_t len = sizeof(delay);
	struct endpoint peer, local;
	assert_int_equal(listener_accept(listening, &fd, &peer), RESULT_MORE);
	int visitor = visit();
	assert_int_equal(listener_accept(listening, &fd, &peer), RESULT_OK);
	assert_true(address_is_loopback(&peer.address));
	assert_int_equal(listener_local(fd, &local), RESULT_OK);
	assert_true(endpoint_equal(&local, &bound));
	assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &delay, &len), 0);
	assert_int_equal(delay, 1);
	assert_int_equal(listener_accept(listening, &fd, &peer), RESULT_MORE);
	assert_int_equal(listener_accept(fd, &fd, &peer), RESULT_IO);
	close(fd);
	close(visitor);
}

/* No descriptor left: some of the waiting are told at once, nobody spins, and it goes on when there are descriptors. */
static void lives_without_descriptors(void **state)
{
	(void)state;
	enum { VISITORS = LISTENER_SHED + 4 };
	int visitors[VISITORS], fd;
	struct endpoint peer;
	struct rlimit before, none;
	assert_int_equal(listener_accept(listening, &fd, &peer), RESULT_MORE);
	for (int i = 0; i < VISITORS; i++)
		visitors[i] = visit();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	/* The lowest free number is the limit: open() and accept() fail, what is open stays. The spare is below it. */
	int next = dup(0);
	close(next);
	none = (struct rlimit){ (rlim_t)next, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	uint64_t shed = listener_shed_count();
	assert_int_equal(listener_accept(listening, &fd, &peer), RESULT_LIMIT);
	assert_int_equal(listener_shed_count() - shed, LISTENER_SHED);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	for (int i = 0; i < VISITORS - LISTENER_SHED; i++) {
		assert_int_equal(listener_accept(listening, &fd, &peer), RESULT_OK);
		close(fd);
	}
	assert_int_equal(listener_accept(listening, &fd, &peer), RESULT_MORE);
	char byte;
	assert_int_equal(recv(visitors[0], &byte, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
	for (int i = 0; i < VISITORS; i++)
		close(visitors[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_them_ready_to_use),
		cmocka_unit_test(lives_without_descriptors),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
