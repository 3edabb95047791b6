/* TCP before the real program: who has a socket, who brings a cookie, and what a SYN is answered. The kernel of the test's namespace makes
 * and checks the cookies; the accept queue is really full where it is said to be. */
#include "../base/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "stage.h"

#include "base/banned.h"

#define SECOND 1000000000ull
#define SERVER_V4 "192.0.2.1"
#define SERVER_V6 "2001:db8::1"
#define CLIENT_V4 "198.51.100.8"
#define CLIENT_V6 "2001:db8:7::8"

static socklen_t socket_address(const char *text, uint16_t port, struct sockaddr_storage *out)
{
	struct endpoint endpoint = { .port = port };

	assert_ok(address_read(span_of(text), &endpoint.address));
	return endpoint_to_socket(&endpoint, out);
}

static int socket_at(int type, const char *text, uint16_t port)
{
	struct sockaddr_storage address;
	socklen_t len = socket_address(text, port, &address);
	int fd = socket(address.ss_family, type, 0), one = 1;

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	return fd;
}

static int listen_at(const char *text, uint16_t port, int backlog)
{
	int fd = socket_at(SOCK_STREAM, text, port);

	assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

/* From its own port, 40000 and up, to ours. */
static int connect_from(int type, const char *client, uint16_t from, const char *server, uint16_t to)
{
	struct sockaddr_storage address;
	socklen_t len = socket_address(server, to, &address);
	int fd = socket_at(type, client, from);

	assert_true(connect(fd, (struct sockaddr *)&address, len) == 0 || errno == EINPROGRESS);
	return fd;
}

static void set_port(__u64 *ports, unsigned port)
{
	ports[port / 64] |= 1ull << port % 64;
}

static void furnish(uint32_t flags)
{
	stage_reset();
	stage_clear("sources");
	set_port(stage.settings->protected_tcp, 443);
	set_port(stage.settings->protected_tcp, 444);
	stage.settings->flags = flags | PACKET_IS_END_HOST;
}

static bool is_known(packet_source source)
{
	uint64_t arrival;

	return bpf_map_lookup_elem(stage_map("sources"), &source, &arrival) == 0;
}

static uint32_t answer_word(size_t at)
{
	return (uint32_t)stage.answer[at] << 24 | (uint32_t)stage.answer[at + 1] << 16 | (uint32_t)stage.answer[at + 2] << 8 | stage.answer[at + 3];
}

/* Asks, and gives the number that the answer begins with; the TCP header is at AT of the answer. */
static uint32_t cookie_of(const char *line, size_t at)
{
	assert_reason(line, "cookie_sent");
	assert_int_equal(stage.answer[at + 13], 0x12);
	return answer_word(at + 4);
}

static void a_syn_is_answered_and_its_cookie_opens(void **state)
{
	static const struct {
		const char *below, *options;
		uint64_t source;
		size_t tcp;
		const char *server;
	} rows[] = {
		{ "v4", "", 0xc6336407, 34, SERVER_V4 },
		{ "v4", "mss 1460 sack time 99 nop scale 7", 0xc6336407, 34, SERVER_V4 },
		{ "tag stag v4", "mss 536", 0xc6336407, 42, SERVER_V4 },
		{ "v4 words 10", "mss 1460", 0xc6336407, 34, SERVER_V4 },
		{ "v6", "mss 1440 nop nop time 5", 0x20010db800070000ull, 54, SERVER_V6 },
		{ "tag v6 hop dst", "mss 1440", 0x20010db800070000ull, 58, SERVER_V6 },
	};
	char line[256];

	(void)state;
	stage_needed();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int listener = listen_at(rows[i].server, 443, 16);

		for (int time = 0; time < STAGE_TIMES; time++) {
			uint32_t cookie;

			furnish(PACKET_ANSWERS_SYN | PACKET_KNOWS_STATE | (time == 1 ? PACKET_HAS_TIMESTAMPS : 0));
			snprintf(line, sizeof(line), "%s tcp 50000 443 S %s", rows[i].below, rows[i].options);
			cookie = cookie_of(line, rows[i].tcp);
			assert_false(is_known(rows[i].source));
			snprintf(line, sizeof(line), "%s tcp 50000 443 A seq 1001 ack %u", rows[i].below, cookie + 100);  /* the next three would say another MSS */
			assert_reason(line, "out_of_state");
			assert_false(is_known(rows[i].source));
			snprintf(line, sizeof(line), "%s tcp 50000 443 R seq 1001 ack %u", rows[i].below, cookie + 1);
			assert_reason(line, "out_of_state");
			snprintf(line, sizeof(line), "%s tcp 50001 443 A seq 1001 ack %u", rows[i].below, cookie + 1);
			assert_reason(line, "out_of_state");
			snprintf(line, sizeof(line), "%s tcp 50000 443 PA seq 1001 ack %u body 100", rows[i].below, cookie + 1);
			assert_reason(line, "cookie_valid");
			assert_true(is_known(rows[i].source));
		}
		close(listener);
	}
}

