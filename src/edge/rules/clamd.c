#include "edge/rules/clamd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/address.h"
#include "edge/rules/clamd_answer.h"

#include "base/banned.h"

#define COMMAND "zINSTREAM"  /* with its NUL */
#define LENGTH_BYTES 4u      /* of a chunk, and of the empty one that ends the stream */

struct scan {
	struct watch watch;
	struct timer timer;
	struct list node;            /* of those that wait for their turn, or are at work */
	struct job job;              /* tells the owner, and in the end frees it */
	struct scan_birth birth;
	bool is_busy;                /* counted in queue->busy */
	enum result result;
	uint64_t sent;               /* of command, content and end */
	char head[sizeof(COMMAND) + LENGTH_BYTES];
	char answer[CLAMD_ANSWER_MAX];
	size_t answered;
	struct span name;            /* in the answer */
};

enum result clamd_address_read(struct span text, struct clamd_address *out)
{
	static const char prefix[] = "unix:";
	struct clamd_address address = { .len = 0 };
	struct sockaddr_un *local = (struct sockaddr_un *)&address.to;
	struct endpoint endpoint;

	if (span_starts(text, SPAN(prefix))) {
		text = span_skip(text, sizeof(prefix) - 1);
		if (!text.len || text.at[0] != '/')
			return RESULT_MALFORMED;
		if (text.len >= sizeof(local->sun_path))
			return RESULT_LIMIT;
		local->sun_family = AF_UNIX;
		memcpy(local->sun_path, text.at, text.len);
		address.len = sizeof(*local);
	} else {
		if (endpoint_read(text, &endpoint) != RESULT_OK)
			return RESULT_MALFORMED;
		address.len = endpoint_to_socket(&endpoint, &address.to);
	}
	*out = address;
	return RESULT_OK;
}

/* -- whose turn it is -- */

static void tell_owner(struct job *job)
{
	struct scan *scan = list_entry(job, struct scan, job);

	scan->birth.over(scan->birth.owner);
}

/* Gives back the socket and the turn. */
static void leave(struct scan *scan)
{
	struct clamd_queue *queue = scan->birth.queue;
	int fd = scan->watch.fd;

	list_remove(&scan->node);
	timer_cancel(&queue->loop->timers, &scan->timer);
	if (fd >= 0) {
		loop_forget(queue->loop, &scan->watch);
		close(fd);
	}
	if (scan->is_busy) {
		scan->is_busy = false;
		queue->busy--;
		if (!list_is_empty(&queue->waiting))
			loop_later(queue->loop, &queue->next);
	}
}

static void finish(struct scan *scan, enum result result)
{
	scan->result = result;
	leave(scan);
	loop_later(scan->birth.queue->loop, &scan->job);
}

static void too_late(struct timer *timer)
{
	finish(list_entry(timer, struct scan, timer), RESULT_TIMEOUT);
}

/* -- the talk -- */

static uint64_t whole_bytes(const struct scan *scan)
{
	return sizeof(COMMAND) + LENGTH_BYTES + (scan->birth.content.len ? scan->birth.content.len + LENGTH_BYTES : 0);
}

static unsigned add_part(struct iovec *parts, unsigned count, uint64_t *skip, const char *at, size_t len)
{
	union {
		const char *from;
		void *to;             /* sendmsg only reads it */
	} bytes = { .from = at };
	size_t gone = *skip < len ? (size_t)*skip : len;

	*skip -= gone;
	if (gone == len)
		return count;
	bytes.from = at + gone;
	parts[count] = (struct iovec){ bytes.to, len - gone };
	return count + 1;
}

/* The content as one chunk, and the empty one. RESULT_OK: all of it has gone. */
static enum result send_some(struct scan *scan)
{
	static const char end[LENGTH_BYTES];
	const struct span content = scan->birth.content;

	while (scan->sent < whole_bytes(scan)) {
		struct iovec parts[3];
		struct msghdr message = { .msg_iov = parts };
		uint64_t skip = scan->sent;
		unsigned count = add_part(parts, 0, &skip, scan->head, sizeof(scan->head));
		ssize_t sent;

		if (content.len) {
			count = add_part(parts, count, &skip, content.at, content.len);
			count = add_part(parts, count, &skip, end, sizeof(end));
		}
		message.msg_iovlen = count;
		sent = sendmsg(scan->watch.fd, &message, MSG_NOSIGNAL);
		if (sent < 0)
			return errno == EAGAIN || errno == EINTR ? RESULT_MORE : RESULT_IO;
		scan->sent += (uint64_t)sent;
	}
	return RESULT_OK;
}

static enum result receive_some(struct scan *scan)
{
	enum result result = RESULT_MORE;

