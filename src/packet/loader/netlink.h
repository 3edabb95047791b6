/* Dumps of netlink: a question, and messages until the kernel says that these were all.
 *
 * Limits   64 KiB a piece: the kernel makes none longer than what is read into
 * Source   netlink(7)
 * Owns     nothing
 * Threads  netlink_dump one at a time
 */
#ifndef BOUCLIER_PACKET_LOADER_NETLINK_H
#define BOUCLIER_PACKET_LOADER_NETLINK_H

#include "base/span.h"

/* A message of TYPE; what is behind its head. */
typedef void (*netlink_message)(void *context, unsigned type, struct span payload);

/* Hands on what each message of a piece of COUNT bytes holds. RESULT_MORE: the dump goes on; RESULT_OK: it is over; RESULT_MALFORMED: cut messages, or an error. */
enum result netlink_read(const void *bytes, size_t count, netlink_message each, void *context) must_check;
/* Asks on FD, a netlink socket; QUESTION is a message with its head. RESULT_IO: errno tells. */
enum result netlink_dump(int fd, struct span question, netlink_message each, void *context) must_check;

#endif
