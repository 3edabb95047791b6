/* The line to the internet, measured by a command: the interfaces that `link` names, or that of the default route; and the kernel filter, where one is
 * attached and this user may look.
 *
 * Owns     descriptors, until uplink_close
 */
#ifndef BOUCLIER_CLI_REPORT_UPLINK_H
#define BOUCLIER_CLI_REPORT_UPLINK_H

#include "config/snapshot.h"
#include "packet/carrier/link_files.h"
#include "packet/carrier/link_filter.h"

struct control;

struct uplink {
	struct link_files files;
	struct link link;
	struct link_reading last;
	struct control *control;              /* of the filter; NULL: none is known */
	bool is_filtered;                     /* it is on no other interface: what it drops is the line's */
	struct link_filter filter;
	char names[LINK_NAMES_MAX];           /* "eth0, eth1" */
};

/* EXIT_DONE, or it was said on stderr why not. */
int uplink_open(const struct snapshot *snapshot, struct uplink *line);
void uplink_close(struct uplink *line);
/* What the filter has counted; false: there is none. */
bool uplink_count(const struct uplink *line, struct packet_count counts[PACKET_REASON_COUNT], bool *is_observing);
/* One reading. CHANGED: the state is another one now. RESULT_IO: an interface has gone. */
enum result uplink_read(struct uplink *line, bool *changed) must_check;
/* Reads for MS, and then has a view. The same results; RESULT_END: a signal came. */
enum result uplink_measure(struct uplink *line, uint64_t ms) must_check;

#endif
