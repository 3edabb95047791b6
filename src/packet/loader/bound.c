#include "packet/loader/bound.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/banned.h"

#define ANSWER_BYTES 65536u

static void add(struct bound_sockets *bound, unsigned interface, uint16_t port)
{
	for (unsigned i = 0; i < bound->count; i++) {
		if (bound->list[i].interface == interface) {
			bound->list[i].sockets++;
			return;
		}
	}
	if (bound->count < BOUND_MAX)
		bound->list[bound->count++] = (struct bound){ interface, 1, port };
}

enum result bound_read(struct bound_sockets *bound, const void *bytes, size_t count)
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
		if (head.nlmsg_type == SOCK_DIAG_BY_FAMILY && head.nlmsg_len >= NLMSG_HDRLEN + sizeof(struct inet_diag_msg)) {
			struct inet_diag_msg socket;

			memcpy(&socket, at + NLMSG_HDRLEN, sizeof(socket));
			if (socket.id.idiag_if)
				add(bound, socket.id.idiag_if, ntohs(socket.id.idiag_sport));
		}
		padded = NLMSG_ALIGN(head.nlmsg_len);
		padded = padded < count ? padded : count;
		at += padded;
		count -= padded;
	}
	return RESULT_MORE;
}

static enum result ask(int fd, uint8_t family, struct bound_sockets *out)
{
	static _Alignas(8) char answer[ANSWER_BYTES];
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 question;
	} message = { { sizeof(message), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 },
	              { .sdiag_family = family, .sdiag_protocol = IPPROTO_TCP, .idiag_states = ~0u } };
	enum result result = RESULT_MORE;

	if (send(fd, &message, sizeof(message), 0) != (ssize_t)sizeof(message))
		return RESULT_IO;
	while (result == RESULT_MORE) {
		ssize_t got = recv(fd, answer, sizeof(answer), MSG_TRUNC);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return RESULT_IO;
		errno = EPROTO;
		result = (size_t)got > sizeof(answer) ? RESULT_MALFORMED : bound_read(out, answer, (size_t)got);
	}
	return result == RESULT_OK ? RESULT_OK : RESULT_IO;
}

enum result bound_look(struct bound_sockets *out)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	enum result result;

	out->count = 0;
	if (fd < 0)
		return RESULT_IO;
	result = ask(fd, AF_INET, out);
	if (result == RESULT_OK)
		result = ask(fd, AF_INET6, out);
	close(fd);
	return result;
}
