#include "origin/origin.h"

#include <stdlib.h>

#include "base/encode.h"
#include "base/hash.h"
#include "net/digest.h"
#include "net/tls_client.h"

#include "base/banned.h"

#define RETRY_FIRST_MS 1000u
#define RETRY_LAST_MS 30000u
#define PRESSED_MS 60000u

#define LOAD(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)
#define STORE(field, value) __atomic_store_n(&(field), (value), __ATOMIC_RELAXED)
#define ADD(field, value) __atomic_add_fetch(&(field), (value), __ATOMIC_RELAXED)

void origins_init(struct origins *origins)
{
	pthread_mutex_init(&origins->lock, NULL);
	list_init(&origins->all);
	for (unsigned i = 0; i < ORIGINS_BUCKETS; i++)
		list_init(&origins->buckets[i]);
	origins->free_slots = NULL;
	origins->free_count = origins->slots = 0;
}

void origins_done(struct origins *origins)
{
	free(origins->free_slots);
	pthread_mutex_destroy(&origins->lock);
}

enum result origin_identity_write(const struct origin_settings *settings, const struct origin_health_settings *health,
                                  struct buffer *out)
{
	const struct origin_auth_settings none = { 0 };
	const struct origin_auth_settings *auth = settings->auth ? settings->auth : &none;

	enum result result = buffer_print(out, "%.*s|%.*s|%.*s|%d|%.*s|%.*s|%d", SPAN_ARG(settings->url.text), SPAN_ARG(settings->sni),
	                                  SPAN_ARG(settings->ca), settings->verify, SPAN_ARG(auth->certificate), SPAN_ARG(auth->key),
	                                  settings->proxy_protocol);

	if (result == RESULT_OK && health && health->path.len)
		result = buffer_print(out, "|%.*s|%.*s", SPAN_ARG(health->path), SPAN_ARG(settings->host));
	return result;
}

/* The bytes of the files behind the paths: a renewed certificate or authority under the old name makes another origin, whose
 * connections are made with it. Not in the key: a citizen whose cookie names this origin finds it again. */
static enum result identity_write(const struct origin_settings *settings, const struct origin_health_settings *health,
                                  const struct tls_client *tls, struct buffer *out)
{
	enum result result = origin_identity_write(settings, health, out);
	char hex[2 * DIGEST_LEN];

	if (result != RESULT_OK || !tls)
		return result;
	hex_write(tls_client_digest(tls), DIGEST_LEN, hex);
	return buffer_print(out, "|%.*s", (int)sizeof(hex), hex);
}

/* A slot given back, or the next new one: per-worker tables stay as short as they can. RESULT_NO_MEMORY keeps the stack
 * large enough for every slot, so that giving one back cannot fail. */
static enum result take_slot(struct origins *origins, unsigned *slot)
{
	unsigned *stack;

	if (origins->free_count) {
		*slot = origins->free_slots[--origins->free_count];
		return RESULT_OK;
	}
	stack = reallocarray(origins->free_slots, origins->slots + 1, sizeof(*stack));
	if (!stack)
		return RESULT_NO_MEMORY;
	origins->free_slots = stack;
	*slot = origins->slots;
	STORE(origins->slots, origins->slots + 1);
	return RESULT_OK;
}

static struct list *bucket_of(struct origins *origins, struct span identity)
{
	return &origins->buckets[hash_span(hash_process_seed(), identity) % ORIGINS_BUCKETS];
}

static struct span duplicate(struct span span)
{
	char *copy = malloc(span.len + 1);

	if (!copy)
		return SPAN_NONE;
	memcpy(copy, span.at, span.len);
	copy[span.len] = 0;
	return span_make(copy, span.len);
}

static void free_origin(struct origin *origin)
{
	free((void *)(uintptr_t)origin->identity.at);
	free((void *)(uintptr_t)origin->text.at);
	free((void *)(uintptr_t)origin->host.at);
	if (origin->tls)
		tls_client_free(origin->tls);
	gate_done(&origin->gate);
	pthread_mutex_destroy(&origin->lock);
	free(origin);
}

/* A fixed seed: the key must survive restarts, and an administrator's own URLs attack nobody. */
static uint64_t key_of(const struct origin_settings *settings, struct buffer *text)
{
	uint64_t key;

	if (origin_identity_write(settings, NULL, text) != RESULT_OK)
		return 0;
	key = hash_span((struct hash_seed){ 0x626f75636c696572u, 1 }, buffer_span(text));
	buffer_reset(text);
	return key ? key : 1;
}

static struct origin *new_origin(const struct origin_settings *settings, struct span identity, struct tls_client *tls)
{
	struct origin *origin = calloc(1, sizeof(*origin));
	struct address address;

