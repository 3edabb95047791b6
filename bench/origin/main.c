/* origin - the portal behind the proxies: one thread, pages from memory, cheap enough to share a core with load.
 *
 * usage: origin -p PORT [-b BODY_BYTES]    (on 127.0.0.1)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"

#define EVENTS_MAX 512
#define QUEUE_MAX  4096
#define ACCEPTS_A_TURN 64

static int listener_new(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, (const struct sockaddr *)&address, sizeof address) || listen(fd, QUEUE_MAX)) {
		perror("origin: bind");
		return -1;
	}
	return fd;
}

/* False: nobody waits. */
static bool client_accept(int listener, int poller)
{
	struct epoll_event event = {.events = EPOLLIN};
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;
	struct client *client;

	if (fd < 0)
		return false;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	client = client_new(fd);
	if (!client) {
		close(fd);
		return true;
	}
	event.data.ptr = client;
	epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
	return true;
}

static void clients_accept(int listener, int poller)
{
	for (int i = 0; i < ACCEPTS_A_TURN && client_accept(listener, poller); i++)
		continue;
}

static void client_serve(struct client *client, int poller)
{
	struct epoll_event event = {.data.ptr = client};
	bool waited_output = client->answer.len || client->zeros_left;

	switch (client_advance(client)) {
	case CLIENT_WAITS_INPUT:
		event.events = EPOLLIN;
		if (waited_output)
			epoll_ctl(poller, EPOLL_CTL_MOD, client->fd, &event);
		break;
	case CLIENT_WAITS_OUTPUT:
		event.events = EPOLLOUT;
		if (!waited_output)
			epoll_ctl(poller, EPOLL_CTL_MOD, client->fd, &event);
		break;
	case CLIENT_GONE:
		client_free(client);
		break;
	}
}

static int origin_serve(int listener)
{
	struct epoll_event events[EVENTS_MAX], event = {.events = EPOLLIN, .data.ptr = NULL};
	int poller = epoll_create1(EPOLL_CLOEXEC);

	if (poller < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event))
		return 1;
	for (;;) {
		int count = epoll_wait(poller, events, EVENTS_MAX, -1);

		for (int i = 0; i < count; i++) {
			if (events[i].data.ptr)
				client_serve(events[i].data.ptr, poller);
			else
				clients_accept(listener, poller);
		}
	}
}

int main(int argc, char **argv)
{
	unsigned long port = 9000, body_bytes = 1024;
	int letter, listener;

	while ((letter = getopt(argc, argv, "p:b:")) != -1) {
		if (letter == 'p')
			port = strtoul(optarg, NULL, 10);
		else if (letter == 'b')
			body_bytes = strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	listener = listener_new((uint16_t)port);
	if (listener < 0 || !pages_init(body_bytes))
		return 1;
	return origin_serve(listener);
}
