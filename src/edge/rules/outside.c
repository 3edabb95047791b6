#include "edge/rules/outside.h"

#include "edge/rules/blocklist.h"
#include "edge/request.h"
#include "net/digest.h"
#include "source/geo.h"

#include "base/banned.h"

/* -- countries -- */

/* Availability, fails open: without a database nobody is anywhere. */
enum result outside_find_country(void *asker, const struct address *address, struct country *out)
{
	struct request *request = asker;
	struct geo_country found;
	enum result result = RESULT_IO;

	if (request && request->binding->plan->geo)
		result = geo_find(request->binding->plan->geo, address, &found);
	if (result != RESULT_OK)
		return result;
	*out = (struct country){ arena_copy(&request->arena, span_of(found.code)), arena_copy(&request->arena, span_of(found.name)),
		                 arena_copy(&request->arena, span_of(found.continent)) };
	return out->code.at && out->name.at && out->continent.at ? RESULT_OK : RESULT_NO_MEMORY;
}

/* -- blocklists -- */

static void too_late(struct timer *timer)
{
	struct worker *worker = list_entry(timer, struct worker, lists_timer);

	outside_post(worker);
}

static enum result wait_for_list(struct request *request)
{
	struct worker *worker = request->connection->worker;
	struct outside *outside = &request->outside;
	uint64_t now_ms = worker->loop.now_ms;

	if (!outside->lists_until_ms)
		outside->lists_until_ms = now_ms + BLOCKLIST_WAIT_MS;
	if (!outside->may_wait || now_ms >= outside->lists_until_ms)
		return RESULT_TIMEOUT;
	outside->waits = true;
	if (list_is_empty(&outside->node))
		list_add_last(&worker->lists_waiting, &outside->node);
	if (!timer_is_armed(&worker->lists_timer) || outside->lists_until_ms < worker->lists_timer.due_ms)
		timer_set(&worker->loop.timers, &worker->lists_timer, outside->lists_until_ms);
	return RESULT_MORE;
}

/* Availability, fails open: a list that does not answer says nothing about anybody. */
enum result outside_ask_blocklist(void *asker, struct span name, struct span zone, struct address *answer)
{
	struct request *request = asker;
	struct worker *worker = request ? request->connection->worker : NULL;
	enum result result;

	if (!worker || !worker->common->blocklist)
		return RESULT_IO;
	result = blocklist_ask(worker->common->blocklist, name, zone, worker->loop.now_ms, answer);
	return result == RESULT_MORE ? wait_for_list(request) : result;
}

/* All that wait ask again: who has no answer yet waits on. */
static void wake_waiting(struct job *job)
{
	struct worker *worker = list_entry(job, struct worker, lists_job);
	struct list *mark = &worker->lists_mark;  /* those that wait again are behind it */

	(void)__atomic_exchange_n(&worker->is_lists_posted, false, __ATOMIC_SEQ_CST);  /* before looking, not after */
	if (list_is_empty(&worker->lists_waiting))
		return;
	list_add_last(&worker->lists_waiting, mark);
	while (worker->lists_waiting.next != mark) {
		struct request *request = list_entry(worker->lists_waiting.next, struct request, outside.node);

		list_remove(&request->outside.node);
		request_wake(request);
	}
	list_remove(mark);
}

void outside_worker_init(struct worker *worker)
{
	list_init(&worker->lists_waiting);
	list_init(&worker->lists_mark);
	job_init(&worker->lists_job, wake_waiting);
	timer_init(&worker->lists_timer, too_late);
	clamd_queue_init(&worker->scans, &worker->loop);
}

void outside_post(struct worker *worker)
{
	if (!__atomic_exchange_n(&worker->is_lists_posted, true, __ATOMIC_ACQ_REL))
		loop_post(&worker->loop, &worker->lists_job);
}

/* -- files -- */

static void scan_is_over(void *owner)
{
	request_wake(owner);
}

#define VERDICTS_MAX 256u

struct verdict_kept {
	struct verdict_kept *next;
	size_t len;
	unsigned char digest[DIGEST_LEN];
	enum result result;
	struct span name;
};

static enum result digest_of(struct span content, unsigned char out[DIGEST_LEN])
{
	struct digest digest;

