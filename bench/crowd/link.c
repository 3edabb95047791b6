#define _GNU_SOURCE
#include "link.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SINK_BYTES    (64 * 1024)
#define DEAF_BUFFER   1024
#define OUT_MAX_BYTES (1 << 20) /* who does not take that much is not sent more */

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24 /* linux/in.h */
#endif
#ifndef IPV6_FREEBIND
#define IPV6_FREEBIND 78 /* linux/in6.h */
#endif

static char sink[SINK_BYTES]; /* one thread */

static socklen_t address_len(const union address *address)
{
	return address->any.sa_family == AF_INET6 ? sizeof address->v6 : sizeof address->v4;
}

/* The source is an address that the namespace holds as a route, not on an interface. */
static int socket_new(const struct link *link, const union address *source)
{
	bool v6 = source->any.sa_family == AF_INET6;
	int fd = socket(source->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1, little = DEAF_BUFFER;

	if (fd < 0)
		return -1;
	setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_FREEBIND : IP_FREEBIND, &one, sizeof one);
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (link->deaf)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
	if (bind(fd, &source->any, address_len(source))) {
		close(fd);
		return -1;
	}
	return fd;
}

bool link_open(struct link *link, struct wire_plan *plan, bool h2, const union address *source, const union address *server)
{
	int fd = socket_new(link, source);

	link->counts->dialled++;
	if (fd < 0) {
		link->counts->starved++;
		return false;
	}
	if (connect(fd, &server->any, address_len(server)) && errno != EINPROGRESS) {
		link->counts->refused_connections++;
		close(fd);
		return false;
	}
	link->plan = plan;
	link->h2 = h2;
	link->closes = false;
	link->in_flight = link->asked = 0;
	link->out_at = link->out_len = 0;
	link->answer.tls = plan->tls;
	link->state = LINK_CONNECTING;
	wire_adopt(&link->wire, plan, link->tag, fd, link->host);
	return true;
}

void link_close(struct link *link)
{
	if (link->state == LINK_CLOSED)
		return;
	if (link->state == LINK_OPEN)
		counts_open(link->counts, -1);
	wire_close(&link->wire);
	h2_client_free(link->h2_client);
	link->h2_client = NULL;
	link->state = LINK_CLOSED;
	link->in_flight = 0;
}

void link_done(struct link *link)
{
	link_close(link);
	free(link->out);
	free(link->reply);
}

static enum link_news link_broke(struct link *link)
{
	if (link->state != LINK_OPEN)
		link->counts->refused_connections++;
	else if (link->in_flight)
		link->counts->lost++;
	link_close(link);
	return LINK_BROKEN;
}

static bool link_keep(struct link *link, const char *bytes, size_t len)
{
	if (link->out_len + len > link->out_size) {
		size_t size = (link->out_len + len) * 2;
		char *out = size <= OUT_MAX_BYTES ? realloc(link->out, size) : NULL;

		if (!out)
			return false;
		link->out = out;
		link->out_size = size;
	}
	memcpy(link->out + link->out_len, bytes, len);
	link->out_len += len;
	return true;
}

/* Sends what it can. */
static enum wire_result link_flush(struct link *link)
{
	enum wire_result result = WIRE_OK;

	while (link->out_at < link->out_len && result == WIRE_OK) {
		size_t sent = 0;

		result = wire_send(&link->wire, link->plan, link->tag, link->out + link->out_at, link->out_len - link->out_at, &sent);
		link->out_at += sent;
	}
	if (link->out_at == link->out_len) {
		link->out_at = link->out_len = 0;
		if (link->deaf)
			wire_deafen(&link->wire, link->plan, link->tag);
		else
			wire_rest(&link->wire, link->plan, link->tag);
	}
	return result;
}

static bool link_h2_drain(struct link *link)
{
	const char *bytes;

	for (size_t len; (len = h2_client_write(link->h2_client, &bytes));)
		if (!link_keep(link, bytes, len))
			return false;
	return true;
}

bool link_put(struct link *link, const char *bytes, size_t len)
{
	return link_keep(link, bytes, len) && link_flush(link) != WIRE_END;
}

static bool link_ask_h1(struct link *link, const struct ask *ask, bool complete, bool last)
{
	static char text[ASK_BYTES_MAX];

	if (!link->reply && !(link->reply = calloc(1, sizeof *link->reply)))
		return false;
	reply_reset(link->reply);
	link->reply->kept = link->answer.page;
	link->reply->kept_size = link->answer.page_size;
	answer_reset(&link->answer);
	return link_put(link, text, ask_write(ask, complete, last, text));
}

