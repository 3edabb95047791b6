/* The list while it is made: what its files share. */
#ifndef BOUCLIER_CLI_PACKET_EGRESS_GATHER_H
#define BOUCLIER_CLI_PACKET_EGRESS_GATHER_H

#include "cli/packet/egress.h"

struct egress_gathering {
	struct packet_asked *asked;
	const struct egress_list *before;        /* NULL: there is none */
	struct egress_list *list;
	uint64_t now_ns;                         /* CLOCK_BOOTTIME: when all of it is found */
	uint64_t end_ms;                         /* CLOCK_MONOTONIC: when no further name is looked up */
	struct {
		struct span host;
		uint16_t port;
	} names[EGRESS_NAMES_MAX];
	unsigned name_count;
};

void egress_gather_answers(const struct snapshot *snapshot, struct egress_list *list);
void gather_endpoint(const struct egress_gathering *gathering, const struct address *address, uint16_t port, uint8_t protocol, const char *key);
/* Over TCP. A name is looked up once, however many keys have it. */
void gather_host(struct egress_gathering *gathering, struct span host, uint16_t port, const char *key);
/* What KEY leads to cannot be told now. Availability, fails open: what the list before had by it stays. */
void gather_failed(const struct egress_gathering *gathering, const char *key, const char *why);

#endif
