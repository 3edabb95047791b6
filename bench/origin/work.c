#include "work.h"

#include <inttypes.h>

#define SECOND_NS 1000000000ull
#define LATE_NS   20000000ull /* a turn this late is a pause of the machine, not work: its time is not made up for */

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND_NS + (uint64_t)t.tv_nsec;
}

bool work_init(struct work *work, unsigned long each_us, const char *log)
{
	*work = (struct work){.each_ns = each_us * 1000};
	if (log && !(work->log = fopen(log, "w"))) {
		perror(log);
		return false;
	}
	return true;
}

void work_end(struct work *work)
{
	if (work->log)
		fclose(work->log);
}

void work_add(struct work *work, struct client *client)
{
	client->behind = NULL;
	client->is_queued = true;
	if (work->last)
		work->last->behind = client;
	else
		work->first = client;
	if (work->first == client)
		work->until_ns = now_ns() + work->each_ns;
	work->last = client;
}

bool work_has(const struct work *work, const struct client *client)
{
	return work->each_ns && client->is_queued;
}

struct client *work_done(struct work *work)
{
	struct client *client = work->first;
	uint64_t now;

	if (!client || (now = now_ns()) < work->until_ns)
		return NULL;
	work->first = client->behind;
	if (!work->first)
		work->last = NULL;
	work->until_ns = (now - work->until_ns < LATE_NS ? work->until_ns : now) + work->each_ns;
	client->is_queued = false;
	if (work->log)
		fprintf(work->log, "%" PRIu64 " %s\n", now / 1000, client->source);
	return client;
}

const struct timespec *work_rest(const struct work *work, struct timespec *rest)
{
	uint64_t now = now_ns(), left = work->first && work->until_ns > now ? work->until_ns - now : 0;

	if (!work->first)
		return NULL;
	*rest = (struct timespec){.tv_sec = (time_t)(left / SECOND_NS), .tv_nsec = (long)(left % SECOND_NS)};
	return rest;
}
