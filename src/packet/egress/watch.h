/* Refusals as they happen, told by a controller that has descriptors of the maps and no right at all.
 *
 * Once a second it asks for one number; only when that has moved is the ledger read. A destination is told when it is first refused since the list was made,
 * and again after EGRESS_TELL_AGAIN_NS while it goes on; alarms first. What the shield needs (alarm.h) is told apart from what nothing names, which is a sign that somebody
 * else is at work in the shield's processes, or that a name leads elsewhere by now: names are not looked up here.
 *
 * Limits   EGRESS_TELL_MAX sentences a look, the rest in those that follow, each ten seconds; so of a ledger of more than EGRESS_WATCH_LINES. EGRESS_TOLD_MAX destinations
 *          in EGRESS_TELL_AGAIN_NS, whoever tries to fill the journal or to hide behind many; an alarm that comes later takes the place of one that is none.
 *          The rest is a number, at most one a minute
 * Owns     the maps' descriptors, until egress_watch_free
 * Threads  one at a time
 */
#ifndef BOUCLIER_PACKET_EGRESS_WATCH_H
#define BOUCLIER_PACKET_EGRESS_WATCH_H

#include "packet/egress/alarm.h"

#define EGRESS_TELL_AGAIN_NS ((uint64_t)3600 * 1000000000)
#define EGRESS_TELL_MAX 16u
#define EGRESS_TOLD_MAX 256u
#define EGRESS_WATCH_LINES 4096u

struct egress_watch;

/* TO: who was refused; NULL: the sentence is about several. */
typedef void (*egress_hear)(void *context, const struct egress_destination *to, bool is_alarm, const char *sentence);

/* Takes CONTROL over, whatever comes of it. RESULT_NO_MEMORY. */
enum result egress_watch_new(struct egress_control *control, struct egress_watch **out) must_check;
void egress_watch_free(struct egress_watch *watch);
/* What is new at NOW_NS (CLOCK_BOOTTIME), a sentence each, printable. RESULT_IO, RESULT_NO_MEMORY: it is tried again with the next look. */
enum result egress_watch_look(struct egress_watch *watch, uint64_t now_ns, egress_hear each, void *context) must_check;

/* A sentence on its way to edges, a message of the controller's socket. Its first number is none that struct packet_news begins with, so edges of a version
 * before pass over it. */
#define EGRESS_NEWS 0x45475231u
struct egress_news {
	uint32_t kind;               /* EGRESS_NEWS */
	uint32_t is_alarm;
	uint32_t has_to, unused;
	struct egress_destination to;
	char text[EGRESS_ALARM_TEXT];
};
/* RESULT_MALFORMED: it is not one. */
enum result egress_news_read(const void *bytes, size_t len, struct egress_news *out) must_check;

#endif
