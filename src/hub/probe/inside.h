/* The inside of probe.h, for its files alone: probe.c birth and questions, take.c a report, feed.c what was taken. */
#ifndef BOUCLIER_HUB_PROBE_INSIDE_H
#define BOUCLIER_HUB_PROBE_INSIDE_H

#include "hub/probe/probe.h"

/* What was seen of one of the sites here. */
struct vantage_site {
	const struct hub_site *site;
	uint32_t asked, reached;
};

struct vantage_known {
	char name[PROBE_NAME_MAX + 1];
	uint8_t key[SIGNATURE_PUBLIC_LEN];
	uint64_t sequence;                /* of the last report that was taken */
	uint64_t heard_s, minute_s, taken, refused;
	uint32_t asked, reached;
	struct vantage_site sites[PROBE_REPORT_SITES];  /* ... and of that minute those that are of a site here */
	uint32_t site_count;
};

struct hub_probe {
	struct store *store;
	struct vantage_known known[HUB_PROBES_MAX];
	size_t count;
	const struct hub_site *sites;
	size_t site_count;
	uint64_t last;                    /* the place of the minute that was taken last */
	uint64_t tries_s;                 /* the second that TRIES is of */
	unsigned tries;                   /* signatures that were wrong */
	struct probe_report report;       /* that is being taken, or fed: large, and one at a time */
};

struct vantage_known *hub_probe_known(struct hub_probe *probe, struct span name);
/* The site here that HOST is of, as a report has it; NULL: none. */
const struct hub_site *hub_probe_site(const struct hub_probe *probe, struct span host);

#define PROBE_KEY_MAX (PROBE_NAME_MAX + 24u)
#define PROBE_SEQUENCE_FRONT "probe-sequence/"

#endif
