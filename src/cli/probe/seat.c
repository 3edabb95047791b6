#include <time.h>

#include "base/clock.h"
#include "base/hash.h"
#include "cli/probe/probe.h"

#include "base/banned.h"

#define END_S 2

/* Half to one and a half times the mean, so that probes do not fall into step, with each other or with anything. */
static uint64_t rest_ms(const struct seat *seat)
{
	uint64_t chance;

	random_fill(&chance, sizeof(chance));
	return seat->every_ms / 2 + chance % seat->every_ms;
}

static void *sit(void *context)
{
	struct seat *seat = context;
	int told = -1;

	do {
		struct look look;

		look_at(&seat->page, seat->patience_ms, seat->stop_fd, &look);
		ledger_count(seat->ledger, seat->page.authority, &look);
		if (look.outcome != LOOK_STOPPED && told != (int)look.outcome) {
			tell_look(seat->text, &look, seat->is_json);
			told = (int)look.outcome;
		}
	} while (exchange_pause(seat->stop_fd, clock_mono_ms() + rest_ms(seat)));
	return NULL;
}

enum result seat_begin(struct seat *seat)
{
	seat->is_there = pthread_create(&seat->thread, NULL, sit, seat) == 0;
	return seat->is_there ? RESULT_OK : RESULT_NO_MEMORY;
}

bool seat_end(struct seat *seat)
{
	struct timespec until;

	if (!seat->is_there)
		return true;
	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += END_S;
	return pthread_timedjoin_np(seat->thread, NULL, &until) == 0;
}