/* The frame: ways swapped, tags kept, exactly as long as it says. */
static void an_answer_goes_back(void **state)
{
	static const uint8_t ethernet[] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x81, 0, 0, 0, 8, 0 };
	int listener;

	(void)state;
	stage_needed();
	furnish(PACKET_ANSWERS_SYN | PACKET_HAS_TIMESTAMPS);
	listener = listen_at(SERVER_V4, 443, 16);
	cookie_of("tag v4 words 2 tcp 50000 443 S mss 1460 sack time 7 nop scale 7 body 300", 38);
	assert_int_equal(stage.answer_len, 18 + 20 + 40);
	assert_memory_equal(stage.answer, ethernet, sizeof(ethernet));
	assert_int_equal(answer_word(18 + 12), 0xc0000201);
	assert_int_equal(answer_word(18 + 16), 0xc6336407);
	assert_int_equal(recipe_checksum(stage.answer + 18, 20, 0), 0);
	assert_int_equal(recipe_checksum(stage.answer + 38, 40, 6 + 40 + 0xc000 + 0x0201 + 0xc633 + 0x6407), 0);
	assert_int_equal(answer_word(38 + 32), 7);  /* their time comes back */
	cookie_of("v4 tcp 50000 443 S", 34);
	assert_int_equal(stage.answer_len, 14 + 20 + 24);
	close(listener);
}

/* What is told of a SYN is the SYN, not what became of it. */
static void an_answer_is_told(void **state)
{
	struct stage_told told = { .count = 0 };
	struct ring_buffer *ring;
	int listener;

	(void)state;
	stage_needed();
	furnish(PACKET_ANSWERS_SYN);
	listener = listen_at(SERVER_V4, 443, 16);
	ring = ring_buffer__new(stage_map("events"), stage_hear, &told, NULL);
	assert_non_null(ring);
	ring_buffer__consume(ring);
	usleep(1100000);
	cookie_of("v4 tcp 50000 443 S body 300", 34);
	assert_true(ring_buffer__consume(ring) == 1);
	assert_int_equal(told.last.reason, PACKET_COOKIE_SENT);
	assert_int_equal(told.last.bytes, 14 + 20 + 20 + 300);
	assert_int_equal(told.last.destination_port, 443);
	ring_buffer__free(ring);
	close(listener);
}

/* With net.ipv4.tcp_timestamps at 1 the kernel reads another time than we would write: the option is not sent. */
static void no_timestamp_unless_the_kernel_reads_it(void **state)
{
	int listener;

	(void)state;
	stage_needed();
	furnish(PACKET_ANSWERS_SYN);
	listener = listen_at(SERVER_V4, 443, 16);
	cookie_of("v4 tcp 50000 443 S mss 1460 sack time 7 nop scale 7", 34);
	assert_int_equal(stage.answer[34 + 12] >> 4, 6);
	assert_int_equal(answer_word(34 + 20), 0x020405b4);
	close(listener);
}

