/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only OR EUPL-1.2 */
/* Who is contacted by the processes of a cgroup: written down, and refused where it is not in the list and the mode says so.
 *
 *   sock_create     who made a socket, for packets that leave while another process happens to run
 *   connect4, 6     TCP is judged before its first packet: connect() says EPERM. Of UDP it sends nothing, and passes
 *   sendmsg4, 6     a datagram to an address
 *   egress          every packet: raw sockets, connected datagrams, connections from before; counts what leaves
 *
 * What always passes: this machine itself, and what accepted connections answer. That a TCP socket was accepted, its own port says, which
 * is one that the shield listens on, as long as it did not connect itself: who binds such a port and connects is marked by connect4, 6 or
 * by its own SYN. Raw sockets have no such excuse.
 *
 * Security: in enforce, what cannot be told (headers in between, no room in the ledger) is refused or judged by what is known, fails closed.
 * Without settings, or off, everything passes. Only inet sockets are seen: packet sockets need CAP_NET_RAW, which the shield has not.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "packet/egress/layout.h"

#define INLINE static inline __attribute__((always_inline))
#define STREAM 1u               /* SOCK_STREAM, on every machine that has BPF */
#define MPTCP 262u
#define REFUSE 0
#define PASS 1

char licence[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct egress_settings);
} settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2 * EGRESS_RULES_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct egress_allow_key);
	__type(value, __u32);
} allows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * EGRESS_RULES_MAX);
	__type(key, __u32);
	__type(value, struct egress_rule);
} rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, EGRESS_LEDGER_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct egress_destination);
	__type(value, struct egress_entry);
} ledger SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, EGRESS_COUNTS_MAX);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct egress_socket);
} sockets SEC(".maps");

struct contact {
	struct egress_destination to;
	const struct egress_settings *settings;
	const struct egress_socket *socket;     /* who; NULL: not known */
	__u32 mode;
	__u32 generation;                       /* read once: a contact is judged by one list */
};

/* -- the list -- */

INLINE const struct egress_settings *settings_find(void)
{
	__u32 first = 0;

	return bpf_map_lookup_elem(&settings, &first);
}

/* One word of bits, of which the first LENGTH - 32 * NUMBER stay. */
INLINE __u32 mask_of(__u32 length, __u32 number)
{
	__u32 from = 32 * number;

	if (length <= from)
		return 0;
	return length >= from + 32 ? ~0u : bpf_htonl(~0u << (32 - (length - from)));
}

INLINE const struct egress_copy *list_of(const struct contact *contact)
{
	return &contact->settings->copies[contact->generation & 1];
}

struct question {
	const struct egress_copy *list;
	struct egress_destination to;
	__u32 copy;
	__u32 is_v4;
	__u32 is_listed;
};

INLINE __u32 ask_key(const struct egress_allow_key *key)
{
	return bpf_map_lookup_elem(&allows, key) != 0;
}

/* One length of prefixes: with this port, any port, any protocol. For bpf_loop(). */
static long ask_length(__u32 number, void *context)
{
	struct question *question = context;
	struct egress_allow_key key = { .copy = (__u8)question->copy };
	__u32 words[4];

	if (number >= EGRESS_LENGTHS_MAX)
		return 1;
	key.length = question->list->lengths[number];
	if (question->is_v4 && key.length < 96)
		return 0;  /* ::/0 is all of IPv6, and nothing of IPv4 */
	__builtin_memcpy(words, question->to.bytes, sizeof(words));
	for (__u32 i = 0; i < 4; i++)
		words[i] &= mask_of(key.length, i);
	__builtin_memcpy(key.bytes, words, sizeof(key.bytes));
	key.protocol = question->to.protocol;
	key.port = question->to.port;
	if (!(question->is_listed = ask_key(&key))) {
		key.port = 0;
		question->is_listed = ask_key(&key);
	}
	if (!question->is_listed) {
		key.protocol = 0;
		question->is_listed = ask_key(&key);
	}
	return question->is_listed;
}

