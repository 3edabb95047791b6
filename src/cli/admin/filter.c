/* The kernel filter in GET /status: whether it is there, and what it counted since it was attached. */
#include "cli/admin/inner.h"
#include "cli/edge/packet.h"
#include "packet/carrier/link_filter.h"

#include "base/banned.h"

static void put_counts(struct json_writer *json, const struct packet_news *news)
{
	static const struct span names[PACKET_REASON_COUNT] = {
#define X(upper, lower, verdict, text) SPAN_INIT(#lower),
		PACKET_REASON_LIST(X)
#undef X
	};
	struct link_filter_counts sum = link_filter_sum(news->counts, news->is_observing != 0);

	json_put_text(json, SPAN("mode"), news->is_observing ? SPAN("observe") : SPAN("enforce"));
	json_put_number(json, SPAN("seen"), sum.seen);
	json_put_number(json, SPAN("dropped"), sum.dropped);
	json_open(json, SPAN("reasons"), '{');
	for (unsigned i = 0; i < PACKET_REASON_COUNT; i++) {
		if (news->counts[i].packets)
			json_put_number(json, names[i], news->counts[i].packets);
	}
	json_close(json, '}');
}

void admin_put_filter(struct json_writer *json, const struct edge_state *state)
{
	uint64_t lapses_ns;
	enum edge_packet_line line = edge_packet_line(state->packet, &lapses_ns);
	const struct packet_news *news = edge_packet_news(state->packet);

	if (line == EDGE_PACKET_NONE)
		return;
	json_open(json, SPAN("filter"), '{');
	json_put_text(json, SPAN("state"), news ? SPAN("attached") : SPAN("away"));
	if (news)
		put_counts(json, news);
	json_close(json, '}');
}
