#include "packet/loader/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include "base/banned.h"

#define PIECE_BYTES 65536u

enum result netlink_read(const void *bytes, size_t count, netlink_message each, void *context)
{
	const char *at = bytes;

	while (count) {
		struct nlmsghdr head;
		size_t padded;

		if (count < sizeof(head))
			return RESULT_MALFORMED;
		memcpy(&head, at, sizeof(head));
		if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > count || head.nlmsg_type == NLMSG_ERROR)
			return RESULT_MALFORMED;
		if (head.nlmsg_type == NLMSG_DONE)
			return RESULT_OK;
		each(context, head.nlmsg_type, span_make(at + NLMSG_HDRLEN, head.nlmsg_len - NLMSG_HDRLEN));
		padded = NLMSG_ALIGN(head.nlmsg_len);
		padded = padded < count ? padded : count;
		at += padded;
		count -= padded;
	}
	return RESULT_MORE;
}

enum result netlink_dump(int fd, struct span question, netlink_message each, void *context)
{
	static _Alignas(8) char piece[PIECE_BYTES];
	enum result result = RESULT_MORE;

	if (send(fd, question.at, question.len, 0) != (ssize_t)question.len)
		return RESULT_IO;
	while (result == RESULT_MORE) {
		ssize_t got = recv(fd, piece, sizeof(piece), MSG_TRUNC);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return RESULT_IO;
		errno = EPROTO;
		result = (size_t)got > sizeof(piece) ? RESULT_MALFORMED : netlink_read(piece, (size_t)got, each, context);
	}
	return result == RESULT_OK ? RESULT_OK : RESULT_IO;
}
