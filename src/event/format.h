/* A fact as the front part of one line of the journal; docs/events.md tells every member.
 *
 * Shape    one JSON object without its closing brace: the writer of the journal adds sequence, ring and checksum
 * Privacy  client addresses as the settings say, by decision; of a query, names and lengths of values; of cookies,
 *          Authorization and bodies, nothing: they are never looked at
 * Limits   FORMAT_MAX bytes; a member that does not fit is left out or shortened, and "bouclier.cut":true says so
 * Threads  one struct a worker
 */
#ifndef BOUCLIER_EVENT_FORMAT_H
#define BOUCLIER_EVENT_FORMAT_H

#include "base/hash.h"
#include "edge/fact.h"
#include "event/line.h"
#include "event/settings.h"

#define LINE_MAX_BYTES 4096      /* a whole line of the journal, with its newline */
#define LINE_TAIL_BYTES 160      /* sequence, ring, checksum, "}\n" */
#define FORMAT_MAX (LINE_MAX_BYTES - LINE_TAIL_BYTES)

struct format {
	struct line_clock clock;
	struct hash_seed key;    /* of LOG_ADDRESS_KEYED */
	char node[96];           /* JSON text, escaped once */
	size_t node_len;
};

void format_init(struct format *format, struct span node, struct hash_seed key);
/* The bytes written to OUT, which has room for FORMAT_MAX. */
size_t format_request(struct format *format, struct log_client_ip privacy, const struct request_fact *fact, char *out);
size_t format_connection(struct format *format, struct log_client_ip privacy, const struct connection_fact *fact, char *out);
/* "{"@timestamp":...,"event.dataset":DATASET,"bouclier.node":...": the front of every other line. */
struct line format_start(struct format *format, struct span dataset, uint64_t wall_ns, char *out);

/* The names of the enums, as spans; out of range gives "unknown". */
struct span format_decision(enum decision decision);
struct span format_reason(enum reason reason);
struct span format_fault(enum http_fault fault);
/* Was the client kept from what it asked for? */
static inline bool decision_is_refusal(enum decision decision)
{
	return decision >= DECISION_LIMIT;
}

#endif
