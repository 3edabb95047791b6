/* What a frame says, and what cannot be read. */
#include "../base/check.h"

#include <stdlib.h>

#include "packet/kernel/parse.h"

#include "recipe.h"

#include "base/banned.h"

static const char *const names[] = {
#define NAME(upper, lower, verdict, text) #lower,
	PACKET_REASON_LIST(NAME)
#undef NAME
	"goes_on",
};

/* In memory of exactly its size: who reads beyond is seen by AddressSanitizer. */
static enum packet_reason parse(const uint8_t *bytes, size_t len, struct packet_head *head)
{
	uint8_t *frame = malloc(len ? len : 1);
	enum packet_reason reason;

	assert_non_null(frame);
	memcpy(frame, bytes, len);
	memset(head, 0, sizeof(*head));
	reason = packet_parse(frame, frame + len, head);
	free(frame);
	return reason;
}

static void what_a_frame_says(void **state)
{
	static const struct {
		const char *recipe;
		uint8_t version, protocol, piece, flags;
		uint16_t from, to;
	} rows[] = {
		{ "v4 tcp 40000 443 S", 4, 6, PACKET_WHOLE, PACKET_SYN, 40000, 443 },
		{ "v4 tcp 40000 443 SA", 4, 6, PACKET_WHOLE, PACKET_SYN | PACKET_ACK, 40000, 443 },
		{ "v4 words 10 tcp 1 65535 PA mss 1460 body 5", 4, 6, PACKET_WHOLE, PACKET_PSH | PACKET_ACK, 1, 65535 },
		{ "v4 udp 53 5000 body 12", 4, 17, PACKET_WHOLE, 0, 53, 5000 },
		{ "v4 udp 0 5000", 4, 17, PACKET_WHOLE, 0, 0, 5000 },
		{ "v4 udp 53 5000 body 12 pad 7", 4, 17, PACKET_WHOLE, 0, 53, 5000 },
		{ "v4 icmp 8 0 body 56", 4, 1, PACKET_WHOLE, 0, 0, 0 },
		{ "v4 proto 47 body 4", 4, 47, PACKET_WHOLE, 0, 0, 0 },
		{ "v4 proto 47", 4, 47, PACKET_WHOLE, 0, 0, 0 },
		{ "v4 proto 58", 4, 58, PACKET_WHOLE, 0, 0, 0 },
		{ "v4 part 0 1 udp 53 5000 body 16", 4, 17, PACKET_FIRST, 0, 53, 5000 },
		{ "v4 part 1480 1 proto 17 body 1480", 4, 17, PACKET_LATER, 0, 0, 0 },
		{ "v4 part 2960 0 proto 17 body 3", 4, 17, PACKET_LATER, 0, 0, 0 },
		{ "v4 part 8 0 proto 6 body 3", 4, 6, PACKET_LATER, 0, 0, 0 },
		{ "from 0.0.0.0 v4 udp 68 67 body 300", 4, 17, PACKET_WHOLE, 0, 68, 67 },
		{ "from 240.0.0.1 v4 tcp 1 1 A", 4, 6, PACKET_WHOLE, PACKET_ACK, 1, 1 },
		{ "tag v4 tcp 40000 443 A", 4, 6, PACKET_WHOLE, PACKET_ACK, 40000, 443 },
		{ "stag tag v4 tcp 40000 443 R", 4, 6, PACKET_WHOLE, PACKET_RST, 40000, 443 },
		{ "tag tag v6 tcp 40000 443 FA", 6, 6, PACKET_WHOLE, PACKET_FIN | PACKET_ACK, 40000, 443 },
		{ "v6 tcp 40000 443 S", 6, 6, PACKET_WHOLE, PACKET_SYN, 40000, 443 },
		{ "v6 hop dst route 4 ah dst udp 53 5000", 6, 17, PACKET_WHOLE, 0, 53, 5000 },
		{ "v6 hop dst route 4 ah dst dst udp 53 5000", 6, 17, PACKET_WHOLE, 0, 53, 5000 },
		{ "v6 part 0 0 tcp 1 2 S", 6, 6, PACKET_WHOLE, PACKET_SYN, 1, 2 },
		{ "v6 part 0 1 udp 53 5000 body 16", 6, 17, PACKET_FIRST, 0, 53, 5000 },
		{ "v6 hop part 1448 1 proto 17 body 1448", 6, 17, PACKET_LATER, 0, 0, 0 },
		{ "v6 part 8 0 dst", 6, 60, PACKET_LATER, 0, 0, 0 },
		{ "v6 icmp 135 0 body 16", 6, 58, PACKET_WHOLE, 0, 0, 0 },
		{ "from :: v6 icmp 135 0 body 16", 6, 58, PACKET_WHOLE, 0, 0, 0 },
		{ "v6 proto 59", 6, 59, PACKET_WHOLE, 0, 0, 0 },
		{ "v6 proto 50 body 8", 6, 50, PACKET_WHOLE, 0, 0, 0 },
		{ "v6 proto 1", 6, 1, PACKET_WHOLE, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct recipe recipe;
		struct packet_head head;

		print_message("%s\n", rows[i].recipe);
		recipe_read(&recipe, rows[i].recipe);
		assert_string_equal(names[parse(recipe.byte, recipe.len, &head)], "goes_on");
		assert_int_equal(head.version, rows[i].version);
		assert_int_equal(head.protocol, rows[i].protocol);
		assert_int_equal(head.piece, rows[i].piece);
		assert_int_equal(head.tcp_flags, rows[i].flags);
		assert_int_equal(head.source_port, rows[i].from);
		assert_int_equal(head.destination_port, rows[i].to);
		assert_int_equal(head.network, recipe.network);
		if (recipe.transport)
			assert_int_equal(head.transport, recipe.transport);
		assert_memory_equal(head.source, recipe.address[0].bytes, 16);
		assert_memory_equal(head.destination, recipe.address[1].bytes, 16);
	}
}

static void what_cannot_be_read(void **state)
{
	static const struct { const char *recipe, *reason; } rows[] = {
		{ "type 0806 body 28", "other_protocol" },
		{ "type 88cc body 28", "other_protocol" },
		{ "tag type 0806 body 28", "other_protocol" },
		{ "type 0000 body 28", "malformed" },
		{ "tag tag tag v4 tcp 1 2 S", "malformed" },
		{ "tag stag tag type 0806 body 28", "malformed" },
		/* IPv4 */
		{ "v4 tcp 1 2 S poke n 0 65", "malformed" },                       /* version */
		{ "v4 tcp 1 2 S poke n 0 44", "malformed" },                       /* a header of 16 bytes */
		{ "v4 tcp 1 2 S poke n 0 4f", "malformed" },                       /* a header longer than the packet */
		{ "v4 tcp 1 2 S poke n 2 0013", "malformed" },                     /* a packet shorter than its header */
		{ "v4 tcp 1 2 S poke n 2 0029", "malformed" },                     /* longer than the frame */
		{ "v4 tcp 1 2 S poke n 2 0027", "malformed" },                     /* the TCP header is cut */
		{ "v4 tcp 1 2 S cut 1", "malformed" },
		{ "v4 part 65520 0 proto 17 body 16", "malformed" },               /* beyond 65,535: the ping of death */
		{ "v4 part 65512 0 proto 1 body 8", "malformed" },
		{ "v4 part 8 1 proto 17 body 15", "malformed" },                   /* not of whole blocks, and more to come */
		{ "v4 part 8 0 proto 17", "malformed" },                           /* of nothing */
		{ "v4 part 0 1 tcp 1 2 S poke n 2 001c", "malformed" },            /* the first has not all of its header */
		{ "from 127.0.0.1 v4 tcp 1 2 S", "malformed" },
		{ "from 224.0.0.1 v4 udp 1 2", "malformed" },
		{ "from 239.255.255.255 v4 udp 1 2", "malformed" },
		{ "from 255.255.255.255 v4 udp 1 2", "malformed" },
		{ "from 0.0.0.0 v4 tcp 1 2 S", "malformed" },
		{ "from 0.1.2.3 v4 udp 1 2", "malformed" },
		{ "from 192.0.2.1 v4 tcp 1 2 S", "malformed" },                    /* from itself: "land" */
		/* IPv6 */
		{ "v6 tcp 1 2 S poke n 0 40", "malformed" },
		{ "v6 tcp 1 2 S poke n 4 0015", "malformed" },
		{ "v6 tcp 1 2 S poke n 4 0013", "malformed" },
		{ "v6 tcp 1 2 S cut 1", "malformed" },
		{ "v6 hop dst route 4 ah dst dst dst udp 53 5000", "malformed" },  /* one too many */
		{ "v6 dst hop tcp 1 2 S", "malformed" },
		{ "v6 hop hop tcp 1 2 S", "malformed" },
		{ "v6 route 0 tcp 1 2 S", "malformed" },
		{ "v6 part 0 1 part 0 1 udp 1 2", "malformed" },
		{ "v6 part 0 0 part 0 0 udp 1 2", "malformed" },
		{ "v6 part 8 1 proto 17 body 15", "malformed" },
		{ "v6 part 65528 0 proto 17 body 16", "malformed" },
		{ "v6 dst poke n 41 01", "malformed" },                            /* an extension longer than the packet */
		{ "v6 dst body 1024 poke n 41 40", "malformed" },                  /* longer than any */
		{ "v6 hop cut 3", "malformed" },
		{ "v6 part 0 1 dst", "malformed" },                                /* the first fragment has not all headers */
		{ "from ::1 v6 tcp 1 2 S", "malformed" },
		{ "from ::7 v6 icmp 128 0", "malformed" },
		{ "from 0:0:7::1 v6 tcp 1 2 S", "malformed" },
		{ "from :: v6 tcp 1 2 S", "malformed" },
		{ "from ff02::1 v6 icmp 128 0", "malformed" },
		{ "from 2001:db8::1 v6 tcp 1 2 S", "malformed" },
		/* TCP */
		{ "v4 tcp 1 2 S poke t 12 40", "malformed" },
		{ "v4 tcp 1 2 S poke t 12 60", "malformed" },
		{ "v4 tcp 0 2 S", "bad_flags" },
		{ "v4 tcp 1 0 S", "bad_flags" },
		{ "v4 tcp 1 2 -", "bad_flags" },
		{ "v6 tcp 1 2 FPU", "bad_flags" },
		/* UDP and ICMP */
		{ "v4 udp 1 0", "bad_flags" },
		{ "v4 udp 1 2 poke t 4 0007", "malformed" },
		{ "v4 udp 1 2 poke t 4 0009", "malformed" },
		{ "v4 udp 1 2 poke n 2 001b", "malformed" },
		{ "v4 part 0 1 udp 1 2 body 8 poke t 4 0007", "malformed" },
		{ "v4 icmp 8 0 poke n 2 001b", "malformed" },
		{ "v6 icmp 128 0 poke n 4 0007", "malformed" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct recipe recipe;
		struct packet_head head;

		recipe_read(&recipe, rows[i].recipe);
		print_message("%s\n", rows[i].recipe);
		assert_string_equal(names[parse(recipe.byte, recipe.len, &head)], rows[i].reason);
	}
}

/* A frame that is cut anywhere before the packet's end says so; bytes behind the end change nothing. */
static void a_part_of_a_packet_is_none(void **state)
{
	static const char *const rows[] = { "tag stag v4 words 3 tcp 40000 443 S mss 1460 sack body 9", "v6 hop dst ah udp 53 5000 body 40",
	                                    "tag v4 part 16 0 proto 17 body 32", "v6 hop part 16 1 proto 17 body 32", "v6 icmp 135 0 body 16" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct recipe recipe;
		struct packet_head head, again;

		recipe_read(&recipe, rows[i]);
		assert_int_equal(parse(recipe.byte, recipe.len, &head), PACKET_GOES_ON);
		assert_int_equal(head.end, recipe.len);
		for (size_t len = 0; len < recipe.len; len++)
			assert_int_equal(parse(recipe.byte, len, &again), PACKET_MALFORMED);
		assert_int_equal(parse(recipe.byte, recipe.len + 17, &again), PACKET_GOES_ON);
		assert_memory_equal(&again, &head, sizeof(head));
	}
}

/* All 64. */
static void flags_that_nobody_sends(void **state)
{
	(void)state;
	for (unsigned flags = 0; flags < 64; flags++) {
		bool is_syn = flags & PACKET_SYN, is_rst = flags & PACKET_RST, is_fin = flags & PACKET_FIN, is_ack = flags & PACKET_ACK;
		bool is_bad = is_syn + is_rst + is_fin > 1 || !(is_syn || is_rst || is_ack) || (is_syn && flags & PACKET_URG);

		assert_int_equal(flags_are_possible((__u8)flags), !is_bad);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_frame_says),
		cmocka_unit_test(what_cannot_be_read),
		cmocka_unit_test(a_part_of_a_packet_is_none),
		cmocka_unit_test(flags_that_nobody_sends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
