/* On which ports sshd is reached, so that nobody who hides ports locks himself out: sshd_config and all that it includes, and the units of a systemd that listens in sshd's place.
 *
 * What is read is more than what is in force, never less: a unit that is not started, a ListenStream that another file takes back. A port too many stays reachable; a port too few would be the last that
 * the administrator sees. Options of a command line (sshd -p) are in none of these files.
 *
 * Limits   SSH_FILES_MAX files in all, SSH_DEPTH_MAX in one another (sshd's own limit), SPARED_FILE_BYTES of each
 * Source   sshd_config(5): Include; systemd.socket(5): ListenStream; systemd.unit(5): the folders
 * Threads  one at a time. Availability, fails open: what cannot be read is left out
 */
#ifndef BOUCLIER_PACKET_SSH_PORTS_H
#define BOUCLIER_PACKET_SSH_PORTS_H

#include "packet/spared.h"

#define SSH_FILES_MAX 256u
#define SSH_DEPTH_MAX 16u

void ssh_ports_look(struct spared *spared, const struct spared_files *files, struct complaints *complaints);

/* -- the parsers -- */

/* Ports of "Port" and "ListenAddress" lines of sshd_config. INCLUDE is called with each pattern of "Include" lines; NULL: they are skipped. */
void ssh_config_read(struct spared *spared, struct span text, void (*include)(void *context, struct span pattern), void *context);
/* Ports of "ListenStream=" lines of a unit. */
void ssh_unit_read(struct spared *spared, struct span text);

#endif
