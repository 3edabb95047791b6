#include "process/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#include "base/banned.h"

struct wire_head {
	uint32_t kind, len;
	uint64_t id;
};

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int) * CHANNEL_FDS_MAX)];
};

enum result channel_pair(struct channel *a, struct channel *b)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0)
		return RESULT_IO;
	a->fd = fds[0];
	b->fd = fds[1];
	return RESULT_OK;
}

void channel_close(struct channel *channel)
{
	if (channel->fd >= 0)
		close(channel->fd);
	channel->fd = -1;
}

/* RESULT_TIMEOUT after WAIT_MS without EVENTS. An end that is gone counts as ready: the call after says so. */
static enum result wait_for(int fd, short events, int wait_ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };
	uint64_t end_ms = clock_mono_ms() + (uint64_t)(wait_ms < 0 ? 0 : wait_ms);

	for (;;) {
		uint64_t now_ms = clock_mono_ms();
		int left_ms = wait_ms < 0 ? -1 : now_ms >= end_ms ? 0 : (int)(end_ms - now_ms);
		int count = poll(&poll_fd, 1, left_ms);

		if (count > 0)
			return RESULT_OK;
		if (count == 0)
			return RESULT_TIMEOUT;
		if (errno != EINTR)
			return RESULT_IO;
	}
}

static void attach(struct msghdr *header, union control *control, const int *fds, size_t fd_count)
{
	struct cmsghdr *attached;

	if (fd_count == 0)
		return;
	header->msg_control = control->bytes;
	header->msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
	attached = CMSG_FIRSTHDR(header);
	attached->cmsg_level = SOL_SOCKET;
	attached->cmsg_type = SCM_RIGHTS;
	attached->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
	memcpy(CMSG_DATA(attached), fds, sizeof(int) * fd_count);
}

enum result channel_send(const struct channel *channel, enum channel_kind kind, uint64_t id, struct span body,
                         const int *fds, size_t fd_count, int wait_ms)
{
	union { const char *at; void *base; } bytes = { .at = body.at };  /* an iovec has no const */
	struct wire_head head = { .kind = kind, .len = (uint32_t)body.len, .id = id };
	struct iovec parts[2] = { { &head, sizeof(head) }, { bytes.base, body.len } };
	struct msghdr header = { .msg_iov = parts, .msg_iovlen = 2 };
	union control control = { 0 };

	if (body.len > CHANNEL_BODY_MAX || fd_count > CHANNEL_FDS_MAX)
		return RESULT_LIMIT;
	if (channel->fd < 0)
		return RESULT_END;
	attach(&header, &control, fds, fd_count);
	for (;;) {
		enum result result;

		if (sendmsg(channel->fd, &header, MSG_NOSIGNAL) >= 0)
			return RESULT_OK;
		if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN)
			return RESULT_END;
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return RESULT_IO;
		result = wait_for(channel->fd, POLLOUT, wait_ms);
		if (result != RESULT_OK)
			return result;
	}
}

static void collect(struct msghdr *header, struct channel_message *out)
{
	for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part; part = CMSG_NXTHDR(header, part)) {
		size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS || count > CHANNEL_FDS_MAX - out->fd_count)
			continue;
		memcpy(out->fds + out->fd_count, CMSG_DATA(part), count * sizeof(int));
		out->fd_count += count;
	}
}

enum result channel_receive(const struct channel *channel, struct channel_message *out)
{
	struct wire_head head = { 0 };
	struct iovec parts[2] = { { &head, sizeof(head) }, { out->body, sizeof(out->body) } };
	union control control;
	struct msghdr header = { .msg_iov = parts, .msg_iovlen = 2, .msg_control = control.bytes, .msg_controllen = sizeof(control) };
	ssize_t count;

	out->fd_count = 0;
	out->len = 0;
	if (channel->fd < 0)
		return RESULT_END;
	do
		count = recvmsg(channel->fd, &header, MSG_CMSG_CLOEXEC);
	while (count < 0 && errno == EINTR);
	if (count < 0)
		return errno == EAGAIN ? RESULT_MORE : errno == ECONNRESET ? RESULT_END : RESULT_IO;
	if (count == 0)
		return RESULT_END;
	collect(&header, out);
	if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) || (size_t)count < sizeof(head) ||
	    head.len != (size_t)count - sizeof(head) || head.kind == 0 || head.kind >= CHANNEL_KIND_COUNT) {
		channel_drop(out);
		return RESULT_MALFORMED;
	}
	out->kind = (enum channel_kind)head.kind;
	out->id = head.id;
	out->len = head.len;
	return RESULT_OK;
}

enum result channel_wait(const struct channel *channel, int wait_ms, struct channel_message *out)
{
	for (;;) {
		enum result result = channel_receive(channel, out);

		if (result != RESULT_MORE)
			return result;
		result = wait_for(channel->fd, POLLIN, wait_ms);
		if (result != RESULT_OK)
			return result;
	}
}

void channel_drop(struct channel_message *message)
{
	for (size_t i = 0; i < message->fd_count; i++) {
		if (message->fds[i] >= 0)
			close(message->fds[i]);
	}
	message->fd_count = 0;
}

int channel_take(struct channel_message *message, size_t index)
{
	int fd;

	if (index >= message->fd_count)
		return -1;
	fd = message->fds[index];
	message->fds[index] = -1;
	return fd;
}

int channel_text_fd(struct span text)
{
	struct span left = span_take(text, CHANNEL_TEXT_MAX);
	int fd = memfd_create("bouclier-text", MFD_CLOEXEC);

	while (fd >= 0 && left.len) {
		ssize_t count = write(fd, left.at, left.len);

		if (count <= 0 && !(count < 0 && errno == EINTR)) {
			close(fd);
			return -1;
		}
		if (count > 0)
			left = span_skip(left, (size_t)count);
	}
	return fd;
}

size_t channel_text_read(int fd, char *out, size_t size)
{
	size_t len = 0;

	size = size < CHANNEL_TEXT_MAX ? size : CHANNEL_TEXT_MAX;
	while (len < size) {
		ssize_t count = pread(fd, out + len, size - len, (off_t)len);

		if (count == 0 || (count < 0 && errno != EINTR))
			break;
		if (count > 0)
			len += (size_t)count;
	}
	return len;
}
