/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only OR EUPL-1.2 */
/* The walk of a packet through the kernel filter. Each step has a reason to end the walk or says PACKET_GOES_ON; the first reason counts.
 *
 * What costs little and needs no memory comes first, what asks the kernel for a socket last. Every loop is bounded, every failure of the
 * program itself passes the packet on: PACKET_FAILED.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "packet/kernel/cookie.bpf.h"
#include "packet/kernel/lists.bpf.h"
#include "packet/kernel/needed.h"
#include "packet/kernel/parse.h"
#include "packet/kernel/sketch.h"
#include "packet/kernel/tell.bpf.h"

/* Of the functions that it calls, those of cookies are for programs under the GPL. */
char licence[] SEC("license") = "Dual BSD/GPL";

#define STEP_LIST(X) X(parse) X(need) X(lists) X(bans) X(fragments) X(reflected) X(exposed) X(syn) X(known) X(state) X(budget)

PACKET_INLINE enum packet_reason step_parse(struct walk *walk)
{
	enum packet_reason reason = packet_parse(frame_of(walk->packet), frame_end_of(walk->packet), &walk->head);

	walk->source = head_source(&walk->head);
	return reason;
}

PACKET_INLINE enum packet_reason step_need(struct walk *walk)
{
	return packet_is_needed(frame_of(walk->packet), frame_end_of(walk->packet), &walk->head) ? PACKET_NEEDED : PACKET_GOES_ON;
}

PACKET_INLINE enum packet_reason step_lists(struct walk *walk)
{
	__u32 verdict;

	if (!(walk->flags & PACKET_HAS_LIST))
		return PACKET_GOES_ON;
	verdict = lists_ask(walk);
	return verdict == PACKET_ALLOW ? PACKET_ALLOWED : verdict == PACKET_DENY ? PACKET_DENIED : PACKET_GOES_ON;
}

PACKET_INLINE enum packet_reason step_bans(struct walk *walk)
{
	const struct packet_ban *ban;

	if (!(walk->flags & PACKET_HAS_BANS))
		return PACKET_GOES_ON;
	ban = bpf_map_lookup_elem(&bans, &walk->source);
	if (!ban || ban->until_ns <= walk_now(walk) || !is_learned_valid(walk))
		return PACKET_GOES_ON;
	return PACKET_BANNED;
}

/* TCP never needs them. Of UDP only the first tells a port, and who hides ports cannot let the others in: fails closed. */
PACKET_INLINE enum packet_reason step_fragments(struct walk *walk)
{
	const struct packet_head *head = &walk->head;

	if (head->piece == PACKET_WHOLE)
		return PACKET_GOES_ON;
	if (head->protocol == PACKET_TCP)
		return PACKET_FRAGMENT;
	return head->protocol == PACKET_UDP && head->piece == PACKET_LATER && walk->flags & PACKET_HIDES_PORTS ? PACKET_FRAGMENT : PACKET_GOES_ON;
}

/* An answer that a socket of ours is connected for was asked for: a resolver of our own lives on them. */
PACKET_INLINE enum packet_reason step_reflected(struct walk *walk)
{
	if (walk->head.protocol != PACKET_UDP || !port_is_in(walk->settings->reflectors, walk->head.source_port))
		return PACKET_GOES_ON;
	return is_awaited_udp(walk) ? PACKET_GOES_ON : PACKET_REFLECTED;
}

/* On a host that forwards for others, what belongs to their connections cannot be known: there only SYNs are held back. */
PACKET_INLINE enum packet_reason step_exposed(struct walk *walk)
{
	const struct packet_head *head = &walk->head;
	bool is_awaited;

	if (!(walk->flags & PACKET_HIDES_PORTS) || (head->protocol != PACKET_TCP && head->protocol != PACKET_UDP))
		return PACKET_GOES_ON;
	if (port_is_in(head->protocol == PACKET_TCP ? walk->settings->exposed_tcp : walk->settings->exposed_udp, head->destination_port))
		return PACKET_GOES_ON;
	if (head_is_syn(head))
		return PACKET_NOT_EXPOSED;
	if (!(walk->flags & PACKET_IS_END_HOST))
		return PACKET_GOES_ON;
	is_awaited = head->protocol == PACKET_TCP ? is_awaited_tcp(walk) : is_awaited_udp(walk);
	return is_awaited ? PACKET_GOES_ON : PACKET_NOT_EXPOSED;
}

PACKET_INLINE enum packet_reason step_syn(struct walk *walk)
{
	return walk->flags & PACKET_ANSWERS_SYN && head_is_syn(&walk->head) && is_protected(walk) ? syn_answer(walk) : PACKET_GOES_ON;
}

