/* From names to addresses, now. */
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/packet/egress_gather.h"

#include "base/banned.h"

void gather_endpoint(const struct egress_gathering *gathering, const struct address *address, uint16_t port, uint8_t protocol, const char *key)
{
	const struct network alone = { *address, 128 };
	struct egress_rule rule;

	egress_rule_set(&rule, &alone, port, protocol);
	rule.seen_ns = gathering->now_ns;
	egress_list_add(gathering->list, &rule, true, span_of(key));
}

void gather_failed(const struct egress_gathering *gathering, const char *key, const char *why)
{
	unsigned carried = gathering->before ? egress_list_carry(gathering->list, gathering->before, span_of(key), gathering->now_ns) : 0;

	complain(&gathering->asked->complaints, COMPLAINT_WARNING, (struct place){ .line = 0 }, SPAN_NONE, carried ? "%s: %s; what it led to before stays in the list" :
	         "%s is not in the list: %s", key, why);
}

static void add_found(const struct egress_gathering *gathering, const struct addrinfo *found, uint16_t port, const char *key)
{
	unsigned count = 0;

	for (const struct addrinfo *each = found; each; each = each->ai_next) {
		struct endpoint endpoint;

		if (endpoint_from_socket(each->ai_addr, &endpoint) != RESULT_OK)
			continue;
		if (count++ == EGRESS_NAME_ADDRESSES_MAX) {
			complain(&gathering->asked->complaints, COMPLAINT_WARNING, (struct place){ .line = 0 }, SPAN_NONE, "%s: of its name's addresses %u are in the list, and there are more",
			         key, EGRESS_NAME_ADDRESSES_MAX);
			return;
		}
		gather_endpoint(gathering, &endpoint.address, port, IPPROTO_TCP, key);
	}
}

static bool is_asked(const struct egress_gathering *gathering, struct span host, uint16_t port)
{
	for (unsigned i = 0; i < gathering->name_count; i++) {
		if (gathering->names[i].port == port && span_equal(gathering->names[i].host, host))
			return true;
	}
	return false;
}

void gather_host(struct egress_gathering *gathering, struct span host, uint16_t port, const char *key)
{
	struct egress_name *asked;
	struct address address;
	char name[256];

	if (address_read(host, &address) == RESULT_OK) {
		gather_endpoint(gathering, &address, port, IPPROTO_TCP, key);
		return;
	}
	if (is_asked(gathering, host, port) || span_to_text(host, name, sizeof(name)) != RESULT_OK)
		return;
	if (gathering->name_count == EGRESS_NAMES_MAX) {
		gather_failed(gathering, key, "more names than are looked up; packet.egress.allow takes its addresses");
		return;
	}
	asked = &gathering->names[gathering->name_count++];
	*asked = (struct egress_name){ .host = host, .port = port };
	snprintf(asked->key, sizeof(asked->key), "%s", key);
}

/* -- all of them at once: a name that nobody answers for keeps no other from being asked -- */

struct lookup {
	char name[256];
	struct addrinfo *found;
	int error;
	bool is_done;
};

struct lookups {
	pthread_mutex_t lock;                    /* all that follows, but names */
	pthread_cond_t answered;
	struct lookup list[EGRESS_NAMES_MAX];
	unsigned count, next, done, workers;
	bool is_left;                            /* nobody waits any more: the last worker frees it */
};

static void free_lookups(struct lookups *lookups)
{
	for (unsigned i = 0; i < lookups->count; i++) {
		if (lookups->list[i].found)
			freeaddrinfo(lookups->list[i].found);
	}
	pthread_mutex_destroy(&lookups->lock);
	pthread_cond_destroy(&lookups->answered);
	free(lookups);
}

/* The lock is held, but while the resolver is asked. */
static void look_up(struct lookups *lookups, struct lookup *one)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	int error;

	pthread_mutex_unlock(&lookups->lock);
	error = getaddrinfo(one->name, NULL, &hints, &found);
	pthread_mutex_lock(&lookups->lock);
	one->found = error ? NULL : found;
	one->error = error;
	one->is_done = true;
	lookups->done++;
	pthread_cond_signal(&lookups->answered);
}

static void *work(void *context)
{
	struct lookups *lookups = context;
	bool is_last;

	pthread_mutex_lock(&lookups->lock);
	while (!lookups->is_left && lookups->next < lookups->count)
		look_up(lookups, &lookups->list[lookups->next++]);
	is_last = --lookups->workers == 0 && lookups->is_left;
	pthread_mutex_unlock(&lookups->lock);
	if (is_last)
		free_lookups(lookups);
	return NULL;
}

/* The lock is held. */
static void start_workers(struct lookups *lookups)
{
	pthread_t thread;

	while (lookups->workers < EGRESS_NAMES_AT_ONCE && lookups->workers < lookups->count && pthread_create(&thread, NULL, work, lookups) == 0) {
		pthread_detach(thread);
		lookups->workers++;
	}
}

/* The lock is held. */
static void wait_for_answers(struct lookups *lookups, uint64_t end_ms)
{
	const struct timespec end = { .tv_sec = (time_t)(end_ms / 1000), .tv_nsec = (long)(end_ms % 1000) * 1000000 };

	while (lookups->workers && lookups->done < lookups->count) {
		if (pthread_cond_clockwait(&lookups->answered, &lookups->lock, CLOCK_MONOTONIC, &end) == ETIMEDOUT)
			return;
	}
}

/* The lock is held. */
static void take_answers(const struct egress_gathering *gathering, const struct lookups *lookups)
{
	for (unsigned i = 0; i < lookups->count; i++) {
		const struct egress_name *name = &gathering->names[i];
		const struct lookup *one = &lookups->list[i];

		if (!one->is_done)
			gather_failed(gathering, name->key, "nobody has answered for its name in time");
		else if (one->error)
			gather_failed(gathering, name->key, gai_strerror(one->error));
		else
			add_found(gathering, one->found, name->port, name->key);
	}
}

void gather_names(const struct egress_gathering *gathering)
{
	struct lookups *lookups = calloc(1, sizeof(*lookups));
	bool is_last;

	for (unsigned i = 0; !lookups && i < gathering->name_count; i++)
		gather_failed(gathering, gathering->names[i].key, "no memory");
	if (!lookups)
		return;
	pthread_mutex_init(&lookups->lock, NULL);
	pthread_cond_init(&lookups->answered, NULL);
	for (; lookups->count < gathering->name_count; lookups->count++)
		(void)!span_to_text(gathering->names[lookups->count].host, lookups->list[lookups->count].name, sizeof(lookups->list->name));  /* gather_host has seen that it fits */
	pthread_mutex_lock(&lookups->lock);
	start_workers(lookups);
	wait_for_answers(lookups, gathering->end_ms);
	take_answers(gathering, lookups);
	lookups->is_left = true;
	is_last = lookups->workers == 0;
	pthread_mutex_unlock(&lookups->lock);
	if (is_last)
		free_lookups(lookups);
}
