#include "packet/control/ask.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/banned.h"

#define ANSWER_BYTES (2 * sizeof(struct packet_top))  /* of a version that knows more reasons */

int packet_dial(struct span path, int wait_ms)
{
	const struct timeval wait = { wait_ms / 1000, wait_ms % 1000 * 1000 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), error = ENAMETOOLONG;

	if (fd < 0)
		return -1;
	if (span_to_text(path, address.sun_path, sizeof(address.sun_path)) == RESULT_OK) {
		if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) == 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) == 0 &&
		    connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
			return fd;
		error = errno;
	}
	close(fd);
	errno = error;
	return -1;
}

/* Its end before an answer: it does not know us, or the question. */
static enum result hear(int fd, struct packet_top *out)
{
	char *bytes = malloc(ANSWER_BYTES);
	enum result result = RESULT_NO_MEMORY;

	if (bytes) {
		ssize_t len = recv(fd, bytes, ANSWER_BYTES, 0);

		if (len > 0)
			result = packet_top_read(bytes, (size_t)len, out);
		else
			result = len == 0 || errno == ECONNRESET ? RESULT_REFUSED : errno == EAGAIN ? RESULT_TIMEOUT : RESULT_IO;
	}
	free(bytes);
	return result;
}

enum result packet_ask_top(struct span path, int wait_ms, struct packet_top *out)
{
	const struct packet_order order = { .kind = PACKET_ORDER_TOP };
	int fd = packet_dial(path, wait_ms);
	enum result result;

	if (fd < 0)
		return errno == ENOENT || errno == ECONNREFUSED ? RESULT_NOT_FOUND : RESULT_IO;
	if (send(fd, &order, sizeof(order), MSG_NOSIGNAL) == (ssize_t)sizeof(order))
		result = hear(fd, out);
	else
		result = errno == EPIPE || errno == ECONNRESET ? RESULT_REFUSED : errno == EAGAIN ? RESULT_TIMEOUT : RESULT_IO;
	close(fd);
	return result;
}
