#include "process/resolve_wire.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "process/sandbox.h"

#include "base/banned.h"

#define ASKERS_MAX 8u
#define THREADS 2u

struct asker {
	int fd;            /* -1: free */
	unsigned waiting;  /* questions of it in the queue or in work */
	bool is_gone;
};

struct task {
	struct asker *asker;
	struct question question;
};

struct queue {
	struct task list[RESOLVE_QUEUE_MAX];
	unsigned first, count;
	pthread_cond_t filled;
};

struct fetch_task {
	struct asker *asker;  /* NULL: nothing is asked, nothing is in work */
	struct span url, request;  /* in question */
	struct fetch_question question;
};

struct resolver {
	pthread_mutex_t lock;
	pthread_cond_t fetch_filled;
	struct fetch_task fetch;
	struct queue names, lists;
	unsigned list_threads;  /* begun; most shields ask no list, and need none */
	struct asker askers[ASKERS_MAX];
};

static void send_answer(int fd, const struct wire_answer *answer)
{
	/* An asker that does not read loses answers, and asks again. */
	(void)!send(fd, answer, answer_size(answer), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void add_address(struct wire_answer *answer, const struct sockaddr *from)
{
	struct endpoint endpoint;

	if (answer->count == RESOLVE_ADDRESSES_MAX || endpoint_from_socket(from, &endpoint) != RESULT_OK)
		return;
	for (uint32_t i = 0; i < answer->count; i++) {
		if (memcmp(answer->addresses[i], endpoint.address.bytes, sizeof(endpoint.address.bytes)) == 0)
			return;
	}
	memcpy(answer->addresses[answer->count++], endpoint.address.bytes, sizeof(endpoint.address.bytes));
}

static void look_up(const struct question *question, int family, struct wire_answer *answer)
{
	const struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	int error = getaddrinfo(question->host, NULL, &hints, &found);

	answer->id = question->id;
	answer->count = 0;
	for (struct addrinfo *one = found; error == 0 && one; one = one->ai_next)
		add_address(answer, one->ai_addr);
	if (found)
		freeaddrinfo(found);
	if (answer->count)
		answer->status = RESOLVE_FOUND;
	else
		answer->status = error == 0 || error == EAI_NONAME || error == EAI_NODATA ? RESOLVE_NONE : RESOLVE_AGAIN;
}

/* With the lock held. */
static void release_asker(struct asker *asker)
{
	if (!asker->is_gone || asker->waiting)
		return;
	close(asker->fd);
	*asker = (struct asker){ .fd = -1 };
}

static void work(struct resolver *resolver, struct queue *queue, int family)
{
	for (;;) {
		struct wire_answer answer;
		struct task task;

		pthread_mutex_lock(&resolver->lock);
		while (queue->count == 0)
			pthread_cond_wait(&queue->filled, &resolver->lock);
		task = queue->list[queue->first];
		queue->first = (queue->first + 1) % RESOLVE_QUEUE_MAX;
		queue->count--;
		pthread_mutex_unlock(&resolver->lock);

		look_up(&task.question, family, &answer);
		send_answer(task.asker->fd, &answer);

		pthread_mutex_lock(&resolver->lock);
		task.asker->waiting--;
		release_asker(task.asker);
		pthread_mutex_unlock(&resolver->lock);
	}
}

static void *work_names(void *context)
{
	struct resolver *resolver = context;

	work(resolver, &resolver->names, AF_UNSPEC);
	return NULL;
}

static void *work_lists(void *context)
{
	struct resolver *resolver = context;

	work(resolver, &resolver->lists, AF_INET);
	return NULL;
}

/* Responders have a thread of their own: no name waits for a slow one. */
static void *fetch(void *context)
{
	struct resolver *resolver = context;
	struct fetch_task *task = &resolver->fetch;
	static struct wire_answer answer;  /* of this one thread */

	for (;;) {
		char why[FETCH_WHY_MAX];
		size_t len = 0;

		pthread_mutex_lock(&resolver->lock);
		while (!task->asker)
			pthread_cond_wait(&resolver->fetch_filled, &resolver->lock);
		pthread_mutex_unlock(&resolver->lock);

		answer.id = task->question.id;
		answer.status = RESOLVE_FETCHED;
		if (fetch_ocsp(task->url, task->request, answer.bytes, &len, why) != RESULT_OK) {
			answer.status = RESOLVE_FAILED;
			len = strlen(why);
			memcpy(answer.bytes, why, len);
		}
		answer.count = (uint32_t)len;

		/* Whoever has the answer may ask again at once. */
		pthread_mutex_lock(&resolver->lock);
		send_answer(task->asker->fd, &answer);
		task->asker->waiting--;
		release_asker(task->asker);
		task->asker = NULL;
		pthread_mutex_unlock(&resolver->lock);
	}
	return NULL;
}

/* With the lock held. QUESTION has COUNT bytes: anything that is not one is dropped. */
static void begin_fetch(struct resolver *resolver, struct asker *asker, const struct fetch_question *question, size_t count)
{
	struct wire_answer busy = { .id = question->id, .status = RESOLVE_BUSY };
	struct fetch_task *task = &resolver->fetch;

	if (count <= FETCH_HEAD || question->url_len >= FETCH_URL_MAX || question->url_len >= count - FETCH_HEAD ||
	    count - FETCH_HEAD - question->url_len > FETCH_REQUEST_MAX)
		return;
	if (task->asker) {
		send_answer(asker->fd, &busy);
		return;
	}
	task->question = *question;
	task->url = span_make(task->question.bytes, question->url_len);
	task->request = span_make(task->question.bytes + question->url_len, count - FETCH_HEAD - question->url_len);
	task->asker = asker;
	asker->waiting++;
	pthread_cond_signal(&resolver->fetch_filled);
}

/* With the lock held. */
static void enqueue(struct queue *queue, struct asker *asker, const struct question *question)
{
	struct wire_answer busy = { .id = question->id, .status = RESOLVE_BUSY };

	if (queue->count == RESOLVE_QUEUE_MAX) {
		send_answer(asker->fd, &busy);
		return;
	}
	queue->list[(queue->first + queue->count++) % RESOLVE_QUEUE_MAX] = (struct task){ asker, *question };
	asker->waiting++;
	pthread_cond_signal(&queue->filled);
}

/* With the lock held: a thread for each question that waits, up to the most. */
static void start_list_thread(struct resolver *resolver)
{
	pthread_t thread;

	if (resolver->list_threads < RESOLVE_LIST_THREADS && pthread_create(&thread, NULL, work_lists, resolver) == 0)
		resolver->list_threads++;
}

/* With the lock held. The dot at the end: a list is asked itself, not something of that name below a domain of ours. */
static void enqueue_list(struct resolver *resolver, struct asker *asker, const struct list_question *list, size_t count)
{
	struct question question = { .id = list->id };
	struct span name = span_make(list->name, count - LIST_HEAD);

	if (name.len + 1 >= RESOLVE_HOST_MAX || !resolve_is_host(name))
		return;
	memcpy(question.host, name.at, name.len);
	if (question.host[name.len - 1] != '.')
		question.host[name.len] = '.';
	enqueue(&resolver->lists, asker, &question);
	start_list_thread(resolver);
}

static void read_asker(struct resolver *resolver, struct asker *asker)
{
	union {
		struct question name;
		struct list_question list;
		struct fetch_question fetch;
	} question = { .fetch = { 0 } };
	ssize_t count = recv(asker->fd, &question, sizeof(question), MSG_DONTWAIT);

	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	pthread_mutex_lock(&resolver->lock);
	if (count <= 0) {
		asker->is_gone = true;
		release_asker(asker);
	} else if ((size_t)count > QUESTION_HEAD && question.name.host[0] == 0) {
		if (question.fetch.kind == QUESTION_FETCH)
			begin_fetch(resolver, asker, &question.fetch, (size_t)count);
		else if (question.list.kind == QUESTION_LIST && (size_t)count > LIST_HEAD && (size_t)count < sizeof(question.list))
			enqueue_list(resolver, asker, &question.list, (size_t)count);
	} else if ((size_t)count > QUESTION_HEAD && (size_t)count < sizeof(question.name) &&
	           resolve_is_host(span_make(question.name.host, (size_t)count - QUESTION_HEAD))) {
		enqueue(&resolver->names, asker, &question.name);
	}
	pthread_mutex_unlock(&resolver->lock);
}

static void add_asker(struct resolver *resolver, int fd)
{
	pthread_mutex_lock(&resolver->lock);
	for (unsigned i = 0; i < ASKERS_MAX && fd >= 0; i++) {
		if (resolver->askers[i].fd < 0) {
			resolver->askers[i] = (struct asker){ .fd = fd };
			fd = -1;
		}
	}
	pthread_mutex_unlock(&resolver->lock);
	if (fd >= 0)
		close(fd);
}

/* False: the keeper is gone. */
static bool read_keeper(struct resolver *resolver, const struct channel *keeper)
{
	struct channel_message message;
	enum result result;

	while ((result = channel_receive(keeper, &message)) == RESULT_OK) {
		if (message.kind == CHANNEL_SERVE)
			add_asker(resolver, channel_take(&message, 0));
		channel_drop(&message);
	}
	return result == RESULT_MORE || result == RESULT_MALFORMED;
}

static int serve(struct resolver *resolver, const struct channel *keeper)
{
	for (;;) {
		struct pollfd polled[ASKERS_MAX + 1] = { { .fd = keeper->fd, .events = POLLIN } };

		pthread_mutex_lock(&resolver->lock);
		for (unsigned i = 0; i < ASKERS_MAX; i++)
			polled[i + 1] = (struct pollfd){ .fd = resolver->askers[i].is_gone ? -1 : resolver->askers[i].fd, .events = POLLIN };
		pthread_mutex_unlock(&resolver->lock);
		if (poll(polled, ASKERS_MAX + 1, -1) < 0 && errno != EINTR)
			return 1;
		for (unsigned i = 0; i < ASKERS_MAX; i++) {
			if (polled[i + 1].revents)
				read_asker(resolver, &resolver->askers[i]);
		}
		if (polled[0].revents && !read_keeper(resolver, keeper))
			return 0;
	}
}

int resolve_run(struct channel *keeper)
{
	static struct resolver resolver = { .lock = PTHREAD_MUTEX_INITIALIZER, .fetch_filled = PTHREAD_COND_INITIALIZER };
	struct sandbox_report report;
	pthread_t thread;

	signal(SIGPIPE, SIG_IGN);  /* OpenSSL writes to responders, and one may slam the door */
	for (unsigned i = 0; i < ASKERS_MAX; i++)
		resolver.askers[i].fd = -1;
	if (sandbox_enter(SANDBOX_RESOLVE, NULL, 0, &report) != RESULT_OK) {
		fputs("bouclier: resolve cannot be confined and does not start\n", stderr);
		return 1;
	}
	pthread_cond_init(&resolver.names.filled, NULL);
	pthread_cond_init(&resolver.lists.filled, NULL);
	for (unsigned i = 0; i < THREADS; i++) {
		if (pthread_create(&thread, NULL, work_names, &resolver) != 0)
			return 1;
	}
	if (pthread_create(&thread, NULL, fetch, &resolver) != 0)
		return 1;
	if (channel_send(keeper, CHANNEL_READY, 0, SPAN_NONE, NULL, 0, 5000) != RESULT_OK)
		return 1;
	return serve(&resolver, keeper);
}
