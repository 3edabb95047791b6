/* Accounts behind the hub's web server, for tests/scenes/test_hub_people.py.
 *
 *   hub-people-demo FOLDER      FOLDER/hub.sock is the unix socket, FOLDER/audit the log; says its port and the first start's code. Ends when its input does. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "hub/people/people.h"
#include "hub/web/server.h"

#include "base/banned.h"

static struct {
	struct loop loop;
	struct watch input;
	struct web_routes routes;
	struct complaints complaints;
	char paths[3][256], url[64], code[PEOPLE_CODE_BYTES];
} demo;

static void fail(const char *what, enum result result)
{
	fprintf(stderr, "hub-people-demo: %s: %s\n", what, result_name(result));
	exit(1);
}

static void check(const char *what, enum result result)
{
	if (result != RESULT_OK)
		fail(what, result);
}

static int listen_at(const struct sockaddr *at, socklen_t len)
{
	int fd = socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, at, len) != 0 || listen(fd, 64) != 0)
		fail("listen", RESULT_IO);
	return fd;
}

static int listen_tcp(unsigned *port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int fd = listen_at((struct sockaddr *)&at, len);

	if (getsockname(fd, (struct sockaddr *)&at, &len) != 0)
		fail("port", RESULT_IO);
	*port = ntohs(at.sin_port);
	return fd;
}

static int listen_unix(const char *folder)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	snprintf(at.sun_path, sizeof(at.sun_path), "%.90s/hub.sock", folder);
	return listen_at((struct sockaddr *)&at, sizeof(at));
}

static void input_ready(struct watch *watch, uint32_t events)
{
	(void)watch, (void)events;
	loop_stop(&demo.loop);
}

static void announce(void *context, struct span who, struct span what)
{
	(void)context;
	printf("announced %.*s %.*s\n", SPAN_ARG(who), SPAN_ARG(what));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "state", "store", "audit" };
	struct people_settings settings = { .url = demo.url, .state = demo.paths[0], .hub_uid = 990, .shield_uid = 991, .announce = announce };
	struct web_birth birth = { .routes = &demo.routes, .name = SPAN("localhost") };
	struct web_server *server;
	struct people *people;
	struct store *store;
	struct audit *audit;
	unsigned port;

	if (argc != 2)
		return 2;
	for (unsigned i = 0; i < 3; i++) {
		snprintf(demo.paths[i], sizeof(demo.paths[i]), "%.200s/%s", argv[1], names[i]);
		mkdir(demo.paths[i], 0700);
	}
	complaints_init(&demo.complaints);
	check("loop", loop_init(&demo.loop));
	birth.listeners[birth.listener_count++] = (struct web_listener){ listen_unix(argv[1]), WEB_LOCAL_SOCKET };
	birth.listeners[birth.listener_count++] = (struct web_listener){ listen_tcp(&port), WEB_LOOPBACK };
	snprintf(demo.url, sizeof(demo.url), "http://localhost:%u", port);
	check("store", store_open(span_of(demo.paths[1]), &demo.complaints, &store));
	check("audit", audit_open(span_of(demo.paths[2]), &demo.complaints, &audit));
	check("people", people_new(&settings, &demo.loop, store, audit, &demo.complaints, demo.code, &people));
	people_routes(people, &demo.routes);
	check("server", web_server_new(&demo.loop, &birth, &demo.complaints, &server));
	demo.input.ready = input_ready;
	check("input", loop_watch(&demo.loop, &demo.input, 0, EPOLLIN));
	printf("%u %s\n", port, demo.code);
	fflush(stdout);
	loop_run(&demo.loop);
	web_server_free(server);
	people_free(people);
	audit_close(audit);
	store_close(store);
	loop_done(&demo.loop);
	complaints_done(&demo.complaints);
	return 0;
}
