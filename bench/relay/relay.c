/* relay - the floor: what no proxy can do without. Bytes are received and sent on, nothing is parsed: one thread, and
 * for each request two receives, two sends and the waits that bring the events.
 *
 * usage: relay -p PORT -u UPSTREAM_PORT    (both on 127.0.0.1)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define DESCRIPTORS_MAX 65536
#define EVENTS_MAX      256
#define QUEUE_MAX       4096
#define BUFFER_BYTES    65536
#define NO_PEER         (-1)

static int peers[DESCRIPTORS_MAX]; /* by descriptor: the other side's */
static int poller;

static struct sockaddr_in loopback(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

static void relay_watch(int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

/* Blocking sockets: a floor may wait, and pages of 1 KiB never fill a socket buffer. */
static void relay_accept(int listener, const struct sockaddr_in *upstream)
{
	int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (client < 0 || server < 0 || client >= DESCRIPTORS_MAX || server >= DESCRIPTORS_MAX ||
	    connect(server, (const struct sockaddr *)upstream, sizeof *upstream)) {
		close(client);
		close(server);
		return;
	}
	peers[client] = server;
	peers[server] = client;
	relay_watch(client);
	relay_watch(server);
}

/* The peer may still have an event waiting in this batch: NO_PEER tells that it is stale. */
static void relay_close(int fd)
{
	int peer = peers[fd];

	peers[fd] = NO_PEER;
	peers[peer] = NO_PEER;
	close(fd);
	close(peer);
}

static void relay_pass(int fd)
{
	static char buffer[BUFFER_BYTES];
	ssize_t len;

	if (peers[fd] == NO_PEER)
		return;
	len = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
	if (len < 0 && errno == EAGAIN)
		return;
	if (len <= 0 || send(peers[fd], buffer, (size_t)len, MSG_NOSIGNAL) != len)
		relay_close(fd);
}

static int listener_new(uint16_t port)
{
	struct sockaddr_in address = loopback(port);
	struct epoll_event event = {.events = EPOLLIN};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, (const struct sockaddr *)&address, sizeof address) || listen(fd, QUEUE_MAX)) {
		perror("relay: bind");
		return -1;
	}
	event.data.fd = fd;
	epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
	return fd;
}

static void relay_run(int listener, uint16_t upstream_port)
{
	struct sockaddr_in upstream = loopback(upstream_port);
	struct epoll_event events[EVENTS_MAX];

	for (;;) {
		int count = epoll_wait(poller, events, EVENTS_MAX, -1);

		for (int i = 0; i < count; i++) {
			if (events[i].data.fd == listener)
				relay_accept(listener, &upstream);
			else
				relay_pass(events[i].data.fd);
		}
	}
}

int main(int argc, char **argv)
{
	unsigned long port = 8000, upstream_port = 9000;
	int letter, listener;

	while ((letter = getopt(argc, argv, "p:u:")) != -1) {
		if (letter == 'p')
			port = strtoul(optarg, NULL, 10);
		else if (letter == 'u')
			upstream_port = strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	poller = epoll_create1(EPOLL_CLOEXEC);
	listener = listener_new((uint16_t)port);
	if (poller < 0 || listener < 0)
		return 1;
	relay_run(listener, (uint16_t)upstream_port);
	return 0;
}