static bool link_asked(struct link *link)
{
	link->counts->asked++;
	link->asked++;
	link->in_flight++;
	return true;
}

bool link_ask(struct link *link, const struct ask *ask, bool last)
{
	bool sent = link->h2 ? h2_client_ask(link->h2_client, ask) && link_h2_drain(link) && link_flush(link) != WIRE_END
			     : link_ask_h1(link, ask, true, last);

	return sent && link_asked(link);
}

bool link_ask_partly(struct link *link, const struct ask *ask)
{
	return link_ask_h1(link, ask, ask->endless, false) && link_asked(link);
}

bool link_ask_and_cancel(struct link *link, const struct ask *ask)
{
	/* Drained between: nghttp2 would not send the head of a request that is cancelled already. */
	if (!h2_client_ask(link->h2_client, ask) || !link_h2_drain(link) || !h2_client_cancel_last(link->h2_client) || !link_h2_drain(link))
		return false;
	link->counts->asked++;
	link->counts->resets++;
	link->asked++;
	return link_flush(link) != WIRE_END;
}

static enum link_news link_establish(struct link *link)
{
	if (link->state == LINK_CONNECTING) {
		if (wire_connected(&link->wire) != WIRE_OK)
			return link_broke(link);
		link->state = LINK_HANDSHAKING;
	}
	switch (wire_handshake(&link->wire, link->plan, link->tag)) {
	case WIRE_WAIT:
		return LINK_WAITS;
	case WIRE_END:
		return link_broke(link);
	case WIRE_OK:
		break;
	}
	link->state = LINK_OPEN;
	link->counts->connected++;
	counts_open(link->counts, 1);
	wire_rest(&link->wire, link->plan, link->tag);
	if (link->h2 && (!(link->h2_client = h2_client_new(&link->answer)) || !link_h2_drain(link) || link_flush(link) == WIRE_END))
		return link_broke(link);
	return LINK_OPENED;
}

static enum link_news link_answered(struct link *link)
{
	link->in_flight -= link->in_flight > 0;
	counts_answer(link->counts, link->answer.status, link->answer.is_page);
	return LINK_ANSWERED;
}

static enum link_news link_h1_answered(struct link *link)
{
	link->answer.status = link->reply->status;
	link->answer.page_len = link->reply->kept_len;
	answer_head(&link->answer, link->reply->head);
	link->closes = link->reply->closes;
	reply_reset(link->reply);
	return link_answered(link);
}

/* What came without having been asked for is thrown away. */
static enum link_news link_h1_read(struct link *link, size_t len)
{
	enum reply_result result;

	if (!link->in_flight || !link->reply)
		return LINK_WAITS;
	result = reply_read(link->reply, sink, len);
	if (result == REPLY_DONE)
		return link_h1_answered(link);
	return result == REPLY_MALFORMED ? link_broke(link) : LINK_WAITS;
}

static enum link_news link_ended(struct link *link)
{
	if (!link->h2 && link->in_flight && link->reply && reply_end(link->reply) == REPLY_DONE) {
		enum link_news news = link_h1_answered(link);

		link->closes = true;
		return news;
	}
	return link_broke(link);
}

static bool link_h2_next(struct link *link)
{
	int status;
	bool is_page;

	if (!link->h2_client || !h2_client_next(link->h2_client, &status, &is_page))
		return false;
	link->answer.status = status;
	link->answer.is_page = is_page;
	link->closes = h2_client_ends(link->h2_client);
	link_answered(link);
	return true;
}

static enum link_news link_read(struct link *link)
{
	enum link_news news = LINK_WAITS;

	while (news == LINK_WAITS) {
		size_t len = 0;

		if (link_h2_next(link))
			return LINK_ANSWERED;
		switch (wire_receive(&link->wire, sink, sizeof sink, &len)) {
		case WIRE_WAIT:
			return LINK_WAITS;
		case WIRE_END:
			return link_ended(link);
		case WIRE_OK:
			break;
		}
		if (!link->h2)
			news = link_h1_read(link, len);
		else if (!h2_client_read(link->h2_client, sink, len) || !link_h2_drain(link) || link_flush(link) == WIRE_END)
			news = link_broke(link);
	}
	return news;
}

enum link_news link_advance(struct link *link)
{
	if (link->state == LINK_CLOSED)
		return LINK_WAITS;
	if (link->state != LINK_OPEN)
		return link_establish(link);
	if (link_flush(link) == WIRE_END)
		return link_broke(link);
	if (link->deaf)
		return wire_is_gone(&link->wire) ? link_broke(link) : LINK_WAITS;
	return link_read(link);
}
