/* Who is spared, of each file, with what is wrong in them; and the whole look. */
#include "../base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "packet/ssh_ports.h"

#include "base/banned.h"

#define TCP_HEAD "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
#define ROUTE_HEAD "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
#define ZERO "00000000000000000000000000000000"

static struct spared spared;

/* "192.0.2.1 2001:db8::1": in their order. */
static void assert_spared(const char *about, const char *expected)
{
	struct buffer said;

	buffer_init(&said, 65536);
	for (unsigned i = 0; i < spared.count; i++) {
		char name[ADDRESS_TEXT_MAX];

		address_write(&spared.list[i].network.address, name);
		assert_ok(buffer_print(&said, "%s ", name));
	}
	if (!span_equal(span_trim(buffer_span(&said)), span_of(expected)))
		fail_msg("%s: \"%.*s\", not \"%s\"", about, SPAN_ARG(buffer_span(&said)), expected);
	buffer_done(&said);
}

struct row { const char *text, *expected; };

static void each(void (*read)(struct spared *, struct span), const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		spared_init(&spared);
		read(&spared, span_of(rows[i].text));
		assert_spared(rows[i].text, rows[i].expected);
	}
}
#define EACH(read, rows) each(read, rows, sizeof(rows) / sizeof(*(rows)))

static void ssh_connections(void **state)
{
	static const struct row variables[] = {
		{ "192.0.2.1 50000 192.0.2.2 22", "192.0.2.1" },
		{ "fe80::1%eth0 50000 fe80::2%eth0 2222", "fe80::1" },
		{ "127.0.0.1 50000 127.0.0.1 22", "" },
		{ "", "" }, { "192.0.2.1", "" }, { "192.0.2.1 1 2", "" }, { "example.org 1 192.0.2.2 22", "" }, { "0.0.0.0 1 192.0.2.2 22", "" },
	};
	static const struct row tables[] = {
		{ TCP_HEAD "   0: 0200000A:0016 0102000A:C350 01 00000000:00000000 00:00000000 00000000     0        0 1 1\n", "10.0.2.1" },
		{ TCP_HEAD "   0: 0200000A:0050 0102000A:C350 01 0\n", "" },                     /* another port */
		{ TCP_HEAD "   0: 0200000A:0016 0102000A:C350 06 0\n", "" },                     /* not established */
		{ TCP_HEAD "   0: 00000000:0016 00000000:0000 0A 0\n", "" },                     /* the listener */
		{ "   0: 0000000000000000FFFF00000200000A:0016 0000000000000000FFFF00000102000A:C350 01 0\n", "10.0.2.1" },
		{ "   0: B80D0120000000000000000001000000:0016 B80D0120000000000000000002000000:C350 01 0\n", "2001:db8::2" },
		{ "   0: 0200000A:0016 0102000A:C350 01", "10.0.2.1" },                           /* cut */
		{ "   0: 0200000A:0016 0102000A:C350", "" }, { "   0: 0200000A:0016 0102000:C350 01\n", "" }, { "0: 0200000A 0102000A:C350 01\n", "" },
		{ "0: 0200000A:0016 0102000A: 01\n", "" }, { "0: 0200000G:0016 0102000A:C350 01\n", "" }, { "\n\n\n", "" },
	};

	(void)state;
	EACH(spared_read_ssh_connection, variables);
	EACH(spared_read_tcp, tables);
	spared_init(&spared);
	spared_read_ssh_connection(&spared, SPAN("192.0.2.1 50000 192.0.2.2 2222"));
	ssh_config_read(&spared, SPAN("# Port 1\nPort 2200\n  port\t2201\nPort\nPort 0\nPort 65536\nPortal 3\nPort x\nListenAddress 0.0.0.0\nInclude /nowhere\n"), NULL, NULL);
	assert_int_equal(spared.ssh_port_count, 4);
	assert_true(spared.ssh_ports[1] == 2222 && spared.ssh_ports[2] == 2200 && spared.ssh_ports[3] == 2201);
	ssh_config_read(&spared, SPAN("Port=2301\nPort = \"2302\"\nPort=\n=2\nPort==4\nListenAddress 0.0.0.0:2303\nListenAddress [::]:2304\nlistenaddress=ssh.example:2305 rdomain a\n"
	                                      "ListenAddress 2001:db8::1\nListenAddress [::1]\nListenAddress 192.0.2.1\nListenAddress 192.0.2.1:\nPort \"\n"), NULL, NULL);
	assert_int_equal(spared.ssh_port_count, 9);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(spared.ssh_ports[4 + i], 2301 + i);
	spared_read_tcp(&spared, SPAN("0: 0200000A:0899 0102000A:C350 01\n"));  /* 2201 */
	assert_spared("another port of sshd", "192.0.2.1 10.0.2.1");
}