/* What the kernel would answer itself, or not at all, is left to it. */
static void who_is_not_answered_here(void **state)
{
	int listener, filler[8];

	(void)state;
	stage_needed();
	furnish(PACKET_ANSWERS_SYN | PACKET_KNOWS_STATE);
	assert_reason("v4 tcp 50000 443 S", "passed");          /* nobody listens */
	listener = listen_at(SERVER_V4, 443, 1);
	assert_reason("v4 tcp 50000 443 S", "cookie_sent");
	assert_reason("v4 tcp 50000 22 S", "passed");           /* not protected */
	stage_cookies("1");
	assert_reason("v4 tcp 50000 443 S", "passed");          /* the queue of half-open ones is not full */
	stage_cookies("0");
	assert_reason("v4 tcp 50000 443 S", "passed");
	stage_cookies("2");
	stage.settings->flags &= ~(uint32_t)PACKET_ANSWERS_SYN;
	assert_reason("v4 tcp 50000 443 S", "passed");
	stage.settings->flags |= PACKET_ANSWERS_SYN | PACKET_OBSERVES;
	assert_reason("v4 tcp 50000 443 S", "cookie_sent");     /* said, not done */
	assert_int_equal(stage.answer[34 + 13], 2);
	stage.settings->flags &= ~(uint32_t)PACKET_OBSERVES;
	for (uint16_t i = 0; i < 8; i++)
		filler[i] = connect_from(SOCK_STREAM | SOCK_NONBLOCK, CLIENT_V4, (uint16_t)(41000 + i), SERVER_V4, 443);
	usleep(50000);
	assert_reason("v4 tcp 50000 443 S", "passed");          /* the accept queue is full: a cookie could not be redeemed */
	for (uint16_t i = 0; i < 8; i++)
		close(filler[i]);
	close(listener);
}

static void state_is_asked_of_protected_ports(void **state)
{
	static const char *const strangers[] = { "v4 tcp 50000 443 A", "v4 tcp 50000 443 R", "v4 tcp 50000 443 RA", "v4 tcp 50000 443 FA", "tag v4 tcp 50000 443 PA body 9",
	                                         "v6 tcp 50000 443 A", "v6 hop tcp 50000 443 R", "v4 tcp 50000 443 SA", "v6 tcp 50000 444 SA" };
	int listeners[2];

	(void)state;
	stage_needed();
	furnish(PACKET_KNOWS_STATE);
	listeners[0] = listen_at(SERVER_V4, 443, 16);
	listeners[1] = listen_at(SERVER_V6, 443, 16);
	for (size_t i = 0; i < sizeof(strangers) / sizeof(*strangers); i++)
		assert_reason(strangers[i], "out_of_state");
	assert_false(is_known(0xc6336407));
	assert_reason("v4 tcp 50000 22 A", "passed");
	assert_reason("v4 tcp 50000 443 S", "passed");
	assert_reason("v4 tcp 443 50000 SA", "out_of_state");
	stage.settings->flags = PACKET_IS_END_HOST;
	for (size_t i = 0; i < sizeof(strangers) / sizeof(*strangers); i++)
		assert_reason(strangers[i], "passed");
	close(listeners[0]);
	close(listeners[1]);
}

/* Whose connection died with the machine is answered with a reset by the kernel, as long as they are few: the rest is a flood. */
static void a_few_of_dead_connections_pass(void **state)
{
	static const char *const unanswerable[] = { "v4 tcp 50000 443 R", "v4 tcp 50000 443 RA", "v4 tcp 50000 443 SA", "v6 tcp 50000 443 R" };
	cpu_set_t here, before;
	unsigned passed = 0, budget = 3;
	int listener;

	(void)state;
	stage_needed();
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	CPU_ZERO(&here);
	CPU_SET((size_t)sched_getcpu(), &here);
	assert_int_equal(sched_setaffinity(0, sizeof(here), &here), 0);  /* each CPU has its own */
	furnish(PACKET_KNOWS_STATE);
	assert_reason("v4 tcp 50000 443 A", "out_of_state");
	stage.settings->resets = UINT16_MAX;
	for (size_t i = 0; i < sizeof(unanswerable) / sizeof(*unanswerable); i++)
		assert_reason(unanswerable[i], "out_of_state");
	stage.settings->resets = (uint16_t)budget;
	for (unsigned i = 0; i < 10 * budget; i++)
		passed += !strcmp(stage_ask(i % 2 ? "v4 tcp 50000 443 PA body 9" : "v6 tcp 50000 443 A"), "passed");
	assert_in_range(passed, budget, 2 * budget);  /* a second may have ended */
	assert_false(is_known(0xc6336407));
	usleep(2200000);
	listener = listen_at(SERVER_V4, 443, 16);     /* and where somebody listens again */
	assert_reason("v4 tcp 50000 443 FA", "passed");
	close(listener);
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
}

