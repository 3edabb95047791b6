/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only OR EUPL-1.2 */
/* Whom the machine is already talking to: its sockets, and the cookies that make new ones.
 *
 * Limits   sockets of the network namespace that the interface is in; one that is bound to another device (a VLAN above it) is not seen
 */
#ifndef BOUCLIER_PACKET_KERNEL_SOCKETS_BPF_H
#define BOUCLIER_PACKET_KERNEL_SOCKETS_BPF_H

#include "packet/kernel/budget.h"
#include "packet/kernel/sample.h"
#include "packet/kernel/walk.bpf.h"

#define SOCKET_BIT(state) (1u << (state))
/* An address with one of these answered us. Half-open ones (SYN_RECV, NEW_SYN_RECV) are made by anybody's SYN. */
#define SOCKET_STATES_PROVEN \
	(SOCKET_BIT(BPF_TCP_ESTABLISHED) | SOCKET_BIT(BPF_TCP_FIN_WAIT1) | SOCKET_BIT(BPF_TCP_FIN_WAIT2) | SOCKET_BIT(BPF_TCP_TIME_WAIT) | \
	 SOCKET_BIT(BPF_TCP_CLOSE_WAIT) | SOCKET_BIT(BPF_TCP_LAST_ACK) | SOCKET_BIT(BPF_TCP_CLOSING))

/* The bytes of the tuple that are used. */
PACKET_INLINE __u32 tuple_make(const struct packet_head *head, struct bpf_sock_tuple *tuple)
{
	if (head->version == 4) {
		tuple->ipv4.saddr = head->source[3];
		tuple->ipv4.daddr = head->destination[3];
		tuple->ipv4.sport = WIRE_16(head->source_port);
		tuple->ipv4.dport = WIRE_16(head->destination_port);
		return sizeof(tuple->ipv4);
	}
	__builtin_memcpy(tuple->ipv6.saddr, head->source, sizeof(head->source));
	__builtin_memcpy(tuple->ipv6.daddr, head->destination, sizeof(head->destination));
	tuple->ipv6.sport = WIRE_16(head->source_port);
	tuple->ipv6.dport = WIRE_16(head->destination_port);
	return sizeof(tuple->ipv6);
}

/* To be released. */
PACKET_INLINE struct bpf_sock *socket_of(const struct walk *walk)
{
	struct bpf_sock_tuple tuple = { 0 };
	__u32 bytes = tuple_make(&walk->head, &tuple);

	return bpf_skc_lookup_tcp(walk->packet, &tuple, bytes, BPF_F_CURRENT_NETNS, 0);
}

/* A connection of TCP, made or being made, is between these two. */
static __attribute__((noinline)) bool is_awaited_tcp(const struct walk *walk)
{
	struct bpf_sock *socket = socket_of(walk);
	bool is_connection;

	if (!socket)
		return false;
	is_connection = socket->state != BPF_TCP_LISTEN;
	bpf_sk_release(socket);
	return is_connection;
}

/* We asked that address and port: a socket that answers everybody is not one that asked. */
static __attribute__((noinline)) bool is_awaited_udp(const struct walk *walk)
{
	struct bpf_sock_tuple tuple = { 0 };
	__u32 bytes = tuple_make(&walk->head, &tuple);
	struct bpf_sock *socket = bpf_sk_lookup_udp(walk->packet, &tuple, bytes, BPF_F_CURRENT_NETNS, 0);
	bool is_connected;

	if (!socket)
		return false;
	is_connected = socket->dst_port != 0;
	bpf_sk_release(socket);
	return is_connected;
}

/* An IP header of which the kernel's cookies read version and addresses only; its bytes. */
PACKET_INLINE __u32 cookie_header(const struct packet_head *head, __u32 ip[10])
{
	if (head->version == 4) {
		ip[0] = WIRE_32(0x45000000u);
		ip[3] = head->source[3];
		ip[4] = head->destination[3];
		return 20;
	}
	ip[0] = WIRE_32(0x60000000u);
	for (int i = 0; i < 4; i++) {
		ip[2 + i] = head->source[i];
		ip[6 + i] = head->destination[i];
	}
	return 40;
}

PACKET_INLINE bool brings_cookie(const struct walk *walk, struct bpf_sock *listener)
{
	__u32 ip[10] = { 0 };
	__u8 tcp[20];
	__u32 bytes = cookie_header(&walk->head, ip);

	return bpf_xdp_load_bytes(walk->packet, walk->head.transport, tcp, sizeof(tcp)) == 0 &&
	       bpf_tcp_check_syncookie(listener, ip, bytes, (struct tcphdr *)tcp, sizeof(tcp)) == 0;
}

/* Its budget begins: one packet of it is spent. */
PACKET_INLINE void source_enter(struct walk *walk)
{
	__u64 arrival = walk_now(walk) + walk->settings->budget.interval_ns;

	bpf_map_update_elem(&sources, &walk->source, &arrival, BPF_NOEXIST);
}

/* Whose connection died with us, of a restart above all, learns it from the kernel's reset and not from his own patience: a few of them pass. A flood has
 * used them up at once. What is a reset itself is answered by nobody. */
PACKET_INLINE bool may_be_reset(struct walk *walk)
{
	__u32 slot = PACKET_PASSED, most = walk->settings->resets;
	struct packet_sample *sample;

	if (walk->head.tcp_flags & PACKET_RST)
		return false;
	sample = bpf_map_lookup_elem(&samples, &slot);
	return sample && sample_take(sample, most, walk_now(walk));
}

PACKET_INLINE enum packet_reason state_missed(struct walk *walk)
{
	return !(walk->flags & PACKET_KNOWS_STATE) || may_be_reset(walk) ? PACKET_GOES_ON : PACKET_OUT_OF_STATE;
}

/* TCP to a protected port of who is not known, and not a SYN. Fails closed where state is known. */
static __attribute__((noinline)) enum packet_reason state_ask(struct walk *walk)
{
	struct bpf_sock *socket = socket_of(walk);
	bool is_valid;
	__u32 state;

	if (!socket)
		return state_missed(walk);
	state = socket->state;
	is_valid = state == BPF_TCP_LISTEN && brings_cookie(walk, socket);
	bpf_sk_release(socket);
	if (is_valid || SOCKET_STATES_PROVEN >> (state & 31) & 1)
		source_enter(walk);
	if (state == BPF_TCP_LISTEN)
		return is_valid ? PACKET_COOKIE_VALID : state_missed(walk);
	return PACKET_GOES_ON;
}

#endif
