/* A ring of records between one worker (the only writer) and the journal (the only reader), in memory that outlives both.
 *
 * Shape    header | slots, one a record: number, place, length, checksum | bytes
 *          A record is published by one store of `head`, which is also its number, so that a process may be killed between
 *          any two instructions: a record is either whole and numbered, or was never there. A record's bytes lie in one
 *          piece; an empty ring starts over at its front, so that a ring that is read in time touches few pages.
 * Limits   a full ring refuses, and counts what it refused; nobody waits
 * Owns     nothing: the caller's memory, aligned to 64
 * Threads  one ring_writer, one ring_reader, each its own thread or process; lock-free
 */
#ifndef BOUCLIER_EVENT_RING_H
#define BOUCLIER_EVENT_RING_H

#include <stdatomic.h>

#include "base/span.h"

#define RING_MIN_BYTES 4096

struct ring_slot {
	uint64_t number;       /* 1, 2, 3 ... since the ring's birth */
	uint32_t start, len;   /* in the bytes */
	uint32_t crc;          /* CRC-32C of the bytes */
	uint32_t unused;
};

struct ring_header {
	uint64_t magic;
	uint32_t version, id;  /* id: drawn at birth, so that two lives of one memory are told apart */
	uint32_t slots, bytes;
	_Alignas(64) _Atomic uint64_t head;     /* records published; written by the worker */
	_Atomic uint64_t refused;               /* records that found no room */
	_Alignas(64) _Atomic uint64_t tail;     /* records read; written by the journal */
	_Atomic uint64_t corrupt;               /* records whose checksum was wrong */
};

struct ring_writer {
	struct ring_header *shared;
	struct ring_slot *slots;
	char *bytes;
	uint32_t slot_mask, byte_count;  /* our own: never believed from the memory */
};

struct ring_reader {
	struct ring_header *shared;
	struct ring_slot *slots;
	char *bytes;
	uint32_t slot_mask, byte_count;
	uint64_t next;                   /* records read or skipped, committed or not */
	uint64_t corrupt;                /* among those since the last commit */
};

struct ring_record {
	uint64_t number;
	struct span bytes;               /* until ring_commit */
	uint32_t crc;                    /* verified */
};

/* Makes MEMORY a ring, or takes over the one that is there, with every record not yet read. Call it once a process before
 * the two ends are opened; safe while another process still uses both ends. IS_NEW tells that nothing valid was there.
 * RESULT_LIMIT: SIZE is under RING_MIN_BYTES. */
enum result ring_adopt(void *memory, size_t size, bool *is_new) must_check;

void ring_writer_open(struct ring_writer *writer, void *memory, size_t size);
/* False, and counted, when there is no room. CRC is the checksum of RECORD. */
bool ring_write(struct ring_writer *writer, struct span record, uint32_t crc);
/* Counts a record that its writer does not even try to write. */
void ring_refuse(struct ring_writer *writer);
/* More than half full: worth waking the reader. */
bool ring_is_half_full(const struct ring_writer *writer);
/* Not all of what was written has been read. */
bool ring_has_records(const struct ring_writer *writer);

void ring_reader_open(struct ring_reader *reader, void *memory, size_t size);
/* The next record; RESULT_MORE when there is none; RESULT_MALFORMED when one was damaged and is skipped. */
enum result ring_read(struct ring_reader *reader, struct ring_record *out) must_check;
/* What was read is done with; its room is given back. */
void ring_commit(struct ring_reader *reader);
/* What was read since the last commit will be read again. */
void ring_rewind(struct ring_reader *reader);
/* Records up to NUMBER are done with: they were found in the journal. */
void ring_skip(struct ring_reader *reader, uint64_t number);

#endif
