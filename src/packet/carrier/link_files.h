/* The counters of network interfaces, as the kernel tells them in /sys/class/net/NAME/statistics.
 *
 * Limits   LINK_INTERFACES_MAX interfaces (settings.h)
 * Owns     descriptors, until link_files_done. They are opened once and read again and again: a process without a file system may be given them
 * Threads  one at a time
 */
#ifndef BOUCLIER_PACKET_CARRIER_LINK_FILES_H
#define BOUCLIER_PACKET_CARRIER_LINK_FILES_H

#include <net/if.h>

#include "packet/carrier/link.h"
#include "packet/carrier/settings.h"

#define LINK_NET_FOLDER "/sys/class/net"
#define LINK_COUNTERS 6u

struct link_files {
	int fds[LINK_INTERFACES_MAX][LINK_COUNTERS];
	unsigned count;
};

/* Opens those of NAMES (COUNT of them) below FOLDER.
 * RESULT_NOT_FOUND: WRONG is the index of an interface that is not there; RESULT_IO: of one that cannot be read; RESULT_LIMIT: too many */
enum result link_files_open(const char *folder, const struct span *names, size_t count, struct link_files *out, size_t *wrong) must_check;
void link_files_done(struct link_files *files);
/* RESULT_IO: an interface has gone since: it is to be opened anew. */
enum result link_files_read(const struct link_files *files, uint64_t now_ms, struct link_reading *out) must_check;

/* The interface of the default route of IPv4 in TEXT, as /proc/net/route has it. RESULT_NOT_FOUND */
enum result link_default_read(struct span text, char out[IFNAMSIZ]) must_check;

#endif
