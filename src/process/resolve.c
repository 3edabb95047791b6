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
	struct address address;  /* instead of a name: of `addresses` */
};

struct resolver;

/* Questions of one kind, and who answers them. */
struct queue {
	struct resolver *resolver;
	void (*answer)(const struct task *task, struct wire_answer *answer);
	struct task list[RESOLVE_QUEUE_MAX];
	unsigned first, count;
	pthread_cond_t filled;
	unsigned threads, threads_max;  /* begun with the questions: most shields ask no list, and need none */
};

union any_question {
	struct question name;
	struct list_question list;
	struct confirm_question confirm;
	struct fetch_question fetch;
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
	struct queue names, lists, addresses;
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

static void answer_name(const struct task *task, struct wire_answer *answer)
{
	look_up(&task->question, AF_UNSPEC, answer);
}

static void answer_list(const struct task *task, struct wire_answer *answer)
{
	look_up(&task->question, AF_INET, answer);
}

static void answer_address(const struct task *task, struct wire_answer *answer)
{
	char name[RESOLVE_HOST_MAX];
	size_t len;

	answer->id = task->question.id;
	answer->count = 0;
	answer->status = resolve_confirm(&task->address, name, &len);
	if (answer->status != RESOLVE_CONFIRMED)
		return;
	answer->count = (uint32_t)len;
	memcpy(answer->bytes, name, len);
}

/* With the lock held. */
static void release_asker(struct asker *asker)
{
	if (!asker->is_gone || asker->waiting)
		return;
	close(asker->fd);
	*asker = (struct asker){ .fd = -1 };
}

static void *work(void *context)
{
	struct queue *queue = context;
	struct resolver *resolver = queue->resolver;

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

		queue->answer(&task, &answer);
		send_answer(task.asker->fd, &answer);

		pthread_mutex_lock(&resolver->lock);
		task.asker->waiting--;
		release_asker(task.asker);
		pthread_mutex_unlock(&resolver->lock);
	}
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

/* With the lock held: a thread for each question that waits, up to the most. */
static bool start_thread(struct queue *queue)
{
	pthread_t thread;

	if (queue->threads == queue->threads_max)
		return true;
	if (pthread_create(&thread, NULL, work, queue) != 0)
		return false;
	queue->threads++;
	return true;
}

/* With the lock held. Without another thread it waits for those that there are. */
static void enqueue(struct queue *queue, const struct task *task)
{
	struct wire_answer busy = { .id = task->question.id, .status = RESOLVE_BUSY };

	if (queue->count == RESOLVE_QUEUE_MAX || (!start_thread(queue) && !queue->threads)) {
		send_answer(task->asker->fd, &busy);
		return;
	}
	queue->list[(queue->first + queue->count++) % RESOLVE_QUEUE_MAX] = *task;
	task->asker->waiting++;
	pthread_cond_signal(&queue->filled);
}

/* With the lock held. The dot at the end: a list is asked itself, not something of that name below a domain of ours. */
static void enqueue_list(struct resolver *resolver, struct asker *asker, const struct list_question *list, size_t count)
{
	struct task task = { asker, .question.id = list->id };
	struct span name = span_make(list->name, count - LIST_HEAD);

	if (name.len + 1 >= RESOLVE_HOST_MAX || !resolve_is_host(name))
		return;
	memcpy(task.question.host, name.at, name.len);
	if (task.question.host[name.len - 1] != '.')
		task.question.host[name.len] = '.';
	enqueue(&resolver->lists, &task);
}

/* With the lock held: the kinds that begin with a NUL. What is none of them is dropped. */
static void take_kind(struct resolver *resolver, struct asker *asker, const union any_question *question, size_t count)
{
	struct task task = { asker, .question.id = question->confirm.id };

	if (question->fetch.kind == QUESTION_FETCH) {
		begin_fetch(resolver, asker, &question->fetch, count);
	} else if (question->list.kind == QUESTION_LIST && count > LIST_HEAD && count < sizeof(question->list)) {
		enqueue_list(resolver, asker, &question->list, count);
	} else if (question->confirm.kind == QUESTION_CONFIRM && count == CONFIRM_SIZE) {
		memcpy(task.address.bytes, question->confirm.address, sizeof(question->confirm.address));
		enqueue(&resolver->addresses, &task);
	}
}

/* With the lock held. */
static void take_name(struct resolver *resolver, struct asker *asker, const struct question *question, size_t count)
{
	struct task task = { asker, .question = *question };

	if (count < sizeof(*question) && resolve_is_host(span_make(question->host, count - QUESTION_HEAD)))
		enqueue(&resolver->names, &task);
}

static void read_asker(struct resolver *resolver, struct asker *asker)
{
	union any_question question = { .fetch = { 0 } };
	ssize_t count = recv(asker->fd, &question, sizeof(question), MSG_DONTWAIT);

	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	pthread_mutex_lock(&resolver->lock);
	if (count <= 0) {
		asker->is_gone = true;
		release_asker(asker);
	} else if ((size_t)count > QUESTION_HEAD && question.name.host[0] == 0) {
		take_kind(resolver, asker, &question, (size_t)count);
	} else if ((size_t)count > QUESTION_HEAD) {
		take_name(resolver, asker, &question.name, (size_t)count);
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

static void queue_init(struct resolver *resolver, struct queue *queue, void (*answer)(const struct task *, struct wire_answer *), unsigned threads_max)
{
	queue->resolver = resolver;
	queue->answer = answer;
	queue->threads_max = threads_max;
	pthread_cond_init(&queue->filled, NULL);
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
	queue_init(&resolver, &resolver.names, answer_name, THREADS);
	queue_init(&resolver, &resolver.lists, answer_list, RESOLVE_LIST_THREADS);
	queue_init(&resolver, &resolver.addresses, answer_address, RESOLVE_CONFIRM_THREADS);
	while (resolver.names.threads < THREADS) {  /* before anybody asks: without these no origin is found */
		if (!start_thread(&resolver.names))
			return 1;
	}
	if (pthread_create(&thread, NULL, fetch, &resolver) != 0)
		return 1;
	if (channel_send(keeper, CHANNEL_READY, 0, SPAN_NONE, NULL, 0, 5000) != RESULT_OK)
		return 1;
	return serve(&resolver, keeper);
}
