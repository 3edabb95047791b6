/* The list while it is made: what its files share. */
#ifndef BOUCLIER_CLI_PACKET_EGRESS_GATHER_H
#define BOUCLIER_CLI_PACKET_EGRESS_GATHER_H

#include "cli/packet/egress.h"

struct egress_name {
	struct span host;
	uint16_t port;
	char key[EGRESS_KEY_BYTES];
};

struct egress_gathering {
	struct packet_asked *asked;
	const struct egress_list *before;        /* NULL: there is none */
	struct egress_list *list;
	uint64_t now_ns;                         /* CLOCK_BOOTTIME: when all of it is found */
	uint64_t end_ms;                         /* CLOCK_MONOTONIC: when no answer is waited for any longer */
	struct egress_name names[EGRESS_NAMES_MAX];
	unsigned name_count;
};

void egress_gather_answers(const struct snapshot *snapshot, struct egress_list *list);
void gather_endpoint(const struct egress_gathering *gathering, const struct address *address, uint16_t port, uint8_t protocol, const char *key);
/* Over TCP. A name waits for gather_names, and is looked up once, however many keys have it. */
void gather_host(struct egress_gathering *gathering, struct span host, uint16_t port, const char *key);
/* EGRESS_NAMES_AT_ONCE at a time, by threads of which some may outlive this call: who waits for a dead resolver ends with the process. */
void gather_names(const struct egress_gathering *gathering);
/* What KEY leads to cannot be told now. Availability, fails open: what the list before had by it stays. */
void gather_failed(const struct egress_gathering *gathering, const char *key, const char *why);

#endif
