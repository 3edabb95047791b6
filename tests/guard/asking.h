/* Somebody who asks, with keys, in memory of their own. */
#ifndef BOUCLIER_TESTS_GUARD_ASKING_H
#define BOUCLIER_TESTS_GUARD_ASKING_H

#include "../base/check.h"

#include <stdlib.h>

#include "guard/challenge.h"

#define START_S ((uint64_t)1000 * TICKET_PERIOD_S + 100)
#define START_US 1000000000u   /* of CLOCK_MONOTONIC */
#define SITE 0x1122334455667788u

static inline struct address address_of(const char *text)
{
	struct address address;

	assert_ok(address_read(span_of(text), &address));
	return address;
}

static inline struct challenge_memory *memory_new(void)
{
	struct challenge_memory *memory = aligned_alloc(64, sizeof(*memory));

	assert_non_null(memory);
	memset(memory, 0, sizeof(*memory));
	challenge_memory_open(memory, START_S * 1000, START_US);
	return memory;
}

static inline struct asker asker_at(const struct challenge_memory *memory, const char *source, uint64_t now_ms)
{
	return (struct asker){ &memory->keys, SITE, address_of(source), now_ms };
}

#endif
