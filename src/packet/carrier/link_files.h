/* The counters of network interfaces, as the kernel tells all of them in one file: /proc/net/dev.
 *
 * Shape    two lines of headings, then "  eth0: " and 16 numbers a line: received bytes, packets, errors, drops, fifo, frame, compressed, multicast, then sent bytes
 * Source   Linux, net/core/net-procfs.c: "drops" are rx_dropped and rx_missed_errors; fifo is what the card had no buffer for
 * Limits   LINK_INTERFACES_MAX interfaces (settings.h), LINK_TEXT_MAX bytes
 * Owns     a descriptor, until link_files_done. It is opened once and read again and again, and a process sees that of its own below /proc/self without
 *          any right; an interface that comes later is in it as well
 * Threads  one at a time
 */
#ifndef BOUCLIER_PACKET_CARRIER_LINK_FILES_H
#define BOUCLIER_PACKET_CARRIER_LINK_FILES_H

#include <net/if.h>

#include "packet/carrier/link.h"
#include "packet/carrier/settings.h"

#define LINK_COUNTERS_PATH "/proc/self/net/dev"
#define LINK_ROUTES_PATH "/proc/self/net/route"
#define LINK_TEXT_MAX ((size_t)1 << 20)   /* eight thousand interfaces */
#define LINK_NAMES_MAX (LINK_INTERFACES_MAX * (IFNAMSIZ + 2))

struct link_files {
	int fd;                                          /* -1: none is open */
	char names[LINK_INTERFACES_MAX][IFNAMSIZ];
	unsigned count;
};

/* Opens PATH and looks for those of NAMES (COUNT of them) in it.
 * RESULT_NOT_FOUND: WRONG is the index of an interface that is not there; RESULT_IO, RESULT_NO_MEMORY: the file cannot be read; RESULT_LIMIT: too many.
 * OUT is untouched unless RESULT_OK. */
enum result link_files_open(const char *path, const struct span *names, size_t count, struct link_files *out, size_t *wrong) must_check;
/* Those of the line: the interfaces that SETTINGS name, or that of the default route. WRONG: the one that cannot be opened; empty: there is no default route.
 * RESULT_NOT_FOUND, and as above. */
enum result link_files_open_line(const struct link_settings *settings, struct link_files *out, char wrong[IFNAMSIZ]) must_check;
void link_files_done(struct link_files *files);
/* "eth0, eth1" */
void link_files_names(const struct link_files *files, char out[LINK_NAMES_MAX]);
/* All of them, added up. RESULT_NOT_FOUND: one of them has gone; it may come again. RESULT_IO, RESULT_NO_MEMORY, RESULT_LIMIT. */
enum result link_files_read(const struct link_files *files, uint64_t now_ms, struct link_reading *out) must_check;

bool link_files_have(const struct link_files *files, struct span name);
/* Are all INTERFACES (struct span) among them? */
bool link_files_hold(const struct link_files *files, const struct list_value *interfaces);

/* What TEXT says of NAME is added to OUT. RESULT_NOT_FOUND; RESULT_MALFORMED: its line does not have those numbers. */
enum result link_counters_read(struct span text, struct span name, struct link_reading *out) must_check;
/* The interface of the default route of IPv4 in TEXT, as /proc/net/route has it. RESULT_NOT_FOUND */
enum result link_default_read(struct span text, char out[IFNAMSIZ]) must_check;
/* The same, of the file at LINK_ROUTES_PATH. RESULT_NOT_FOUND: there is none, or it cannot be read. */
enum result link_default_find(char out[IFNAMSIZ]) must_check;

#endif
