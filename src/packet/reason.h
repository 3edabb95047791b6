/* Why a packet ended as it did. One line is one reason: counters, metrics, the journal and `bouclier packet counters` follow.
 *
 * Shape    X(NAME, name, verdict, text): verdicts are PASS (to the kernel), DROP, and ANSWER (sent back by the program)
 * Limits   the order is the layout of the pinned counters: new ones go to the end, PACKET_REASON_MAX at most, and PACKET_LAYOUT_VERSION (layout.h) stays
 */
#ifndef BOUCLIER_PACKET_REASON_H
#define BOUCLIER_PACKET_REASON_H

#define PACKET_REASON_LIST(X) \
	X(PASSED, passed, PASS, "nothing spoke against it") \
	X(OTHER_PROTOCOL, other_protocol, PASS, "neither IPv4 nor IPv6: ARP above all") \
	X(NEEDED, needed, PASS, "neighbour discovery or DHCP: the machine needs it to be reachable") \
	X(ALLOWED, allowed, PASS, "its source is allowed, always") \
	X(COOKIE_VALID, cookie_valid, PASS, "an ACK that brings a SYN cookie back") \
	X(COOKIE_SENT, cookie_sent, ANSWER, "a SYN, answered with a cookie while the queue of half-open connections is full") \
	X(MALFORMED, malformed, DROP, "lengths or headers that contradict each other") \
	X(BAD_FLAGS, bad_flags, DROP, "TCP flags or ports that no implementation sends") \
	X(FRAGMENT, fragment, DROP, "a fragment of TCP, or of UDP whose port it does not tell while ports are hidden") \
	X(DENIED, denied, DROP, "its source is on the list of denied networks") \
	X(BANNED, banned, DROP, "its source is banned for a while") \
	X(REFLECTED, reflected, DROP, "UDP from a port that reflects attacks") \
	X(NOT_EXPOSED, not_exposed, DROP, "to a port that is not to be reached from outside") \
	X(OUT_OF_STATE, out_of_state, DROP, "TCP that belongs to no connection and brings no valid cookie") \
	X(OVER_BUDGET, over_budget, DROP, "its source sends more packets than one may") \
	X(OVER_UDP_BUDGET, over_udp_budget, DROP, "its source sends more UDP or ICMP than one may without having shown that it is there") \
	X(FAILED, failed, PASS, "the program could not do what it should: it fails open")

enum packet_reason {
#define PACKET_REASON_ENUM(upper, lower, verdict, text) PACKET_##upper,
	PACKET_REASON_LIST(PACKET_REASON_ENUM)
#undef PACKET_REASON_ENUM
	PACKET_REASON_COUNT,
};

#endif
