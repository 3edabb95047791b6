/* The table that nftables is given: sets by length, who passes first, and nothing dropped while it only observes. */
#include "../base/check.h"

#include "packet/layout.h"
#include "packet/lists/file.h"
#include "packet/loader/nft_text.h"

#include "base/banned.h"

static uint64_t reflectors[PACKET_PORT_WORDS] = { [0] = 1ull << 53, [11211 / 64] = 1ull << 11211 % 64 }, exposed[PACKET_PORT_WORDS] = { [0] = 1ull << 22 };

static void write_wish(struct buffer *out, bool observes, const uint64_t *tcp)
{
	static const char *const names[] = { "eth0", "eth1" };
	struct packet_prefixes denied, allowed;
	struct complaints complaints;
	const struct nft_wish wish = { names, 2, &denied, &allowed, reflectors, tcp, observes };

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
	write_wish(&text, false, exposed);
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
	write_wish(&text, true, NULL);
	assert_true(!span_contains(buffer_span(&text), SPAN("drop")) && !span_contains(buffer_span(&text), SPAN("dport !=")));
	buffer_done(&text);
}

static void a_ban(void **state)
{
	struct address address;
	struct buffer text;

	(void)state;
	buffer_init(&text, 4096);
	assert_ok(address_read(SPAN("2001:db8:1:2:3::4"), &address));
	assert_ok(nft_text_ban(&address, 60, &text));
	place_of(&text, "add element netdev bouclier bans6 { 2001:db8:1:2:: timeout 60s }");
	buffer_reset(&text);
	assert_ok(address_read(SPAN("192.0.2.1"), &address));
	assert_ok(nft_text_ban(&address, 0, &text));
	place_of(&text, "delete element netdev bouclier bans4 { 192.0.2.1 }");
	assert_true(!span_contains(buffer_span(&text), SPAN("timeout 0")));
	buffer_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_table), cmocka_unit_test(a_ban) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
