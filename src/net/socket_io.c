#include "net/socket_io.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/banned.h"

void transport_ready(struct transport *transport, uint32_t events)
{
	transport->is_told = true;
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		transport->is_drained = false;
	/* A FIN that came with the bytes of this edge will not be announced again: read on until it shows. */
	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		transport->is_ending = true;
}

static enum result socket_failed(struct transport *transport)
{
	if (errno == EAGAIN)
		return RESULT_MORE;
	transport->failed = errno;
	return RESULT_IO;
}

enum result socket_read(struct transport *transport, char *out, size_t size, size_t *got)
{
	if (transport->is_drained && !transport->is_ending)
		return RESULT_MORE;
	ssize_t count;
	do
		count = recv(transport->fd, out, size, 0);
	while (count < 0 && errno == EINTR);
	if (count == 0)
		return RESULT_END;
	if (count < 0) {
		enum result result = socket_failed(transport);
		transport->is_drained = transport->is_told && result == RESULT_MORE;
		return result;
	}
	transport->is_drained = transport->is_told && (size_t)count < size;
	*got = (size_t)count;
	return RESULT_OK;
}

enum result socket_write(struct transport *transport, struct span bytes, size_t *sent)
{
	ssize_t count;
	do
		count = send(transport->fd, bytes.at, bytes.len, MSG_NOSIGNAL);
	while (count < 0 && errno == EINTR);
	if (count < 0)
		return socket_failed(transport);
	*sent = (size_t)count;
	return RESULT_OK;
}

enum result socket_write_list(struct transport *transport, const struct iovec *list, int count, size_t *sent)
{
	/* sendmsg only reads the list; its type has no const. */
	struct msghdr message = { .msg_iov = (struct iovec *)(uintptr_t)list, .msg_iovlen = (size_t)count };
	ssize_t done;
	do
		done = sendmsg(transport->fd, &message, MSG_NOSIGNAL);
	while (done < 0 && errno == EINTR);
	if (done < 0)
		return socket_failed(transport);
	*sent = (size_t)done;
	return RESULT_OK;
}

uint64_t transport_confirmed(const struct transport *transport)
{
	struct tcp_info info = { 0 };
	socklen_t size = sizeof(info);

	return getsockopt(transport->fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_bytes_acked : 0;
}
