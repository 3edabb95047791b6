#include "cli/edge/ocsp.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "cli/edge/ocsp_inner.h"
#include "net/settings.h"

#include "base/banned.h"

#define TICK_MS 1000u
#define BUSY_MS 5000
#define ANSWER_MS 60000  /* a responder's name may take its time besides FETCH_WAIT_S; then resolve died with the question */
#define FIRST_RETRY_MS 10000
#define SOONEST_MS 5000

static int64_t wall_ms(void)
{
	return (int64_t)(clock_wall_ns() / 1000000u);
}

/* -- when -- */

int64_t ocsp_renewal_ms(const struct ocsp_times *times, int64_t now_ms)
{
	int64_t half_ms = times->from_ms + (times->until_ms - times->from_ms) / 2;
	int64_t soon_ms = now_ms + (times->until_ms - now_ms) / 2;

	if (half_ms <= now_ms)
		half_ms = soon_ms < now_ms + OCSP_HOUR_MS ? soon_ms : now_ms + OCSP_HOUR_MS;
	return half_ms > now_ms + SOONEST_MS ? half_ms : now_ms + SOONEST_MS;
}

int64_t ocsp_retry_ms(unsigned failures)
{
	int64_t wait_ms = failures < 10 ? (int64_t)FIRST_RETRY_MS << (failures ? failures - 1 : 0) : OCSP_HOUR_MS;

	return wait_ms < OCSP_HOUR_MS ? wait_ms : OCSP_HOUR_MS;
}

/* -- what is stapled -- */

/* Staples DER if it holds; otherwise what was stapled stays. WHY is set unless RESULT_OK, or NULL: no memory. */
static enum result use(struct stapling *stapling, struct span der, int64_t now_ms, const char **why)
{
	struct ocsp_times times;
	enum result result = ocsp_response_read(&stapling->certificate, der, now_ms, &times, why);

	if (result == RESULT_OK)
		result = staple_set(stapling->staple, der, times.until_ms);
	if (result == RESULT_OK)
		stapling->times = times;
	return result;
}

static void not_stapled(struct stapling *stapling, const char *why)
{
	snprintf(stapling->why, sizeof(stapling->why), "%s", why ? why : "there is no memory");
}

static void begin_file(struct stapling *stapling, struct span der, int64_t now_ms)
{
	const char *why = NULL;

	enum result result = use(stapling, der, now_ms, &why);

	stapling->is_revoked = result == RESULT_REFUSED;
	if (result != RESULT_OK)
		not_stapled(stapling, why);
}

static void begin_fetched(struct edge_ocsp *ocsp, struct stapling *stapling, int64_t now_ms)
{
	char bytes[STAPLE_MAX];
	const char *why = NULL;
	size_t len;

	if (ocsp_responder(&stapling->certificate, stapling->url, &why) != RESULT_OK) {
		not_stapled(stapling, why);
		return;
	}
	stapling->due_ms = now_ms;
	/* From disk, and so looked at as if a stranger had sent it. */
	len = ocsp_store_read(ocsp->state->state_fd, stapling->key, bytes);
	if (len && use(stapling, span_make(bytes, len), now_ms, &why) == RESULT_OK)
		stapling->due_ms = ocsp_renewal_ms(&stapling->times, now_ms);
}

/* -- which there are -- */

static void stapling_free(struct stapling *stapling)
{
	staple_drop(stapling->staple);
	certificate_done(&stapling->certificate);
	free(stapling->path);
	free(stapling->site);
	free(stapling);
}

static char *duplicate(struct span text)
{
	char *copy = malloc(text.len + 1);

	if (!copy)
		return NULL;
	if (text.len)
		memcpy(copy, text.at, text.len);
	copy[text.len] = 0;
	return copy;
}

static struct stapling *stapling_new(struct span site, const struct tls_certificate *certificate)
{
	struct stapling *stapling = calloc(1, sizeof(*stapling));

	if (!stapling)
		return NULL;
	stapling->staple = staple_new();
	stapling->path = duplicate(certificate->source.chain_path);
	stapling->site = duplicate(site);
	if (!stapling->staple || !stapling->path || !stapling->site ||
	    certificate_read_chain(certificate->source.chain, SPAN_NONE, NULL, &stapling->certificate) != RESULT_OK) {
		stapling_free(stapling);
		return NULL;
	}
	return stapling;
}

