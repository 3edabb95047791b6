/* What a socket may say to the controller, and what an edge may hear of it: nothing is read beyond it, and what is accepted is whole. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "packet/control/orders.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct packet_order orders[PACKET_ORDERS_MAX];
	struct packet_news news;
	struct packet_top top;
	unsigned count = 0;

	if (packet_orders_read(data, size, orders, &count) == RESULT_OK) {
		assert(count > 0 && count <= PACKET_ORDERS_MAX && count * sizeof(orders[0]) == size);
		assert(memcmp(orders, data, size) == 0);
		for (unsigned i = 0; i < count; i++)
			assert(orders[i].kind >= PACKET_ORDER_ANEW && orders[i].kind < PACKET_ORDER_END);
	}
	if (packet_news_read(data, size, &news) == RESULT_OK)
		assert(news.layout == PACKET_LAYOUT_VERSION && size >= sizeof(uint32_t) * 4);
	if (packet_top_read(data, size, &top) == RESULT_OK) {
		for (unsigned i = 0; i < PACKET_REASON_COUNT; i++)
			assert(top.of[i].network_count <= PACKET_TOP_MAX && top.of[i].port_count <= PACKET_TOP_MAX);
	}
	return 0;
}
