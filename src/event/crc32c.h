/* CRC-32C (Castagnoli), which finds every burst of up to 32 wrong bits: in the ring and at the end of each line.
 *
 * Shape    crc32c_more(0, "123456789") is 0xe3069283; parts may be chained: more(more(0, a), b) is that of ab
 * Source   RFC 3720, appendix B.4; the processor's own instruction where it has one
 * Threads  safe anywhere
 */
#ifndef BOUCLIER_EVENT_CRC32C_H
#define BOUCLIER_EVENT_CRC32C_H

#include "base/span.h"

uint32_t crc32c_more(uint32_t crc, struct span bytes);
/* The same without the processor's help: for other processors, and for the test that compares the two. */
uint32_t crc32c_by_table(uint32_t crc, struct span bytes);

#endif
