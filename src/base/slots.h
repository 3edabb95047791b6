/* A short list of records in memory that processes share: one thread writes, any number read, and whoever reads sees a whole record or none.
 *
 * Shape    COUNT versions and COUNT records of SIZE bytes, zero at birth; a version is odd while its record is written
 * Limits   a look goes through the places that were ever used
 * Owns     nothing: the memory is the caller's
 * Threads  slots_write: one, of one process. The rest: any, of any processes
 *
 * A writer that dies leaves an odd version: nobody reads that place until it is written anew.
 */
#ifndef BOUCLIER_BASE_SLOTS_H
#define BOUCLIER_BASE_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slots {
	uint32_t *used;              /* places from the front that ever held a record */
	uint32_t *versions;
	void *records;
	size_t size;
	unsigned count;
};

/* How many places are worth a look. */
unsigned slots_used(const struct slots *slots);
/* False: it is being written. */
bool slots_read(const struct slots *slots, unsigned index, void *out);
/* INDEX may be slots_used, which grows by it. */
void slots_write(const struct slots *slots, unsigned index, const void *record);

#endif
