#include "cli/drill/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/banned.h"

#define BACKLOG 4096

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24  /* linux/in.h */
#endif

bool drill_is_here(uint32_t address)
{
	return address >> 24 == 127;
}

static struct sockaddr_in socket_address(uint32_t address, uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address) };
}

static int give_up(int fd)
{
	int error = errno;

	close(fd);
	errno = error;
	return -1;
}

/* Bound to ADDRESS and PORT; 0: a port that the kernel chooses. */
static int bound_socket(uint32_t address, uint16_t port, int option, int level)
{
	struct sockaddr_in name = socket_address(address, port);
	const int on = 1;
	int fd;

	if (!drill_is_here(address)) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (setsockopt(fd, level, option, &on, sizeof(on)) != 0 || bind(fd, (const struct sockaddr *)&name, sizeof(name)) != 0)
		return give_up(fd);
	return fd;
}

int drill_connect(uint32_t from, uint16_t port)
{
	struct sockaddr_in name = socket_address(INADDR_LOOPBACK, port);
	const int on = 1;
	int fd = bound_socket(from, 0, IP_BIND_ADDRESS_NO_PORT, IPPROTO_IP);

	if (fd < 0)
		return -1;
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
	    (connect(fd, (const struct sockaddr *)&name, sizeof(name)) != 0 && errno != EINPROGRESS))
		return give_up(fd);
	return fd;
}

static int port_of(int fd, uint16_t *port)
{
	struct sockaddr_in name;
	socklen_t len = sizeof(name);

	if (getsockname(fd, (struct sockaddr *)&name, &len) != 0)
		return give_up(fd);
	*port = ntohs(name.sin_port);
	return fd;
}

int drill_listen(uint16_t *port)
{
	int fd = bound_socket(INADDR_LOOPBACK, 0, SO_REUSEADDR, SOL_SOCKET);

	if (fd < 0)
		return -1;
	return listen(fd, BACKLOG) == 0 ? port_of(fd, port) : give_up(fd);
}

/* The kernel lets two sockets of one port be bound where both say SO_REUSEADDR and neither listens, and the second then listen where both
 * say SO_REUSEPORT too; meanwhile it gives the port to nobody who asks for any. */
int drill_reserve(uint16_t *port)
{
	const int on = 1;
	int fd = bound_socket(INADDR_LOOPBACK, 0, SO_REUSEADDR, SOL_SOCKET);

	if (fd < 0)
		return -1;
	return setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0 ? port_of(fd, port) : give_up(fd);
}
