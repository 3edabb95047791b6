/* The end of each line of the journal, which makes it whole: its number in the stream, where it came from, its checksum.
 *
 * Shape    ,"event.sequence":N,"bouclier.ring":"IIIIIIII-N","bouclier.crc":"CCCCCCCC"}
 *          sequence: 1, 2, 3 ... in one stream of one journal, without a gap. ring: id of the ring and the record's number
 *          in it, by which a line is known again after a crash; absent from lines of the journal's own.
 *          crc: CRC-32C of every byte of the line before ,"bouclier.crc"
 * Limits   LINE_TAIL_BYTES
 * Threads  pure functions
 */
#ifndef BOUCLIER_EVENT_SEAL_H
#define BOUCLIER_EVENT_SEAL_H

#include "base/span.h"

struct seal {
	uint64_t sequence;
	bool has_ring;
	uint32_t ring_id;
	uint64_t ring_number;
	uint32_t crc;            /* of seal_read only: what the line says */
};

/* Writes the seal and a newline at OUT, which has room for LINE_TAIL_BYTES, behind a body whose checksum is BODY_CRC.
 * Returns the bytes written. */
size_t seal_write(const struct seal *seal, uint32_t body_crc, char *out);
/* LINE is without its newline. RESULT_MALFORMED: torn, damaged, or not a line of a journal. */
enum result seal_read(struct span line, struct seal *out) must_check;
/* The front part of LINE that the worker wrote: the object without its closing brace. */
struct span seal_body(struct span line);

#endif
