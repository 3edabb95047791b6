/* The keys under `link`: the line, its carrier, and what may be announced to the carrier over BGP.
 *
 * Units    bits per second, milliseconds, percent of the capacity
 * Owns     values lie in the snapshot's arena
 * Threads  values; immutable in a snapshot
 */
#ifndef BOUCLIER_PACKET_CARRIER_SETTINGS_H
#define BOUCLIER_PACKET_CARRIER_SETTINGS_H

#include "config/key.h"

#define LINK_INTERFACES_MAX 8u
#define LINK_SERVED_MAX 64u
#define BGP_PERSONS_MAX 16u
#define BGP_ROUTES_MAX 64u
#define BGP_PORTS_MAX 32u
/* Whatever the configuration says: what takes a portal off the internet ends after this long. */
#define BGP_UNREACHABLE_MS_MAX (30 * 60000)
#define BGP_SOCKET_DEFAULT "/run/bird/bird.ctl"
#define BGP_INCLUDE_DEFAULT "/etc/bouclier-bgp/bouclier.conf"
#define BGP_COMMUNITY_DEFAULT "65535:666"   /* RFC 7999 */

enum desk_language { DESK_EN, DESK_NL, DESK_FR, DESK_DE, DESK_LANGUAGES };

struct provider_settings {
	struct span name, telephone, email, contract;
};

/* Addresses that citizens reach the sites at. Shorthand: the network alone. */
struct served_settings {
	struct network network;
	struct list_value sites;               /* struct span: names of sites; empty: all */
};

/* A community of BGP (RFC 1997): two numbers of 16 bits. */
struct bgp_community {
	uint16_t as, value;
};

enum bgp_mode { BGP_OFF, BGP_ON };

struct bgp_settings {
	int mode;                              /* enum bgp_mode */
	struct span socket, include;           /* BIRD's control socket; the file that is written */
	struct span community;                 /* "65535:666": bgp_community_read */
	int64_t routes;                        /* at most, at once */
	int64_t flow_ms, unreachable_ms;       /* at most, each */
	int64_t flow_from, unreachable_from;   /* percent of the capacity, below which none is added */
	int64_t prefix_v4, prefix_v6;          /* no rule is about more than that */
	struct list_value persons;             /* struct span: who may take a portal off the internet */
	struct list_value management_ports;    /* int64_t */
};

struct link_settings {
	int64_t capacity;                      /* bits per second; 0: not said */
	struct list_value interfaces;          /* struct span */
	int64_t filling, full;                 /* percent */
	int64_t window_ms;
	int language;                          /* enum desk_language */
	struct provider_settings provider;
	struct list_value served;              /* struct served_settings */
	struct bgp_settings bgp;
};

extern const struct key_table link_table;

/* "65535:666". RESULT_MALFORMED */
enum result bgp_community_read(struct span text, struct bgp_community *out) must_check;

#endif
