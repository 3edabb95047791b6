/* One transaction's audit log on its way from the worker that made it to the thread that writes it: a record of a ring.
 *
 * Shape    struct audit_head | tenant | site | index (of Concurrent) | text
 * Limits   tenants share the ring (share.h); AUDIT_RECORD_MAX a record; what is longer, or could not be made, is counted as lost
 * Owns     audit_writer: a buffer that grows to the longest record
 * Threads  an audit_writer belongs to its worker; its counter may be read by any
 * Availability, fails open: what finds no room is lost, and counted; the request never waits.
 */
#ifndef BOUCLIER_EVENT_AUDIT_RECORD_H
#define BOUCLIER_EVENT_AUDIT_RECORD_H

#include "base/buffer.h"
#include "edge/fact.h"
#include "event/audit/share.h"
#include "event/ring.h"
#include "event/settings.h"

#define AUDIT_RING_BYTES (1u << 20)
#define AUDIT_RECORD_MAX (256u << 10)
#define AUDIT_INDEX_MAX (32u << 10)
#define AUDIT_TEXT_MAX (AUDIT_RECORD_MAX - AUDIT_INDEX_MAX - (8u << 10))  /* and names, and the head */
#define AUDIT_ID_LEN 32u

struct audit_head {
	uint64_t wall_ns;
	uint32_t index_len, text_len;
	uint16_t tenant_len, site_len;
	uint8_t is_concurrent, unused[3];
	char id[AUDIT_ID_LEN];
};

struct audit_record {
	uint64_t wall_ns;
	bool is_concurrent;
	struct span id, tenant, site, index, text;  /* INDEX: empty unless it is Concurrent */
};

/* RESULT_MALFORMED: BYTES are no record. */
enum result audit_record_read(struct span bytes, struct audit_record *out) must_check;
enum result audit_record_write(const struct audit_record *record, struct buffer *out) must_check;

struct audit_writer {
	struct ring_writer ring;
	struct audit_share share;        /* of the ring */
	bool is_open;                    /* false: there is no memory, and nothing is written */
	int wake_fd;                     /* of the thread */
	struct hash_seed client_key;
	struct buffer record, text, index;
	_Atomic uint64_t failed;         /* records that could not be made */
};

/* MEMORY: an adopted ring of AUDIT_RING_BYTES; NULL: none. */
void audit_writer_init(struct audit_writer *writer, void *memory, int wake_fd, struct hash_seed client_key);
void audit_writer_done(struct audit_writer *writer);
/* Writes what FACT's rules want written, if anything. False: it is lost. */
bool audit_writer_take(struct audit_writer *writer, struct log_client_ip privacy, const struct request_fact *fact);

#endif
