/* One arena for each test of a program: its set_up and tear_down. */
#ifndef TESTS_WAF_ARENA_STAGE_H
#define TESTS_WAF_ARENA_STAGE_H

#include "../base/check.h"
#include "base/arena.h"

static struct arena arena;

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena, (size_t)64 << 20, 4096);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

#endif
