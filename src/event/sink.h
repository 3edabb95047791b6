/* A worker's end of the room: counts every fact, and writes a line of it into the worker's ring unless filtered or sampled
 * out. Availability: it fails open. A full ring, a full disk, a missing journal thread cost lines, never a request.
 *
 * Units    about a microsecond a line; no system call, except to wake the journal when the ring is half full
 * Owns     itself, and the buffers in which an audit log is made
 * Threads  one struct a worker; event_sink_apply from any thread
 */
#ifndef BOUCLIER_EVENT_SINK_H
#define BOUCLIER_EVENT_SINK_H

#include "event/audit/record.h"
#include "event/counts.h"
#include "event/notice.h"
#include "event/ring.h"
#include "event/sample.h"

struct event_sink {
	struct format format;
	struct ring_writer ring;
	struct counts_writer counts;
	struct sample sample;
	struct audit_writer audit;
	int wake_fd;                   /* eventfd of the journal; -1: none */
	/* What a reload may change, number by number. */
	_Atomic int requests, allowed, refused;
	_Atomic unsigned share;
	char text[FORMAT_MAX];
};

struct event_sink_birth {
	void *ring_memory, *counts_memory;  /* adopted by the caller */
	void *audit_memory;                 /* likewise, a ring of AUDIT_RING_BYTES; NULL: no audit log */
	int audit_wake_fd;
	size_t ring_bytes;
	struct span node;
	struct hash_seed client_key;
	int wake_fd;
	const struct log_settings *settings;
	unsigned workers;                   /* that share log.rate */
	size_t tenants;                     /* that share the ring of audit logs */
};

void event_sink_init(struct event_sink *sink, const struct event_sink_birth *birth);
void event_sink_done(struct event_sink *sink);
void event_sink_apply(struct event_sink *sink, const struct log_settings *settings, unsigned workers, size_t tenants);
/* Writes a notice into the ring, unfiltered. */
void event_sink_notice(struct event_sink *sink, const struct notice *notice);
/* What the edge is given. SINK must outlive the worker. */
struct fact_sink event_sink_facts(struct event_sink *sink);

#endif
