/* Addresses: what needs the keeper's rights and outlives an edge.
 *
 * A socket that listens is closed when nobody listens at its address any more, never because there are fewer workers: who shakes hands with it at that
 * moment would be reset. The workers that are left take what still comes to it, and visitors are sent to the first sockets only. */
#include <errno.h>
#include <linux/filter.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "process/keeper_state.h"

#include "base/banned.h"

const struct keeper_socket *keeper_find_socket(const struct keeper *keeper, const struct endpoint *endpoint)
{
	for (unsigned i = 0; i < keeper->socket_count; i++) {
		if (endpoint_equal(&keeper->sockets[i].endpoint, endpoint))
			return &keeper->sockets[i];
	}
	return NULL;
}

static void complain_bind(const struct endpoint *endpoint, int error, struct buffer *why)
{
	char text[ENDPOINT_TEXT_MAX];

	endpoint_write(endpoint, text);
	(void)!buffer_print(why, "cannot listen on %s: %s%s\n", text, strerror(error),
	                    error == EACCES ? " (a port below 1024 needs root, or CAP_NET_BIND_SERVICE)" :
	                    error == EADDRINUSE ? " (another program has it: ss -ltnp shows which)" :
	                    error == EADDRNOTAVAIL ? " (no interface of this machine has that address)" : "");
}

/* A bound socket, or -1 with errno. */
static int bind_socket(const struct endpoint *endpoint, bool is_shared)
{
	const int on = 1;
	struct sockaddr_storage address;
	socklen_t len = endpoint_to_socket(endpoint, &address);
	int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    (!is_shared || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0) &&
	    (address.ss_family != AF_INET6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0) &&
	    bind(fd, (const struct sockaddr *)&address, len) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

int keeper_listen_once(const struct endpoint *endpoint)
{
	int fd = bind_socket(endpoint, false), error;

	if (fd >= 0 && listen(fd, SOMAXCONN) != 0) {
		error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static bool has_port(const struct keeper *keeper, uint16_t port)
{
	for (unsigned i = 0; i < keeper->socket_count; i++) {
		if (keeper->sockets[i].endpoint.port == port)
			return true;
	}
	return false;
}

/* SO_REUSEPORT would let us sit down beside another program of the same user, and share its visitors without a word.
 * So one bind without it asks first; unless the port is ours already, on an address that may overlap. */
static bool is_free(const struct keeper *keeper, const struct endpoint *endpoint)
{
	int fd;

	if (has_port(keeper, endpoint->port))
		return true;
	fd = bind_socket(endpoint, false);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static bool add_worker(struct keeper *keeper, struct keeper_socket *entry, uint32_t backlog)
{
	int fd = bind_socket(&entry->endpoint, true);
	int error;

	if (fd < 0)
		return false;
	if (listen(fd, backlog && backlog < INT_MAX ? (int)backlog : 65535) != 0) {
		error = errno;
		close(fd);
		errno = error;
		return false;
	}
	entry->ids[entry->count] = ++keeper->next_socket_id;
	entry->fds[entry->count++] = fd;
	return true;
}

/* Visitors come to the first COUNT sockets of ENTRY, whatever is added. Availability, fails open: without the system's leave they come to all of them, which is
 * only less even. */
static void limit_visitors(const struct keeper_socket *entry, unsigned count)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM)),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, count),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	const struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	(void)!setsockopt(entry->fds[0], SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program));
}

static void send_visitors(const struct keeper_socket *entry, unsigned count)
{
	if (count && count < entry->count)
		limit_visitors(entry, count);
	else if (entry->count)
		(void)!setsockopt(entry->fds[0], SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &(int){ 0 }, sizeof(int));
}

static void close_from(struct keeper_socket *entry, unsigned first)
{
	while (entry->count > first)
		close(entry->fds[--entry->count]);
}

static bool open_listener(struct keeper *keeper, const struct image_listener *listener, unsigned workers)
{
	struct keeper_socket *entry = NULL;

	for (unsigned i = 0; i < keeper->socket_count && !entry; i++) {
		if (endpoint_equal(&keeper->sockets[i].endpoint, &listener->endpoint))
			entry = &keeper->sockets[i];
	}
	if (!entry) {
		if (keeper->socket_count == KEEPER_SOCKETS_MAX) {
			errno = EMFILE;
			return false;
		}
		if (!is_free(keeper, &listener->endpoint))
			return false;
		entry = &keeper->sockets[keeper->socket_count++];
		*entry = (struct keeper_socket){ .endpoint = listener->endpoint };
	}
	if (entry->count && entry->count < workers)
		limit_visitors(entry, entry->count);  /* nobody accepts at the new ones before an edge has them */
	while (entry->count < workers) {
		if (!add_worker(keeper, entry, listener->backlog))
			return false;
	}
	return true;
}

enum result keeper_listeners_open(struct keeper *keeper, const struct image *image, struct buffer *why)
{
	unsigned workers = image_settings(image).workers;
	struct image_listener listener;
	enum result result = RESULT_OK;
	size_t at = 0;

	while (image_next_listener(image, &at, &listener)) {
		if (!open_listener(keeper, &listener, workers)) {
			complain_bind(&listener.endpoint, errno, why);
			result = RESULT_IO;  /* and on: all that is wrong is said at once */
		}
	}
	return result;
}

/* How many sockets IMAGE wants at ENDPOINT. */
static unsigned wanted(const struct image *image, const struct endpoint *endpoint)
{
	struct image_listener listener;
	size_t at = 0;

	while (image_next_listener(image, &at, &listener)) {
		if (endpoint_equal(&listener.endpoint, endpoint))
			return image_settings(image).workers;
	}
	return 0;
}

static void keep_socket(struct keeper_socket *entry, unsigned serving, unsigned candidate)
{
	unsigned most = serving > candidate ? serving : candidate;

	if (most && entry->given > most)
		most = entry->given;
	close_from(entry, most);
	send_visitors(entry, serving);
}

void keeper_listeners_keep(struct keeper *keeper, const struct image *serving, const struct image *candidate)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < keeper->socket_count; i++) {
		struct keeper_socket *entry = &keeper->sockets[i];

		keep_socket(entry, wanted(serving, &entry->endpoint), wanted(candidate, &entry->endpoint));
		if (entry->count)
			keeper->sockets[kept++] = *entry;
	}
	keeper->socket_count = kept;
}

void keeper_listeners_given(struct keeper *keeper)
{
	for (unsigned i = 0; i < keeper->socket_count; i++)
		keeper->sockets[i].given = keeper->sockets[i].count;
}

void keeper_listeners_close(struct keeper *keeper)
{
	for (unsigned i = 0; i < keeper->socket_count; i++)
		close_from(&keeper->sockets[i], 0);
	keeper->socket_count = 0;
	if (keeper->admin_fd >= 0) {
		close(keeper->admin_fd);
		keeper->admin_fd = -1;
	}
}
