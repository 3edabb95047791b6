#include "hub/web/server.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hub/web/connection.h"
#include "net/listener.h"

#include "base/banned.h"

#define TAKEN_A_ROUND 16
#define REST_MS 100u

/* -- accepting -- */

static enum result local_accept(int listening_fd, int *fd, uint32_t *uid)
{
	struct ucred who = { 0 };
	socklen_t size = sizeof(who);
	int taken = accept4(listening_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (taken < 0)
		return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED ? RESULT_MORE : RESULT_LIMIT;
	/* Security, fails closed: who does not say who he is, is nobody. */
	if (getsockopt(taken, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) {
		close(taken);
		return RESULT_MORE;
	}
	*fd = taken;
	*uid = who.uid;
	return RESULT_OK;
}

static enum result take_one(struct web_place *place)
{
	struct web_server *server = place->server;
	struct endpoint peer = { 0 };
	uint32_t uid = UINT32_MAX;
	int fd = -1;
	enum result result = place->door == WEB_LOCAL_SOCKET ? local_accept(place->fd, &fd, &uid) : listener_accept(place->fd, &fd, &peer);

	if (result != RESULT_OK)
		return result;
	if (!web_has_room(server, place->door, &peer.address)) {
		struct transport refused;

		server->counts.refused++;
		transport_init(&refused, fd);
		transport_close(&refused, true);
		return RESULT_OK;
	}
	/* A connection that could not begin is closed: the next may. */
	return connection_new(server, place, fd, &peer.address, uid) == RESULT_NO_MEMORY ? RESULT_NO_MEMORY : RESULT_OK;
}

static void place_ready(struct watch *watch, uint32_t events)
{
	struct web_place *place = list_entry(watch, struct web_place, watch);
	struct loop *loop = place->server->loop;
	enum result result = RESULT_OK;

	(void)events;
	for (int i = 0; i < TAKEN_A_ROUND && result == RESULT_OK; i++)
		result = take_one(place);
	if (result == RESULT_OK || result == RESULT_MORE)
		return;
	loop_forget(loop, &place->watch);
	timer_set(&loop->timers, &place->rest, loop->now_ms + REST_MS);
}

static void rest_over(struct timer *timer)
{
	struct web_place *place = list_entry(timer, struct web_place, rest);
	struct loop *loop = place->server->loop;

	if (loop_watch_level(loop, &place->watch, place->fd, EPOLLIN) != RESULT_OK)
		timer_set(&loop->timers, &place->rest, loop->now_ms + REST_MS);
}

/* -- birth -- */

static enum result adopt_local(int fd)
{
	int is_listening = 0, flags = fcntl(fd, F_GETFL);
	socklen_t len = sizeof(is_listening);

	if (flags < 0 || getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &len) != 0 || !is_listening)
		return RESULT_IO;
	return fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ? RESULT_OK : RESULT_IO;
}

/* Security, fails closed: passwords and cookies go in plain text over no network. */
static enum result adopt(const struct web_place *place)
{
	struct endpoint local;
	enum result result;

	if (place->door == WEB_LOCAL_SOCKET)
		return adopt_local(place->fd);
	result = listener_adopt(place->fd, &local);
	if (result == RESULT_OK && place->door == WEB_LOOPBACK && !address_is_loopback(&local.address))
		return RESULT_REFUSED;
	return result == RESULT_OK && place->door == WEB_TLS && !place->server->keys ? RESULT_REFUSED : result;
}

static enum result places_open(struct web_server *server)
{
	for (size_t i = 0; i < server->place_count; i++) {
		struct web_place *place = &server->places[i];
		enum result result = adopt(place);

		if (result == RESULT_OK)
			result = loop_watch_level(server->loop, &place->watch, place->fd, EPOLLIN);
		if (result != RESULT_OK)
			return result;
	}
	return RESULT_OK;
}

static enum result tls_make(struct web_server *server, const struct web_tls *tls, struct complaints *complaints, struct tls_server **out)
{
	struct span name = span_make(server->name, server->name_len);
	struct span hosts[] = { SPAN("localhost"), SPAN("127.0.0.1"), SPAN("::1"), name };
	struct tls_certificate certificate = { .source = { tls->chain, tls->key.len ? tls->key : tls->chain, tls->path, tls->path } };
	struct tls_site site = { .owner = server, .hosts = hosts, .host_count = 4, .certificates = &certificate, .certificate_count = 1, .min_version = TLS_1_2 };

