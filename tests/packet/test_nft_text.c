/* The table that nftables is given: sets by length, who passes first, and nothing dropped while it only observes. */
#include "../base/check.h"

#include <sched.h>
#include <unistd.h>

#include "packet/layout.h"
#include "packet/lists/file.h"
#include "packet/loader/loader.h"
#include "packet/loader/nft.h"
#include "packet/loader/nft_text.h"

#include "base/banned.h"

static uint64_t reflectors[PACKET_PORT_WORDS] = { [0] = 1ull << 53, [11211 / 64] = 1ull << 11211 % 64 }, exposed[PACKET_PORT_WORDS] = { [0] = 1ull << 22 };

static void write_wish(struct buffer *out, bool observes, const uint64_t *tcp, bool is_real)
{
	const char *const names[] = { "eth0", is_real ? "lo" : "eth1" };
	struct packet_prefixes denied, allowed;
	struct complaints complaints;
	const struct nft_wish wish = { names + is_real, is_real ? 1 : 2, &denied, &allowed, reflectors, tcp, observes };

	complaints_init(&complaints);
	prefixes_init(&denied);
	prefixes_init(&allowed);
	assert_ok(prefix_text_read(SPAN("d"), SPAN("198.51.100.0/24\n203.0.113.5\n203.0.113.9\n10.0.0.0/9\n2001:db8::/32\n"), &complaints, &denied));
	assert_ok(prefix_text_read(SPAN("a"), SPAN("192.0.2.1\nfe80::1\n"), &complaints, &allowed));
	buffer_init(out, 1 << 20);
	assert_ok(nft_text_write(&wish, out));
	prefixes_done(&denied);
	prefixes_done(&allowed);
	complaints_done(&complaints);
}

static size_t place_of(const struct buffer *text, const char *part)
{
	struct span all = buffer_span(text);

	for (size_t i = 0; i < all.len; i++) {
		if (span_starts(span_skip(all, i), span_of(part)))
			return i;
	}
	fail_msg("no \"%s\" in:\n%.*s", part, SPAN_ARG(all));
	return 0;
}

static void the_table(void **state)
{
	struct buffer text;

	(void)state;
	write_wish(&text, false, exposed, false);
	place_of(&text, "set denied4_24 {\n\t\ttype ipv4_addr\n\t\telements = { 198.51.100.0 }");
	place_of(&text, "set denied4_32 {\n\t\ttype ipv4_addr\n\t\telements = { 203.0.113.5,203.0.113.9 }");
	place_of(&text, "ip saddr & 255.128.0.0 @denied4_9 counter name denied drop");
	place_of(&text, "ip6 saddr & ffff:ffff:: @denied6_32 counter name denied drop");
	place_of(&text, "devices = { \"eth0\", \"eth1\" }");
	place_of(&text, "udp sport { 53, 11211 } counter name reflected drop");
	place_of(&text, "tcp flags & (syn | ack) == syn tcp dport != { 22 } counter name not_exposed drop");
	assert_true(place_of(&text, "@allowed4_32 counter name allowed accept") < place_of(&text, "@denied4_32 counter name denied drop"));
	assert_true(place_of(&text, "icmpv6 type") < place_of(&text, "@denied4_32 counter name denied drop"));
	buffer_done(&text);
	write_wish(&text, true, NULL, false);
	assert_true(!span_contains(buffer_span(&text), SPAN("drop")) && !span_contains(buffer_span(&text), SPAN("dport !=")));
	buffer_done(&text);
}

static void assert_listed(const char *part, bool is_there)
{
	struct buffer out;

	buffer_init(&out, 1 << 20);
	assert_ok(nft_run("list table netdev bouclier", false, &out, NULL));
	if (span_contains(buffer_span(&out), span_of(part)) != is_there)
		fail_msg("%s%s in:\n%.*s", is_there ? "no " : "", part, SPAN_ARG(buffer_span(&out)));
	buffer_done(&out);
}

/* In a network namespace of its own, with lo alone. */
static void nftables_takes_it(void **state)
{
	struct buffer text, error;

	(void)state;
	if (!nft_is_there() || unshare(CLONE_NEWNET) < 0) {
		print_message("skipped: no libnftables, or no CAP_SYS_ADMIN\n");
		skip();
	}
	assert_true(!loader_nft_is_attached());
	write_wish(&text, false, exposed, true);
	assert_ok(buffer_append_byte(&text, 0));
	buffer_init(&error, 4096);
	for (unsigned i = 0; i < 2; i++) {  /* and over itself */
		if (nft_run(buffer_span(&text).at, false, NULL, &error) != RESULT_OK)
			fail_msg("%.*s", SPAN_ARG(buffer_span(&error)));
	}
	assert_true(loader_nft_is_attached());
	assert_listed("ip saddr & 255.128.0.0", true);
	assert_listed("ban", false);  /* nobody could write a set of them */
	buffer_done(&error);
	buffer_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_table), cmocka_unit_test(nftables_takes_it) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
