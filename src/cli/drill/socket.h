/* Every socket of a drill: there is no way to name another machine, and none to get a socket that could reach one.
 *
 * Shape    an address is the 32 bits of an IPv4 address in host order, 127.0.0.0/8; a destination is a port of 127.0.0.1
 * Owns     the caller owns the descriptors: non-blocking, close-on-exec
 *
 * Security, fails closed: an address outside 127.0.0.0/8 is refused here, whoever asks (errno EADDRNOTAVAIL).
 */
#ifndef BOUCLIER_CLI_DRILL_SOCKET_H
#define BOUCLIER_CLI_DRILL_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

bool drill_is_here(uint32_t address);
/* A connection from FROM to PORT that is being made; -1 with errno. */
int drill_connect(uint32_t from, uint16_t port);
/* Listens on a port of 127.0.0.1 that was free; -1 with errno. */
int drill_listen(uint16_t *port);
/* Keeps a free port for a program of the same user that binds it with SO_REUSEADDR, as the keeper does; -1 with errno. */
int drill_reserve(uint16_t *port);

#endif