	if (name.len == 0 || span_equal_nocase(name, hosts[0]) || span_equal(name, hosts[1]) || span_equal(name, hosts[2]))
		site.host_count = 3;
	if (tls->client_ca.len) {
		site.client_mode = TLS_CLIENT_REQUEST;
		site.client_ca = tls->client_ca;
		site.client_crl = tls->client_crl.len ? tls->client_crl : SPAN_NONE;
	}
	return tls_server_new(&site, 1, &site, NULL, complaints, out);
}

enum result web_server_renew(struct web_server *server, const struct web_tls *tls, struct complaints *complaints)
{
	struct web_keys *keys = calloc(1, sizeof(*keys)), *old = server->keys;
	enum result result = keys ? tls_make(server, tls, complaints, &keys->tls) : RESULT_NO_MEMORY;

	if (result != RESULT_OK) {
		free(keys);
		return result;
	}
	keys->holders = 1;
	server->keys = keys;
	web_keys_drop(old);
	return RESULT_OK;
}

static void clock_default(uint32_t *clock, uint32_t otherwise_ms)
{
	if (*clock == 0)
		*clock = otherwise_ms;
}

static unsigned bounded(unsigned given, unsigned max)
{
	return given && given < max ? given : max;
}

static void settle(struct web_server *server, const struct web_birth *birth)
{
	struct web_clocks *clocks = &server->clocks;

	server->routes = birth->routes;
	server->assets = birth->assets;
	*clocks = birth->clocks;
	clock_default(&clocks->handshake_ms, 10000);
	clock_default(&clocks->head_ms, 10000);
	clock_default(&clocks->body_ms, 60000);
	clock_default(&clocks->idle_ms, 75000);
	clock_default(&clocks->send_ms, 30000);
	clock_default(&clocks->wait_ms, WEB_WAIT_MS);
	server->connections_max = bounded(birth->connections_max, WEB_CONNECTIONS_MAX);
	server->source_max = bounded(birth->source_max, WEB_SOURCE_MAX);
	server->place_count = birth->listener_count;
	for (size_t i = 0; i < server->place_count; i++) {
		server->places[i] = (struct web_place){ .watch = { -1, place_ready }, .server = server, .fd = birth->listeners[i].fd, .door = birth->listeners[i].door };
		timer_init(&server->places[i].rest, rest_over);
	}
}

static void close_all(const struct web_birth *birth)
{
	for (size_t i = 0; i < birth->listener_count; i++)
		close(birth->listeners[i].fd);
}

enum result web_server_new(struct loop *loop, const struct web_birth *birth, struct complaints *complaints, struct web_server **out)
{
	struct web_server *server = calloc(1, sizeof(*server));
	enum result result = RESULT_OK;

	assert(birth->listener_count <= WEB_LISTENERS_MAX && birth->name.len < sizeof(server->name) && web_routes_are_valid(birth->routes));
	if (!server) {
		close_all(birth);
		return RESULT_NO_MEMORY;
	}
	server->loop = loop;
	list_init(&server->connections);
	list_init(&server->closed);
	server->name_len = birth->name.len;
	if (birth->name.len)
		memcpy(server->name, birth->name.at, birth->name.len);
	settle(server, birth);
	if (birth->tls)
		result = web_server_renew(server, birth->tls, complaints);
	if (result == RESULT_OK)
		result = places_open(server);
	if (result != RESULT_OK) {
		web_server_free(server);
		return result;
	}
	*out = server;
	return RESULT_OK;
}

void web_server_free(struct web_server *server)
{
	if (!server)
		return;
	for (size_t i = 0; i < server->place_count; i++) {
		loop_forget(server->loop, &server->places[i].watch);
		timer_cancel(&server->loop->timers, &server->places[i].rest);
		close(server->places[i].fd);
	}
	while (!list_is_empty(&server->connections))
		web_connection_close(list_entry(server->connections.next, struct connection, node), true);
	while (!list_is_empty(&server->closed))
		connection_free(list_entry(server->closed.next, struct connection, node));
	web_keys_drop(server->keys);
	free(server);
}

struct web_counts web_server_counts(const struct web_server *server)
{
	return server->counts;
}
