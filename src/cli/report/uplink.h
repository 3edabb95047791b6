/* The line to the internet, measured by a command: the interfaces that `link` names, or that of the default route.
 *
 * Owns     descriptors, until uplink_close
 */
#ifndef BOUCLIER_CLI_REPORT_UPLINK_H
#define BOUCLIER_CLI_REPORT_UPLINK_H

#include "packet/carrier/link_files.h"

#define UPLINK_NAMES_MAX (LINK_INTERFACES_MAX * (IFNAMSIZ + 2))

struct uplink {
	struct link_files files;
	struct link link;
	char names[UPLINK_NAMES_MAX];           /* "eth0, eth1" */
	char found[IFNAMSIZ];                 /* of the default route; empty: SETTINGS name some */
};

/* EXIT_DONE, or it was said on stderr why not. */
int uplink_open(const struct link_settings *settings, struct uplink *line);
void uplink_close(struct uplink *line);
/* One reading. CHANGED: the state is another one now. RESULT_IO: an interface has gone. */
enum result uplink_read(struct uplink *line, bool *changed) must_check;
/* Reads for MS, and then has a view. The same results; RESULT_END: a signal came. */
enum result uplink_measure(struct uplink *line, uint64_t ms) must_check;

#endif