	if (!origin) {
		if (tls)
			tls_client_free(tls);
		return NULL;
	}
	pthread_mutex_init(&origin->lock, NULL);
	gate_init(&origin->gate);
	origin->identity = duplicate(identity);
	origin->text = duplicate(settings->url.text);
	origin->host = duplicate(settings->url.host);
	origin->port = settings->url.port;
	origin->tls = tls;
	origin->proxy_protocol = settings->proxy_protocol;
	origin->holders = 1;
	if (!origin->identity.at || !origin->text.at || !origin->host.at) {
		free_origin(origin);
		return NULL;
	}
	origin->is_name = address_read(origin->host, &address) != RESULT_OK;
	if (!origin->is_name)
		origin_set_endpoints(origin, &(struct endpoint){ address, origin->port }, 1, 0);
	return origin;
}

static struct origin *find(struct origins *origins, struct span identity)
{
	list_each(node, bucket_of(origins, identity)) {
		struct origin *origin = list_entry(node, struct origin, bucket);

		if (span_equal(origin->identity, identity))
			return origin;
	}
	return NULL;
}

struct origin *origins_hold(struct origins *origins, const struct origin_settings *settings,
                            const struct origin_health_settings *health, struct tls_client *tls)
{
	struct origin *origin = NULL;
	struct buffer identity;
	uint64_t key;

	buffer_init(&identity, ORIGIN_IDENTITY_MAX * 8);
	key = key_of(settings, &identity);
	pthread_mutex_lock(&origins->lock);
	if (!key || identity_write(settings, health, tls, &identity) != RESULT_OK) {
		if (tls)
			tls_client_free(tls);
		goto done;
	}
	origin = find(origins, buffer_span(&identity));
	if (origin) {
		origin_hold(origin);
		if (tls)
			tls_client_free(tls);
	} else {
		origin = new_origin(settings, buffer_span(&identity), tls);
		if (!origin)
			goto done;
		origin->key = key;
		if (take_slot(origins, &origin->slot) != RESULT_OK) {
			free_origin(origin);
			origin = NULL;
			goto done;
		}
		list_add_last(&origins->all, &origin->node);
		list_add_last(bucket_of(origins, origin->identity), &origin->bucket);
	}
	STORE(origin->rise, (unsigned)health->rise);
	STORE(origin->fall, (unsigned)health->fall);
	STORE(origin->has_checks, health->path.len != 0);
done:
	pthread_mutex_unlock(&origins->lock);
	buffer_done(&identity);
	return origin;
}

/* Written only when it changes: the line of memory is every worker's. When it began is there before it is seen that it has. */
void origin_press(struct origin *origin, uint64_t now_ms)
{
	uint64_t pressed_ms = LOAD(origin->pressed_ms);

	if (pressed_ms == now_ms)
		return;
	if (!pressed_ms || now_ms > pressed_ms + ORIGIN_CALM_MS)
		__atomic_store_n(&origin->press_began_ms, now_ms, __ATOMIC_RELAXED);
	__atomic_store_n(&origin->pressed_ms, now_ms, __ATOMIC_RELEASE);
}

void origins_each(struct origins *origins, void (*each)(void *context, struct origin *origin), void *context)
{
	pthread_mutex_lock(&origins->lock);
	list_each (node, &origins->all)
		each(context, list_entry(node, struct origin, node));
	pthread_mutex_unlock(&origins->lock);
}

void origins_rest(struct origins *origins, uint64_t now_ms)
{
	pthread_mutex_lock(&origins->lock);
	list_each (node, &origins->all) {
		struct origin *origin = list_entry(node, struct origin, node);
		uint64_t pressed_ms = LOAD(origin->pressed_ms);

		if (pressed_ms && now_ms > pressed_ms + PRESSED_MS)
			gate_rest(&origin->gate);
	}
	pthread_mutex_unlock(&origins->lock);
}

void origin_hold(struct origin *origin)
{
	ADD(origin->holders, 1u);
}

void origins_drop(struct origins *origins, struct origin *origin)
{
	pthread_mutex_lock(&origins->lock);
	if (__atomic_sub_fetch(&origin->holders, 1u, __ATOMIC_ACQ_REL) == 0) {
		list_remove(&origin->node);
		list_remove(&origin->bucket);
		origins->free_slots[origins->free_count++] = origin->slot;
		free_origin(origin);
	}
	pthread_mutex_unlock(&origins->lock);
}

enum result origin_next_endpoint(struct origin *origin, struct endpoint *out)
{
	enum result result = RESULT_NOT_FOUND;

