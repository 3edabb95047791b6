/* The rung below XDP: what of the filter nftables can do at the ingress of interfaces, as the text of one table, netdev bouclier.
 *
 * What is lost against XDP: bans (a set of nftables is written with CAP_NET_ADMIN alone, which the kernel asks of who sends and of who opened the socket, and the
 * controller has no capability: bans stay with the edge, at accept), budgets, TCP that belongs to no connection, SYN cookies of our own (net.ipv4.tcp_syncookies of the kernel stay), events,
 * counters of what passed; and a dropped packet costs several times as much.
 *
 * Networks are hash sets, one for each length in use: a set of intervals would be a tree.
 */
#ifndef BOUCLIER_PACKET_LOADER_NFT_TEXT_H
#define BOUCLIER_PACKET_LOADER_NFT_TEXT_H

#include "base/buffer.h"
#include "packet/lists/prefixes.h"

#define NFT_TEXT_BYTES ((size_t)256 << 20)

struct nft_wish {
	const char *const *interfaces;           /* names */
	unsigned interface_count;
	const struct packet_prefixes *denied, *allowed;
	const uint64_t *reflectors;              /* PACKET_PORT_WORDS, as in struct packet_settings */
	const uint64_t *exposed_tcp;             /* the same; NULL: nothing is hidden */
	bool observes;                           /* counts, and drops nothing */
};

/* The table anew, as one transaction. RESULT_LIMIT: longer than OUT may be. */
enum result nft_text_write(const struct nft_wish *wish, struct buffer *out) must_check;

#endif
