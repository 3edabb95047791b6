/* The line to the internet, measured by a command: the interfaces that `link` names, or that of the default route.
 *
 * Owns     descriptors, until line_close
 */
#ifndef BOUCLIER_CLI_REPORT_LINE_H
#define BOUCLIER_CLI_REPORT_LINE_H

#include "packet/carrier/link_files.h"

#define LINE_NAMES_MAX (LINK_INTERFACES_MAX * (IFNAMSIZ + 2))

struct line {
	struct link_files files;
	struct link link;
	char names[LINE_NAMES_MAX];           /* "eth0, eth1" */
	char found[IFNAMSIZ];                 /* of the default route; empty: SETTINGS name some */
};

/* EXIT_DONE, or it was said on stderr why not. */
int line_open(const struct link_settings *settings, struct line *line);
void line_close(struct line *line);
/* One reading. CHANGED: the state is another one now. RESULT_IO: an interface has gone. */
enum result line_read(struct line *line, bool *changed) must_check;
/* Reads for MS, and then has a view. The same results; RESULT_END: a signal came. */
enum result line_measure(struct line *line, uint64_t ms) must_check;

#endif