	pthread_mutex_lock(&origin->lock);
	if (origin->endpoint_count) {
		*out = origin->endpoints[origin->endpoint_next++ % origin->endpoint_count];
		result = RESULT_OK;
	}
	pthread_mutex_unlock(&origin->lock);
	return result;
}

bool origin_has_endpoint(struct origin *origin, const struct endpoint *endpoint)
{
	bool is_there = false;

	pthread_mutex_lock(&origin->lock);
	for (unsigned i = 0; i < origin->endpoint_count && !is_there; i++)
		is_there = endpoint_equal(&origin->endpoints[i], endpoint);
	pthread_mutex_unlock(&origin->lock);
	return is_there;
}

void origin_set_endpoints(struct origin *origin, const struct endpoint *list, unsigned count, uint64_t now_ms)
{
	if (count > ORIGIN_ENDPOINTS_MAX)
		count = ORIGIN_ENDPOINTS_MAX;
	pthread_mutex_lock(&origin->lock);
	if (count && (count != origin->endpoint_count || memcmp(origin->endpoints, list, count * sizeof(*list)) != 0))
		ADD(origin->endpoints_version, 1u);
	if (count) {
		memcpy(origin->endpoints, list, count * sizeof(*list));
		origin->endpoint_count = count;
	}
	origin->resolved_ms = now_ms;
	pthread_mutex_unlock(&origin->lock);
}

static bool set_down(struct origin *origin, bool is_down, uint64_t now_ms)
{
	if (LOAD(origin->is_down) == is_down)
		return false;
	if (!is_down)
		STORE(origin->up_since_ms, now_ms);
	STORE(origin->is_down, is_down);
	return true;
}

/* 1 s after the fall, then 2, 4 ... with each further failure. */
static uint64_t retry_pause_ms(unsigned failures, unsigned fall)
{
	unsigned doublings = failures > fall ? failures - fall : 0;
	uint64_t pause_ms = doublings < 6 ? (uint64_t)RETRY_FIRST_MS << doublings : RETRY_LAST_MS;

	return pause_ms < RETRY_LAST_MS ? pause_ms : RETRY_LAST_MS;
}

static bool fail(struct origin *origin, uint64_t now_ms)
{
	unsigned fall = LOAD(origin->fall), failures;

	/* What was on its way there when it fell fails too, and says nothing new: the pause grows with each try, not with how
	 * many were waiting. */
	if (LOAD(origin->is_down) && !LOAD(origin->has_checks) && now_ms < LOAD(origin->down_until_ms))
		return false;
	failures = ADD(origin->failures, 1u);
	STORE(origin->successes, 0u);
	if (failures < fall)
		return false;
	STORE(origin->down_until_ms, now_ms + retry_pause_ms(failures, fall));
	return set_down(origin, true, now_ms);
}

static bool succeed(struct origin *origin, unsigned needed, uint64_t now_ms)
{
	if (LOAD(origin->failures))
		STORE(origin->failures, 0u);
	if (!LOAD(origin->is_down))
		return false;
	if (ADD(origin->successes, 1u) < needed)
		return false;
	STORE(origin->successes, 0u);
	return set_down(origin, false, now_ms);
}

bool origin_learn(struct origin *origin, enum origin_outcome outcome, uint64_t now_ms)
{
	ADD(origin->requests, (uint64_t)1);
	if (outcome != ORIGIN_ANSWERED)
		ADD(origin->errors, (uint64_t)1);
	/* An error page is an answer: only silence counts against an origin here, or one broken page would take a portal out. */
	if (outcome != ORIGIN_ANSWERED && outcome != ORIGIN_ERROR)
		return fail(origin, now_ms);
	if (!LOAD(origin->has_checks))
		return succeed(origin, 1, now_ms);
	if (LOAD(origin->failures) && !LOAD(origin->is_down))
		STORE(origin->failures, 0u);  /* in a row: an answer in between begins a new one */
	return false;
}

bool origin_learn_check(struct origin *origin, bool is_well, uint64_t now_ms)
{
	bool was_checked = origin->is_checked;

	origin->is_checked = true;
	if (!is_well) {
		origin->check_successes = 0;
		if (++origin->check_failures < LOAD(origin->fall) && was_checked)
			return false;
		return set_down(origin, true, now_ms);
	}
	origin->check_failures = 0;
	if (!LOAD(origin->is_down) || ++origin->check_successes < LOAD(origin->rise))
		return false;
	origin->check_successes = 0;
	STORE(origin->failures, 0u);
	return set_down(origin, false, now_ms);
}

bool origin_is_available(const struct origin *origin, uint64_t now_ms)
{
	if (!LOAD(origin->is_down))
		return true;
	return !LOAD(origin->has_checks) && now_ms >= LOAD(origin->down_until_ms);
}
