/* What a service tells systemd: datagrams to NOTIFY_SOCKET (sd_notify(3), written out, so that the keeper needs no library
 * for it). Without the variable every call is nothing.
 *
 * Threads  any
 */
#ifndef BOUCLIER_PROCESS_NOTIFY_H
#define BOUCLIER_PROCESS_NOTIFY_H

#include <stdint.h>

#include "base/span.h"

/* Sends TEXT ("READY=1\nSTATUS=..."). Failing is nothing: the shield does not depend on who watches it. */
void notify_send(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* RELOADING=1 with the clock that systemd wants for Type=notify-reload. */
void notify_reloading(void);
/* How often to send WATCHDOG=1, half of what systemd allows; 0: not asked for. */
uint64_t notify_watchdog_ms(void);

#endif
