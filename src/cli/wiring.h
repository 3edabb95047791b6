/* What every process of the shield agrees on: the sections of the configuration, and the memory that outlives a process. */
#ifndef BOUCLIER_CLI_WIRING_H
#define BOUCLIER_CLI_WIRING_H

#include "config/snapshot.h"
#include "process/shared.h"

/* Every section of every room, ended by NULL. */
extern const struct config_section *const config_wiring[];

#define REGION_TICKETS "tickets"
#define REGION_SWITCHES "switches"
#define REGION_TALLY "tally"
#define REGION_RING "ring"      /* one a worker: "ring.0", "ring.1" ... */
#define REGION_COUNTS "counts"
#define REGION_VERSION 1u
#define RING_BYTES ((size_t)2 << 20)

