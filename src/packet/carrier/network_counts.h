/* What the kernel's network counted of packets that an attack is made of: known without any filter of ours.
 *
 * Shape    /proc/net/snmp and /proc/net/netstat ("Udp: InDatagrams NoPorts" over "Udp: 5 7"), /proc/net/snmp6 ("Udp6NoPorts 7")
 * Source   Linux, net/ipv4/tcp.c: who closes with data unread, without lingering, or for want of memory, sends an RST; OutRsts counts it with the others
 * Limits   a text of any length; lines and words that are not known are passed over, numbers that are none count as 0
 * Owns     nothing
 * Threads  values
 */
#ifndef BOUCLIER_PACKET_CARRIER_NETWORK_COUNTS_H
#define BOUCLIER_PACKET_CARRIER_NETWORK_COUNTS_H

#include "base/span.h"

enum network_count {
	NETWORK_UDP_NO_PORT,     /* UDP to ports that nobody listens on */
	NETWORK_SYN_COOKIES,     /* SYNs answered by cookies: the queue of half-open connections was full */
	NETWORK_LISTEN_DROPS,    /* SYNs and ACKs that no queue had room for */
	NETWORK_RESETS,          /* RSTs sent: to TCP that belongs to no connection, or to a closed port, and our own */
	NETWORK_OWN_RESETS,      /* of them, those of connections that a program here has cut */
	NETWORK_FRAGMENTS,
	NETWORK_ECHOS,           /* ICMP echo requests */
	NETWORK_COUNTS,
};

/* Adds what TEXT says to COUNTS. */
void network_counts_read(struct span text, uint64_t counts[NETWORK_COUNTS]);

#endif
