#include "cli/drill/cast.h"

#include "base/banned.h"

#define NETWORK(second) ((uint32_t)127 << 24 | (uint32_t)(second) << 16)

static const struct cast_part parts[CITIZEN_KINDS] = {
	[CITIZEN_SCRIPT] = { .people = 8, .pages = 4, .think_ms = 800, .has_script = true, .network = NETWORK(64) },
	[CITIZEN_NO_SCRIPT] = { .people = 8, .pages = 6, .think_ms = 800, .network = NETWORK(65) },
	[CITIZEN_KNOWN] = { .people = 6, .think_ms = 800, .has_script = true, .network = NETWORK(66) },
	[CITIZEN_SHARED] = { .people = 8, .pages = 6, .think_ms = 1000, .has_script = true, .one_address = true, .network = NETWORK(80) },
	[CITIZEN_PARTNER] = { .people = 3, .think_ms = 500, .network = NETWORK(96) },
};

static const unsigned attackers[ATTACK_KINDS] = { [ATTACK_GET] = 60, [ATTACK_POST] = 40, [ATTACK_SLOW] = 30 };

const struct cast_part *cast_part(enum citizen_kind kind)
{
	return &parts[kind];
}

/* Hosts 1 to 250 of the networks below: no address ends in 0 or 255. */
static uint32_t host(uint32_t network, unsigned number)
{
	return network | (number / 250 % 256) << 8 | (number % 250 + 1);
}

uint32_t cast_citizen_address(enum citizen_kind kind, unsigned seat, unsigned person)
{
	const struct cast_part *part = &parts[kind];

	return host(part->network, part->one_address ? 0 : seat + person * part->people);
}

uint32_t cast_attacker_address(enum attack_kind kind, unsigned number)
{
	return host(NETWORK(128 + (unsigned)kind), number);
}

bool cast_is_attacker(uint32_t address)
{
	return address >> 23 == NETWORK(128) >> 23;
}

unsigned cast_attackers(enum attack_kind kind)
{
	return attackers[kind];
}