	while (result == RESULT_MORE) {
		ssize_t count = recv(scan->watch.fd, scan->answer + scan->answered, sizeof(scan->answer) - scan->answered, 0);

		if (count < 0)
			return errno == EAGAIN || errno == EINTR ? RESULT_MORE : RESULT_IO;
		if (count == 0)
			return RESULT_IO;
		scan->answered += (size_t)count;
		result = clamd_answer_read(span_make(scan->answer, scan->answered), &scan->name);
	}
	return result;
}

/* It may speak before it has seen all, to refuse what is too long, and close: so its word is read even when it takes no more of
 * ours. That what it has not seen is clean, it cannot say. */
static void advance(struct scan *scan)
{
	enum result sent = send_some(scan), said = receive_some(scan);

	if (said == RESULT_OK && scan->sent < whole_bytes(scan))
		said = RESULT_MALFORMED;
	if (said == RESULT_MORE && sent == RESULT_IO)
		said = RESULT_IO;
	if (said != RESULT_MORE)
		finish(scan, said);
}

static void ready(struct watch *watch, uint32_t events)
{
	(void)events;
	advance(list_entry(watch, struct scan, watch));
}

static enum result open_socket(struct scan *scan)
{
	const struct clamd_address *address = scan->birth.address;
	int fd = socket(address->to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return RESULT_IO;
	if ((connect(fd, (const struct sockaddr *)&address->to, address->len) < 0 && errno != EINPROGRESS) ||
	    loop_watch(scan->birth.queue->loop, &scan->watch, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP) != RESULT_OK) {
		close(fd);
		scan->watch.fd = -1;
		return RESULT_IO;
	}
	return RESULT_OK;
}

static void begin(struct scan *scan)
{
	scan->is_busy = true;
	scan->birth.queue->busy++;
	list_remove(&scan->node);
	list_add_last(&scan->birth.queue->at_work, &scan->node);
	if (open_socket(scan) != RESULT_OK)
		finish(scan, RESULT_IO);
}

static bool has_room(const struct clamd_queue *queue, const struct clamd_address *address)
{
	unsigned busy = 0;

	list_each (node, &queue->at_work) {
		const struct clamd_address *other = list_entry(node, struct scan, node)->birth.address;

		busy += other == address || (other->len == address->len && !memcmp(&other->to, &address->to, address->len));
	}
	return busy < SCANS_OF_ONE_MAX;
}

/* In the order they came, but for those whose scanner has enough to do: they hold up nobody else. */
static void begin_next(struct job *job)
{
	struct clamd_queue *queue = list_entry(job, struct clamd_queue, next);
	const struct clamd_address *full = NULL;  /* so that a long queue before one scanner is walked quickly */

	list_each_safe (node, following, &queue->waiting) {
		struct scan *scan = list_entry(node, struct scan, node);

		if (queue->busy == SCANS_MAX)
			return;
		if (scan->birth.address == full)
			continue;
		if (has_room(queue, scan->birth.address))
			begin(scan);
		else
			full = scan->birth.address;
	}
}

void clamd_queue_init(struct clamd_queue *queue, struct loop *loop)
{
	*queue = (struct clamd_queue){ .loop = loop };
	list_init(&queue->waiting);
	list_init(&queue->at_work);
	job_init(&queue->next, begin_next);
}

/* -- a scan -- */

struct scan *scan_new(const struct scan_birth *birth)
{
	struct scan *scan = calloc(1, sizeof(*scan));
	uint32_t length = htonl((uint32_t)birth->content.len);

	if (!scan)
		return NULL;
	scan->birth = *birth;
	scan->result = RESULT_MORE;
	scan->watch = (struct watch){ -1, ready };
	list_init(&scan->node);
	job_init(&scan->job, tell_owner);
	timer_init(&scan->timer, too_late);
	memcpy(scan->head, COMMAND, sizeof(COMMAND));
	memcpy(scan->head + sizeof(COMMAND), &length, sizeof(length));
	timer_set(&birth->queue->loop->timers, &scan->timer, birth->queue->loop->now_ms + birth->wait_ms);
	list_add_last(&birth->queue->waiting, &scan->node);
	loop_later(birth->queue->loop, &birth->queue->next);
	return scan;
}

enum result scan_result(const struct scan *scan, struct span *name)
{
	if (scan->result == RESULT_REFUSED)
		*name = scan->name;
	return scan->result;
}

bool scan_is_of(const struct scan *scan, struct span content)
{
	return span_equal(scan->birth.content, content);
}

struct span scan_content(const struct scan *scan)
{
	return scan->birth.content;
}

static void free_scan(struct job *job)
{
	free(list_entry(job, struct scan, job));
}

void scan_free(struct scan *scan)
{
	if (!scan)
		return;
	leave(scan);
	list_remove(&scan->job.node);
	job_init(&scan->job, free_scan);
	loop_later(scan->birth.queue->loop, &scan->job);
}
