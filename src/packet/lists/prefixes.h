/* lists/: networks that are denied or allowed, from a person's file to the tables that the kernel filter looks at.
 *
 *   prefixes  a set of networks, sorted and merged
 *   file      the file that a person, or an authority, writes
 *   table     the set as DIR-24-8 and as IPv6 prefixes by length: on plain memory, no kernel needed
 *   carry     the other way: what a table denies, so that a new one can be made of an old one
 *
 * Shape    IPv4 as ranges of numbers, in order, apart and never side by side; IPv6 as networks, in order, none in another. Networks of
 *          IPv6 are not joined: two /48 that make a /47 would add a length, and each length in use costs every packet a look
 * Owns     its arrays, until prefixes_done
 * Threads  one at a time
 */
#ifndef BOUCLIER_PACKET_LISTS_PREFIXES_H
#define BOUCLIER_PACKET_LISTS_PREFIXES_H

#include "base/address.h"

struct packet_range {
	uint32_t from, to;  /* host order, both in it */
};

struct packet_prefixes {
	struct packet_range *v4;
	size_t v4_count, v4_size;
	struct network *v6;
	size_t v6_count, v6_size;
};

void prefixes_init(struct packet_prefixes *prefixes);
void prefixes_done(struct packet_prefixes *prefixes);
/* In any order, and more than once; prefixes_merge puts it right. RESULT_NO_MEMORY. */
enum result prefixes_add(struct packet_prefixes *prefixes, const struct network *network) must_check;
enum result prefixes_add_range(struct packet_prefixes *prefixes, struct packet_range range) must_check;
/* Sorts, and makes the shape that everybody else here expects. */
void prefixes_merge(struct packet_prefixes *prefixes);
/* Of merged ones. */
bool prefixes_contain(const struct packet_prefixes *prefixes, const struct address *address);
/* Is all of NETWORK, of IPv6, in one of the merged ones? */
bool prefixes_cover_v6(const struct packet_prefixes *prefixes, const struct network *network);
/* The number of an IPv4 address. */
uint32_t address_v4(const struct address *address);
/* The largest network that RANGE begins with, as CIDR bits; RANGE goes on behind it. False: RANGE was its last. */
bool range_cut(struct packet_range *range, struct network *out);

#endif