INLINE int is_v4(const struct egress_destination *to)
{
	__u32 words[4];

	__builtin_memcpy(words, to->bytes, sizeof(words));
	return !(words[0] | words[1]) && words[2] == bpf_htonl(0xffff);
}

/* 127/8, ::1; and the address that is none, by which connect() means this machine. */
INLINE int is_this_machine(const struct egress_destination *to)
{
	__u32 words[4];

	__builtin_memcpy(words, to->bytes, sizeof(words));
	if (is_v4(to))
		return to->bytes[12] == 127 || words[3] == 0;
	return !(words[0] | words[1] | words[2]) && (words[3] == 0 || words[3] == bpf_htonl(1));
}

static __attribute__((noinline)) __u32 verdict_ask(const struct contact *contact)
{
	const struct egress_copy *list = list_of(contact);
	struct question question = { .list = list, .to = contact->to, .copy = contact->generation & 1 };

	if (contact->to.kind != EGRESS_OUT)
		return EGRESS_UNLISTED;
	if (is_this_machine(&contact->to))
		return EGRESS_SPARED;
	question.is_v4 = is_v4(&contact->to);
	bpf_loop(list->length_count, ask_length, &question, 0);
	return question.is_listed ? EGRESS_LISTED : EGRESS_UNLISTED;
}

/* -- the ledger -- */

INLINE void count(__u32 which, __u64 more)
{
	__u64 *sum = bpf_map_lookup_elem(&counts, &which);

	if (sum)
		__sync_fetch_and_add(sum, more);
}

static __attribute__((noinline)) struct egress_entry *entry_new(const struct contact *contact, __u64 judged, __u64 now_ns)
{
	struct egress_entry fresh = { .first_ns = now_ns, .last_ns = now_ns, .judged = judged };

	if (contact->socket) {
		fresh.pid = contact->socket->pid;
		__builtin_memcpy(fresh.process, contact->socket->process, sizeof(fresh.process));
	}
	bpf_map_update_elem(&ledger, &contact->to, &fresh, BPF_NOEXIST);  /* another CPU may have been first: that one is found */
	return bpf_map_lookup_elem(&ledger, &contact->to);
}

INLINE void count_other(int is_refused, __u64 packets, __u64 bytes)
{
	if (is_refused) {
		count(EGRESS_OTHER_REFUSED, 1);
	} else if (packets) {
		count(EGRESS_OTHER_PACKETS, packets);
		count(EGRESS_OTHER_BYTES, bytes);
	}
}

/* Judges it and writes it down: PACKETS that are about to leave, or 0 for an attempt. */
INLINE int contact_end(struct contact *contact, __u64 packets, __u64 bytes)
{
	struct egress_entry *entry = bpf_map_lookup_elem(&ledger, &contact->to);
	__u64 now_ns = bpf_ktime_get_boot_ns(), judged;
	int is_refused;

	if (entry && entry->judged >> 8 == contact->generation) {
		judged = entry->judged;
	} else {
		judged = egress_judged(contact->generation, verdict_ask(contact));
		if (entry)
			*(volatile __u64 *)&entry->judged = judged;
		else
			entry = entry_new(contact, judged, now_ns);
	}
	is_refused = (judged & 0xff) == EGRESS_UNLISTED && contact->mode == EGRESS_ENFORCE;
	if (is_refused)
		count(EGRESS_REFUSED, 1);
	if (!entry) {
		count_other(is_refused, packets, bytes);
		return is_refused ? REFUSE : PASS;
	}
	entry->last_ns = now_ns;
	if (is_refused) {
		entry->refused_ns = now_ns;
		__sync_fetch_and_add(&entry->refused, 1);
	} else if (packets) {
		__sync_fetch_and_add(&entry->packets, packets);
		__sync_fetch_and_add(&entry->bytes, bytes);
	}
	return is_refused ? REFUSE : PASS;
}

