/* What one group counted, and its line of JSON. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define COUNTS_STATUS_MAX 600
#define LAG_MS            100

struct counts {
	uint64_t dialled, connected, refused_connections; /* refused: not connected, or no handshake */
	uint64_t lost;       /* closed by the server while something was under way */
	uint64_t timeouts;
	uint64_t asked, answered;
	uint64_t pages;      /* of the answers: those that the origin made */
	uint64_t resets;     /* streams that we cancelled, or that the server did */
	uint64_t late;       /* requests that were due while all connections waited: never sent */
	uint64_t challenges; /* met, by actors that do what they ask */
	uint64_t lagged;     /* turns that came more than LAG_MS late: this process had no core */
	uint64_t starved;    /* no descriptor or port was left: the generator's fault */
	uint64_t status[COUNTS_STATUS_MAX];
	unsigned open, open_peak;
};

void counts_answer(struct counts *counts, int status, bool is_page);
void counts_open(struct counts *counts, int change);
void counts_write(const struct counts *counts, const char *name, const char *role, unsigned actors);