/* A protected port may be another machine's, and a listener at any address of ours is not meant. */
static void a_host_that_forwards_knows_no_state(void **state)
{
	static const char *const theirs[] = { "to 192.0.2.77 v4 tcp 50000 443 S", "to 192.0.2.77 v4 tcp 50000 443 A", "to 192.0.2.77 v4 tcp 50000 443 R",
	                                      "to 192.0.2.77 v4 tcp 443 443 SA", "to 192.0.2.77 v4 tcp 443 50000 SA", "to 2001:db8::77 v6 tcp 50000 443 A",
	                                      "v4 tcp 50000 443 S", "v4 tcp 50000 443 A", "v4 tcp 443 50000 SA" };
	int listener;

	(void)state;
	stage_needed();
	furnish(PACKET_ANSWERS_SYN | PACKET_KNOWS_STATE | PACKET_HAS_BUDGET);
	stage.settings->budget = (struct packet_budget){ 1, PACKET_TICK_NS };
	listener = listen_at("0.0.0.0", 443, 16);
	assert_reason("to 192.0.2.77 v4 tcp 50000 443 A", "out_of_state");
	stage.settings->flags &= ~(uint32_t)PACKET_IS_END_HOST;
	for (size_t i = 0; i < sizeof(theirs) / sizeof(*theirs); i++)
		assert_reason(theirs[i], "passed");
	assert_false(is_known(0xc6336407));
	close(listener);
}

static void a_connection_makes_its_source_known(void **state)
{
	int listener, listener_v6, client, client_v6;

	(void)state;
	stage_needed();
	furnish(PACKET_KNOWS_STATE);
	listener = listen_at(SERVER_V4, 443, 16);
	listener_v6 = listen_at(SERVER_V6, 443, 16);
	client = connect_from(SOCK_STREAM, CLIENT_V4, 40000, SERVER_V4, 443);
	client_v6 = connect_from(SOCK_STREAM, CLIENT_V6, 40000, SERVER_V6, 443);
	assert_reason("from 198.51.100.8 v4 tcp 50000 443 A", "out_of_state");
	assert_reason("from 198.51.100.8 v4 tcp 40000 443 A", "passed");
	assert_reason("from 2001:db8:7::8 v6 tcp 40000 443 PA", "passed");
	assert_true(is_known(0xc6336408) && is_known(0x20010db800070000ull));
	/* Known now: not asked for his socket, unless known sources are being invented. */
	assert_reason("from 198.51.100.8 v4 tcp 50000 443 A", "passed");
	assert_reason("from 2001:db8:7::9 v6 tcp 50000 443 A", "passed");
	assert_reason("from 198.51.100.8 v4 tcp 50000 443 SA", "out_of_state");
	stage.settings->flags |= PACKET_IS_STRICT;
	assert_reason("from 198.51.100.8 v4 tcp 50000 443 A", "out_of_state");
	assert_reason("from 198.51.100.8 v4 tcp 40000 443 A", "passed");
	close(client);
	close(client_v6);
	close(listener);
	close(listener_v6);
}

