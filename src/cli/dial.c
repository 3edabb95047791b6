#include "cli/dial.h"

#include <errno.h>
#include <poll.h>

#include "base/clock.h"

#include "base/banned.h"

#define READ_BYTES 16384u

void dial_init(struct dial *dial, int stop_fd)
{
	*dial = (struct dial){ .stop_fd = stop_fd };
	transport_init(&dial->transport, -1);
}

static enum result wait_for(struct dial *dial, short events)
{
	struct pollfd fds[2] = { { .fd = dial->transport.fd, .events = events }, { .fd = dial->stop_fd, .events = POLLIN } };
	uint64_t now_ms = clock_mono_ms();
	int ready = now_ms < dial->until_ms ? poll(fds, 2, (int)(dial->until_ms - now_ms)) : 0;

	if (ready > 0 && fds[1].revents) {
		dial->is_stopped = true;
		return RESULT_END;
	}
	return ready > 0 || (ready < 0 && errno == EINTR) ? RESULT_OK : ready == 0 ? RESULT_TIMEOUT : RESULT_IO;
}

enum result dial_connect(struct dial *dial, const struct sockaddr *address, socklen_t size)
{
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error = 0;
	socklen_t error_size = sizeof(error);
	enum result result;

	if (fd < 0)
		return RESULT_IO;
	transport_init(&dial->transport, fd);
	if (connect(fd, address, size) == 0)
		return RESULT_OK;
	if (errno != EINPROGRESS)
		return RESULT_IO;
	result = wait_for(dial, POLLOUT);
	if (result == RESULT_OK && (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_size) < 0 || error)) {
		errno = error;
		result = RESULT_IO;
	}
	return result;
}

enum result dial_begin_tls(struct dial *dial, const struct tls_client_settings *settings)
{
	enum result result = tls_client_new(settings, NULL, &dial->client);

	if (result == RESULT_OK)
		result = transport_connect_tls(&dial->transport, dial->client);
	while (result == RESULT_OK && (result = transport_handshake(&dial->transport)) == RESULT_MORE)
		result = wait_for(dial, POLLIN);
	return result;
}

enum result dial_send(struct dial *dial, struct span bytes)
{
	while (bytes.len) {
		size_t sent = 0;
		enum result result = transport_write(&dial->transport, bytes, &sent);

		if (result == RESULT_MORE)
			result = wait_for(dial, POLLOUT | POLLIN);
		else if (result == RESULT_OK)
			bytes = span_skip(bytes, sent);
		if (result == RESULT_IO)
			return RESULT_OK;  /* refused before it was all said: the answer may be there */
		if (result != RESULT_OK)
			return result;
	}
	return RESULT_OK;
}

enum result dial_receive(struct dial *dial, struct buffer *into)
{
	for (;;) {
		char *room = buffer_reserve(into, READ_BYTES);
		size_t got = 0;
		enum result result = room ? transport_read(&dial->transport, room, READ_BYTES, &got) : RESULT_LIMIT;

		if (result == RESULT_OK)
			buffer_commit(into, got);
		else if (result == RESULT_MORE)
			result = wait_for(dial, POLLIN);
		if (result != RESULT_OK || got)
			return result;
	}
}

void dial_close(struct dial *dial)
{
	transport_close(&dial->transport, false);
	if (dial->client)
		tls_client_free(dial->client);
	dial->client = NULL;
}
