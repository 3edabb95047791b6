/* What edges say to the controller, and what it says to them: whole, of known kinds, or nothing of it. */
#include "../base/check.h"

#include <string.h>

#include "packet/control/orders.h"

#include "base/banned.h"

static void orders_are_read_whole_or_not_at_all(void **state)
{
	static const struct {
		size_t len;
		uint32_t first, last;
		enum result result;
	} rows[] = {
		{ 0, 1, 1, RESULT_MALFORMED },
		{ 1, 1, 1, RESULT_MALFORMED },
		{ sizeof(struct packet_order) - 1, 1, 1, RESULT_MALFORMED },
		{ sizeof(struct packet_order), PACKET_ORDER_ANEW, PACKET_ORDER_ANEW, RESULT_OK },
		{ sizeof(struct packet_order) + 1, 1, 1, RESULT_MALFORMED },
		{ 2 * sizeof(struct packet_order), PACKET_ORDER_BAN, PACKET_ORDER_LIFT, RESULT_OK },
		{ 2 * sizeof(struct packet_order), PACKET_ORDER_BAN, PACKET_ORDER_END, RESULT_MALFORMED },
		{ 2 * sizeof(struct packet_order), 0, PACKET_ORDER_LIFT, RESULT_MALFORMED },
		{ PACKET_ORDERS_MAX * sizeof(struct packet_order), PACKET_ORDER_ANEW, PACKET_ORDER_BAN, RESULT_OK },
		{ (PACKET_ORDERS_MAX + 1) * sizeof(struct packet_order), PACKET_ORDER_ANEW, PACKET_ORDER_BAN, RESULT_MALFORMED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct packet_order said[PACKET_ORDERS_MAX + 1], heard[PACKET_ORDERS_MAX];
		size_t count = rows[i].len / sizeof(said[0]);
		unsigned got = 77;

		for (size_t k = 0; k < sizeof(said) / sizeof(*said); k++)
			said[k] = (struct packet_order){ .kind = PACKET_ORDER_BAN, .source = k };
		said[0].kind = rows[i].first;
		if (count)
			said[count - 1].kind = rows[i].last;
		assert_int_equal(packet_orders_read(said, rows[i].len, heard, &got), rows[i].result);
		assert_int_equal(got, rows[i].result == RESULT_OK ? count : 77);
		if (rows[i].result == RESULT_OK)
			assert_memory_equal(heard, said, rows[i].len);
	}
}

static void a_port_is_one(void **state)
{
	static const struct {
		enum packet_order_kind kind;
		uint64_t source;
		enum result result;
	} rows[] = {
		{ PACKET_ORDER_SERVE, 65535, RESULT_OK }, { PACKET_ORDER_SERVE, 65536, RESULT_MALFORMED }, { PACKET_ORDER_EXPOSE_TCP, 65536, RESULT_MALFORMED },
		{ PACKET_ORDER_EXPOSE_UDP, UINT64_MAX, RESULT_MALFORMED }, { PACKET_ORDER_EXPOSE_UDP, 0, RESULT_OK }, { PACKET_ORDER_OBSERVE, 65536, RESULT_OK },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct packet_order said = { .kind = rows[i].kind, .source = rows[i].source };
		struct packet_order heard[PACKET_ORDERS_MAX];
		unsigned got;

		assert_result(packet_orders_read(&said, sizeof(said), heard, &got), rows[i].result);
	}
}

static void news_of_more_or_fewer_reasons_are_understood(void **state)
{
	char bytes[sizeof(struct packet_news) + sizeof(struct packet_count)];
	struct packet_news said = { .layout = PACKET_LAYOUT_VERSION }, heard;
	const size_t head = offsetof(struct packet_news, counts), one = sizeof(struct packet_count);

	(void)state;
	for (unsigned reasons = 0; reasons <= PACKET_REASON_COUNT + 1; reasons++) {
		memset(bytes, 0, sizeof(bytes));
		said.reasons = reasons;
		for (unsigned i = 0; i < PACKET_REASON_COUNT; i++)
			said.counts[i].packets = i + 1;
		memcpy(bytes, &said, sizeof(said));
		assert_int_equal(packet_news_read(bytes, head + reasons * one, &heard), RESULT_OK);
		for (unsigned i = 0; i < PACKET_REASON_COUNT; i++)
			assert_int_equal(heard.counts[i].packets, i < reasons ? i + 1 : 0);
		assert_int_equal(packet_news_read(bytes, head + reasons * one + 1, &heard), RESULT_MALFORMED);
		assert_int_equal(packet_news_read(bytes, head + (reasons + 1) * one, &heard), RESULT_MALFORMED);
	}
	said.layout++;
	memcpy(bytes, &said, sizeof(said));
	assert_int_equal(packet_news_read(bytes, sizeof(said), &heard), RESULT_MALFORMED);
	assert_int_equal(packet_news_read(bytes, head - 1, &heard), RESULT_MALFORMED);
}

static void a_top_is_read_within_its_bounds(void **state)
{
	static char bytes[sizeof(struct packet_top) + sizeof(struct packet_top_reason)];
	static struct packet_top said, heard;
	const size_t head = offsetof(struct packet_top, of), one = sizeof(struct packet_top_reason);

	(void)state;
	for (unsigned reasons = 0; reasons <= PACKET_REASON_COUNT + 1; reasons++) {
		said = (struct packet_top){ .layout = PACKET_LAYOUT_VERSION, .reasons = reasons, .since_ns = 7 };
		for (unsigned i = 0; i < PACKET_REASON_COUNT; i++)
			said.of[i].packets = i + 1;
		memset(bytes, 0, sizeof(bytes));
		memcpy(bytes, &said, sizeof(said));
		assert_ok(packet_top_read(bytes, head + reasons * one, &heard));
		assert_int_equal(heard.since_ns, 7);
		for (unsigned i = 0; i < PACKET_REASON_COUNT; i++)
			assert_int_equal(heard.of[i].packets, i < reasons ? i + 1 : 0);
		assert_result(packet_top_read(bytes, head + reasons * one + 1, &heard), RESULT_MALFORMED);
		assert_result(packet_top_read(bytes, head + (reasons + 1) * one, &heard), RESULT_MALFORMED);
	}
	for (unsigned wrong = 0; wrong < 5; wrong++) {
		said = (struct packet_top){ .layout = PACKET_LAYOUT_VERSION + (wrong == 0), .reasons = PACKET_REASON_COUNT };
		said.of[3].network_count = wrong == 1 ? PACKET_TOP_MAX + 1 : 1;
		said.of[3].port_count = wrong == 2 ? PACKET_TOP_MAX + 1 : 1;
		said.of[3].networks[0].prefix = wrong == 3 ? 129 : 128;
		said.of[3].ports[0].port = wrong == 4 ? 65536 : 65535;
		assert_result(packet_top_read(&said, sizeof(said), &heard), RESULT_MALFORMED);
	}
	said.of[3].ports[0].port = 65535;
	assert_ok(packet_top_read(&said, sizeof(said), &heard));
	assert_result(packet_top_read(&said, head - 1, &heard), RESULT_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_are_read_whole_or_not_at_all),
		cmocka_unit_test(a_port_is_one),
		cmocka_unit_test(news_of_more_or_fewer_reasons_are_understood),
		cmocka_unit_test(a_top_is_read_within_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
