/* What status, metrics and readiness look at: sums and facts of the running edge. */
#include "cli/admin/inner.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/settings.h"

#include "base/banned.h"

struct worker_gauges admin_gauges(const struct edge_state *state)
{
	struct worker_gauges sum = { 0 };

	for (unsigned i = 0; i < state->worker_count; i++) {
		const struct worker_gauges *one = &state->workers[i]->gauges;

		sum.connections += one->connections;
		sum.tls_connections += one->tls_connections;
		sum.h2_connections += one->h2_connections;
		sum.requests_at_work += one->requests_at_work;
		sum.origin_connections += one->origin_connections;
		sum.origin_idle += one->origin_idle;
	}
	return sum;
}

/* The number of the line that begins with NAME, in KiB. */
static uint64_t find_kib(struct span text, struct span name)
{
	while (text.len) {
		struct span line = span_cut(&text, '\n');
		uint64_t kib;

		if (!span_starts(line, name))
			continue;
		line = span_trim(span_skip(line, name.len));
		return span_to_u64(span_cut(&line, ' '), UINT64_MAX >> 10, &kib) == RESULT_OK ? kib : 0;
	}
	return 0;
}

uint64_t admin_memory_bytes(void)
{
	char text[4096];
	int fd = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return 0;
	got = read(fd, text, sizeof(text));
	close(fd);
	return got > 0 ? find_kib(span_make(text, (size_t)got), SPAN("Pss:")) * 1024 : 0;
}

static struct certificate_view look_at(const struct edge_state *state, const struct site *site)
{
	const struct list_value *list = &net_site_settings(site)->certificate;
	const struct certificate_settings *first = list->items;
	struct certificate_view view = { 0 };
	struct certificate certificate;
	struct image_file file;

	if (!list->count || image_find_file(&state->plan.files, first->chain, &file) != RESULT_OK)
		return view;
	if (certificate_read_chain(file.bytes, file.path, NULL, &certificate) != RESULT_OK)
		return view;
	view.not_after_ms = certificate_not_after_ms(&certificate);
	view.is_self_signed = certificate_is_self_signed(&certificate);
	certificate_done(&certificate);
	return view;
}

/* Every certificate is looked at once a generation: ten thousand of them take half a second. */
struct certificate_view admin_certificate(struct admin *admin, const struct site *site)
{
	const struct edge_state *state = admin->state;

	if (!admin->certificates || admin->certificates_generation != state->plan.generation) {
		free(admin->certificates);
		admin->certificates = calloc(state->snapshot->site_count + 1, sizeof(*admin->certificates));
		admin->certificates_generation = state->plan.generation;
		for (size_t i = 0; admin->certificates && i < state->snapshot->site_count; i++)
			admin->certificates[i] = look_at(state, &state->snapshot->sites[i]);
	}
	return admin->certificates ? admin->certificates[site->index] : (struct certificate_view){ 0 };
}

const struct site_switch *admin_find_bypass(const struct edge_state *state, uint64_t site, uint64_t now_ms)
{
	for (size_t i = 0; state->switches && i < SWITCHES_MAX; i++) {
		const struct site_switch *each = &state->switches->list[i];

		if (each->site == site && __atomic_load_n(&each->bypass_until_ms, __ATOMIC_ACQUIRE) > now_ms)
			return each;
	}
	return NULL;
}

/* For workers: a few bypasses in a table of a thousand, and only asked while there is one. */
static bool is_bypassed(struct edge_common *common, uint64_t site_key, uint64_t wall_ms)
{
	const struct edge_state *state = list_entry(common, struct edge_state, common);

	return admin_find_bypass(state, site_key, wall_ms) || admin_find_bypass(state, EVERY_SITE, wall_ms);
}

void admin_count_bypasses(struct edge_state *state)
{
	uint64_t now_ms = clock_wall_ns() / 1000000;
	unsigned count = 0;

	for (size_t i = 0; state->switches && i < SWITCHES_MAX; i++)
		count += state->switches->list[i].site && state->switches->list[i].bypass_until_ms > now_ms;
	state->common.is_bypassed = is_bypassed;
	__atomic_store_n(&state->common.bypasses, count, __ATOMIC_RELEASE);
}

/* Origins that are drained on purpose are no reason to be unready; a site without origins answers by itself. */
static bool has_origin(const struct pool *pool)
{
	for (unsigned i = 0; pool && i < pool->count; i++) {
		if (!pool->members[i].origin->is_down)
			return true;
	}
	return !pool || pool->count == 0;
}

/* True when at least one site can be served. Those that cannot are named in BODY. */
static enum result name_sites_down(const struct snapshot *snapshot, struct buffer *body, bool *serves)
{
	const struct plan *plan = plan_of(snapshot);
	enum result result = RESULT_OK;

	*serves = plan->site_count == 0;
	for (size_t i = 0; i < plan->site_count && result == RESULT_OK; i++) {
		const struct edge_site *site = &plan->sites[i];

		if (has_origin(site->routes[site->site->route_count - 1].pool))
			*serves = true;
		else
			result = buffer_print(body, "site %.*s: every origin is down\n", SPAN_ARG(site->site->name));
	}
	return result;
}

/* Whoever balances over several nodes takes away the one that is not ready: one tenant's dead portal, dead behind every node,
 * must not take away all portals. So a node is ready while it can serve somebody, and says whom it cannot. */
void admin_answer_ready(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	const struct edge_state *state = admin->state;
	enum result result;
	bool serves = false;

	(void)request;
	answer->type = SPAN("text/plain");
	if (!state->snapshot || state->is_draining)
		result = buffer_print(&answer->body, "%s\n", state->is_draining ? "the shield is ending" : "no configuration is loaded");
	else
		result = name_sites_down(state->snapshot, &answer->body, &serves);
	if (result == RESULT_OK && serves)
		result = buffer_append(&answer->body, SPAN("ready\n"));
	answer->status = serves && result == RESULT_OK ? 200 : 503;
}
