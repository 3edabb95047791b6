/* The maps of the egress programs in user space: their settings, the list, and what the ledger is read through.
 *
 * Owns     the descriptors and the mapping, until egress_control_free
 * Threads  one at a time; programs in the kernel look at the settings all the while
 */
#ifndef BOUCLIER_PACKET_EGRESS_CONTROL_H
#define BOUCLIER_PACKET_EGRESS_CONTROL_H

#include "packet/egress/list.h"

/* X(NAME, name, kind, bytes of a key, bytes of a value, entries): what layout.h says. */
#define EGRESS_MAP_LIST(X) \
	X(SETTINGS, settings, ARRAY, sizeof(__u32), sizeof(struct egress_settings), 1u) \
	X(ALLOWS, allows, HASH, sizeof(struct egress_allow_key), sizeof(__u32), 2u * EGRESS_RULES_MAX) \
	X(RULES, rules, ARRAY, sizeof(__u32), sizeof(struct egress_rule), 2u * EGRESS_RULES_MAX) \
	X(LEDGER, ledger, HASH, sizeof(struct egress_destination), sizeof(struct egress_entry), EGRESS_LEDGER_MAX) \
	X(COUNTS, counts, ARRAY, sizeof(__u32), sizeof(__u64), EGRESS_COUNTS_MAX)

enum egress_map {
#define X(upper, lower, kind, key, value, entries) EGRESS_MAP_##upper,
	EGRESS_MAP_LIST(X)
#undef X
	EGRESS_MAPS,
};

struct egress_control;

/* Takes the descriptors whatever comes of it. RESULT_MALFORMED: not our maps; RESULT_NO_MEMORY; RESULT_IO. */
enum result egress_control_new(const int fds[EGRESS_MAPS], struct egress_control **out) must_check;
/* Of what is pinned. RESULT_NOT_FOUND: nothing is; RESULT_REFUSED: no right to; and as before. */
enum result egress_control_open(struct egress_control **out) must_check;
/* The same of who only looks: no change is asked of it, and the kernel would refuse it. Security: the controller listens to edges, and is not to turn off what holds them. */
enum result egress_control_open_to_read(struct egress_control **out) must_check;
void egress_control_free(struct egress_control *control);

int egress_control_fd(const struct egress_control *control, enum egress_map map);
/* RESULT_IO: errno tells. */
enum result egress_control_count(const struct egress_control *control, enum egress_count which, uint64_t *out) must_check;
/* As the programs see them; of who only looks, as they saw them just now. */
struct egress_settings *egress_control_settings(struct egress_control *control);
/* LIST answers from now on, as the next generation. RESULT_IO (errno tells), RESULT_NO_MEMORY: nothing was changed. */
enum result egress_publish(struct egress_control *control, const struct egress_list *list) must_check;
/* The same, where what LIST has answers already: it goes on, and its rules were seen when LIST's were. RESULT_NOT_FOUND: it is another, and nothing was changed. */
enum result egress_renew(struct egress_control *control, const struct egress_list *list) must_check;
/* The other copy answers: after egress_publish, the list before. */
void egress_flip(struct egress_control *control);
/* The list that answers now. OUT is born by egress_list_init. */
enum result egress_published(const struct egress_control *control, struct egress_list *out) must_check;
void egress_set_mode(struct egress_control *control, enum egress_mode mode);

#endif
