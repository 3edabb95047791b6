#include "cli/edge/packet.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/edge/egress.h"
#include "edge/caller/caller.h"
#include "packet/control/ask.h"
#include "packet/control/control.h"
#include "packet/settings.h"

#include "base/banned.h"

#define SEND_MS 200
#define NEWS_A_TICK 32u  /* all that a controller says in a second */
#define DETAIL_MAX 1024u

struct edge_packet {
	struct edge_state *state;
	pthread_mutex_t lock;        /* of the next four: a ban is made by any thread */
	int fd;                      /* -1: no controller */
	bool owes_all;               /* it does not know all that are on */
	bool is_telling_all;
	uint64_t lost_ns;            /* when the controller went; of our own start, where there was none: an edge before us may have had one */
	struct packet_news news;
	bool has_news, was_told;     /* that there is no controller */
};

/* -- to the controller -- */

static bool order_of(const struct network *network, enum packet_order_kind kind, struct packet_order *out)
{
	packet_source source;

	if (packet_source_of(&network->address, &source) != RESULT_OK)
		return false;
	*out = (struct packet_order){ .kind = kind, .source = source };
	return true;
}

static bool ban_order(const struct ban_fact *fact, struct packet_order *out)
{
	if (!fact->may_drop || !order_of(&fact->network, PACKET_ORDER_BAN, out))
		return false;
	out->reason = fact->reason;
	out->until_ns = fact->until_us * 1000;
	return true;
}

/* With the lock. */
static void lose(struct edge_packet *packet)
{
	if (packet->fd >= 0) {
		close(packet->fd);
		packet->lost_ns = clock_mono_ns();
	}
	packet->fd = -1;
}

/* Never waiting: a worker is about to answer. What does not go is owed; so is what comes while all are told: a ban may come before "anew", and a lift before the
 * message that its ban lies in. */
static void tell_one(struct edge_packet *packet, const struct packet_order *order)
{
	pthread_mutex_lock(&packet->lock);
	if (packet->fd < 0 || packet->is_telling_all || send(packet->fd, order, sizeof(*order), MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)sizeof(*order))
		packet->owes_all = true;
	pthread_mutex_unlock(&packet->lock);
}

static void banned(void *context, const struct ban_fact *fact)
{
	struct edge_packet *packet = context;
	struct packet_order order;

	if (!ban_order(fact, &order))
		return;
	tell_one(packet, &order);
}

static void lifted(void *context, const struct network *network)
{
	struct edge_packet *packet = context;
	struct packet_order order;

	if (!order_of(network, PACKET_ORDER_LIFT, &order))
		return;
	tell_one(packet, &order);
}

/* -- all of them -- */

struct telling {
	struct edge_packet *packet;
	struct packet_order orders[PACKET_ORDERS_MAX];
	unsigned count;
	bool has_failed;
};

static void flush(struct telling *telling)
{
	size_t len = telling->count * sizeof(telling->orders[0]);

	if (telling->count && !telling->has_failed && send(telling->packet->fd, telling->orders, len, MSG_NOSIGNAL) != (ssize_t)len)
		telling->has_failed = true;
	telling->count = 0;
}

static void tell_ban(void *context, const struct ban_fact *fact)
{
	struct telling *telling = context;

	if (ban_order(fact, &telling->orders[telling->count]) && ++telling->count == PACKET_ORDERS_MAX)
		flush(telling);
}

static void set_telling(struct edge_packet *packet, bool is_telling, bool owes_all)
{
	pthread_mutex_lock(&packet->lock);
	packet->owes_all = owes_all || (!is_telling && packet->owes_all);
	packet->is_telling_all = is_telling;
	pthread_mutex_unlock(&packet->lock);
}

static void tell_all(struct edge_packet *packet)
{
	struct telling telling = { .packet = packet, .orders = { { .kind = PACKET_ORDER_ANEW } }, .count = 1 };
	struct bans bans = caller_bans(&packet->state->common, plan_of(packet->state->snapshot));

	set_telling(packet, true, false);
	if (packet->state->common.sources.header)
		ban_each(&bans, clock_mono_ms() * 1000, tell_ban, &telling);
	flush(&telling);
	/* A controller that was away for a reload, or for our start, knows nothing of what they let through. */
	telling.count = edge_packet_openings(packet->state->snapshot, telling.orders);
	flush(&telling);
	set_telling(packet, false, telling.has_failed);
}

/* -- from the controller -- */

static void hang_up(struct edge_packet *packet)
{
	pthread_mutex_lock(&packet->lock);
	lose(packet);
	pthread_mutex_unlock(&packet->lock);
	packet->has_news = false;
}

static void call(struct edge_packet *packet, const struct packet_filter_settings *settings)
{
	int fd = packet_dial(settings->socket, SEND_MS);

	if (fd < 0 && !packet->was_told)
		fprintf(stderr, "bouclier: no controller of the kernel filter at %.*s (bouclier packet run): bans hold at accept\n", SPAN_ARG(settings->socket));
	packet->was_told = fd < 0;
	pthread_mutex_lock(&packet->lock);
	packet->fd = fd;
	packet->owes_all = true;
	pthread_mutex_unlock(&packet->lock);
}