PACKET_INLINE enum packet_reason step_known(struct walk *walk)
{
	if (walk->flags & (PACKET_KNOWS_STATE | PACKET_HAS_BUDGET | PACKET_HAS_UDP_BUDGET))
		walk->arrival = bpf_map_lookup_elem(&sources, &walk->source);
	return PACKET_GOES_ON;
}

/* No client of ours speaks from a protected port, so a SYN-ACK to one is always of a reflected or invented kind. */
PACKET_INLINE enum packet_reason state_of_syn_ack(struct walk *walk)
{
	if (!(walk->flags & PACKET_KNOWS_STATE))
		return PACKET_GOES_ON;
	return !is_protected(walk) && is_awaited_tcp(walk) ? PACKET_GOES_ON : PACKET_OUT_OF_STATE;
}

PACKET_INLINE enum packet_reason step_state(struct walk *walk)
{
	const struct packet_head *head = &walk->head;

	if (head->protocol != PACKET_TCP || head->piece != PACKET_WHOLE || !(walk->flags & (PACKET_KNOWS_STATE | PACKET_HAS_BUDGET)) || head_is_syn(head))
		return PACKET_GOES_ON;
	if (head->tcp_flags & PACKET_SYN)
		return state_of_syn_ack(walk);
	if (!is_protected(walk) || (walk->arrival && !(walk->flags & PACKET_IS_STRICT)))
		return PACKET_GOES_ON;
	return state_ask(walk);
}

/* Beyond the budget a socket is looked for: who is connected to the source asked for what it sends, however much it is. */
PACKET_INLINE enum packet_reason sketch_ask(struct walk *walk)
{
	struct sketch_places places = sketch_places_of(walk->source, sketch_seed);
	__u64 *one = bpf_map_lookup_elem(&sketch, &places.one);
	__u64 *other = bpf_map_lookup_elem(&sketch, &places.other);

	if (!one || !other)
		return PACKET_FAILED;
	if (sketch_take(one, other, &walk->settings->udp_budget, walk_now(walk)))
		return PACKET_GOES_ON;
	return walk->head.protocol == PACKET_UDP && is_awaited_udp(walk) ? PACKET_GOES_ON : PACKET_OVER_UDP_BUDGET;
}

/* Other protocols are tunnels (ESP, AH, GRE), routing and the like: between machines that agreed on it, as much as they like. */
PACKET_INLINE bool has_protocol_budget(const struct packet_head *head)
{
	return head->protocol == PACKET_TCP || head->protocol == PACKET_UDP || head->protocol == PACKET_ICMP || head->protocol == PACKET_ICMP6;
}

/* Whatever is not TCP may have an invented source. One that is known has its own budget for it, so that a flood of others leaves it alone;
 * not while known sources are being invented. */
PACKET_INLINE enum packet_reason step_budget(struct walk *walk)
{
	bool is_tcp = walk->head.protocol == PACKET_TCP;
	bool is_known = walk->arrival && (is_tcp || !(walk->flags & PACKET_IS_STRICT));
	bool has_budget = is_known ? walk->flags & PACKET_HAS_BUDGET : !is_tcp && walk->flags & PACKET_HAS_UDP_BUDGET;

	if (!has_budget || !has_protocol_budget(&walk->head) || !is_learned_valid(walk))
		return PACKET_GOES_ON;
	if (!is_known)
		return sketch_ask(walk);
	return budget_take(walk->arrival, &walk->settings->budget, walk_now(walk)) ? PACKET_GOES_ON : PACKET_OVER_BUDGET;
}

PACKET_INLINE enum packet_reason walk_through(struct walk *walk)
{
	enum packet_reason reason;

#define STEP(name) \
	reason = step_##name(walk); \
	if (reason != PACKET_GOES_ON) \
		return reason;
	STEP_LIST(STEP)
#undef STEP
	return PACKET_PASSED;
}

/* Ports are all that is asked of a destination: on a host that forwards, a protected one may be another machine's, whose connections are not
 * to be seen here, and whose SYNs a listener at any address of ours would seem to be meant for. Availability, fails open. */
PACKET_INLINE __u32 flags_in_force(__u32 flags)
{
	return flags & PACKET_IS_END_HOST ? flags : flags & ~(__u32)(PACKET_KNOWS_STATE | PACKET_ANSWERS_SYN);
}

SEC("xdp")
int filter(struct xdp_md *packet)
{
	struct walk walk = { .packet = packet };
	__u64 bytes = (__u64)(frame_end_of(packet) - frame_of(packet));
	__u32 first = 0;

	asm volatile("" : "+r"(bytes));  /* clang would keep half of a pointer for later, which the verifier does not allow */
	walk.settings = bpf_map_lookup_elem(&settings, &first);
	if (!walk.settings)
		return XDP_PASS;
	walk.flags = flags_in_force(*(const volatile __u32 *)&walk.settings->flags);
	return walk_end(&walk, walk_through(&walk), bytes);
}
