/* The list of who may be contacted, and the ports whose answers pass, in memory: made from the configuration, published by control.h, and read
 * back from what is published.
 *
 * Limits   EGRESS_RULES_MAX rules of EGRESS_LENGTHS_MAX different lengths of prefixes; what is beyond is counted in left_out
 * Owns     its rules, until egress_list_done
 * Threads  one at a time
 */
#ifndef BOUCLIER_PACKET_EGRESS_LIST_H
#define BOUCLIER_PACKET_EGRESS_LIST_H

#include "packet/egress/rule.h"

#define EGRESS_KEEP_NS ((uint64_t)3600 * 1000000000)

struct egress_list {
	struct egress_rule *rules;
	unsigned count, left_out;
	uint8_t lengths[EGRESS_LENGTHS_MAX];
	unsigned length_count;
	__u64 answers[EGRESS_PORT_WORDS];
};

/* RESULT_NO_MEMORY. */
enum result egress_list_init(struct egress_list *list) must_check;
void egress_list_done(struct egress_list *list);
/* One that is there already, whatever its key, stays as it is, and is needed when either is. KEY is cut to EGRESS_KEY_BYTES. */
void egress_list_add(struct egress_list *list, const struct egress_rule *rule, bool is_needed, struct span key);
/* What BEFORE has by KEY, as seen at NOW_NS. How many. */
unsigned egress_list_carry(struct egress_list *list, const struct egress_list *before, struct span key, uint64_t now_ns);
/* What BEFORE has that is needed, was seen less than EGRESS_KEEP_NS before NOW_NS, and is not in LIST: requests are still answered by an origin that is gone, and
 * names are looked up by others at other times. What finds no room is not missed. And every port that BEFORE answers from, however long ago it was named: the file
 * may have another while the shield still listens, or drains, where it did. */
void egress_list_keep(struct egress_list *list, const struct egress_list *before, uint64_t now_ns);
/* Do both allow, and say, the same, whenever it was seen and in whatever order? */
bool egress_list_is_same(const struct egress_list *one, const struct egress_list *other);
/* The rule of LIST that is RULE, whatever its key; NULL: it has none. */
const struct egress_rule *egress_list_find_rule(const struct egress_list *list, const struct egress_rule *rule);
void egress_list_answer(struct egress_list *list, uint16_t port);
bool egress_list_answers(const struct egress_list *list, uint16_t port);
/* The narrowest that holds TO; NULL: it is not allowed. */
const struct egress_rule *egress_list_find(const struct egress_list *list, const struct egress_destination *to);
/* The needed one of the very address of TO, whatever its port; NULL: none. */
const struct egress_rule *egress_list_find_host(const struct egress_list *list, const struct egress_destination *to);
struct egress_allow_key egress_allow_key(const struct egress_rule *rule, unsigned copy);

#endif
