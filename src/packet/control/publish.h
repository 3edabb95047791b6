/* Lists into the kernel's maps: built in the copy that no packet is looked up in, then one store makes it the one that is.
 *
 * Limits   as table.h
 * Threads  one at a time; a second publisher beside it would write into the same copy: the loader holds its lock (loader/pending.h)
 */
#ifndef BOUCLIER_PACKET_CONTROL_PUBLISH_H
#define BOUCLIER_PACKET_CONTROL_PUBLISH_H

#include "packet/control/control.h"
#include "packet/lists/table.h"

struct published {
	uint64_t build_ns;     /* of the tables, the rest of the maps and the flip together */
	uint32_t groups;
	size_t more, v6;
	unsigned lengths;
	__u32 copy;            /* that answers now */
};

/* Merged both. The copy before is left as it is: publish_flip goes back to it. RESULT_LIMIT: complained; RESULT_IO: errno tells; RESULT_NO_MEMORY. What was
 * in use is untouched unless RESULT_OK. */
enum result publish_lists(struct control *control, const struct packet_prefixes *denied, const struct packet_prefixes *allowed,
                          struct complaints *complaints, struct published *out) must_check;
void publish_flip(struct control *control, __u32 copy);
/* What the copy in use denies, added to OUT, merged. RESULT_IO, RESULT_NO_MEMORY. */
enum result publish_carry(struct control *control, struct packet_prefixes *out) must_check;

#endif
