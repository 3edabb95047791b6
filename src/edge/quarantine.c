#include "edge/quarantine.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "edge/request.h"

#include "base/banned.h"

#define QUARANTINE_MS 600000u
#define STACK_BYTES 16384

static struct quarantine_memory *memory_of_process;
static _Thread_local const struct worker *worker_of_thread;

static uint64_t hash_request(const struct quarantine_memory *memory, const struct request_head *head)
{
	struct hash_seed seed = { memory->seed[0], memory->seed[1] };
	uint64_t hash = hash_u64(hash_span_nocase(seed, head->host) + (uint64_t)head->method) ^ hash_span(seed, head->path);

	return hash ? hash : 1;
}

/* -- dying -- */

static size_t add_text(char *out, size_t at, struct span text)
{
	for (size_t i = 0; i < text.len && at < QUARANTINE_TEXT_MAX; i++) {
		char c = text.at[i];

		out[at++] = c > ' ' && c < 0x7f ? c : '?';  /* it will be shown on a terminal */
	}
	return at;
}

static void write_text(char *out, const struct request_head *head)
{
	size_t at = add_text(out, 0, method_name(head->method));

	if (at < QUARANTINE_TEXT_MAX)
		out[at++] = ' ';
	at = add_text(out, at, head->host);
	at = add_text(out, at, head->path);
	if (at < QUARANTINE_TEXT_MAX)
		out[at] = 0;
}

/* In a process that is already lost. Reading the request may fault again: the handler is gone by then (SA_RESETHAND), and
 * the process ends as it would have. The hash comes last: without it the record is none. */
static void crashed(int number, siginfo_t *info, void *context)
{
	const struct request *request = worker_of_thread ? worker_of_thread->at_work : NULL;

	(void)context;
	if (request && info->si_code != SI_USER) {
		uint64_t place = __atomic_fetch_add(&memory_of_process->next, (uint64_t)1, __ATOMIC_RELAXED) % QUARANTINE_DEATHS;
		struct quarantine_death *death = &memory_of_process->deaths[place];

		__atomic_store_n(&death->request, (uint64_t)0, __ATOMIC_RELEASE);
		death->at_ms = clock_mono_ms();
		write_text(death->text, &request->head);
		__atomic_store_n(&death->request, hash_request(memory_of_process, &request->head), __ATOMIC_RELEASE);
	}
	raise(number);
}

/* A sanitizer wants to tell about a crash itself, on a stack of its own, and its builds serve nobody. */
#ifndef __SANITIZE_ADDRESS__
static void use_own_stack(void)
{
	static _Thread_local char stack[STACK_BYTES];  /* a stack that overflowed is no place for a handler */
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };

	sigaltstack(&alternate, NULL);
}

static void catch_crashes(void)
{
	static const int numbers[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };
	struct sigaction action = { .sa_sigaction = crashed, .sa_flags = (int)((unsigned)SA_SIGINFO | SA_RESETHAND | SA_NODEFER | SA_ONSTACK) };

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		sigaction(numbers[i], &action, NULL);
}
#else
static void use_own_stack(void)
{
}

static void catch_crashes(void)
{
	(void)crashed;
}
#endif

void quarantine_watch(struct worker *worker)
{
	if (!memory_of_process)
		return;
	worker_of_thread = worker;
	use_own_stack();
}

/* -- learning -- */

static const struct quarantine_death *find_earlier(const struct quarantine_memory *memory, const struct quarantine_death *death)
{
	for (size_t i = 0; i < QUARANTINE_DEATHS; i++) {
		const struct quarantine_death *other = &memory->deaths[i];

		if (other != death && other->request == death->request && other->at_ms <= death->at_ms &&
		    death->at_ms - other->at_ms < QUARANTINE_MS)
			return other;
	}
	return NULL;
}

static void add(struct quarantine *quarantine, const struct quarantine_death *death)
{
	struct quarantined *entry = NULL;

	for (unsigned i = 0; i < quarantine->count; i++) {
		if (quarantine->list[i].request == death->request)
			entry = &quarantine->list[i];
	}
	if (!entry)
		entry = &quarantine->list[quarantine->count++];
	if (death->at_ms + QUARANTINE_MS > entry->until_ms)
		*entry = (struct quarantined){ death->request, death->at_ms + QUARANTINE_MS, death->text };
}

void quarantine_learn(struct quarantine *quarantine, struct quarantine_memory *memory, uint64_t now_ms)
{
	*quarantine = (struct quarantine){ .memory = memory };
	if (!memory)
		return;
	if (!memory->seed[0] && !memory->seed[1])
		random_fill(memory->seed, sizeof(memory->seed));
	for (size_t i = 0; i < QUARANTINE_DEATHS; i++) {
		const struct quarantine_death *death = &memory->deaths[i];

		if (death->request && death->at_ms <= now_ms && now_ms - death->at_ms < QUARANTINE_MS && find_earlier(memory, death))
			add(quarantine, death);
	}
	memory_of_process = memory;
	catch_crashes();
}

bool quarantine_holds(const struct quarantine *quarantine, const struct request *request)
{
	uint64_t hash;

	if (!quarantine->count)
		return false;
	hash = hash_request(quarantine->memory, &request->head);
	for (unsigned i = 0; i < quarantine->count; i++) {
		if (quarantine->list[i].request == hash)
			return request->connection->worker->loop.now_ms < quarantine->list[i].until_ms;
	}
	return false;
}

#ifdef BOUCLIER_CRASH_TEST
static bool is_meant(const struct request *request, const char *path)
{
	return path && path[0] && !request->connection->worker->common->is_reduced && span_starts(request->head.path, span_of(path));
}

void crash_test(const struct request *request)
{
	if (is_meant(request, getenv("BOUCLIER_CRASH_PATH")))
		abort();
	while (is_meant(request, getenv("BOUCLIER_HANG_PATH")))
		pause();
}
#endif
