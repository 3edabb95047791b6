/* What the program must know of the machine it runs on. */
#ifndef BOUCLIER_PACKET_LOADER_MACHINE_H
#define BOUCLIER_PACKET_LOADER_MACHINE_H

#include "packet/layout.h"
#include "base/span.h"

struct machine {
	bool forwards;            /* packets for others come in where the program is, routed or bridged: not an end host */
	bool has_vlans;           /* above where the program is: the card may have stripped the tag that an answer needs */
	bool has_timestamps;      /* net.ipv4.tcp_timestamps reads 2: cookies carry the option only then; with 1, half of all visitors stay outside */
	bool has_cookies;         /* net.ipv4.tcp_syncookies is not 0 */
	__u8 window_scale;        /* the kernel's own, which cookies may not exceed */
};

/* What cannot be read is taken for what asks least of the kernel. What is bridged past IP, and VLANs, are told by targets_carry_others
 * and targets_have_vlan (target.h). */
void machine_look(struct machine *out);
/* Flags and fields that follow from MACHINE and the smallest MTU; the rest of OUT is untouched. */
void machine_apply(const struct machine *machine, unsigned mtu, struct packet_settings *out);
/* As the kernel computes it (tcp_select_initial_window): for receive buffers of up to BYTES. */
__u8 machine_window_scale(uint64_t bytes);

/* The ports that the kernel draws from for what this host begins; where it does not say, all that no portal has. */
void machine_ephemeral(uint16_t *first, uint16_t *last);

#endif
