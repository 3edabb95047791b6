#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/banned.h"

#define NOT_YET (-2)
#define TRANSIENT_MAX 64

static _Thread_local int spare_fd = NOT_YET;
static _Atomic uint64_t shed_count;

static int spare_open(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

uint64_t listener_shed_count(void)
{
	return atomic_load_explicit(&shed_count, memory_order_relaxed);
}

/* True when one of those who wait was reset. */
static bool shed_one(int listening_fd)
{
	if (spare_fd < 0)
		return false;
	(void)close(spare_fd);
	int fd = accept4(listening_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0) {
		struct linger now = { .l_onoff = 1, .l_linger = 0 };
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		(void)close(fd);
		atomic_fetch_add_explicit(&shed_count, 1, memory_order_relaxed);
	}
	spare_fd = spare_open();
	return fd >= 0;
}

/* What accept4's errno means; RESULT_OK: that of one waiting connection, try the next (accept(2), "Error handling"). */
static enum result failure(int listening_fd)
{
	switch (errno) {
	case EAGAIN:
		return RESULT_MORE;
	case EINTR: case ECONNABORTED: case EPROTO: case EPERM: case ENETDOWN: case ENOPROTOOPT: case EHOSTDOWN: case ENONET:
	case EHOSTUNREACH: case ENETUNREACH: case ETIMEDOUT:
		return RESULT_OK;
	case EMFILE: case ENFILE:
		for (int i = 0; i < LISTENER_SHED && shed_one(listening_fd); i++)
			;
		return RESULT_LIMIT;
	case ENOBUFS: case ENOMEM:
		return RESULT_NO_MEMORY;
	default:
		return RESULT_IO;
	}
}

enum result listener_accept(int listening_fd, int *fd, struct endpoint *peer)
{
	if (spare_fd == NOT_YET)
		spare_fd = spare_open();
	for (int tries = 0; tries < TRANSIENT_MAX; tries++) {
		struct sockaddr_storage from;
		socklen_t len = sizeof(from);
		struct endpoint endpoint;
		int taken = accept4(listening_fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (taken < 0) {
			enum result result = failure(listening_fd);
			if (result != RESULT_OK)
				return result;
			continue;
		}
		if (endpoint_from_socket((const struct sockaddr *)&from, &endpoint) != RESULT_OK) {
			(void)close(taken);
			return RESULT_IO;
		}
		*fd = taken;
		*peer = endpoint;
		return RESULT_OK;
	}
	return RESULT_MORE;
}

enum result listener_local(int fd, struct endpoint *out)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
		return RESULT_IO;
	return endpoint_from_socket((const struct sockaddr *)&address, out);
}

enum result listener_adopt(int fd, struct endpoint *local)
{
	int is_listening = 0, on = 1;
	socklen_t len = sizeof(is_listening);
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0 || getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &len) != 0 || !is_listening)
		return RESULT_IO;
	if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		return RESULT_IO;
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
		return RESULT_IO;
	return listener_local(fd, local);
}
