/* Sockets of a drill: loopback, or none. */
#include "../base/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/drill/cast.h"
#include "cli/drill/socket.h"

static uint32_t address(const char *text)
{
	struct in_addr in;

	assert_int_equal(inet_pton(AF_INET, text, &in), 1);
	return ntohl(in.s_addr);
}

static void only_this_machine(void **state)
{
	static const char *const here[] = { "127.0.0.0", "127.0.0.1", "127.96.0.7", "127.255.255.255" };
	static const char *const elsewhere[] = { "0.0.0.0", "126.255.255.255", "128.0.0.0", "10.0.0.1", "192.0.2.1", "255.255.255.255", "1.0.0.127" };
	uint16_t port = 0;
	int listener = drill_listen(&port);

	(void)state;
	assert_true(listener >= 0 && port);
	for (size_t i = 0; i < sizeof(here) / sizeof(*here); i++)
		assert_true(drill_is_here(address(here[i])));
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(*elsewhere); i++) {
		assert_false(drill_is_here(address(elsewhere[i])));
		errno = 0;
		assert_int_equal(drill_connect(address(elsewhere[i]), port), -1);
		assert_int_equal(errno, EADDRNOTAVAIL);
	}
	close(listener);
}

static struct sockaddr_in name_of(int fd, int (*ask)(int, struct sockaddr *, socklen_t *))
{
	struct sockaddr_in name = { 0 };
	socklen_t len = sizeof(name);

	assert_int_equal(ask(fd, (struct sockaddr *)&name, &len), 0);
	return name;
}

static void a_connection_has_the_address_it_was_given(void **state)
{
	uint16_t port = 0;
	int listener = drill_listen(&port), fd = drill_connect(address("127.96.3.4"), port);
	struct sockaddr_in near, far;

	(void)state;
	assert_true(fd >= 0);
	near = name_of(fd, getsockname);
	far = name_of(fd, getpeername);
	assert_int_equal(ntohl(near.sin_addr.s_addr), address("127.96.3.4"));
	assert_int_equal(ntohl(far.sin_addr.s_addr), INADDR_LOOPBACK);
	assert_int_equal(ntohs(far.sin_port), port);
	near = name_of(listener, getsockname);
	assert_int_equal(ntohl(near.sin_addr.s_addr), INADDR_LOOPBACK);
	close(fd);
	close(listener);
}

/* As the keeper takes it: once alone to ask, then for each worker. */
static void what_is_kept_free_can_be_had(void **state)
{
	const int on = 1;
	uint16_t port = 0, other = 0;
	int kept = drill_reserve(&port), second = drill_reserve(&other), taken;
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port) };

	(void)state;
	assert_true(kept >= 0 && second >= 0 && port != other);
	taken = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(taken, (struct sockaddr *)&name, sizeof(name)), -1);  /* another program's */
	assert_int_equal(setsockopt(taken, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	assert_int_equal(bind(taken, (struct sockaddr *)&name, sizeof(name)), 0);
	close(taken);
	taken = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(setsockopt(taken, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	assert_int_equal(setsockopt(taken, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), 0);
	assert_int_equal(bind(taken, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(listen(taken, 1), 0);
	close(taken);
	close(kept);
	close(second);
}

/* Everybody who plays has an address of this machine, none is the one that the shield spares, and no citizen is taken for an attacker. */
static void everybody_is_somebody(void **state)
{
	(void)state;
	for (unsigned person = 0; person < 2000; person++) {
		for (enum citizen_kind kind = 0; kind < CITIZEN_KINDS; kind++) {
			uint32_t one = cast_citizen_address(kind, 1, person), next = cast_citizen_address(kind, 2, person);

			assert_true(drill_is_here(one) && one != INADDR_LOOPBACK && !cast_is_attacker(one));
			assert_int_equal(one == next, cast_part(kind)->one_address);
			assert_int_equal(one >> 16, cast_part(kind)->network >> 16);
			assert_int_equal(one >> 16 == address("127.96.0.0") >> 16, kind == CITIZEN_PARTNER);
		}
	}
	for (enum attack_kind kind = 0; kind < ATTACK_KINDS; kind++) {
		for (unsigned number = 0; number < cast_attackers(kind); number++)
			assert_true(drill_is_here(cast_attacker_address(kind, number)) && cast_is_attacker(cast_attacker_address(kind, number)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_this_machine),
		cmocka_unit_test(a_connection_has_the_address_it_was_given),
		cmocka_unit_test(what_is_kept_free_can_be_had),
		cmocka_unit_test(everybody_is_somebody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
