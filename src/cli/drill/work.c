#include "cli/drill/work.h"

#include <stdio.h>

#include "base/banned.h"

enum result work_begin(struct work *work, struct span ask, unsigned bits, unsigned parts)
{
	*work = (struct work){ .bits = bits, .parts = parts };
	return digest_plain(ask, work->seed);
}

enum result work_go_on(struct work *work, unsigned tries)
{
	for (; tries && work->part < work->parts; tries--) {
		bool is_found = puzzle_try(work->seed, work->part, work->next, work->bits) == RESULT_OK;

		if (is_found) {
			work->len += (size_t)snprintf(work->solution + work->len, sizeof(work->solution) - work->len, "%s%x", work->part ? "." : "", work->next);
			work->part++;
		}
		work->next = is_found ? 0 : work->next + 1;
	}
	return work->part == work->parts ? RESULT_OK : RESULT_MORE;
}