/* False: nothing is asked. */
INLINE int contact_begin(struct contact *contact)
{
	contact->settings = settings_find();
	if (!contact->settings)
		return 0;
	contact->mode = *(const volatile __u32 *)&contact->settings->mode;
	contact->generation = *(const volatile __u32 *)&contact->settings->generation;
	return contact->mode != EGRESS_OFF;
}

/* -- sockets -- */

INLINE void socket_name(struct egress_socket *socket)
{
	socket->pid = (__u32)(bpf_get_current_pid_tgid() >> 32);
	bpf_get_current_comm(socket->process, sizeof(socket->process));
}

SEC("cgroup/sock_create")
int sock_create(struct bpf_sock *context)
{
	struct egress_socket *socket = bpf_sk_storage_get(&sockets, context, 0, BPF_SK_STORAGE_GET_F_CREATE);

	if (socket)
		socket_name(socket);
	return PASS;
}

/* Who asks is who is running. */
INLINE int address_judge(struct bpf_sock_addr *context, struct contact *contact)
{
	struct egress_socket running = { 0 };
	struct egress_socket *socket = context->sk ? bpf_sk_storage_get(&sockets, context->sk, 0, BPF_SK_STORAGE_GET_F_CREATE) : 0;

	socket_name(&running);
	if (socket && !socket->pid)
		*socket = running;
	contact->socket = &running;
	contact->to.port = bpf_ntohs((__u16)context->user_port);
	contact->to.protocol = context->protocol == MPTCP ? IPPROTO_TCP : (__u8)context->protocol;
	return contact_end(contact, 0, 0);
}

INLINE int connect_judge(struct bpf_sock_addr *context, struct contact *contact)
{
	struct egress_socket *socket;

	if (context->type != STREAM)
		return PASS;
	socket = context->sk ? bpf_sk_storage_get(&sockets, context->sk, 0, BPF_SK_STORAGE_GET_F_CREATE) : 0;
	if (socket)
		socket->connects = 1;
	return address_judge(context, contact);
}

INLINE void contact_set_v4(struct contact *contact, __u32 address)
{
	__u32 words[4] = { 0, 0, bpf_htonl(0xffff), address };

	__builtin_memcpy(contact->to.bytes, words, sizeof(words));
}

INLINE void contact_set_v6(struct contact *contact, struct bpf_sock_addr *context)
{
	__u32 words[4] = { context->user_ip6[0], context->user_ip6[1], context->user_ip6[2], context->user_ip6[3] };

	__builtin_memcpy(contact->to.bytes, words, sizeof(words));
}

SEC("cgroup/connect4")
int connect4(struct bpf_sock_addr *context)
{
	struct contact contact = { .to = { .kind = EGRESS_OUT } };

	if (!contact_begin(&contact))
		return PASS;
	contact_set_v4(&contact, context->user_ip4);
	return connect_judge(context, &contact);
}

SEC("cgroup/connect6")
int connect6(struct bpf_sock_addr *context)
{
	struct contact contact = { .to = { .kind = EGRESS_OUT } };

	if (!contact_begin(&contact))
		return PASS;
	contact_set_v6(&contact, context);
	return connect_judge(context, &contact);
}

SEC("cgroup/sendmsg4")
int sendmsg4(struct bpf_sock_addr *context)
{
	struct contact contact = { .to = { .kind = EGRESS_OUT } };

	if (!contact_begin(&contact))
		return PASS;
	contact_set_v4(&contact, context->user_ip4);
	return address_judge(context, &contact);
}

SEC("cgroup/sendmsg6")
int sendmsg6(struct bpf_sock_addr *context)
{
	struct contact contact = { .to = { .kind = EGRESS_OUT } };

	if (!contact_begin(&contact))
		return PASS;
	contact_set_v6(&contact, context);
	return address_judge(context, &contact);
}

/* -- packets -- */

INLINE int has_ports(__u8 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE || protocol == IPPROTO_SCTP || protocol == IPPROTO_DCCP;
}

