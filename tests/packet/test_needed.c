/* What passes before anything else is asked, and what only looks like it. */
#include "../base/check.h"

#include "packet/kernel/needed.h"
#include "packet/kernel/parse.h"

#include "recipe.h"

#include "base/banned.h"

static bool is_needed(const char *line)
{
	struct recipe recipe;
	struct packet_head head = { 0 };

	recipe_read(&recipe, line);
	if (packet_parse(recipe.byte, recipe.byte + recipe.len, &head) != PACKET_GOES_ON)
		fail_msg("%s: cannot be parsed", line);
	return packet_is_needed(recipe.byte, recipe.byte + recipe.len, &head);
}

static void what_is_needed(void **state)
{
	static const struct { bool is_needed; const char *recipe; } rows[] = {
		{ true, "v6 hops 255 icmp 133 0" },
		{ true, "v6 hops 255 icmp 135 0 body 16" },
		{ true, "from :: v6 hops 255 icmp 135 0 body 16" },
		{ true, "v6 hops 255 icmp 137 0 body 32" },
		{ false, "v6 hops 254 icmp 135 0 body 16" },             /* came through a router */
		{ false, "v6 hops 255 icmp 135 1 body 16" },
		{ false, "v6 hops 255 icmp 132 0" },
		{ false, "v6 hops 255 icmp 138 0" },
		{ false, "v6 hops 255 icmp 128 0" },
		{ false, "v4 hops 255 icmp 135 0 body 16" },
		{ false, "v6 hops 255 part 0 1 icmp 135 0 body 16" },    /* RFC 6980 */
		{ true, "from fe80::9 v6 hops 1 hop icmp 130 0 body 16" },
		{ true, "from :: v6 hops 1 hop icmp 143 0 body 16" },
		{ false, "v6 hops 1 hop icmp 130 0 body 16" },
		{ false, "from fe80::9 v6 hops 2 hop icmp 130 0 body 16" },
		{ false, "from fe80::9 v6 hops 1 hop icmp 129 0 body 16" },
		{ true, "from fe80::9 v6 udp 547 546 body 40" },
		{ false, "v6 udp 547 546 body 40" },
		{ false, "from fe80::9 v6 udp 546 547 body 40" },
		{ false, "from fec0::9 v6 udp 547 546 body 40" },
		{ true, "v4 udp 67 68 body 240 poke t 8 02 poke t 244 63825363" },
		{ true, "v4 words 10 udp 67 68 body 300 poke t 8 02 poke t 244 63825363" },
		{ false, "v4 udp 67 68 body 240 poke t 8 01 poke t 244 63825363" },  /* a question */
		{ false, "v4 udp 67 68 body 240 poke t 8 02 poke t 244 63825364" },
		{ false, "v4 udp 67 68 body 239 poke t 8 02" },
		{ false, "v4 udp 68 67 body 240 poke t 8 02 poke t 244 63825363" },
		{ false, "v4 udp 67 69 body 240 poke t 8 02 poke t 244 63825363" },
		{ false, "v4 tcp 67 68 A body 240" },
		{ false, "v6 tcp 547 546 A" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		print_message("%s\n", rows[i].recipe);
		assert_int_equal(is_needed(rows[i].recipe), rows[i].is_needed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_is_needed) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
