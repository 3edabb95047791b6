/* The tables of networks: where an address lies, against a plain list of ranges. */
#include "../base/check.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "packet/kernel/direct.h"

#include "base/banned.h"

static struct packet_cells *direct;
static struct packet_group *groups;

static int tables_new(void **state)
{
	(void)state;
	direct = calloc(2 * 65536, sizeof(*direct));
	groups = calloc((size_t)2 * PACKET_GROUPS, sizeof(*groups));
	return direct && groups ? 0 : -1;
}

static int tables_free(void **state)
{
	(void)state;
	free(direct);
	free(groups);
	return 0;
}

/* As the program asks, with arrays in the place of maps; PACKET_CELL_MORE comes back as such. */
static unsigned ask(uint32_t copy, uint32_t address)
{
	uint16_t cell = direct_cell(&direct[direct_index(copy, address)], address);

	return cell < PACKET_CELL_GROUPS ? cell : group_verdict(&groups[group_index(copy, cell)], address);
}

static void each_address_has_its_own_two_bits(void **state)
{
	(void)state;
	for (uint32_t copy = 0; copy < 2; copy++) {
		direct[direct_index(copy, 0xc0000200)].cell[2] = (uint16_t)(PACKET_CELL_GROUPS + copy * (PACKET_GROUPS - 1));
		for (uint32_t last = 0; last < 256; last++)
			groups[group_index(copy, (uint16_t)(PACKET_CELL_GROUPS + copy * (PACKET_GROUPS - 1)))].word[last / 32] |=
				(uint64_t)((last + copy) % 3) << last % 32 * 2;
		for (uint32_t last = 0; last < 256; last++)
			assert_int_equal(ask(copy, 0xc0000200 + last), (last + copy) % 3);
		assert_int_equal(ask(copy, 0xc0000100), PACKET_NEITHER);
		assert_int_equal(ask(copy, 0xc0000300), PACKET_NEITHER);
	}
}

static void a_cell_is_a_24(void **state)
{
	static const uint32_t addresses[] = { 0, 0xff, 0x100, 0x0a0b0c0d, 0x7fffffff, 0xffffffff };

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		uint32_t address = addresses[i], network = address & ~255u;

		direct[direct_index(1, address)].cell[address >> 8 & 255] = PACKET_DENY;
		assert_int_equal(ask(1, network), PACKET_DENY);
		assert_int_equal(ask(1, network + 255), PACKET_DENY);
		assert_int_equal(ask(1, network + 256), PACKET_NEITHER);
		assert_int_equal(ask(1, network - 1), PACKET_NEITHER);
		assert_int_equal(ask(0, address), PACKET_NEITHER);
		direct[direct_index(1, address)].cell[address >> 8 & 255] = PACKET_CELL_MORE;
		assert_int_equal(ask(1, address), PACKET_CELL_MORE);
		direct[direct_index(1, address)].cell[address >> 8 & 255] = PACKET_NEITHER;
	}
}

/* The last index of the last copy is the last of each map. */
static void indexes_stay_in_their_maps(void **state)
{
	(void)state;
	assert_int_equal(direct_index(0, 0), 0);
	assert_int_equal(direct_index(1, 0xffffffff), 2 * 65536 - 1);
	assert_int_equal(group_index(0, PACKET_CELL_GROUPS), 0);
	assert_int_equal(group_index(0, 65535), PACKET_GROUPS - 1);
	assert_int_equal(group_index(1, 65535), 2 * PACKET_GROUPS - 1);
}

/* Bit for bit, for every length. */
static void a_prefix_has_no_bits_beyond_its_length(void **state)
{
	struct draws draws = { 7 };

	(void)state;
	for (int round = 0; round < 50; round++) {
		struct v6_number address = { draw(&draws), draw(&draws) };
		uint8_t bytes[16];

		for (unsigned i = 0; i < 16; i++)
			bytes[i] = (uint8_t)((i < 8 ? address.high : address.low) >> (56 - i % 8 * 8));
		for (uint32_t length = 0; length <= 128; length++) {
			struct packet_v6_key key;

			memset(&key, 0xee, sizeof(key));
			prefix_key(1, length, address, &key);
			assert_int_equal(key.copy, 1);
			assert_int_equal(key.length, length);
			for (unsigned bit = 0; bit < 128; bit++) {
				unsigned mask = 0x80u >> bit % 8;

				assert_int_equal(key.bytes[bit / 8] & mask, bit < length ? bytes[bit / 8] & mask : 0);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_address_has_its_own_two_bits),
		cmocka_unit_test(a_cell_is_a_24),
		cmocka_unit_test(indexes_stay_in_their_maps),
		cmocka_unit_test(a_prefix_has_no_bits_beyond_its_length),
	};

	return cmocka_run_group_tests(tests, tables_new, tables_free);
}
