/* The tables that the kernel filter looks networks up in, made of sorted lists: DIR-24-8 of IPv4, prefixes by length of IPv6.
 *
 * Shape    layout.h. Where a network is allowed and denied, it is allowed. Networks of IPv6 that are denied within one that is allowed are left
 *          out, and lengths go from the longest: whoever looks for the first that holds, or for any that allows, finds the same
 * Limits   PACKET_GROUPS groups; then up to TABLE_MORE_MAX addresses one by one; TABLE_V6_MAX prefixes of at most PACKET_PREFIX_LENGTHS_MAX
 *          lengths. Beyond: a complaint that says what to do
 * Owns     MORE and V6, until table_done; CELLS and GROUPS are the caller's: plain memory, or the copy of the kernel's that is not in use
 * Threads  one at a time
 */
#ifndef BOUCLIER_PACKET_LISTS_TABLE_H
#define BOUCLIER_PACKET_LISTS_TABLE_H

#include "base/complaint.h"
#include "packet/layout.h"
#include "packet/lists/prefixes.h"

#define TABLE_CELLS 65536u                      /* struct packet_cells */
#define TABLE_MORE_MAX (PACKET_MORE_MAX / 2)    /* both copies share one map */
#define TABLE_V6_MAX (PACKET_V6_MAX / 2)

struct table_more {
	uint32_t address;
	enum packet_verdict verdict;
};

struct table_v6 {
	uint8_t bytes[16], length;
	enum packet_verdict verdict;
};

struct packet_table {
	struct packet_cells *cells;
	struct packet_group *groups;
	uint32_t group_count, group_limit;      /* at most PACKET_GROUPS; tests say less */
	struct table_more *more;                /* of an address that is there twice, the last counts */
	size_t more_count, more_size;
	struct table_v6 *v6;
	size_t v6_count, v6_size;
	uint8_t lengths[PACKET_PREFIX_LENGTHS_MAX];
	unsigned length_count;
};

void table_init(struct packet_table *table, struct packet_cells *cells, struct packet_group *groups);
void table_done(struct packet_table *table);
/* Both merged. Clears what CELLS held before. RESULT_LIMIT: complained; RESULT_NO_MEMORY. */
enum result table_build(struct packet_table *table, const struct packet_prefixes *denied, const struct packet_prefixes *allowed,
                        struct complaints *complaints) must_check;
/* What the filter would find. For tests, and for who wants to know before he flips. Slow where MORE is asked. */
enum packet_verdict table_ask(const struct packet_table *table, const struct address *address);

#endif