static struct stapling *find_key(struct edge_ocsp *ocsp, const unsigned char key[DIGEST_LEN])
{
	list_each(node, &ocsp->all) {
		struct stapling *stapling = list_entry(node, struct stapling, node);

		if (memcmp(stapling->key, key, DIGEST_LEN) == 0)
			return stapling;
	}
	return NULL;
}

/* A certificate that cannot be read gets nothing here, and its sentence elsewhere. */
static struct stapling *add(struct edge_ocsp *ocsp, struct span site, const struct tls_certificate *certificate,
                            const unsigned char key[DIGEST_LEN])
{
	struct stapling *stapling = stapling_new(site, certificate);

	if (!stapling)
		return NULL;
	memcpy(stapling->key, key, DIGEST_LEN);
	stapling->is_fetched = certificate->is_ocsp_fetched;
	if (stapling->is_fetched)
		begin_fetched(ocsp, stapling, wall_ms());
	else
		begin_file(stapling, certificate->ocsp, wall_ms());
	list_add_last(&ocsp->all, &stapling->node);
	return stapling;
}

void edge_ocsp_find(struct edge_ocsp *ocsp, struct span site, uint64_t generation, struct tls_certificate *certificate)
{
	unsigned char key[DIGEST_LEN];
	struct stapling *stapling;
	struct digest digest;

	certificate->staple = NULL;
	if (!certificate->ocsp.len && !certificate->is_ocsp_fetched)
		return;
	digest_init(&digest);
	digest_add(&digest, certificate->source.chain);
	digest_add(&digest, certificate->is_ocsp_fetched ? SPAN(OCSP_FETCH) : SPAN_NONE);
	digest_add(&digest, certificate->ocsp);
	if (digest_end(&digest, key) != RESULT_OK)
		return;
	stapling = find_key(ocsp, key);
	if (!stapling)
		stapling = add(ocsp, site, certificate, key);
	if (!stapling)
		return;
	stapling->generation = generation;
	certificate->staple = stapling->staple;
}

void edge_ocsp_apply(struct edge_ocsp *ocsp)
{
	list_each_safe(node, following, &ocsp->all) {
		struct stapling *stapling = list_entry(node, struct stapling, node);

		if (stapling->generation == ocsp->state->plan.generation)
			continue;
		if (stapling == ocsp->asking)
			ocsp->asking = NULL;
		if (stapling->is_fetched)
			ocsp_store_remove(ocsp->state->state_fd, stapling->key);
		list_remove(node);
		stapling_free(stapling);
	}
}

/* -- asking -- */

static void failed(struct stapling *stapling, const char *why, int64_t now_ms)
{
	not_stapled(stapling, why);
	stapling->failures++;
	stapling->due_ms = now_ms + ocsp_retry_ms(stapling->failures);
}

static void ask(struct edge_ocsp *ocsp, struct stapling *stapling, int64_t now_ms)
{
	enum result result;
	struct buffer request;

	buffer_init(&request, OCSP_REQUEST_MAX);
	result = ocsp_request_write(&stapling->certificate, &request);
	if (result == RESULT_OK)
		result = resolve_client_fetch(ocsp->state->start.resolve_fd, ++ocsp->id, span_of(stapling->url), buffer_span(&request));
	buffer_done(&request);
	if (result == RESULT_OK) {
		ocsp->asking = stapling;
		ocsp->asked_mono_ms = clock_mono_ms();
	} else if (result == RESULT_MORE) {
		stapling->due_ms = now_ms + BUSY_MS;
	} else {
		failed(stapling, "the responder cannot be asked", now_ms);
	}
}

