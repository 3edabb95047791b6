/* What DNS blocklists have said: asked of the resolve process, remembered for all workers of this edge.
 *
 * The system's resolver keeps a record's own lifetime to itself, so an answer is good for BLOCKLIST_KEEP_MS, and that there was
 * none for BLOCKLIST_FAILED_MS.
 *
 * Limits   BLOCKLIST_ANSWERS kept, the oldest of eight gives way; BLOCKLIST_ASKING_MAX questions at a time, BLOCKLIST_ASKING_ZONE_MAX of
 *          them to one zone so that a dead one leaves room for others, more are not asked;
 *          BLOCKLIST_WAIT_MS for an answer
 * Owns     its memory; the descriptor is the caller's
 * Threads  any
 *
 * Availability, fails open: a list that does not answer says nothing about anybody.
 */
#ifndef BOUCLIER_EDGE_BLOCKLIST_H
#define BOUCLIER_EDGE_BLOCKLIST_H

#include "process/resolve.h"

#define BLOCKLIST_ANSWERS 8192u
#define BLOCKLIST_ASKING_MAX 32u
#define BLOCKLIST_ASKING_ZONE_MAX 8u
#define BLOCKLIST_WAIT_MS 2000u
#define BLOCKLIST_KEEP_MS 300000u
#define BLOCKLIST_FAILED_MS 30000u

struct blocklist;

/* FD: for resolve_client_ask_list. ANSWERED is called, in the thread of blocklist_take, when somebody may wait for an answer.
 * NULL: no memory. */
struct blocklist *blocklist_new(int fd, void (*answered)(void *context), void *context) must_check;
/* NULL is none. */
void blocklist_free(struct blocklist *blocklist);

/* NAME in ZONE ("4.3.2.1.zone", "zone"). RESULT_OK: listed, ANSWER is what was said; RESULT_NOT_FOUND: not; RESULT_MORE: it has been asked; RESULT_TIMEOUT: it does not
 * answer; RESULT_LIMIT: too many questions are under way; RESULT_IO, RESULT_MALFORMED: it cannot be asked. */
enum result blocklist_ask(struct blocklist *blocklist, struct span name, struct span zone, uint64_t now_ms, struct address *answer) must_check;
/* False: ANSWER is to somebody else's question. */
bool blocklist_take(struct blocklist *blocklist, const struct resolve_answer *answer, uint64_t now_ms);

#endif
