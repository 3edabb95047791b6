/* Forward-confirmed reverse DNS, by the system's resolver.
 *
 * Source   getnameinfo(3), getaddrinfo(3); RFC 1912, section 2.1: an address and its name agree
 *
 * Security, fails closed: who writes an address's PTR record owns the address, not the name that he writes there. So the name counts only when it has
 * that very address, and it is asked for as it is (with a dot behind it), never below a domain of ours. A failure confirms nothing.
 */
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "process/resolve_wire.h"

#include "base/banned.h"

static enum resolve_status status_of(int error)
{
	return error == EAI_NONAME || error == EAI_NODATA ? RESOLVE_NONE : RESOLVE_AGAIN;
}

/* NAME has room for one dot more. */
static enum resolve_status find_name(const struct address *address, char name[RESOLVE_HOST_MAX], size_t *len)
{
	struct endpoint endpoint = { *address, 0 };
	struct sockaddr_storage socket_address = { 0 };
	socklen_t size = endpoint_to_socket(&endpoint, &socket_address);
	int error = getnameinfo((struct sockaddr *)&socket_address, size, name, RESOLVE_HOST_MAX - 1, NULL, 0, NI_NAMEREQD);

	if (error)
		return error == EAI_OVERFLOW ? RESOLVE_NONE : status_of(error);
	*len = strlen(name);
	if (*len && name[*len - 1] == '.')
		--*len;
	return resolve_is_host(span_make(name, *len)) ? RESOLVE_FOUND : RESOLVE_NONE;
}

static bool has_address(const struct addrinfo *found, const struct address *address)
{
	struct endpoint endpoint;

	for (; found; found = found->ai_next) {
		if (endpoint_from_socket(found->ai_addr, &endpoint) == RESULT_OK && address_equal(&endpoint.address, address))
			return true;
	}
	return false;
}

enum resolve_status resolve_confirm(const struct address *address, char name[RESOLVE_HOST_MAX], size_t *len)
{
	const struct addrinfo hints = { .ai_family = address_is_v4(address) ? AF_INET : AF_INET6, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	enum resolve_status status = find_name(address, name, len);
	int error;

	if (status != RESOLVE_FOUND)
		return status;
	memcpy(name + *len, ".", 2);
	error = getaddrinfo(name, NULL, &hints, &found);
	if (error)
		return status_of(error);
	status = has_address(found, address) ? RESOLVE_CONFIRMED : RESOLVE_NONE;
	freeaddrinfo(found);
	for (size_t i = 0; i < *len; i++)
		name[i] = ascii_lower(name[i]);
	return status;
}