static void take_response(struct edge_ocsp *ocsp, struct stapling *stapling, struct span der, int64_t now_ms)
{
	const char *why = NULL;
	enum result result = use(stapling, der, now_ms, &why);

	if (result != RESULT_OK) {
		/* A certificate that is revoked is not told to be good any longer; it is served on, since to take the site away is
		 * for a person to decide, and that person is told. */
		if (result == RESULT_REFUSED && staple_set(stapling->staple, SPAN_NONE, 0) == RESULT_OK) {
			stapling->times = (struct ocsp_times){ 0 };
			ocsp_store_remove(ocsp->state->state_fd, stapling->key);
		}
		stapling->is_revoked = result == RESULT_REFUSED;
		failed(stapling, why, now_ms);
		return;
	}
	stapling->is_revoked = false;
	stapling->failures = 0;
	stapling->why[0] = 0;
	stapling->due_ms = ocsp_renewal_ms(&stapling->times, now_ms);
	if (!ocsp_store_write(ocsp->state->state_fd, stapling->key, der))
		fprintf(stderr, "bouclier: the OCSP response of %s could not be kept for a restart\n", stapling->path);
}

/* The one that has waited longest: a dead responder's certificates do not keep the others waiting. */
static void ask_next(struct edge_ocsp *ocsp, int64_t now_ms)
{
	struct stapling *next = NULL;

	list_each(node, &ocsp->all) {
		struct stapling *stapling = list_entry(node, struct stapling, node);

		if (stapling->url[0] && now_ms >= stapling->due_ms && (!next || stapling->due_ms < next->due_ms))
			next = stapling;
	}
	if (next && !ocsp->asking && !ocsp->state->is_draining)
		ask(ocsp, next, now_ms);
}

bool edge_ocsp_take(struct edge_ocsp *ocsp, const struct resolve_answer *answer)
{
	struct stapling *stapling = ocsp->asking;
	int64_t now_ms = wall_ms();
	char why[FETCH_WHY_MAX + 64];

	if (answer->id != ocsp->id)
		return false;
	ocsp->asking = NULL;
	if (!stapling) {
		ask_next(ocsp, now_ms);  /* a reload took it away meanwhile */
		return true;
	}
	if (answer->status == RESOLVE_FETCHED) {
		take_response(ocsp, stapling, span_make(answer->bytes, answer->len), now_ms);
	} else if (answer->status == RESOLVE_BUSY) {
		stapling->due_ms = now_ms + BUSY_MS;
	} else {
		snprintf(why, sizeof(why), "its OCSP responder did not answer: %.*s", (int)answer->len, answer->bytes);
		failed(stapling, why, now_ms);
	}
	ocsp_tell(ocsp->state, stapling, now_ms);
	ask_next(ocsp, now_ms);
	return true;
}

/* -- the clock -- */

static void tick(struct timer *timer)
{
	struct edge_ocsp *ocsp = list_entry(timer, struct edge_ocsp, timer);
	struct edge_state *state = ocsp->state;
	int64_t now_ms = wall_ms();

	if (state->is_draining)
		return;
	if (ocsp->asking && clock_mono_ms() - ocsp->asked_mono_ms > ANSWER_MS) {
		failed(ocsp->asking, "the question to its OCSP responder was lost", now_ms);
		ocsp->asking = NULL;
	}
	ask_next(ocsp, now_ms);
	list_each(node, &ocsp->all)
		ocsp_tell(state, list_entry(node, struct stapling, node), now_ms);
	timer_set(&state->loop.timers, timer, state->loop.now_ms + TICK_MS);
}

struct edge_ocsp *edge_ocsp_new(struct edge_state *state)
{
	struct edge_ocsp *ocsp = calloc(1, sizeof(*ocsp));

	if (!ocsp)
		return NULL;
	ocsp->state = state;
	list_init(&ocsp->all);
	timer_init(&ocsp->timer, tick);
	/* An answer to an edge that died must not fit. The names' ids begin elsewhere: names.c clears the lowest bits. */
	random_fill(&ocsp->id, sizeof(ocsp->id));
	return ocsp;
}

void edge_ocsp_start(struct edge_ocsp *ocsp)
{
	ocsp_store_prune(ocsp->state->state_fd, wall_ms());
	edge_ocsp_apply(ocsp);
	timer_set(&ocsp->state->loop.timers, &ocsp->timer, ocsp->state->loop.now_ms + 10);
}

void edge_ocsp_free(struct edge_ocsp *ocsp)
{
	if (!ocsp)
		return;
	timer_cancel(&ocsp->state->loop.timers, &ocsp->timer);
	list_each_safe(node, following, &ocsp->all)
		stapling_free(list_entry(node, struct stapling, node));
	free(ocsp);
}
