/* A request's place at its origin: asked for before there is a connection, waited for, held while the origin is at work.
 *
 *   NONE ---ask---> HELD ----------------------------> NONE     the origin's last byte, or the origin was given up
 *     |              |  ^
 *     |              v  |  a slow upload: it is the client's turn; what holds no place long before its end (a tunnel, events, a
 *     |             AWAY         client that takes its answer slowly, a long poll) does not come back
 *     `---ask---> WAITS ---> HELD                                its turn has come
 *                    `-----> PUSHED_OUT                          somebody in a better lane took its place in the queue
 *
 * Whose client hangs up before the answer began leaves the place taken for what is left of the time that answers usually take: the origin works on.
 *
 * Another worker may give a waiting request its place. It does so under the lock of the origin's places, and in the same breath puts the request
 * on the list of its own worker (struct turns), whose job wakes it. So, under that lock, a request waits in the queue or is on
 * its worker's list, and only its own worker takes it off either, which it does before it frees it (request_leave_place): nobody else has
 * a pointer to it once the lock is given back. What is posted to another worker is the worker's own job, never a request's, and workers are
 * freed when all of them have ended.
 *
 * Threads  its worker's, but for what is said above
 */
#ifndef BOUCLIER_EDGE_QUEUE_H
#define BOUCLIER_EDGE_QUEUE_H

#include <pthread.h>

#include "base/loop.h"
#include "origin/pool.h"

/* Nobody holds a place longer: what takes so long to begin, or then to end, is held back on purpose (long polls, streams). */
#define TURN_HELD_MAX_MS 10000

struct request;
struct worker;

enum turn_state { TURN_NONE, TURN_WAITS, TURN_PUSHED_OUT, TURN_HELD, TURN_AWAY };

/* Of a request. With the origin's lock held: entry, state and what is set with it, while somebody else may see it. */
struct turn {
	struct admission_entry entry;
	struct list node;                    /* in struct turns */
	const struct pool_member *member;    /* where it waits, or has a place; NULL: nowhere */
	uint64_t since_ms;                   /* it waits */
	uint64_t until_ms;                   /* its patience; 0: it has not waited yet */
	uint64_t held_ns, sent_ns, first_ns; /* when it got its place; the last byte of the request had gone; the first of the answer came. 0: not yet */
	uint64_t took_ns;                    /* how long it had places, all of them that it gave back */
	uint64_t due_ms;                     /* what the request's clock is really for, when it rings sooner to look at this; else 0 */
	unsigned at_work;                    /* with it, when it got its place */
	unsigned kind;                       /* of struct limit */
	enum turn_state state;
	bool has_waited;
	bool is_given_up;                    /* its client was seen to be gone while it waited */
	bool is_page;                        /* the answer is, which nobody holds back on purpose */
};

/* Where it is shortest: for a request, and for somebody in its lane who has asked for nothing yet. */
struct outlook {
	uint64_t looked_ns;                  /* in which round of the loop; 0: not yet */
	enum lane lane;
	uint64_t wait_us, newcomer_us;
	bool is_pressed;                     /* all of the origins */
	bool has_pressed;                    /* what follows from it for others has been said */
};

/* Of a worker: its requests that need wait no more. */
struct turns {
	pthread_mutex_t lock;
	struct list called;                  /* struct request, turn.node */
	struct job job;                      /* wakes them: of this worker's own doing */
	struct job posted_job;               /* the same, of another's */
	bool is_posted;
	struct list abandoned;               /* places that are still taken, and whose requests are gone */
};

void turns_init(struct worker *worker);
void turns_done(struct worker *worker);

/* turns.c, of a request that knows its member; state is set. GO: it has a place. So it has, whatever is answered, where it is observed. */
enum admission_answer turn_ask(struct request *request) must_check;
/* Gives back its place, or its place in the queue; whoever is next is woken. */
void turn_leave(struct request *request, enum turn_state next);
void turn_come_back(struct request *request);
/* While it waits: as of now. */
enum turn_state turn_look(const struct request *request);

/* Which origin it would have. */
struct pool_wish request_wish(const struct request *request);
/* The origin whose turn it is, counted as at work, whatever waits there: for what is not queued. NULL: none is left. */
const struct pool_member *request_take_member(struct request *request);

/* -- pressure.c: its origins are looked at once in a round of the loop, and lane, whoever asks -- */

/* Its path is one of the site's `priority_routes`. */
bool request_is_priority(const struct request *request);
/* As it would wait. */
struct admission_entry request_entry(const struct request *request);
/* Nobody who asked now would go at once. */
bool request_would_wait(const struct request *request);
/* How long the request would wait, in its lane, where it is shortest. 0: it would not, or nobody waits there. */
uint64_t request_projected_wait_us(struct request *request);
/* Strangers are asked first: this one would wait for too long, or what is asked of its origin, by those who are held off too, is more than that can do. */
bool request_is_pressed(struct request *request);
/* It was refused, or has waited in vain: if others would too, strangers are asked first from now on. */
void request_press(struct request *request);
/* It is not let in: counted as what was asked of the origin, and as an attack's. */
void request_hold_off(const struct request *request);
/* Seconds with this are what an attack looks like to the level of the site. */
void request_count_pressure(const struct request *request, bool is_refused);

/* -- place.c -- */

/* It has no more to do with its origin. Had it none, or was it not queued: nothing. */
void request_leave_place(struct request *request);

/* Its kind of struct limit, as far as it can be told before the answer, if that is a page; and the next, if something else is found. */
unsigned place_kind_asked(const struct request *request);
/* The request's body, or its last byte, is on its way: at each look. IS_SENT: all of it has gone. */
void request_hold_upload(struct request *request, bool is_sent);
/* The final head of the answer is here: what it took is learned, and what streams gives back its place. */
void request_hold_answer(struct request *request);
/* The body of the answer is on its way, at each look: a slow client has no place. */
void request_hold_download(struct request *request);
/* The request's clock: IN_MS, or sooner, to look whether it still needs its place. */
void request_set_origin_clock(struct request *request, int64_t in_ms);
/* The clock that rang was that look, and not IN_MS. */
bool request_outlasts(struct request *request);

#endif
