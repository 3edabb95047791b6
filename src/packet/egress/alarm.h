/* What was refused although the shield needs it: an alarm at once, for `bouclier packet egress status` and for the journal.
 *
 *   moved     what was refused is where a needed name leads now, and not when the list was made
 *   host      what was refused is a needed host, by another port or protocol
 *   listed    what was refused is in the list, and was when it was refused
 *   answers   who came to a port of ours was not answered: the list does not know that we listen there
 *
 * Only what was refused since the list was published counts: a new list ends an alarm, and what is still wrong raises it again.
 *
 * Limits   EGRESS_ALARMS_MAX; more are counted
 * Owns     nothing: alarms point into the ledger and the lists, which must stay as long
 * Threads  pure functions of what they are given
 */
#ifndef BOUCLIER_PACKET_EGRESS_ALARM_H
#define BOUCLIER_PACKET_EGRESS_ALARM_H

#include "packet/egress/ledger.h"

#define EGRESS_ALARMS_MAX 64u
#define EGRESS_ALARM_TEXT 512u

enum egress_alarm_kind { EGRESS_ALARM_MOVED, EGRESS_ALARM_HOST, EGRESS_ALARM_LISTED, EGRESS_ALARM_ANSWERS };

struct egress_alarm {
	enum egress_alarm_kind kind;
	const struct egress_line *line;
	const struct egress_rule *rule;          /* NULL: of answers */
};

struct egress_alarms {
	struct egress_alarm list[EGRESS_ALARMS_MAX];
	unsigned count, left_out;
};

/* What LEDGER tells against PUBLISHED, which answers since PUBLISHED_NS, and NEEDED, what the configuration's names lead to now (NULL: not looked). */
void egress_alarms_find(const struct egress_ledger *ledger, const struct egress_list *published, uint64_t published_ns, const struct egress_list *needed,
                        struct egress_alarms *out);
/* Is what LINE was refused an alarm? */
bool egress_alarm_judge(const struct egress_line *line, const struct egress_list *published, const struct egress_list *needed, struct egress_alarm *out);
/* One sentence, without a line's end; it tells what to do. */
void egress_alarm_write(const struct egress_alarm *alarm, char out[EGRESS_ALARM_TEXT]);
/* "moved", "host", "listed", "answers" */
const char *egress_alarm_name(enum egress_alarm_kind kind);

#endif
