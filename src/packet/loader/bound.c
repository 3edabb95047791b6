#include "packet/loader/bound.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "packet/loader/netlink.h"

#include "base/banned.h"

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

static void take_socket(void *context, unsigned type, struct span payload)
{
	struct inet_diag_msg socket;

	if (type != SOCK_DIAG_BY_FAMILY || payload.len < sizeof(socket))
		return;
	memcpy(&socket, payload.at, sizeof(socket));
	if (socket.id.idiag_if)
		add(context, socket.id.idiag_if, ntohs(socket.id.idiag_sport));
}

enum result bound_read(struct bound_sockets *bound, const void *bytes, size_t count)
{
	return netlink_read(bytes, count, take_socket, bound);
}

static enum result ask(int fd, uint8_t family, struct bound_sockets *out)
{
	const struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 question;
	} message = { { sizeof(message), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 },
	              { .sdiag_family = family, .sdiag_protocol = IPPROTO_TCP, .idiag_states = ~0u } };

	return netlink_dump(fd, span_make((const char *)&message, sizeof(message)), take_socket, out);
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