/* What was dropped in this second, by reason: exact, for the sums are the program's. */
static void write_down(struct edge_packet *packet, const struct packet_news *now)
{
	static const struct {
		const char *name;
		bool is_drop;
	} reasons[] = {
#define PASS false
#define ANSWER false
#define DROP true
#define X(upper, lower, verdict, text) { #lower, verdict },
		PACKET_REASON_LIST(X)
#undef X
#undef PASS
#undef ANSWER
#undef DROP
	};
	char detail[DETAIL_MAX];
	size_t len = 0;

	for (unsigned i = 0; i < PACKET_REASON_COUNT && len < sizeof(detail); i++) {
		uint64_t before = packet->has_news ? packet->news.counts[i].packets : now->counts[i].packets;

		if (reasons[i].is_drop && now->counts[i].packets > before)
			len += (size_t)snprintf(detail + len, sizeof(detail) - len, "%s%s %llu", len ? ", " : "", reasons[i].name,
			                        (unsigned long long)(now->counts[i].packets - before));
	}
	if (len && packet->state->event)
		event_notice(packet->state->event, &(struct notice){ .wall_ns = clock_wall_ns(),
		                                                     .action = now->is_observing ? SPAN("packets-would-be-dropped") : SPAN("packets-dropped"),
		                                                     .detail = span_make(detail, len < sizeof(detail) ? len : sizeof(detail) - 1) });
}

static void hear(struct edge_packet *packet)
{
	for (unsigned i = 0; i < NEWS_A_TICK; i++) {
		struct egress_news egress;
		struct packet_news news;
		char bytes[sizeof(news) + sizeof(egress)];
		ssize_t len = recv(packet->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (len <= 0) {
			hang_up(packet);
			return;
		}
		if (egress_news_read(bytes, (size_t)len, &egress) == RESULT_OK)
			edge_egress_write(packet->state, &egress);
		if (packet_news_read(bytes, (size_t)len, &news) != RESULT_OK)
			continue;
		write_down(packet, &news);
		packet->news = news;
		packet->has_news = true;
	}
}

void edge_packet_tick(struct edge_packet *packet)
{
	const struct packet_filter_settings *settings = packet_settings_of(packet->state->snapshot);

	if (!settings->interfaces.count && settings->egress.mode == EGRESS_OFF) {
		hang_up(packet);
		return;
	}
	if (packet->fd < 0)
		call(packet, settings);
	if (packet->fd >= 0)
		hear(packet);
	if (packet->fd >= 0 && packet->owes_all)
		tell_all(packet);
}

/* A controller that ended closed its end, which is seen here at once and not with the next second. */
static bool is_gone(int fd)
{
	struct pollfd end = { .fd = fd, .events = POLLRDHUP };

	return poll(&end, 1, 0) == 1;
}

bool edge_packet_order(struct edge_packet *packet, const struct packet_order *orders, unsigned count)
{
	const size_t len = count * sizeof(*orders);
	bool is_sent;

	if (!packet->has_news)  /* whoever answers there has no filter: it is of egress alone */
		return false;
	pthread_mutex_lock(&packet->lock);
	is_sent = packet->fd >= 0 && !is_gone(packet->fd) && send(packet->fd, orders, len, MSG_NOSIGNAL) == (ssize_t)len;
	pthread_mutex_unlock(&packet->lock);
	return is_sent;
}

enum edge_packet_line edge_packet_line(struct edge_packet *packet, uint64_t *lapses_ns)
{
	enum edge_packet_line line;

	if (!packet || !packet_settings_of(packet->state->snapshot)->interfaces.count)
		return EDGE_PACKET_NONE;
	if (packet->fd >= 0 && is_gone(packet->fd))
		hang_up(packet);
	pthread_mutex_lock(&packet->lock);
	line = packet->owes_all && packet->fd >= 0 ? EDGE_PACKET_OWED : packet->has_news ? EDGE_PACKET_TOLD : EDGE_PACKET_AWAY;
	*lapses_ns = packet->lost_ns + PACKET_HEARTBEAT_NS;
	pthread_mutex_unlock(&packet->lock);
	return line;
}

const struct packet_news *edge_packet_news(const struct edge_packet *packet)
{
	return packet && packet->has_news ? &packet->news : NULL;
}

/* -- its life -- */

struct edge_packet *edge_packet_new(struct edge_state *state)
{
	struct edge_packet *packet = calloc(1, sizeof(*packet));

	if (!packet)
		return NULL;
	packet->state = state;
	packet->fd = -1;
	packet->lost_ns = clock_mono_ns();
	pthread_mutex_init(&packet->lock, NULL);
	state->common.ban_sink = (struct ban_sink){ packet, banned, lifted };
	return packet;
}

void edge_packet_free(struct edge_packet *packet)
{
	if (!packet)
		return;
	hang_up(packet);
	packet->state->common.ban_sink = (struct ban_sink){ 0 };
	pthread_mutex_destroy(&packet->lock);
	free(packet);
}