	digest_init(&digest);
	digest_add(&digest, content);
	return digest_end(&digest, out);
}

/* Of the scan that makes place for the next: a request with one file pays for no digest. What cannot be kept is asked again. */
static void keep_verdict(struct request *request)
{
	struct outside *outside = &request->outside;
	struct verdict_kept *kept;
	struct span content, name = SPAN_NONE;
	enum result result;

	if (!outside->scan || outside->kept_count == VERDICTS_MAX)
		return;
	result = scan_result(outside->scan, &name);
	content = scan_content(outside->scan);
	kept = result == RESULT_MORE ? NULL : arena_new(&request->arena, struct verdict_kept);
	if (!kept || digest_of(content, kept->digest) != RESULT_OK)
		return;
	kept->len = content.len;
	kept->result = result;
	kept->name = name.len ? arena_copy(&request->arena, name) : SPAN_NONE;
	if (name.len && !kept->name.at)
		return;
	kept->next = outside->kept;
	outside->kept = kept;
	outside->kept_count++;
}

/* Security: by a digest nobody can make two files of, for the verdict of one is believed of the other. */
static const struct verdict_kept *find_verdict(const struct outside *outside, struct span content)
{
	unsigned char digest[DIGEST_LEN];
	bool has_digest = false;

	for (const struct verdict_kept *kept = outside->kept; kept; kept = kept->next) {
		if (kept->len != content.len)
			continue;
		if (!has_digest && digest_of(content, digest) != RESULT_OK)
			return NULL;
		has_digest = true;
		if (memcmp(kept->digest, digest, sizeof(digest)) == 0)
			return kept;
	}
	return NULL;
}

/* A scanner that hangs is waited for once, not once for each file. */
static enum result begin_scan(struct request *request, struct span content)
{
	struct outside *outside = &request->outside;
	uint64_t now_ms = request->connection->worker->loop.now_ms;
	struct scan_birth birth = { .queue = &request->connection->worker->scans, .address = &request->rules->clamd,
		                    .content = content, .over = scan_is_over, .owner = request };

	keep_verdict(request);
	scan_free(outside->scan);
	outside->scan = NULL;
	if (!outside->scans_until_ms)
		outside->scans_until_ms = now_ms + request->rules->clamd_wait_ms;
	if (!outside->may_wait || now_ms >= outside->scans_until_ms)
		return RESULT_TIMEOUT;
	birth.wait_ms = outside->scans_until_ms - now_ms;
	outside->scan = scan_new(&birth);
	return outside->scan ? RESULT_OK : RESULT_NO_MEMORY;
}

/* Several rules may ask about several files, each about all of them: each file is shown once. */
enum result outside_inspect_file(void *asker, struct span content, struct span *name)
{
	struct request *request = asker;
	struct outside *outside = request ? &request->outside : NULL;
	bool is_shown = outside && outside->scan && scan_is_of(outside->scan, content);
	const struct verdict_kept *kept = outside && !is_shown ? find_verdict(outside, content) : NULL;
	enum result result = RESULT_OK;

	if (!request || !request->rules->clamd.len)
		return RESULT_NOT_FOUND;
	if (kept) {
		*name = kept->name;
		return kept->result;
	}
	if (!is_shown)
		result = begin_scan(request, content);
	if (result == RESULT_OK)
		result = scan_result(outside->scan, name);
	if (result == RESULT_MORE && !outside->may_wait)
		return RESULT_TIMEOUT;
	outside->waits |= result == RESULT_MORE;
	if (result != RESULT_REFUSED)
		return result;
	*name = arena_copy(&request->arena, *name);  /* rules keep it longer than the scan lives */
	return name->at ? result : RESULT_NO_MEMORY;
}

/* -- a request -- */

void outside_init(struct request *request)
{
	request->outside = (struct outside){ .scan = NULL };
	list_init(&request->outside.node);
}

void outside_begin(struct request *request, bool may_wait)
{
	request->outside.may_wait = may_wait;
	request->outside.waits = false;
}

bool outside_waits(const struct request *request)
{
	return request->outside.waits;
}

void outside_end(struct request *request)
{
	list_remove(&request->outside.node);
	scan_free(request->outside.scan);
	outside_init(request);
}
