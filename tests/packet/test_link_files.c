/* Counters from files as the kernel has them. */
#include "../base/check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "packet/carrier/link_files.h"

#include "base/banned.h"

static char folder[] = "/tmp/test-link-XXXXXX";
static const char *const names[] = { "rx_bytes", "rx_packets", "rx_dropped", "rx_missed_errors", "rx_fifo_errors", "rx_over_errors" };

static void write_counter(const char *interface, const char *name, const char *value)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/statistics/%s", folder, interface, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(value, file);
	assert_int_equal(fclose(file), 0);
}

static void make_interface(const char *interface)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, interface);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/%s/statistics", folder, interface);
	assert_int_equal(mkdir(path, 0700), 0);
	for (unsigned i = 0; i < LINK_COUNTERS; i++) {
		char value[16];

		snprintf(value, sizeof(value), "%u\n", 1u << (4 * i));
		write_counter(interface, names[i], value);
	}
}

static void added_up(void **state)
{
	const struct span both[] = { SPAN_INIT("eth0"), SPAN_INIT("eth1") };
	struct link_files files;
	struct link_reading reading;
	size_t wrong;

	(void)state;
	assert_ok(link_files_open(folder, both, 2, &files, &wrong));
	assert_ok(link_files_read(&files, 77, &reading));
	assert_true(reading.at_ms == 77 && reading.bytes == 2 && reading.packets == 32 && reading.drops == 2 * (0x100 + 0x1000 + 0x10000 + 0x100000));
	write_counter("eth1", "rx_bytes", "18446744073709551000\n");   /* the same descriptors see it */
	assert_ok(link_files_read(&files, 78, &reading));
	assert_true(reading.bytes == 18446744073709551001ull);
	write_counter("eth1", "rx_bytes", "none\n");
	assert_result(link_files_read(&files, 79, &reading), RESULT_IO);
	assert_int_equal(reading.at_ms, 78);
	write_counter("eth1", "rx_bytes", "1\n");
	link_files_done(&files);
}

static void missing(void **state)
{
	const struct span both[] = { SPAN_INIT("eth0"), SPAN_INIT("eth7") };
	struct span many[LINK_INTERFACES_MAX + 1];
	struct link_files files;
	size_t wrong = 0;

	(void)state;
	assert_result(link_files_open(folder, both, 2, &files, &wrong), RESULT_NOT_FOUND);
	assert_int_equal(wrong, 1);
	for (unsigned i = 0; i <= LINK_INTERFACES_MAX; i++)
		many[i] = both[0];
	assert_result(link_files_open(folder, many, LINK_INTERFACES_MAX + 1, &files, &wrong), RESULT_LIMIT);
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
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	make_interface("eth0");
	make_interface("eth1");
	return 0;
}

static int end(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(added_up), cmocka_unit_test(missing), cmocka_unit_test(default_route) };

	return cmocka_run_group_tests(tests, begin, end);
}
