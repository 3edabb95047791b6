/* Files of networks: what is read, what is refused and where; sorted, merged, and cut into networks again. */
#include "../base/check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "packet/lists/file.h"

#include "base/banned.h"

static enum result read_text(const char *text, struct complaints *complaints, struct packet_prefixes *out)
{
	complaints_init(complaints);
	prefixes_init(out);
	return prefix_text_read(SPAN("deny.txt"), span_of(text), complaints, out);
}

/* "192.0.2.0/24 2001:db8::/32": the networks that are left, IPv4 first. */
static void assert_merged(const char *text, const char *expected)
{
	struct packet_prefixes prefixes;
	struct complaints complaints;
	struct buffer said;

	assert_ok(read_text(text, &complaints, &prefixes));
	buffer_init(&said, 65536);
	for (size_t i = 0; i < prefixes.v4_count; i++) {
		struct packet_range range = prefixes.v4[i];
		char name[NETWORK_TEXT_MAX];
		struct network network;
		bool goes_on;

		do {
			goes_on = range_cut(&range, &network);
			network_write(&network, name);
			assert_ok(buffer_print(&said, "%s ", name));
		} while (goes_on);
	}
	for (size_t i = 0; i < prefixes.v6_count; i++) {
		char name[NETWORK_TEXT_MAX];

		network_write(&prefixes.v6[i], name);
		assert_ok(buffer_print(&said, "%s ", name));
	}
	if (!span_equal(span_trim(buffer_span(&said)), span_of(expected)))
		fail_msg("%s: %.*s, not %s", text, SPAN_ARG(buffer_span(&said)), expected);
	buffer_done(&said);
	prefixes_done(&prefixes);
	complaints_done(&complaints);
}

