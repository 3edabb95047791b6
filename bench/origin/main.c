/* origin - the portal behind the proxies: one thread, pages from memory, cheap enough to share a core with load.
 *
 * usage: origin -p PORT [-b BODY_BYTES] [-w WORK_US [-l LOG]]    (on 127.0.0.1)
 *
 * -w: a page takes so long to compute, one after the other, in the order in which they were asked for, also when whoever asked has
 * left: as applications do. LOG has a line for each: when it was done, for whom.
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
#include "work.h"

#define EVENTS_MAX 512
#define QUEUE_MAX  4096
#define ACCEPTS_A_TURN 64

static struct work work;

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

static void client_watch(struct client *client, int poller, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = client};

	epoll_ctl(poller, EPOLL_CTL_MOD, client->fd, &event);
}

/* WATCHED: what the poller watches for now. */
static void client_turn(struct client *client, int poller, enum client_news news, uint32_t watched)
{
	switch (news) {
	case CLIENT_WAITS_INPUT:
		if (watched != EPOLLIN)
			client_watch(client, poller, EPOLLIN);
		break;
	case CLIENT_WAITS_OUTPUT:
		if (watched != EPOLLOUT)
			client_watch(client, poller, EPOLLOUT);
		break;
	case CLIENT_WAITS_WORK:
		/* Who leaves meanwhile is not noticed, and the page is computed all the same. */
		client_watch(client, poller, EPOLLET);
		work_add(&work, client);
		break;
	case CLIENT_GONE:
		client_free(client);
		break;
	}
}

static void client_serve(struct client *client, int poller)
{
	uint32_t watched = client->answer.len || client->zeros_left ? EPOLLOUT : EPOLLIN;

	if (work_has(&work, client))
		return;
	client_turn(client, poller, client_advance(client), watched);
}

static void works_end(int poller)
{
	struct client *client;

	while ((client = work_done(&work)))
		client_turn(client, poller, client_worked(client), EPOLLET);
}

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

/* Told to stop only while it waits: told between a look and the wait, it would wait for ever. */
static int origin_serve(int listener, const sigset_t *waiting)
{
	struct epoll_event events[EVENTS_MAX], event = {.events = EPOLLIN, .data.ptr = NULL};
	int poller = epoll_create1(EPOLL_CLOEXEC);

	if (poller < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event))
		return 1;
	for (;;) {
		struct timespec rest;
		int count = epoll_pwait2(poller, events, EVENTS_MAX, work_rest(&work, &rest), waiting);

		if (stopped)
			return 0;

		for (int i = 0; i < count; i++) {
			if (events[i].data.ptr)
				client_serve(events[i].data.ptr, poller);
			else
				clients_accept(listener, poller);
		}
		works_end(poller);
	}
}

int main(int argc, char **argv)
{
	unsigned long port = 9000, body_bytes = 1024, work_us = 0;
	const char *log = NULL;
	int letter, listener, status;
	sigset_t term, waiting;

	while ((letter = getopt(argc, argv, "p:b:w:l:")) != -1) {
		if (letter == 'p')
			port = strtoul(optarg, NULL, 10);
		else if (letter == 'b')
			body_bytes = strtoul(optarg, NULL, 10);
		else if (letter == 'w')
			work_us = strtoul(optarg, NULL, 10);
		else if (letter == 'l')
			log = optarg;
		else
			return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, stop);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, &waiting);
	if (work_us)
		clients_compute();
	listener = listener_new((uint16_t)port);
	if (listener < 0 || !pages_init(body_bytes, work_us) || !work_init(&work, work_us, log))
		return 1;
	status = origin_serve(listener, &waiting);
	work_end(&work);
	return status;
}
