/* Sets of addresses and networks, IPv4 and IPv6 (@ipMatch).
 *
 * Shape    "192.0.2.1", "10.0.0.0/8", "2001:db8::/32"; host bits may be set (10.1.2.3/8 is 10.0.0.0/8)
 * Limits   a question takes as many steps as the logarithm of the list's length
 * Owns     everything lies in the arena: 8 bytes an IPv4 network, 32 bytes an IPv6 one; those that touch become one
 * Threads  immutable once made
 */
#ifndef BOUCLIER_WAF_NETWORKS_H
#define BOUCLIER_WAF_NETWORKS_H

#include "base/address.h"
#include "base/arena.h"

struct networks;

/* Reads one, as above. RESULT_MALFORMED. */
enum result networks_read_one(struct span text, struct network *out) must_check;
enum result networks_new(struct arena *arena, const struct network *list, size_t count, struct networks **out) must_check;
/* As network_contains: an IPv6 network holds nothing of IPv4. AS_V6: ::ffff:192.0.2.1 was written, which is looked for among the
 * IPv4 networks as 192.0.2.1, and among the IPv6 ones as it stands. */
bool networks_contain(const struct networks *networks, const struct address *address, bool as_v6) must_check;
/* How many ranges are kept. */
size_t networks_ranges(const struct networks *networks);

#endif