/* Anybody can make half a connection in anybody's name. */
static void half_a_connection_proves_nothing(void **state)
{
	int listener, raw, one = 1;
	struct sockaddr_storage address;
	socklen_t len = socket_address(SERVER_V4, 0, &address);
	struct recipe syn;

	(void)state;
	stage_needed();
	furnish(PACKET_KNOWS_STATE);
	stage_cookies("1");
	listener = listen_at(SERVER_V4, 443, 16);
	raw = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	assert_true(raw >= 0 && setsockopt(raw, IPPROTO_IP, IP_HDRINCL, &one, sizeof(one)) == 0);
	stage_write("/proc/sys/net/ipv4/conf/all/rp_filter", "0");
	stage_write("/proc/sys/net/ipv4/conf/lo/rp_filter", "0");
	recipe_read(&syn, "v4 tcp 50500 443 S mss 1460");
	recipe_put(&syn, syn.transport + 16, 2, recipe_checksum(syn.byte + syn.transport, 24, 6 + 24 + 0xc000 + 0x0201 + 0xc633 + 0x6407));
	assert_int_equal(sendto(raw, syn.byte + 14, syn.len - 14, 0, (struct sockaddr *)&address, len), syn.len - 14);
	usleep(50000);
	assert_reason("v4 tcp 50500 443 A", "passed");   /* the kernel looks at its number */
	assert_false(is_known(0xc6336407));
	assert_reason("v4 tcp 50501 443 A", "out_of_state");
	close(raw);
	close(listener);
}

static void what_we_asked_for_is_awaited(void **state)
{
	int client, udp, server;

	(void)state;
	stage_needed();
	furnish(PACKET_KNOWS_STATE);
	assert_reason("from 203.0.113.4 v4 tcp 443 42000 SA", "out_of_state");
	client = connect_from(SOCK_STREAM | SOCK_NONBLOCK, SERVER_V4, 42000, "203.0.113.4", 443);
	assert_reason("from 203.0.113.4 v4 tcp 443 42000 SA", "passed");
	assert_reason("from 203.0.113.5 v4 tcp 443 42000 SA", "out_of_state");
	assert_reason("from 203.0.113.4 v4 tcp 443 444 SA", "out_of_state");
	stage.settings->flags |= PACKET_HIDES_PORTS;
	assert_reason("from 203.0.113.4 v4 tcp 443 42000 SA", "passed");
	assert_reason("from 203.0.113.4 v4 tcp 443 42000 R", "passed");
	assert_reason("from 203.0.113.5 v4 tcp 443 42000 SA", "not_exposed");
	assert_reason("from 203.0.113.4 v4 udp 123 42001", "not_exposed");
	udp = connect_from(SOCK_DGRAM, SERVER_V4, 42001, "203.0.113.4", 123);
	assert_reason("from 203.0.113.4 v4 udp 123 42001", "passed");
	assert_reason("from 203.0.113.5 v4 udp 123 42001", "not_exposed");
	server = socket_at(SOCK_DGRAM, SERVER_V4, 111);
	assert_reason("from 203.0.113.4 v4 udp 123 111", "not_exposed");  /* answers everybody: not one that asked */
	set_port(stage.settings->exposed_udp, 111);
	assert_reason("from 203.0.113.4 v4 udp 123 111", "passed");
	close(client);
	close(udp);
	close(server);
}

/* Of a port that reflects attacks, only what a connected socket asked for; on any host, hidden ports or not. */
static void an_answer_that_is_awaited_is_not_reflected(void **state)
{
	int udp, udp_v6, unconnected;

	(void)state;
	stage_needed();
	furnish(0);
	set_port(stage.settings->reflectors, 53);
	assert_reason("from 203.0.113.4 v4 udp 53 42010 body 100", "reflected");
	udp = connect_from(SOCK_DGRAM, SERVER_V4, 42010, "203.0.113.4", 53);
	udp_v6 = connect_from(SOCK_DGRAM, SERVER_V6, 42010, "2001:db8:53::1", 53);
	unconnected = socket_at(SOCK_DGRAM, SERVER_V4, 42011);
	for (unsigned i = 0; i < 3; i++) {
		stage.settings->flags = i == 0 ? 0 : i == 1 ? PACKET_IS_END_HOST : PACKET_IS_END_HOST | PACKET_HIDES_PORTS;
		assert_reason("from 203.0.113.4 v4 udp 53 42010 body 100", "passed");
		assert_reason("from 203.0.113.4 v4 part 0 1 udp 53 42010 body 1400", "passed");
		assert_reason("from 2001:db8:53::1 v6 udp 53 42010 body 100", "passed");
		assert_reason("from 203.0.113.5 v4 udp 53 42010 body 100", "reflected");
		assert_reason("from 2001:db8:53::2 v6 udp 53 42010 body 100", "reflected");
		assert_reason("from 203.0.113.4 v4 udp 53 42011 body 100", "reflected");  /* whom that one asked is not to be known */
	}
	close(udp);
	close(udp_v6);
	close(unconnected);
}

