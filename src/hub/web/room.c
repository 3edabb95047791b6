/* Who goes, and who may come. */
#include "hub/web/connection.h"

#include "base/banned.h"

/* Whether both count as one: an IPv4 address, or the /64 that a house has. */
static bool is_same_source(const struct address *a, const struct address *b)
{
	return address_is_v4(a) == address_is_v4(b) && memcmp(a->bytes, b->bytes, address_is_v4(a) ? sizeof(a->bytes) : sizeof(a->bytes) / 2) == 0;
}

static bool is_counted(const struct connection *connection, enum web_door door, const struct address *source)
{
	if ((connection->door == WEB_LOCAL_SOCKET) != (door == WEB_LOCAL_SOCKET))
		return false;
	return !source || is_same_source(&connection->source, source);
}

size_t web_source_bodies(const struct connection *connection)
{
	size_t bytes = 0;

	list_each(node, &connection->server->connections) {
		const struct connection *other = list_entry(node, struct connection, node);

		if (other->exchange && is_counted(other, connection->door, &connection->source))
			bytes += other->exchange->body_held;
	}
	return bytes;
}

/* Makes room among those of SOURCE (NULL: all of this kind of door) where there are MAX. False: all of them are being served. */
static bool make_room(struct web_server *server, enum web_door door, const struct address *source, unsigned max)
{
	struct connection *idle = NULL, *begun = NULL;
	unsigned count = 0;

	list_each(node, &server->connections) {
		struct connection *connection = list_entry(node, struct connection, node);

		if (!is_counted(connection, door, source))
			continue;
		count++;
		if (!idle && connection_is_idle(connection))
			idle = connection;
		if (!begun && connection_is_begun(connection))
			begun = connection;
	}
	if (count < max)
		return true;
	if (!idle && !begun)
		return false;
	web_connection_close(idle ? idle : begun, false);
	return true;
}

bool web_has_room(struct web_server *server, enum web_door door, const struct address *source)
{
	if (door == WEB_LOCAL_SOCKET)
		return make_room(server, door, NULL, WEB_LOCAL_MAX);
	return make_room(server, door, source, door == WEB_LOOPBACK ? (server->connections_max + 1) / 2 : server->source_max) &&
	       make_room(server, door, NULL, server->connections_max);
}