static void gateways(void **state)
{
	static const struct row routes[] = {
		{ ROUTE_HEAD "eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n", "10.0.0.1" },
		{ ROUTE_HEAD "eth0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n", "" },          /* the network itself */
		{ ROUTE_HEAD "eth0\t0000000A\t0100000A\t0003\t0\t0\t0\t000000FF\t0\t0\t0\n", "" },          /* a route, but not the default */
		{ ROUTE_HEAD "eth0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\n", "" },          /* default, no gateway */
		{ "a 00000000 0100000A 0003 0 0 0 00000000\nb 00000000 0200000A 0003 0 0 0 00000000\n", "10.0.0.1 10.0.0.2" },
		{ "a 00000000 0100000A 0003 0 0 0\n", "" }, { "a 00000000 0100000 0003 0 0 0 00000000\n", "" }, { "a x 0100000A 0003 0 0 0 00000000\n", "" },
	};
	static const struct row routes6[] = {
		{ ZERO " 00 " ZERO " 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003 eth0\n", "fe80::1" },
		{ ZERO " 00 " ZERO " 00 " ZERO " ffffffff 00000001 00000000 00200200 lo\n", "" },
		{ "20010db8000000000000000000000000 40 " ZERO " 00 fe800000000000000000000000000001 00000400 1 0 3 eth0\n", "" },
		{ ZERO " 00 " ZERO " 00 fe8 1\n", "" }, { ZERO " zz " ZERO " 00 fe800000000000000000000000000001 1\n", "" }, { ZERO, "" },
	};

	(void)state;
	EACH(spared_read_route, routes);
	EACH(spared_read_route6, routes6);
}

static void resolvers(void **state)
{
	static const struct row files[] = {
		{ "nameserver 192.0.2.53\nnameserver 2001:db8::53\n", "192.0.2.53 2001:db8::53" },
		{ "nameserver 127.0.0.53\noptions edns0\n", "" },
		{ "# nameserver 192.0.2.53\nnameserver\nnameserver x\nNAMESERVER 192.0.2.1\nnameservers 192.0.2.2\n", "" },
		{ "nameserver fe80::1%eth0 # it\nnameserver\t192.0.2.53\r\nnameserver 192.0.2.53", "fe80::1 192.0.2.53" },
	};

	(void)state;
	EACH(spared_read_resolv, files);
}

static void room_is_limited(void **state)
{
	struct buffer text;

	(void)state;
	buffer_init(&text, 1 << 20);
	for (unsigned i = 0; i < SPARED_MAX + 7; i++)
		assert_ok(buffer_print(&text, "nameserver 10.0.%u.%u\n", i >> 8, i & 255));
	spared_init(&spared);
	spared_read_resolv(&spared, buffer_span(&text));
	assert_int_equal(spared.count, SPARED_MAX);
	assert_int_equal(spared.left_out, 7);
	for (unsigned i = 0; i < SPARED_PORTS_MAX; i++) {
		assert_false(spared.has_more_ports);
		buffer_reset(&text);
		assert_ok(buffer_print(&text, "%u", 2200 + i));
		spared_add_port(&spared, buffer_span(&text));
	}
	assert_true(spared.has_more_ports && spared.ssh_port_count == SPARED_PORTS_MAX);  /* 22 is one of those that are kept */
	buffer_done(&text);
}

static const char *write_file(char *path, const char *text)
{
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	return path;
}

static void the_whole_look(void **state)
{
	char tcp[] = "/tmp/bouclier-tcp-XXXXXX", resolv[] = "/tmp/bouclier-resolv-XXXXXX", sshd[] = "/tmp/bouclier-sshd-XXXXXX";
	static const char *const no_units[] = { NULL };
	const struct spared_files files = {
		.ssh_connection = "198.51.100.7 1 198.51.100.1 22", .tcp = write_file(tcp, "0: 0200000A:0899 0102000A:C350 01\n"), .tcp6 = "/nonexistent",
		.sshd_config = write_file(sshd, "Port 2201\n"), .unit_folders = no_units, .route = "/nonexistent/route", .route6 = "/nonexistent", .resolv = write_file(resolv, "nameserver 192.0.2.53\n"),
	};
	struct packet_prefixes prefixes;
	struct complaints complaints;
	struct network management;

	(void)state;
	complaints_init(&complaints);
	spared_init(&spared);
	assert_ok(network_read(SPAN("203.0.113.0/24"), &management));
	spared_add(&spared, &management, SPARED_MANAGEMENT);
	spared_look(&spared, &files, &complaints);
	assert_spared("all", "203.0.113.0 198.51.100.7 10.0.2.1 192.0.2.53");
	assert_int_equal(spared.list[2].why, SPARED_SSH);
	assert_int_equal(complaints.count, 1);  /* the routes, which every machine has */
	assert_span(complaints.list[0].file, "/nonexistent/route");
	prefixes_init(&prefixes);
	assert_ok(spared_prefixes(&spared, &prefixes));
	prefixes_merge(&prefixes);
	assert_int_equal(prefixes.v4_count, 4);
	prefixes_done(&prefixes);
	complaints_done(&complaints);
	unlink(tcp);
	unlink(resolv);
	unlink(sshd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ssh_connections), cmocka_unit_test(gateways), cmocka_unit_test(resolvers),
		cmocka_unit_test(room_is_limited), cmocka_unit_test(the_whole_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
