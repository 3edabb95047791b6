#include "packet/carrier/network_counts.h"

#include "base/banned.h"

struct counter {
	struct span group, name;        /* of a pair of lines; without a group, of a line of its own */
	enum network_count count;
};

static const struct counter counters[] = {
	{ SPAN_INIT("Udp"), SPAN_INIT("NoPorts"), NETWORK_UDP_NO_PORT },
	{ { NULL, 0 }, SPAN_INIT("Udp6NoPorts"), NETWORK_UDP_NO_PORT },
	{ SPAN_INIT("TcpExt"), SPAN_INIT("SyncookiesSent"), NETWORK_SYN_COOKIES },
	{ SPAN_INIT("TcpExt"), SPAN_INIT("ListenDrops"), NETWORK_LISTEN_DROPS },
	{ SPAN_INIT("Tcp"), SPAN_INIT("OutRsts"), NETWORK_RESETS },
	{ SPAN_INIT("TcpExt"), SPAN_INIT("TCPAbortOnClose"), NETWORK_OWN_RESETS },
	{ SPAN_INIT("TcpExt"), SPAN_INIT("TCPAbortOnData"), NETWORK_OWN_RESETS },
	{ SPAN_INIT("TcpExt"), SPAN_INIT("TCPAbortOnLinger"), NETWORK_OWN_RESETS },
	{ SPAN_INIT("TcpExt"), SPAN_INIT("TCPAbortOnMemory"), NETWORK_OWN_RESETS },
	{ SPAN_INIT("Ip"), SPAN_INIT("ReasmReqds"), NETWORK_FRAGMENTS },
	{ { NULL, 0 }, SPAN_INIT("Ip6ReasmReqds"), NETWORK_FRAGMENTS },
	{ SPAN_INIT("Icmp"), SPAN_INIT("InEchos"), NETWORK_ECHOS },
	{ { NULL, 0 }, SPAN_INIT("Icmp6InEchos"), NETWORK_ECHOS },
};

static void add(struct span group, struct span name, struct span value, uint64_t counts[NETWORK_COUNTS])
{
	uint64_t number;

	if (span_to_u64(value, UINT64_MAX, &number) != RESULT_OK)
		return;
	for (size_t i = 0; i < sizeof(counters) / sizeof(*counters); i++) {
		if (span_equal(counters[i].group, group) && span_equal(counters[i].name, name))
			counts[counters[i].count] += number;
	}
}

/* Words in one line, their numbers in the next, by the same name in front. */
static void read_pair(struct span group, struct span names, struct span values, uint64_t counts[NETWORK_COUNTS])
{
	while (names.len && values.len)
		add(group, span_cut(&names, ' '), span_cut(&values, ' '), counts);
}

static struct span last_word(struct span line)
{
	size_t at = line.len;

	while (at && line.at[at - 1] != ' ' && line.at[at - 1] != '\t')
		at--;
	return span_skip(line, at);
}

void network_counts_read(struct span text, uint64_t counts[NETWORK_COUNTS])
{
	struct span group = SPAN_NONE, names = SPAN_NONE;

	while (text.len) {
		struct span line = span_cut(&text, '\n');
		size_t colon = span_find(line, ':');
		struct span rest = span_trim(span_skip(line, colon + 1));

		if (colon == line.len) {
			struct span value = last_word(span_trim(line));

			add(SPAN_NONE, span_trim(span_take(span_trim(line), span_trim(line).len - value.len)), value, counts);
			group = SPAN_NONE;
		} else if (group.len && span_equal(group, span_take(line, colon))) {
			read_pair(group, names, rest, counts);
			group = SPAN_NONE;
		} else {
			group = span_take(line, colon);
			names = rest;
		}
	}
}
