/* What a run counted, and its one line of JSON. */
#pragma once
#include <stdint.h>

#include "latency.h"

#define TALLY_STATUS_MAX 600

struct tally {
	uint64_t answered, broken, opened, handshakes, resumed;
	uint64_t held;            /* connections open at the end */
	uint64_t lost;            /* closed by the server while they rested */
	uint64_t backlog;         /* requests due and never sent */
	uint64_t unanswered;      /* asked, and no answer by the end */
	uint64_t status[TALLY_STATUS_MAX];
	struct latency latency;
};

void tally_write(const struct tally *tally, double wall_seconds);
