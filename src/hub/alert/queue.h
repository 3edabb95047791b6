/* What waits to be sent: until it has arrived, or QUEUE_GIVE_UP_S have gone by.
 *
 * A path gets one at a time, in their order. When it does not answer, all that waits for it waits for a pause that grows from QUEUE_PAUSE_S to
 * QUEUE_PAUSE_MAX_S, a quarter more or less by chance; what is refused waits alone, and the others go on.
 *
 * Shape    queue_add; queue_next and queue_ended around each attempt. What is not in the store yet, or no more to be in it, is asked for by queue_unkept and queue_gone
 * Limits   QUEUE_PATH_MAX a path: for one more the oldest of the least severe gives place, and is given up
 * Owns     its jobs
 * Threads  one at a time
 */
#ifndef BOUCLIER_HUB_ALERT_QUEUE_H
#define BOUCLIER_HUB_ALERT_QUEUE_H

#include "base/list.h"
#include "hub/alert/decide.h"

#define QUEUE_PATH_MAX 256u
#define QUEUE_GIVE_UP_S ((uint64_t)3 * 86400)
#define QUEUE_PAUSE_S 30u
#define QUEUE_PAUSE_MAX_S 3600u
#define QUEUE_ANSWER_S 300u          /* an attempt of which nothing was heard for so long is over */
#define QUEUE_KEY_BYTES 21u          /* 20 digits, and a NUL */
#define QUEUE_JOB_MAX ((size_t)512 << 10)

struct queue_job {
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

struct queue;

/* RESULT_NO_MEMORY. */
enum result queue_new(struct queue **out) must_check;
void queue_free(struct queue *queue);

/* OUT_LOST (may be NULL): true when another gave up its place. RESULT_NO_MEMORY. */
enum result queue_add(struct queue *queue, struct span path, const struct alert *alert, struct span message, bool *out_lost) must_check;
/* The next for PATH that may be sent now; NULL: none. It is out until queue_ended. */
struct queue_job *queue_next(struct queue *queue, struct span path, uint64_t now_s);
/* RESULT_NOT_FOUND: no such attempt is going on. PATH (ALERT_NAME_MAX + 1 bytes) gets its path. What has arrived, or is too old, leaves. */
enum result queue_ended(struct queue *queue, uint64_t number, enum path_outcome *outcome, uint64_t now_s, char *path) must_check;
/* Nobody sends any more: what was out waits again. */
void queue_called_off(struct queue *queue);
/* What has waited for too long leaves: LEFT is told of the path of each. */
void queue_second(struct queue *queue, uint64_t now_s, void (*left)(void *context, struct span path), void *context);
/* Forgets what waits for paths that KNOWN denies. */
void queue_sift(struct queue *queue, bool (*known)(void *context, struct span path), void *context);

/* In the order of their numbers. EACH says false to stop. */
void queue_each(const struct queue *queue, bool (*each)(void *context, const struct queue_job *job), void *context);
unsigned queue_count(const struct queue *queue, struct span path);

/* -- for the store -- */

void queue_key(uint64_t number, char out[QUEUE_KEY_BYTES]);
/* The first that is not kept; NULL. */
struct queue_job *queue_unkept(struct queue *queue);
/* Numbers of kept ones that have left; at most MAX of them. queue_forget_gone drops the first COUNT. */
size_t queue_gone(const struct queue *queue, uint64_t *out, size_t max);
void queue_forget_gone(struct queue *queue, size_t count);
enum result queue_job_write(const struct queue_job *job, struct buffer *out) must_check;
/* Takes up what was kept. RESULT_MALFORMED, RESULT_LIMIT, RESULT_NO_MEMORY; RESULT_REFUSED: the number is there. */
enum result queue_restore(struct queue *queue, struct span key, struct span text) must_check;

#endif
