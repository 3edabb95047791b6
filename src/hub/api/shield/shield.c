#include "hub/api/shield/shield.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/local_socket.h"
#include "http/local_ask.h"

#include "base/banned.h"

#define PIECE ((size_t)64 << 10)

struct ask {
	struct list node;
	struct shield *shield;
	struct watch watch;
	struct timer timer;
	struct job over;               /* tells, or frees, in a later round */
	struct buffer out, in;
	void (*done)(void *context, const struct shield_answer *answer);
	void *context;
	enum result result;            /* RESULT_MORE: not known yet */
};

struct shield {
	struct loop *loop;
	struct list asks, told;        /* TOLD: only their memory is left, until the next round */
	unsigned count;
	size_t path_len;
	char path[];
};

struct shield *shield_new(struct loop *loop, struct span path)
{
	struct shield *shield = malloc(sizeof(*shield) + path.len + 1);

	if (!shield)
		return NULL;
	*shield = (struct shield){ .loop = loop, .path_len = path.len };
	if (path.len)
		memcpy(shield->path, path.at, path.len);
	shield->path[path.len] = 0;
	list_init(&shield->asks);
	list_init(&shield->told);
	return shield;
}

/* Its watch may still be named by an event of this round: the memory goes a job later. */
static void free_ask(struct job *job)
{
	struct ask *ask = list_entry(job, struct ask, over);

	list_remove(&ask->node);
	buffer_done(&ask->out);
	buffer_done(&ask->in);
	free(ask);
}

static void close_ask(struct ask *ask)
{
	int fd = ask->watch.fd;

	timer_cancel(&ask->shield->loop->timers, &ask->timer);
	if (fd < 0)
		return;
	loop_forget(ask->shield->loop, &ask->watch);
	close(fd);
}

/* The one way out of an ask. */
static void tell(struct ask *ask)
{
	struct shield_answer answer = { .result = ask->result };

	close_ask(ask);
	list_remove(&ask->node);
	list_add_last(&ask->shield->told, &ask->node);
	ask->shield->count--;
	if (answer.result == RESULT_OK)
		answer.result = local_ask_read(buffer_span(&ask->in), &answer.status, &answer.body);
	ask->done(ask->context, &answer);
	job_init(&ask->over, free_ask);
	loop_later(ask->shield->loop, &ask->over);
}

static void tell_later(struct job *job)
{
	tell(list_entry(job, struct ask, over));
}

static enum result send_some(struct ask *ask)
{
	while (buffer_len(&ask->out)) {
		struct span bytes = buffer_span(&ask->out);
		ssize_t sent = send(ask->watch.fd, bytes.at, bytes.len, MSG_NOSIGNAL);

		if (sent >= 0)
			buffer_consume(&ask->out, (size_t)sent);
		else if (errno == EAGAIN)
			return RESULT_MORE;
		else if (errno == EPIPE || errno == ECONNRESET)
			return RESULT_OK;  /* it may have answered without reading to the end */
		else if (errno != EINTR)
			return RESULT_IO;
	}
	return RESULT_OK;
}

static enum result receive_some(struct ask *ask)
{
	for (;;) {
		char *room = buffer_reserve(&ask->in, PIECE);
		ssize_t got;

		if (!room)
			return buffer_room(&ask->in) < PIECE ? RESULT_LIMIT : RESULT_NO_MEMORY;
		got = recv(ask->watch.fd, room, PIECE, 0);
		if (got > 0)
			buffer_commit(&ask->in, (size_t)got);
		else if (got == 0 || errno == ECONNRESET)
			return RESULT_OK;
		else if (errno == EAGAIN)
			return RESULT_MORE;
		else if (errno != EINTR)
			return RESULT_IO;
	}
}

static void advance(struct watch *watch, uint32_t events)
{
	struct ask *ask = list_entry(watch, struct ask, watch);
	enum result sent = send_some(ask);

	(void)events;
	ask->result = sent == RESULT_IO ? sent : receive_some(ask);
	if (ask->result != RESULT_MORE)
		tell(ask);
}

static void run_out(struct timer *timer)
{
	struct ask *ask = list_entry(timer, struct ask, timer);

	ask->result = RESULT_TIMEOUT;
	tell(ask);
}

static enum result begin(struct ask *ask)
{
	struct loop *loop = ask->shield->loop;
	int fd = -1;
	enum result result = local_socket_connect(span_make(ask->shield->path, ask->shield->path_len), &fd);

	if (result != RESULT_OK)
		return result;
	result = loop_watch(loop, &ask->watch, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
	if (result == RESULT_OK)
		return RESULT_MORE;
	close(fd);
	ask->watch.fd = -1;
	return result;
}

enum result shield_ask(struct shield *shield, const struct shield_question *question)
{
	struct ask *ask;
	enum result result;

	if (shield->count == SHIELD_ASKS_MAX || question->body.len > SHIELD_QUESTION_MAX)
		return RESULT_LIMIT;
	ask = calloc(1, sizeof(*ask));
	if (!ask)
		return RESULT_NO_MEMORY;
	*ask = (struct ask){ .shield = shield, .watch = { .fd = -1, .ready = advance }, .done = question->done, .context = question->context };
	timer_init(&ask->timer, run_out);
	buffer_init(&ask->out, SHIELD_QUESTION_MAX + LOCAL_ASK_HEAD_BYTES);
	buffer_init(&ask->in, SHIELD_ANSWER_MAX);
	result = local_ask_write(question->method, question->path, question->body, &ask->out);
	if (result != RESULT_OK) {
		buffer_done(&ask->out);
		free(ask);
		return result;
	}
	list_add_last(&shield->asks, &ask->node);
	shield->count++;
	job_init(&ask->over, tell_later);
	ask->result = begin(ask);
	if (ask->result == RESULT_MORE)
		timer_set(&shield->loop->timers, &ask->timer, shield->loop->now_ms + question->wait_ms);
	else
		loop_later(shield->loop, &ask->over);
	return RESULT_OK;
}

void shield_free(struct shield *shield)
{
	if (!shield)
		return;
	while (!list_is_empty(&shield->asks)) {
		struct ask *ask = list_entry(shield->asks.next, struct ask, node);
		struct shield_answer answer = { .result = RESULT_END };

		close_ask(ask);
		list_remove(&ask->over.node);
		ask->done(ask->context, &answer);
		free_ask(&ask->over);
	}
	while (!list_is_empty(&shield->told)) {
		struct ask *ask = list_entry(shield->told.next, struct ask, node);

		list_remove(&ask->over.node);
		free_ask(&ask->over);
	}
	free(shield);
}
