/* The admin server with a real socket and a real loop, in one thread; what the answers hold is tested with a running
 * shield (test_commands.py). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/admin/admin.h"

struct scene {
	struct edge_state state;
	struct role_link link;
	struct channel keeper;
	struct admin *admin;
	struct sockaddr_un local, other;  /* abstract names: the admin socket, and what stands for the loopback port */
};

static int listen_on(struct sockaddr_un *address)
{
	static unsigned number;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1, "bouclier-test-%d-%u", (int)getpid(), number++);
	assert_int_equal(bind(fd, (struct sockaddr *)address, sizeof(*address)), 0);
	assert_int_equal(listen(fd, 100), 0);
	return fd;
}

static int begin(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_int_equal(loop_init(&scene->state.loop), RESULT_OK);
	assert_int_equal(channel_pair(&scene->link.channel, &scene->keeper), RESULT_OK);
	scene->state.link = &scene->link;
	scene->state.start.admin_fd = listen_on(&scene->local);
	scene->admin = admin_new(&scene->state);
	assert_non_null(scene->admin);
	assert_int_equal(admin_add_listener(scene->admin, listen_on(&scene->other), 7), RESULT_OK);
	*state = scene;
	return 0;
}

static int end(void **state)
{
	struct scene *scene = *state;

	loop_turn(&scene->state.loop, 0);
	admin_free(scene->admin);
	channel_close(&scene->link.channel);
	channel_close(&scene->keeper);
	loop_done(&scene->state.loop);
	free(scene);
	return 0;
}

static int call(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)address, sizeof(*address)), 0);
	return fd;
}

static void turn(struct scene *scene)
{
	for (int i = 0; i < 5; i++)
		loop_turn(&scene->state.loop, 1);
}

