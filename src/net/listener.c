#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/banned.h"

static void listener_ready(struct watch *watch, uint32_t events)
{
	(void)events;
	(void)listener_take(list_entry(watch, struct listener, watch));
}

static void rest_over(struct timer *timer)
{
	struct listener *listener = list_entry(timer, struct listener, rest);
	if (listener->is_stopped)
		return;
	/* Memory is still short: try again, or nobody would ever be let in. */
	if (loop_watch_level(listener->loop, &listener->watch, listener->fd, EPOLLIN | EPOLLEXCLUSIVE) != RESULT_OK)
		timer_set(&listener->loop->timers, &listener->rest, listener->loop->now_ms + LISTENER_REST_MS);
}

/* Not watched for a moment: level-triggered, it would be announced again and again. */
static void listener_rest(struct listener *listener)
{
	listener->rest_count++;
	loop_forget(listener->loop, &listener->watch);
	timer_set(&listener->loop->timers, &listener->rest, listener->loop->now_ms + LISTENER_REST_MS);
}

static int spare_open(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* True when one connection was shed with the spare descriptor. */
static bool listener_shed(struct listener *listener)
{
	if (listener->spare_fd < 0)
		return false;
	(void)close(listener->spare_fd);
	int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0) {
		struct linger now = { .l_onoff = 1, .l_linger = 0 };
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		(void)close(fd);
		listener->shed_count++;
	}
	listener->spare_fd = spare_open();
	return fd >= 0;
}

/* What accept4 may say: some mean "the next one", some "no more now", some "we are short". True: go on. */
static bool failure_bear(struct listener *listener)
{
	switch (errno) {
	case EINTR: case ECONNABORTED: case EPROTO: case EPERM: case ENETDOWN: case ENOPROTOOPT: case EHOSTDOWN: case ENONET:
	case EHOSTUNREACH: case EOPNOTSUPP: case ENETUNREACH:
		return true;  /* accept(2): errors of the waiting connection, to be treated like EAGAIN by trying again */
	case EMFILE: case ENFILE:
		if (listener_shed(listener))
			return true;
		listener_rest(listener);
		return false;
	case ENOBUFS: case ENOMEM:
		listener_rest(listener);
		return false;
	default:
		return false;
	}
}

unsigned listener_take(struct listener *listener)
{
	unsigned taken = 0;
	for (unsigned tries = 0; tries < LISTENER_BATCH && !listener->is_stopped; tries++) {
		struct sockaddr_storage from;
		socklen_t len = sizeof(from);
		struct endpoint peer;
		int fd = accept4(listener->fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			if (!failure_bear(listener))
				break;
			continue;
		}
		if (endpoint_from_socket((const struct sockaddr *)&from, &peer) != RESULT_OK) {
			(void)close(fd);
			continue;
		}
		taken++;
		listener->accepted_count++;
		listener->accepted(listener, fd, &peer);
	}
	return taken;
}

/* TCP_NODELAY, set once here, is inherited by each connection (Linux); accept4 sets the rest: one call a connection. */
static enum result socket_prepare(int fd)
{
	int is_listening = 0, on = 1;
	socklen_t len = sizeof(is_listening);
	int flags = fcntl(fd, F_GETFL);
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &len) != 0 || !is_listening || flags < 0)
		return RESULT_IO;
	if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		return RESULT_IO;
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
		return RESULT_IO;
	return RESULT_OK;
}

enum result listener_local(int fd, struct endpoint *out)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
		return RESULT_IO;
	return endpoint_from_socket((const struct sockaddr *)&address, out);
}

enum result listener_start(struct listener *listener, struct loop *loop, int fd,
                           void (*accepted)(struct listener *, int, const struct endpoint *), void *context)
{
	*listener = (struct listener){ .loop = loop, .accepted = accepted, .context = context,
	                                .fd = fd, .spare_fd = -1, .watch = { -1, listener_ready } };
	timer_init(&listener->rest, rest_over);
	if (socket_prepare(fd) != RESULT_OK || listener_local(fd, &listener->local) != RESULT_OK)
		return RESULT_IO;
	listener->spare_fd = spare_open();
	enum result result = loop_watch_level(loop, &listener->watch, fd, EPOLLIN | EPOLLEXCLUSIVE);
	if (result != RESULT_OK && listener->spare_fd >= 0)
		(void)close(listener->spare_fd);
	return result;
}

void listener_stop(struct listener *listener)
{
	if (listener->is_stopped)
		return;
	listener->is_stopped = true;
	timer_cancel(&listener->loop->timers, &listener->rest);
	loop_forget(listener->loop, &listener->watch);
}

void listener_done(struct listener *listener)
{
	listener_stop(listener);
	if (listener->fd >= 0)
		(void)close(listener->fd);
	if (listener->spare_fd >= 0)
		(void)close(listener->spare_fd);
	listener->fd = listener->spare_fd = -1;
}
