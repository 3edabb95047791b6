/* The process that connects outwards for the hub: it gets messages that are ready, and says how each attempt ended. It decides and keeps nothing; of files it needs what libraries read of the
 * system: names of hosts, and authorities.
 *
 * One thread for each attempt, with clocks of its own (curl.h, syslog_tls.h), so that a server that hangs keeps nobody else waiting.
 *
 * Shape    send_prepare, before the process gives up its rights: what libraries read of the system is read then. send_role for each hub that there is, one after another
 * Errors   a frame that is not understood ends it (the keeper starts another): RESULT_MALFORMED, RESULT_LIMIT. RESULT_OK: the hub has gone.
 *          RESULT_IO, RESULT_NO_MEMORY. Attempts that go on then end by themselves, within their clocks
 * Owns     HUB_FD stays the caller's
 * Threads  one call at a time
 */
#ifndef BOUCLIER_HUB_ALERT_SEND_ROLE_H
#define BOUCLIER_HUB_ALERT_SEND_ROLE_H

#include "base/result.h"

enum result send_prepare(void) must_check;
/* HUB_FD is a connected socket, of a stream or of packets: where they begin and end says nothing. */
enum result send_role(int hub_fd) must_check;

#endif