/* Everything until the close; "" when nothing came and the other side still holds on. Closes FD. */
static const char *hear(struct scene *scene, int fd)
{
	static char text[65536];
	size_t len = 0;
	ssize_t got = 1;

	turn(scene);
	while (got > 0 && len < sizeof(text) - 1) {
		got = recv(fd, text + len, sizeof(text) - 1 - len, 0);
		len += got > 0 ? (size_t)got : 0;
	}
	text[len] = 0;
	close(fd);
	return text;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static const char *ask(struct scene *scene, const struct sockaddr_un *address, const char *text)
{
	int fd = call(address);

	say(fd, text);
	return hear(scene, fd);
}

#define HOST "Host: localhost\r\n"

static void assert_status(const char *answer, const char *status)
{
	char line[64];

	snprintf(line, sizeof(line), "HTTP/1.1 %s ", status);
	if (strncmp(answer, line, strlen(line)) != 0)
		fail_msg("expected %s, got %.200s", status, answer);
}

static void each_request_has_its_status(void **state)
{
	static const struct { const char *request, *status; } cases[] = {
		{ "GET /healthz HTTP/1.1\r\n" HOST "\r\n", "200" },
		{ "HEAD /healthz HTTP/1.1\r\n" HOST "\r\n", "200" },
		{ "GET /readyz HTTP/1.1\r\n" HOST "\r\n", "503" },  /* no configuration in this scene */
		{ "GET /nothing HTTP/1.1\r\n" HOST "\r\n", "404" },
		{ "POST /healthz HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", "405" },
		{ "DELETE /reload HTTP/1.1\r\n" HOST "\r\n", "405" },
		{ "POST /bypass HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}", "503" },
		{ "POST /bypass HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "411" },
		{ "POST /bypass HTTP/1.1\r\n" HOST "Content-Length: 65537\r\n\r\n", "413" },
		{ "POST /bypass HTTP/1.1\r\n" HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400" },
		{ "GET /healthz HTTP/1.1\r\n\r\n", "400" },
		{ "nonsense\r\n\r\n", "400" },
		{ "GET /healthz HTTP/3.0\r\n" HOST "\r\n", "505" },
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_status(ask(scene, &scene->local, cases[i].request), cases[i].status);
}

static void the_port_only_reads(void **state)
{
	struct scene *scene = *state;

	assert_status(ask(scene, &scene->other, "GET /healthz HTTP/1.1\r\n" HOST "\r\n"), "200");
	assert_status(ask(scene, &scene->other, "GET /status HTTP/1.1\r\n" HOST "\r\n"), "403");
	assert_status(ask(scene, &scene->other, "POST /reload HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n"), "403");
	assert_status(ask(scene, &scene->other, "POST /bypass HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}"), "403");
	assert_status(ask(scene, &scene->other, "DELETE /bypass HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}"), "403");
	assert_status(ask(scene, &scene->other, "POST /probe HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n"), "403");
}

/* Any split of a request gets the same answer. */
static void pieces_are_put_together(void **state)
{
	static const char text[] = "POST /bypass HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\n{  }";
	struct scene *scene = *state;

	for (size_t cut = 1; cut < sizeof(text) - 1; cut++) {
		int fd = call(&scene->local);

		assert_int_equal(send(fd, text, cut, 0), (ssize_t)cut);
		loop_turn(&scene->state.loop, 0);
		loop_turn(&scene->state.loop, 0);
		say(fd, text + cut);
		assert_status(hear(scene, fd), "503");
	}
}

static void a_head_has_a_limit(void **state)
{
	struct scene *scene = *state;
	static char text[ADMIN_HEAD_BYTES_MAX + 4096];
	int fd = call(&scene->local), sent = snprintf(text, sizeof(text), "GET /healthz HTTP/1.1\r\n" HOST "X: ");
	size_t done = 0;

	memset(text + sent, 'a', sizeof(text) - (size_t)sent);
	while (done < sizeof(text)) {
		ssize_t count = send(fd, text + done, sizeof(text) - done, MSG_NOSIGNAL);

		if (count > 0)
			done += (size_t)count;
		else if (errno != EAGAIN)
			break;  /* it has answered already */
		loop_turn(&scene->state.loop, 0);
	}
	assert_status(hear(scene, fd), "431");
}

static void the_oldest_makes_room(void **state)
{
	struct scene *scene = *state;
	int fds[ADMIN_CLIENTS_MAX + 1];
	char byte;

	for (size_t i = 0; i <= ADMIN_CLIENTS_MAX; i++) {
		fds[i] = call(&scene->local);
		say(fds[i], "GET /hea");
		turn(scene);
	}
	errno = 0;
	assert_true(recv(fds[0], &byte, 1, 0) <= 0 && errno != EAGAIN);
	for (size_t i = 1; i <= ADMIN_CLIENTS_MAX; i++) {
		say(fds[i], "lthz HTTP/1.1\r\n" HOST "\r\n");
		assert_status(hear(scene, fds[i]), "200");
	}
	close(fds[0]);
}

/* The keeper is asked once for each, and one result answers all that were asked before it. */
static void reloads_wait_for_the_keeper(void **state)
{
	static const char text[] = "POST /reload HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n";
	struct scene *scene = *state;
	struct channel_message *message = calloc(1, sizeof(*message));
	int first = call(&scene->local), second = call(&scene->local), gone = call(&scene->local);

	say(first, text);
	say(second, text);
	say(gone, text);
	turn(scene);
	for (uint64_t id = 1; id <= 3; id++) {
		assert_int_equal(channel_receive(&scene->keeper, message), RESULT_OK);
		assert_int_equal(message->kind, CHANNEL_RELOAD);
		assert_int_equal(message->id, id);
	}
	close(gone);
	turn(scene);
	admin_reload_result(scene->admin, &(struct edge_order){ .id = 1, .generation = 7 }, SPAN("b.yaml:3:1: error: no\n"));
	turn(scene);
	admin_reload_result(scene->admin, &(struct edge_order){ .id = 3, .generation = 8, .is_ok = true }, SPAN_NONE);
	assert_non_null(strstr(hear(scene, first), "b.yaml:3:1: error: no"));
	assert_non_null(strstr(hear(scene, second), "\"ok\":true,\"generation\":8"));
	free(message);
}

static void listeners_come_and_go(void **state)
{
	struct scene *scene = *state;
	uint64_t kept = 7;
	int fd;

	admin_keep_listeners(scene->admin, &kept, 1);
	assert_status(ask(scene, &scene->other, "GET /healthz HTTP/1.1\r\n" HOST "\r\n"), "200");
	admin_keep_listeners(scene->admin, NULL, 0);
	turn(scene);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&scene->other, sizeof(scene->other)), -1);
	close(fd);
	assert_status(ask(scene, &scene->local, "GET /healthz HTTP/1.1\r\n" HOST "\r\n"), "200");
	admin_leave(scene->admin);
	turn(scene);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&scene->local, sizeof(scene->local)), -1);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_request_has_its_status, begin, end),
		cmocka_unit_test_setup_teardown(the_port_only_reads, begin, end),
		cmocka_unit_test_setup_teardown(pieces_are_put_together, begin, end),
		cmocka_unit_test_setup_teardown(a_head_has_a_limit, begin, end),
		cmocka_unit_test_setup_teardown(the_oldest_makes_room, begin, end),
		cmocka_unit_test_setup_teardown(reloads_wait_for_the_keeper, begin, end),
		cmocka_unit_test_setup_teardown(listeners_come_and_go, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
