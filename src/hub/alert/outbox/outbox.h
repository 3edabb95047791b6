/* What waits to be sent: until it has arrived, or OUTBOX_GIVE_UP_S have gone by.
 *
 * A path gets one at a time, in their order. When it does not answer, all that waits for it waits for a pause that grows from OUTBOX_PAUSE_S to
 * OUTBOX_PAUSE_MAX_S, a quarter more or less by chance; what is refused waits alone, and the others go on.
 *
 * Shape    outbox_add; outbox_next and outbox_ended around each attempt. What is not in the store yet, or no more to be in it, is asked for by outbox_unkept and outbox_gone
 * Limits   OUTBOX_PATH_MAX a path: for one more the oldest of the least severe gives place, and is given up
 * Owns     its jobs
 * Threads  one at a time
 */
#ifndef BOUCLIER_HUB_ALERT_OUTBOX_OUTBOX_H
#define BOUCLIER_HUB_ALERT_OUTBOX_OUTBOX_H

#include "base/list.h"
#include "hub/alert/decide/decide.h"

#define OUTBOX_PATH_MAX 256u
#define OUTBOX_GIVE_UP_S ((uint64_t)3 * 86400)
#define OUTBOX_PAUSE_S 30u
#define OUTBOX_PAUSE_MAX_S 3600u
#define OUTBOX_ANSWER_S 300u          /* an attempt of which nothing was heard for so long is over */
#define OUTBOX_JOB_MAX ((size_t)512 << 10)

struct outbox_job {
	struct list node;
	uint64_t number;
	char path[ALERT_NAME_MAX + 1], id[ALERT_ID_BYTES];
	enum severity severity;
	uint64_t made_s, next_s;
	unsigned attempts;
	uint64_t out_s;                  /* when it was last handed over; 0: it waits here */
	bool is_kept;                    /* it is in the store */
	struct span message;
};

struct outbox;

/* RESULT_NO_MEMORY. */
enum result outbox_new(struct outbox **out) must_check;
void outbox_free(struct outbox *outbox);

/* OUT_LOST (may be NULL): true when another gave up its place. RESULT_NO_MEMORY. */
enum result outbox_add(struct outbox *outbox, struct span path, const struct alert *alert, struct span message, bool *out_lost) must_check;
/* The next for PATH that may be sent now; NULL: none. It is out until outbox_ended. */
struct outbox_job *outbox_next(struct outbox *outbox, struct span path, uint64_t now_s);
/* RESULT_NOT_FOUND: no such attempt is going on. PATH (ALERT_NAME_MAX + 1 bytes) gets its path. What has arrived, or is too old, leaves. */
enum result outbox_ended(struct outbox *outbox, uint64_t number, enum path_outcome *outcome, uint64_t now_s, char *path) must_check;
/* Nobody sends any more: what was out waits again. */
void outbox_called_off(struct outbox *outbox);
/* What has waited for too long leaves: LEFT is told of the path of each. */
void outbox_second(struct outbox *outbox, uint64_t now_s, void (*left)(void *context, struct span path), void *context);
/* Forgets what waits for paths that KNOWN denies. */
void outbox_sift(struct outbox *outbox, bool (*known)(void *context, struct span path), void *context);

/* In the order of their numbers. EACH says false to stop. */
void outbox_each(const struct outbox *outbox, bool (*each)(void *context, const struct outbox_job *job), void *context);
unsigned outbox_count(const struct outbox *outbox, struct span path);

/* -- for the store -- */

/* The first that is not kept; NULL. */
struct outbox_job *outbox_unkept(struct outbox *outbox);
/* Numbers of kept ones that have left; at most MAX of them. outbox_forget_gone drops the first COUNT. */
size_t outbox_gone(const struct outbox *outbox, uint64_t *out, size_t max);
void outbox_forget_gone(struct outbox *outbox, size_t count);
enum result outbox_job_write(const struct outbox_job *job, struct buffer *out) must_check;
/* Takes up what was kept. RESULT_MALFORMED, RESULT_LIMIT, RESULT_NO_MEMORY; RESULT_REFUSED: the number is there. */
enum result outbox_restore(struct outbox *outbox, struct span key, struct span text) must_check;

#endif
