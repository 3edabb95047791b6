#include "tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

static double seconds_of(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double own_cpu_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

static void count_write(const char *name, uint64_t count)
{
	printf("\"%s\":%" PRIu64 ",", name, count);
}

static void statuses_write(const struct tally *tally)
{
	const char *comma = "";

	printf("\"status\":{");
	for (int i = 0; i < TALLY_STATUS_MAX; i++)
		if (tally->status[i]) {
			printf("%s\"%d\":%" PRIu64, comma, i, tally->status[i]);
			comma = ",";
		}
	printf("}");
}

void tally_write(const struct tally *tally, double wall_seconds)
{
	const struct latency *latency = &tally->latency;

	printf("{");
	count_write("answered", tally->answered);
	count_write("broken", tally->broken);
	count_write("opened", tally->opened);
	count_write("handshakes", tally->handshakes);
	count_write("resumed", tally->resumed);
	count_write("held", tally->held);
	count_write("lost", tally->lost);
	count_write("backlog", tally->backlog);
	count_write("unanswered", tally->unanswered);
	printf("\"wall_s\":%.4f,\"per_s\":%.1f,", wall_seconds, (double)tally->answered / wall_seconds);
	printf("\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f,", (double)latency_at(latency, .5) / 1e3,
	       (double)latency_at(latency, .9) / 1e3, (double)latency_at(latency, .99) / 1e3,
	       (double)latency->longest_ns / 1e3);
	printf("\"generator_cpu_s\":%.3f,", own_cpu_seconds());
	statuses_write(tally);
	printf("}\n");
}