INLINE void read_port(struct __sk_buff *packet, __u32 offset, struct egress_destination *to)
{
	__u16 ports[2];

	if (has_ports(to->protocol) && bpf_skb_load_bytes(packet, offset, ports, sizeof(ports)) == 0)
		to->port = bpf_ntohs(ports[1]);
}

/* A later fragment has no ports: only raw sockets send such, the kernel's own are cut after this. Options are nothing that the shield sends, and a source
 * route among them leads elsewhere, which IP_OPTIONS of a connected datagram socket needs no right for: fails closed. */
INLINE int read_v4(struct __sk_buff *packet, struct contact *contact)
{
	struct iphdr head;

	if (bpf_skb_load_bytes(packet, 0, &head, sizeof(head)))
		return -1;
	contact_set_v4(contact, head.daddr);
	contact->to.protocol = head.protocol;
	if (head.ihl != 5)
		contact->to.kind = EGRESS_HIDDEN;
	else if (!(head.frag_off & bpf_htons(0x1fff)))
		read_port(packet, head.ihl * 4u, &contact->to);
	return 0;
}

INLINE int is_in_between(__u8 protocol)
{
	return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING || protocol == IPPROTO_FRAGMENT || protocol == IPPROTO_DSTOPTS || protocol == IPPROTO_MH;
}

/* The same of headers in between. */
INLINE int read_v6(struct __sk_buff *packet, struct contact *contact)
{
	struct ipv6hdr head;

	if (bpf_skb_load_bytes(packet, 0, &head, sizeof(head)))
		return -1;
	__builtin_memcpy(contact->to.bytes, &head.daddr, sizeof(contact->to.bytes));
	contact->to.protocol = head.nexthdr;
	if (is_in_between(head.nexthdr))
		contact->to.kind = EGRESS_HIDDEN;
	read_port(packet, sizeof(head), &contact->to);
	return 0;
}

INLINE int is_answer_port(const struct contact *contact, __u32 port)
{
	return list_of(contact)->answers[(port & 0xffff) / 64] >> port % 64 & 1;
}

/* What a socket that listens answers (a SYN-ACK has its listener here), or what one that was accepted does. */
INLINE int is_answer(const struct contact *contact, const struct bpf_sock *socket)
{
	if (contact->to.protocol != IPPROTO_TCP || socket->type != STREAM || socket->state == BPF_TCP_SYN_SENT || (contact->socket && contact->socket->connects))
		return 0;
	return is_answer_port(contact, socket->src_port);
}

SEC("cgroup_skb/egress")
int egress(struct __sk_buff *packet)
{
	struct contact contact = { .to = { .kind = EGRESS_OUT } };
	struct bpf_sock *socket = packet->sk;
	struct egress_socket *known;
	int is_connecting;

	if (!contact_begin(&contact) || !socket)
		return PASS;
	socket = bpf_sk_fullsock(socket);
	if (!socket)
		return PASS;
	if ((packet->protocol == bpf_htons(ETH_P_IP) ? read_v4(packet, &contact) : read_v6(packet, &contact)) < 0)
		return contact.mode == EGRESS_ENFORCE ? REFUSE : PASS;
	is_connecting = socket->type == STREAM && socket->state == BPF_TCP_SYN_SENT;
	known = bpf_sk_storage_get(&sockets, socket, 0, is_connecting ? BPF_SK_STORAGE_GET_F_CREATE : 0);
	if (known && is_connecting)
		known->connects = 1;  /* ways of connecting that ask no connect4, 6, of sockets that the kernel makes itself (MPTCP), too */
	contact.socket = known;
	if (is_answer(&contact, socket))
		return PASS;
	if (socket->type == STREAM && socket->state == BPF_TCP_LISTEN) {
		__builtin_memset(contact.to.bytes, 0, sizeof(contact.to.bytes));
		contact.to.port = (__u16)socket->src_port;
		contact.to.kind = EGRESS_ANSWER;
	}
	return contact_end(&contact, packet->gso_segs ? packet->gso_segs : 1, packet->len);
}
