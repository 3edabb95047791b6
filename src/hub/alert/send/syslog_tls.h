/* A message of syslog over TLS: one connection, one message.
 *
 * Nobody answers a syslog message, and with TLS 1.3 a client that the server refuses still sees its write succeed: the refusal comes after. So we
 * end the connection in order, and the message has arrived when the server has ended it too, with neither an alert of TLS nor a reset, and has confirmed every byte. (RFC 5425, section
 * 4.4, wants a close_notify of it; not every server sends one.)
 *
 * Source   RFC 5425: octet counting; RFC 8446, section 4.4.2.4
 * Limits   SYSLOG_WHOLE_S from the connection's start to its end; the name's resolution keeps the system's own clock
 * Errors   WHY (ALERT_WHY_BYTES) says how it ended when that was not OUTCOME_ARRIVED
 * Threads  any
 */
#ifndef BOUCLIER_HUB_ALERT_SEND_SYSLOG_TLS_H
#define BOUCLIER_HUB_ALERT_SEND_SYSLOG_TLS_H

#include "hub/alert/decide/decide.h"

#define SYSLOG_WHOLE_S 15u

enum path_outcome syslog_send(const struct alert_path *path, struct span message, char *why);

#endif
