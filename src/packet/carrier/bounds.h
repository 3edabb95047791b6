/* What may be announced, and what never: a wish is held against the configuration before anything is written.
 *
 * Units    ms since 1970
 * Owns     nothing
 * Threads  values
 *
 * Security, fails closed: what is not known to be harmless is refused. FlowSpec has no exceptions: a rule about all sources is also about the
 * network that this machine is run from.
 */
#ifndef BOUCLIER_PACKET_CARRIER_BOUNDS_H
#define BOUCLIER_PACKET_CARRIER_BOUNDS_H

#include "packet/carrier/link.h"
#include "packet/carrier/bgp_rule.h"
#include "packet/spared.h"

#define BOUNDS_PORTS_MAX 192u
/* A source of more than that is as good as everybody, whatever `prefix` allows. */
#define BOUNDS_SOURCE_V4 16u
#define BOUNDS_SOURCE_V6 32u

struct bounds {
	const struct link_settings *link;
	const struct list_value *management;       /* struct network; NULL: none known */
	bool has_priority[LINK_SERVED_MAX];        /* the served entry of that index is a site's with priority_routes */
	uint16_t ports[BOUNDS_PORTS_MAX];          /* of TCP, where sites are served */
	unsigned port_count;
	struct spared spared;                      /* without whom no portal works: proxies that bring the citizens, origins, resolvers; no rule is about them by itself */
};

struct bgp_wish {
	struct bgp_rule rule;
	uint64_t for_ms;
	struct span by;                            /* empty: nobody said who */
};

/* X(NAME, sentence) */
#define BOUNDS_REFUSAL_LIST(X) \
	X(OFF, "BGP is off: link: { bgp: on } turns it on") \
	X(NOT_SERVED, "this address is not one of `served`: only those are ever announced") \
	X(TOO_WIDE, "the target is a larger network than `prefix` (`prefix_v6`) allows") \
	X(SOURCE_TOO_WIDE, "the source is a larger network than `prefix` (`prefix_v6`) allows") \
	X(FAMILY, "target and source are not of the same family, IPv4 or IPv6") \
	X(PORTS, "ports are those of TCP or UDP: say which protocol") \
	X(NOT_ONE_ADDRESS, "only a single address is made unreachable (/32 of IPv4, /128 of IPv6)") \
	X(MANAGEMENT_SOURCE, "the source is, or holds, a network of `management`, where the shield is run from") \
	X(MANAGEMENT_TARGET, "the target holds a network of `management`, where the shield is run from") \
	X(MANAGEMENT_PORT, "it would keep out those of `management`, too: it is about TCP from everywhere to a port of `management_ports`. Name other ports, or a source") \
	X(PRIORITY, "a site with priority_routes is there: it is never made unreachable") \
	X(NEEDS_PERSON, "this makes the portal unreachable: --by NAME says who of `persons` answers for it") \
	X(UNKNOWN_PERSON, "this makes the portal unreachable, and that name is not one of `persons`") \
	X(NOT_A_NAME, "--by is a name: 1 to 60 bytes without quotes or control characters") \
	X(TOO_LONG, "it would last longer than the configuration allows for its kind") \
	X(TOO_SHORT, "it would be over before it began: a second is the least") \
	X(TOO_MANY, "there are as many as `routes` allows: withdraw one first") \
	X(THERE_ALREADY, "the same is announced already") \
	X(LINE_IS_QUIET, "the line is not full enough for that, and nothing is dropped")

enum bounds_refusal {
	BOUNDS_NONE,
#define BOUNDS_REFUSAL_ENUM(upper, text) BOUNDS_##upper,
	BOUNDS_REFUSAL_LIST(BOUNDS_REFUSAL_ENUM)
#undef BOUNDS_REFUSAL_ENUM
	BOUNDS_REFUSAL_COUNT,
};

/* Citizens could not reach a portal any more: everything to its address is dropped, or all TCP from everywhere (or from
 * a source so wide that it is as good) to a port where a site is served, or anything that comes from a proxy, an origin or a resolver of ours. */
bool bounds_make_unreachable(const struct bounds *bounds, const struct bgp_rule *rule);
/* The rule and its terms, whatever else is announced, and however full the line is. */
enum bounds_refusal bounds_judge(const struct bounds *bounds, const struct bgp_wish *wish);
/* Is the line full enough? VIEW of over_ms 0: nothing was measured, which is not. */
enum bounds_refusal bounds_judge_line(const struct bounds *bounds, const struct bgp_rule *rule, const struct link_view *view);
/* A whole sentence. */
const char *bounds_sentence(enum bounds_refusal refusal);

#endif