/* Without the state check a socket still makes its source known, and then it has a budget. */
static void a_budget_begins_with_a_socket(void **state)
{
	unsigned passed = 0;
	int listener, client;

	(void)state;
	stage_needed();
	furnish(PACKET_HAS_BUDGET);
	stage.settings->budget = (struct packet_budget){ 3600 * SECOND, 9 * 3600 * SECOND };
	listener = listen_at(SERVER_V4, 443, 16);
	client = connect_from(SOCK_STREAM, CLIENT_V4, 40001, SERVER_V4, 443);
	for (int i = 0; i < 100; i++)
		assert_reason("v4 tcp 50000 443 A", "passed");   /* no socket, no state asked, no memory given */
	assert_false(is_known(0xc6336407));
	for (int i = 0; i < 100; i++)
		passed += !strcmp(stage_ask("from 198.51.100.8 v4 tcp 40001 443 A"), "passed");
	assert_int_equal(passed, 10);
	assert_reason("from 198.51.100.8 v4 tcp 40001 443 A", "over_budget");
	close(client);
	close(listener);
}

/* The peer of a connected socket sends as much as it was asked for; a flood from the same address to another port does not. */
static void a_peer_that_was_asked_has_no_budget(void **state)
{
	unsigned passed = 0;
	int udp;

	(void)state;
	stage_needed();
	furnish(PACKET_HAS_UDP_BUDGET);
	stage.settings->udp_budget = (struct packet_budget){ 3600 * SECOND, 4 * 3600 * SECOND };
	for (int i = 0; i < 20; i++)
		passed += !strcmp(stage_ask("from 203.0.113.6 v4 udp 51820 42020 body 100"), "passed");
	assert_int_equal(passed, 5);
	udp = connect_from(SOCK_DGRAM, SERVER_V4, 42020, "203.0.113.6", 51820);
	for (int i = 0; i < 100; i++)
		assert_reason("from 203.0.113.6 v4 udp 51820 42020 body 100", "passed");
	assert_reason("from 203.0.113.6 v4 udp 51821 42020 body 100", "over_udp_budget");
	assert_reason("from 203.0.113.6 v4 icmp 8 0", "over_udp_budget");
	close(udp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_syn_is_answered_and_its_cookie_opens),
		cmocka_unit_test(an_answer_goes_back),
		cmocka_unit_test(an_answer_is_told),
		cmocka_unit_test(no_timestamp_unless_the_kernel_reads_it),
		cmocka_unit_test(who_is_not_answered_here),
		cmocka_unit_test(state_is_asked_of_protected_ports),
		cmocka_unit_test(a_few_of_dead_connections_pass),
		cmocka_unit_test(a_host_that_forwards_knows_no_state),
		cmocka_unit_test(a_connection_makes_its_source_known),
		cmocka_unit_test(half_a_connection_proves_nothing),
		cmocka_unit_test(what_we_asked_for_is_awaited),
		cmocka_unit_test(an_answer_that_is_awaited_is_not_reflected),
		cmocka_unit_test(a_budget_begins_with_a_socket),
		cmocka_unit_test(a_peer_that_was_asked_has_no_budget),
	};

	return cmocka_run_group_tests(tests, stage_start, stage_end);
}
