#include "base/local_socket.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

#include "base/banned.h"

enum result local_socket_connect(struct span path, int *out)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, error;

	if (span_to_text(path, address.sun_path, sizeof(address.sun_path)) != RESULT_OK)
		return RESULT_NOT_FOUND;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return RESULT_IO;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
		*out = fd;
		return RESULT_OK;
	}
	error = errno;
	close(fd);
	errno = error;
	switch (error) {
	case ENOENT: case ECONNREFUSED: case ENOTDIR: return RESULT_NOT_FOUND;
	case EACCES: case EPERM: return RESULT_REFUSED;
	case EAGAIN: return RESULT_TIMEOUT;  /* the backlog is full */
	default: return RESULT_IO;
	}
}

enum result local_socket_wait(int fd, short events, uint64_t until_ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };
	uint64_t now_ms = clock_mono_ms();
	int ready;

	if (now_ms >= until_ms)
		return RESULT_TIMEOUT;
	ready = poll(&poll_fd, 1, (int)(until_ms - now_ms));
	return ready > 0 || (ready < 0 && errno == EINTR) ? RESULT_OK : ready == 0 ? RESULT_TIMEOUT : RESULT_IO;
}

enum result local_socket_send(int fd, struct span bytes, uint64_t until_ms)
{
	while (bytes.len) {
		ssize_t sent = send(fd, bytes.at, bytes.len, MSG_NOSIGNAL);
		enum result result;

		if (sent >= 0) {
			bytes = span_skip(bytes, (size_t)sent);
			continue;
		}
		if (errno == EPIPE || errno == ECONNRESET)
			return RESULT_END;
		if (errno != EAGAIN && errno != EINTR)
			return RESULT_IO;
		result = local_socket_wait(fd, POLLOUT, until_ms);
		if (result != RESULT_OK)
			return result;
	}
	return RESULT_OK;
}
