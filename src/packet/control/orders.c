#include "packet/control/orders.h"

#include <stdbool.h>
#include <string.h>

#include "base/banned.h"

static bool has_port(uint32_t kind)
{
	return kind == PACKET_ORDER_SERVE || kind == PACKET_ORDER_EXPOSE_TCP || kind == PACKET_ORDER_EXPOSE_UDP;
}

enum result packet_orders_read(const void *bytes, size_t len, struct packet_order out[PACKET_ORDERS_MAX], unsigned *count)
{
	struct packet_order orders[PACKET_ORDERS_MAX];

	if (len == 0 || len % sizeof(orders[0]) || len > sizeof(orders))
		return RESULT_MALFORMED;
	memcpy(orders, bytes, len);
	for (size_t i = 0; i < len / sizeof(orders[0]); i++) {
		if (orders[i].kind < PACKET_ORDER_ANEW || orders[i].kind >= PACKET_ORDER_END || (has_port(orders[i].kind) && orders[i].source > UINT16_MAX))
			return RESULT_MALFORMED;
	}
	memcpy(out, orders, len);
	*count = (unsigned)(len / sizeof(orders[0]));
	return RESULT_OK;
}

enum result packet_news_read(const void *bytes, size_t len, struct packet_news *out)
{
	const size_t head = offsetof(struct packet_news, counts);
	struct packet_news news = { 0 };
	uint32_t known;

	if (len < head || (len - head) % sizeof(news.counts[0]))
		return RESULT_MALFORMED;
	memcpy(&news, bytes, head);
	if (news.layout != PACKET_LAYOUT_VERSION || news.reasons != (len - head) / sizeof(news.counts[0]))
		return RESULT_MALFORMED;
	known = news.reasons < PACKET_REASON_COUNT ? news.reasons : PACKET_REASON_COUNT;
	memcpy(news.counts, (const char *)bytes + head, known * sizeof(news.counts[0]));
	*out = news;
	return RESULT_OK;
}

static bool is_sound(const struct packet_top_reason *reason)
{
	if (reason->network_count > PACKET_TOP_MAX || reason->port_count > PACKET_TOP_MAX)
		return false;
	for (unsigned i = 0; i < reason->network_count; i++) {
		if (reason->networks[i].prefix > 128)
			return false;
	}
	for (unsigned i = 0; i < reason->port_count; i++) {
		if (reason->ports[i].port > UINT16_MAX)
			return false;
	}
	return true;
}

enum result packet_top_read(const void *bytes, size_t len, struct packet_top *out)
{
	const size_t head = offsetof(struct packet_top, of);
	struct packet_top top = { 0 };
	uint32_t known;

	if (len < head || (len - head) % sizeof(top.of[0]))
		return RESULT_MALFORMED;
	memcpy(&top, bytes, head);
	if (top.layout != PACKET_LAYOUT_VERSION || top.reasons != (len - head) / sizeof(top.of[0]))
		return RESULT_MALFORMED;
	known = top.reasons < PACKET_REASON_COUNT ? top.reasons : PACKET_REASON_COUNT;
	memcpy(top.of, (const char *)bytes + head, known * sizeof(top.of[0]));
	for (unsigned i = 0; i < known; i++) {
		if (!is_sound(&top.of[i]))
			return RESULT_MALFORMED;
	}
	*out = top;
	return RESULT_OK;
}