static void networks_are_sorted_and_merged(void **state)
{
	static const struct { const char *text, *merged; } rows[] = {
		{ "", "" },
		{ "# nothing\n\n ; nothing\r\n", "" },
		{ "192.0.2.1", "192.0.2.1/32" },
		{ "192.0.2.128/25 # upper\r\n192.0.2.0/25 ; lower\n", "192.0.2.0/24" },
		{ "192.0.2.0/24\n192.0.2.7\n192.0.2.0/24\n", "192.0.2.0/24" },
		{ "10.0.0.2\n10.0.0.1\n10.0.0.3\n10.0.0.4\n", "10.0.0.1/32 10.0.0.2/31 10.0.0.4/32" },
		{ "255.255.255.255\n255.255.255.254\n", "255.255.255.254/31" },
		{ "128.0.0.0/1\n64.0.0.0/2\n", "64.0.0.0/2 128.0.0.0/1" },
		{ "0.0.0.0/1\n128.0.0.0/1\n", "0.0.0.0/0" },
		{ "2001:db8:0:1::/64\n2001:db8::/64\n", "2001:db8::/64 2001:db8:0:1::/64" },  /* not joined: a /63 would be one length more */
		{ "2001:db8::1\n2001:db8::/32\n2001:db9::/32\n", "2001:db8::/32 2001:db9::/32" },
		{ "::ffff:192.0.2.0/120\n", "192.0.2.0/24" },
		{ "  198.51.100.0/24\t\n2001:db8::/48", "198.51.100.0/24 2001:db8::/48" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_merged(rows[i].text, rows[i].merged);
}

static void what_is_wrong_is_said_with_its_line(void **state)
{
	static const struct { const char *text; unsigned line; const char *said; } rows[] = {
		{ "192.0.2.0/24\n  192.0.2.1/24 # here\n", 2, "bits behind its prefix are zero" },
		{ "192.0.2.0/33\n", 1, "found \"192.0.2.0/33\"" },
		{ "\n\nexample.org\n", 3, "found \"example.org\"" },
		{ "192.0.2.1 192.0.2.2\n", 1, "found" },
		{ "192.0.2.0/\n", 1, "found" },
		{ "192.0.2.0/-1\n", 1, "found" },
		{ "2001:db8::/129\n", 1, "found" },
		{ "fe80::1%eth0\n", 1, "found" },
		{ "1\x1b[2J\n", 1, "found \"1?[2J\"" },  /* nothing that a terminal obeys */
		{ "0.0.0.0/0\n", 1, "is everybody" },
		{ "::/0\n", 1, "is everybody" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct packet_prefixes prefixes;
		struct complaints complaints;

		assert_result(read_text(rows[i].text, &complaints, &prefixes), RESULT_REFUSED);
		assert_int_equal(complaints.count, 1);
		assert_int_equal(complaints.list[0].line, rows[i].line);
		assert_span(complaints.list[0].file, "deny.txt");
		assert_int_equal(complaints.list[0].column, i ? 1 : 3);
		if (!span_contains(complaints.list[0].text, span_of(rows[i].said)))
			fail_msg("%s: %.*s", rows[i].text, SPAN_ARG(complaints.list[0].text));
		assert_true(!prefixes.v4 && !prefixes.v6 && !prefixes.v4_count);
		complaints_done(&complaints);
	}
}

static void limits_hold(void **state)
{
	struct packet_prefixes prefixes;
	struct complaints complaints;
	struct buffer text;

	(void)state;
	buffer_init(&text, PREFIX_FILE_BYTES);
	for (unsigned i = 0; i < 100; i++)
		assert_ok(buffer_append(&text, SPAN("wrong\n")));
	assert_ok(buffer_append_byte(&text, 0));
	assert_result(read_text(buffer_span(&text).at, &complaints, &prefixes), RESULT_REFUSED);
	assert_int_equal(complaints.count, PREFIX_FILE_ERRORS + 1);
	complaints_done(&complaints);

	buffer_reset(&text);
	for (unsigned i = 0; i <= PREFIX_FILE_COUNT; i++)
		assert_ok(buffer_append(&text, SPAN("10.1.1.1\n")));
	assert_ok(buffer_append_byte(&text, 0));
	assert_result(read_text(buffer_span(&text).at, &complaints, &prefixes), RESULT_REFUSED);
	assert_int_equal(complaints.list[0].line, PREFIX_FILE_COUNT + 1);
	complaints_done(&complaints);

	buffer_reset(&text);
	for (unsigned i = 0; i <= PREFIX_LINE_BYTES; i++)
		assert_ok(buffer_append_byte(&text, ' '));
	assert_ok(buffer_append_byte(&text, 0));
	assert_result(read_text(buffer_span(&text).at, &complaints, &prefixes), RESULT_REFUSED);
	complaints_done(&complaints);
	buffer_done(&text);
}

static void assert_file_refused(const char *path, const char *said)
{
	struct packet_prefixes prefixes;
	struct complaints complaints;

	complaints_init(&complaints);
	prefixes_init(&prefixes);
	assert_result(prefix_file_read(path, &complaints, &prefixes), RESULT_REFUSED);
	if (!span_contains(complaints.list[0].text, span_of(said)))
		fail_msg("%s: %.*s", path, SPAN_ARG(complaints.list[0].text));
	complaints_done(&complaints);
}

static void files_that_are_none(void **state)
{
	char path[] = "/tmp/bouclier-prefixes-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_file_refused("/nonexistent/deny.txt", "cannot be read");
	assert_file_refused("/dev/zero", "not a file");
	assert_file_refused("/", "not a file");
	assert_int_equal(ftruncate(fd, (off_t)PREFIX_FILE_BYTES + 1), 0);
	assert_file_refused(path, "more than 32 MiB");
	close(fd);
	unlink(path);
}

static void what_contains(void **state)
{
	static const struct { const char *address; bool is_in; } rows[] = {
		{ "192.0.1.255", false }, { "192.0.2.0", true }, { "192.0.2.255", true }, { "192.0.3.0", false }, { "0.0.0.0", false }, { "255.255.255.255", false },
		{ "2001:db8::", true }, { "2001:db8:ffff::1", true }, { "2001:db9::", false }, { "::1", false }, { "fe80::1", true }, { "fe80::2", false },
	};
	struct packet_prefixes prefixes;
	struct complaints complaints;

	(void)state;
	assert_ok(read_text("192.0.2.0/24\n2001:db8::/32\n2001:db8:1::/48\nfe80::1\n", &complaints, &prefixes));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct address address;

		assert_ok(address_read(span_of(rows[i].address), &address));
		if (prefixes_contain(&prefixes, &address) != rows[i].is_in)
			fail_msg("%s", rows[i].address);
	}
	prefixes_done(&prefixes);
	complaints_done(&complaints);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(networks_are_sorted_and_merged),
		cmocka_unit_test(what_is_wrong_is_said_with_its_line),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(files_that_are_none),
		cmocka_unit_test(what_contains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
