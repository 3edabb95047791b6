/* An attack as far as this machine can tell it today: the line, the kernel's network counters, the kernel filter's where it is
 * attached, what the running shield refused, and whom it banned.
 *
 * Owns     nothing: the names of interfaces are LINE's
 */
#ifndef BOUCLIER_CLI_REPORT_MEASURE_H
#define BOUCLIER_CLI_REPORT_MEASURE_H

#include "cli/options.h"
#include "cli/report/uplink.h"
#include "config/snapshot.h"
#include "packet/carrier/attack.h"

struct measure {
	struct attack attack;
	bool has_shield;               /* a running shield was asked; otherwise only the machine was */
	bool has_filter;               /* the kernel filter's counters are in it */
};

/* Takes FOR_MS. EXIT_DONE, or it was said on stderr why not. A shield that does not answer is no failure. */
int measure_attack(const struct options *options, const struct snapshot *snapshot, struct uplink *line, uint64_t for_ms, struct measure *out);

#endif
