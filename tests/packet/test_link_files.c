/* Counters from files as the kernel has them. */
#include "../base/check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "packet/carrier/link_files.h"

#include "base/banned.h"

#define HEAD "Inter-|   Receive                                                |  Transmit\n" \
             " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"
#define LOOPBACK "    lo:     900       9    9    9    9     9          9         9      900       9    9    9    9     9       9          9\n"

static char path[] = "/tmp/test-link-XXXXXX";

static void write_counters(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void added_up(void **state)
{
	const struct span both[] = { SPAN_INIT("eth0"), SPAN_INIT("eth1") };
	struct link_files files;
	struct link_reading reading;
	size_t wrong;

	(void)state;
	write_counters(HEAD LOOPBACK "  eth0: 1 2 4 8 16 32 64 128 256 512 0 0 0 0 0 0\n eth10: 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7\n  eth1: 1000 2000 0 0 0 0 0 0 3000 0 0 0 0 0 0 0\n");
	assert_ok(link_files_open(path, both, 2, &files, &wrong));
	assert_ok(link_files_read(&files, 77, &reading));
	assert_true(reading.at_ms == 77 && reading.bytes == 1001 && reading.packets == 2002 && reading.drops == 24 && reading.sent_bytes == 3256);
	write_counters(HEAD "  eth0: 1 2 4 8 16 32 64 128 256 512 0 0 0 0 0 0\n  eth1:18446744073709551000 2000 0 0 0 0 0 0 3000 0 0 0 0 0 0 0\n");   /* the same descriptor sees it */
	assert_ok(link_files_read(&files, 78, &reading));
	assert_true(reading.bytes == 18446744073709551001ull);
	write_counters(HEAD "  eth0: 1 2 4 8 16 32 64 128 256 512 0 0 0 0 0 0\n");
	assert_result(link_files_read(&files, 79, &reading), RESULT_NOT_FOUND);
	write_counters(HEAD "  eth0: 1 2 4 8 16 none 64 128 256 512 0 0 0 0 0 0\n  eth1: 1000 2000 0 0 0 0 0 0 3000 0 0 0 0 0 0 0\n");
	assert_result(link_files_read(&files, 80, &reading), RESULT_IO);
	assert_int_equal(reading.at_ms, 78);
	link_files_done(&files);
}

static void held(void **state)
{
	struct span both[] = { SPAN_INIT("eth0"), SPAN_INIT("eth1") };
	struct list_value list = { both, 2 };
	struct link_files files = { .names = { "eth1", "eth0", "eth2" }, .count = 3 };

	(void)state;
	assert_true(link_files_hold(&files, &list));
	files.count = 1;
	assert_false(link_files_hold(&files, &list));
	list.count = 0;
	assert_true(link_files_hold(&files, &list));
}

/* More interfaces than fit into one read, as on a host of containers. */
static void many_interfaces(void **state)
{
	const struct span name = SPAN_INIT("eth0");
	struct link_files files;
	struct link_reading reading;
	size_t wrong;
	FILE *file = fopen(path, "w");

	(void)state;
	assert_non_null(file);
	fputs(HEAD, file);
	for (unsigned i = 0; i < 700; i++)
		fprintf(file, "veth%u: 1 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n", i);
	fputs("  eth0: 5 2 4 8 16 32 64 128 256 512 0 0 0 0 0 0\n", file);
	assert_int_equal(fclose(file), 0);
	assert_ok(link_files_open(path, &name, 1, &files, &wrong));
	assert_ok(link_files_read(&files, 1, &reading));
	assert_int_equal(reading.bytes, 5);
	link_files_done(&files);
}

static void damaged(void **state)
{
	static const char *const texts[] = { "eth0: 1 2 3 4 5 6 7 8\n", "eth0:\n", "eth0: -1 2 4 8 16 32 64 128 256\n", "eth0: 1 2 4 99999999999999999999 16 32 64 128 256\n", "eth0:1,2" };
	struct link_reading reading = { .at_ms = 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_result(link_counters_read(span_of(texts[i]), SPAN("eth0"), &reading), RESULT_MALFORMED);
	assert_result(link_counters_read(SPAN("eth1: 1 2 3 4 5 6 7 8 9\neth0 1 2 3\n:\n"), SPAN("eth0"), &reading), RESULT_NOT_FOUND);
	assert_true(reading.bytes == 0 && reading.drops == 0);
}

static void missing(void **state)
{
	const struct span both[] = { SPAN_INIT("eth0"), SPAN_INIT("eth7") }, long_name = SPAN_INIT("a-name-that-is-too-long");
	struct span many[LINK_INTERFACES_MAX + 1];
	struct link_files files;
	size_t wrong = 0;

	(void)state;
	write_counters(HEAD "  eth0: 1 2 4 8 16 32 64 128 256 512 0 0 0 0 0 0\n");
	assert_result(link_files_open(path, both, 2, &files, &wrong), RESULT_NOT_FOUND);
	assert_int_equal(wrong, 1);
	assert_result(link_files_open(path, &long_name, 1, &files, &wrong), RESULT_NOT_FOUND);
	assert_result(link_files_open("/tmp/test-link-that-is-not-there", both, 1, &files, &wrong), RESULT_IO);
	for (unsigned i = 0; i <= LINK_INTERFACES_MAX; i++)
		many[i] = both[0];
	assert_result(link_files_open(path, many, LINK_INTERFACES_MAX + 1, &files, &wrong), RESULT_LIMIT);
}

/* The kernel's own file is as it is read here. */
static void this_machine(void **state)
{
	const struct span loopback = SPAN_INIT("lo");
	struct link_files files;
	struct link_reading reading;
	size_t wrong;

	(void)state;
	assert_ok(link_files_open(LINK_COUNTERS_PATH, &loopback, 1, &files, &wrong));
	assert_ok(link_files_read(&files, 1, &reading));
	assert_true(reading.bytes == reading.sent_bytes && (reading.bytes == 0) == (reading.packets == 0));
	link_files_done(&files);
}

static void default_route(void **state)
{
	static const char table[] = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
	                            "eth1\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
	                            "tun0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000080\t0\t0\t0\n"
	                            "eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n";
	char out[IFNAMSIZ];

	(void)state;
	assert_ok(link_default_read(SPAN(table), out));
	assert_string_equal(out, "eth0");
	assert_result(link_default_read(span_take(SPAN(table), 200), out), RESULT_NOT_FOUND);
	assert_result(link_default_read(SPAN_NONE, out), RESULT_NOT_FOUND);
	assert_result(link_default_read(SPAN("a-name-that-is-too-long\t00000000\t0\t0\t0\t0\t0\t00000000\n"), out), RESULT_NOT_FOUND);
	assert_result(link_default_read(SPAN("\n\n \t\n00000000"), out), RESULT_NOT_FOUND);
}

static int begin(void **state)
{
	int fd = mkostemp(path, O_CLOEXEC);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int end(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(added_up), cmocka_unit_test(held), cmocka_unit_test(many_interfaces), cmocka_unit_test(damaged), cmocka_unit_test(missing), cmocka_unit_test(this_machine),
		cmocka_unit_test(default_route),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
