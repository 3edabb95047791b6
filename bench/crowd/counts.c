#include "counts.h"

#include <inttypes.h>
#include <stdio.h>

void counts_answer(struct counts *counts, int status, bool is_page)
{
	counts->answered++;
	counts->pages += is_page;
	if (status >= 0 && status < COUNTS_STATUS_MAX)
		counts->status[status]++;
}

void counts_open(struct counts *counts, int change)
{
	counts->open = (unsigned)((int)counts->open + change);
	if (counts->open > counts->open_peak)
		counts->open_peak = counts->open;
}

static void statuses_write(const struct counts *counts)
{
	const char *comma = "";

	printf("\"status\":{");
	for (int i = 0; i < COUNTS_STATUS_MAX; i++)
		if (counts->status[i]) {
			printf("%s\"%d\":%" PRIu64, comma, i, counts->status[i]);
			comma = ",";
		}
	printf("}");
}

void counts_write(const struct counts *counts, const char *name, const char *role, unsigned actors)
{
	const struct {
		const char *name;
		uint64_t count;
	} all[] = {
		{"dialled", counts->dialled}, {"connected", counts->connected}, {"refused_connections", counts->refused_connections},
		{"lost", counts->lost}, {"timeouts", counts->timeouts}, {"asked", counts->asked}, {"answered", counts->answered},
		{"pages", counts->pages}, {"resets", counts->resets}, {"late", counts->late}, {"challenges", counts->challenges},
		{"lagged", counts->lagged}, {"starved", counts->starved}, {"open_peak", counts->open_peak},
	};

	printf("{\"group\":\"%s\",\"role\":\"%s\",\"actors\":%u,", name, role, actors);
	for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
		printf("\"%s\":%" PRIu64 ",", all[i].name, all[i].count);
	statuses_write(counts);
	printf("}\n");
}
