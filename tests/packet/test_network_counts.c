/* The kernel's network counters, from texts as it writes them, and from damaged ones. */
#include "../base/check.h"

#include "packet/carrier/network_counts.h"

#include "base/banned.h"

static void known_counters(void **state)
{
	uint64_t counts[NETWORK_COUNTS] = { 0 };

	(void)state;
	network_counts_read(SPAN("Ip: Forwarding ReasmTimeout ReasmReqds\nIp: 1 0 44\nIcmp: InMsgs InErrors InEchos\nIcmp: 9 0 7\n"
	                         "Tcp: RtoMin InErrs OutRsts\nTcp: 200 0 13\nUdp: InDatagrams NoPorts InErrors\nUdp: 5 6 7\n"), counts);
	network_counts_read(SPAN("TcpExt: SyncookiesSent SyncookiesRecv ListenOverflows ListenDrops TCPAbortOnData TCPAbortOnClose TCPAbortOnMemory TCPAbortOnTimeout TCPAbortOnLinger\nTcpExt: 100 90 2 3 1 20 300 4000 50000\nIpExt: InOctets\nIpExt: 5\n"), counts);
	network_counts_read(SPAN("Ip6InReceives                   \t5\nIp6ReasmReqds                   \t6\nUdp6NoPorts                     \t10\nIcmp6InEchos\t1\n"), counts);
	assert_true(counts[NETWORK_UDP_NO_PORT] == 16 && counts[NETWORK_SYN_COOKIES] == 100 && counts[NETWORK_LISTEN_DROPS] == 3);
	assert_true(counts[NETWORK_RESETS] == 13 && counts[NETWORK_OWN_RESETS] == 50321 && counts[NETWORK_FRAGMENTS] == 50 && counts[NETWORK_ECHOS] == 8);
}

static void damaged(void **state)
{
	static const char *const texts[] = {
		"", "\n", ":\n:\n", "Udp:\nUdp:\n", "Udp: NoPorts\n", "Udp: NoPorts\nUdp: -1\n", "Udp: NoPorts\nUdp: 1x\n", "Udp: NoPorts\nTcp: 5\n", "Tcp: NoPorts\nTcp: 5\n",
		"Udp6NoPorts\n", "Udp6NoPorts x\n", "NoPorts 5\n", "Udp: InDatagrams NoPorts\nUdp: 5\n", "Udp: NoPorts\nUdp: 99999999999999999999\n",
	};
	uint64_t counts[NETWORK_COUNTS] = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		network_counts_read(span_of(texts[i]), counts);
	for (unsigned i = 0; i < NETWORK_COUNTS; i++)
		assert_int_equal(counts[i], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(known_counters), cmocka_unit_test(damaged) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
