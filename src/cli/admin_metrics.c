/* The running edge as Prometheus text. Counters live in memory that outlives the edge: they go on through restarts of it.
 *
 * Shape   exposition format 0.0.4; label values escaped. A series that is zero and belongs to one site is left out, so that
 *         ten thousand quiet sites cost nothing
 */
#include "cli/admin_inner.h"

#include "base/clock.h"
#include "event/format.h"

#include "base/banned.h"

struct page {
	struct buffer *out;
	enum result result;
};

static void put(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct page *page, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	if (page->result == RESULT_OK)
		page->result = buffer_print_list(page->out, format, list);
	va_end(list);
}

static void put_head(struct page *page, const char *name, const char *type, const char *help)
{
	put(page, "# HELP bouclier_%s %s\n# TYPE bouclier_%s %s\n", name, help, name, type);
}

static void put_one(struct page *page, const char *name, const char *type, const char *help, uint64_t value)
{
	put_head(page, name, type, help);
	put(page, "bouclier_%s %llu\n", name, (unsigned long long)value);
}

/* name="VALUE": backslash, quote and line feed escaped, as the format wants it. */
static void put_label(struct page *page, const char *name, struct span value)
{
	put(page, "%s=\"", name);
	for (size_t i = 0; i < value.len && page->result == RESULT_OK; i++) {
		char c = value.at[i];

		if (c == '\\' || c == '"')
			page->result = buffer_append_byte(page->out, '\\');
		if (page->result == RESULT_OK)
			page->result = c == '\n' ? buffer_append(page->out, SPAN("\\n")) : buffer_append_byte(page->out, c);
	}
	put(page, "\"");
}

/* -- counts, by site -- */

struct site_series {
	const char *name, *help;
	unsigned index;
	uint64_t divisor;       /* microseconds become seconds */
};

static void put_site_sums(struct page *page, const struct counts_view *view)
{
	static const struct site_series series[] = {
		{ "request_body_bytes_total", "Bytes of request bodies.", COUNTS_REQUEST_BYTES, 1 },
		{ "response_body_bytes_total", "Bytes of response bodies.", COUNTS_RESPONSE_BYTES, 1 },
		{ "request_seconds_total", "Time from the request head to the end of the response, summed.", COUNTS_TOTAL_US, 1000000 },
		{ "wait_seconds_total", "Time that requests waited for an origin connection, summed.", COUNTS_WAIT_US, 1000000 },
	};

	for (size_t s = 0; s < sizeof(series) / sizeof(*series); s++) {
		put_head(page, series[s].name, "counter", series[s].help);
		for (size_t i = 0; i < view->count; i++) {
			uint64_t value = view->totals[i].numbers[series[s].index];

			if (!value)
				continue;
			put(page, "bouclier_%s{", series[s].name);
			put_label(page, "site", view->totals[i].name);
			if (series[s].divisor == 1)
				put(page, "} %llu\n", (unsigned long long)value);
			else
				put(page, "} %llu.%06llu\n", (unsigned long long)(value / series[s].divisor),
				    (unsigned long long)(value % series[s].divisor));
		}
	}
}

static void put_decisions(struct page *page, const struct counts_view *view)
{
	static const char *const classes[COUNTS_CLASSES] = { "none", "1xx", "2xx", "3xx", "4xx", "5xx" };

	put_head(page, "requests_total", "counter", "Requests by site, decision and class of the status that was sent.");
	for (size_t i = 0; i < view->count; i++) {
		for (unsigned n = 0; n < DECISION_COUNT * COUNTS_CLASSES; n++) {
			uint64_t value = view->totals[i].numbers[COUNTS_DECISIONS + n];

			if (!value)
				continue;
			put(page, "bouclier_requests_total{");
			put_label(page, "site", view->totals[i].name);
			put_label(page, ",decision", format_decision((enum decision)(n / COUNTS_CLASSES)));
			put(page, ",code=\"%s\"} %llu\n", classes[n % COUNTS_CLASSES], (unsigned long long)value);
		}
	}
}

static void put_labelled_counts(struct page *page, const struct counts_view *view, const char *name, const char *label,
                                unsigned from, unsigned count, struct span (*label_of)(unsigned index))
{
	for (size_t i = 0; i < view->count; i++) {
		for (unsigned n = 0; n < count; n++) {
			uint64_t value = view->totals[i].numbers[from + n];

			if (!value)
				continue;
			put(page, "bouclier_%s{", name);
			put_label(page, "site", view->totals[i].name);
			put(page, ",");
			put_label(page, label, label_of(n));
			put(page, "} %llu\n", (unsigned long long)value);
		}
	}
}

static struct span decision_label(unsigned index)
{
	return format_decision((enum decision)index);
}

static struct span reason_label(unsigned index)
{
	return format_reason((enum reason)index);
}

static void put_counts(struct page *page, const struct counts_view *view)
{
	put_decisions(page, view);
	put_head(page, "connections_refused_total", "counter", "Connections that ended before they became a request, by decision.");
	put_labelled_counts(page, view, "connections_refused_total", "decision", COUNTS_CONNECTIONS, DECISION_COUNT, decision_label);
	put_head(page, "reasons_total", "counter", "Why requests and connections were not simply forwarded and delivered.");
	put_labelled_counts(page, view, "reasons_total", "reason", COUNTS_REASONS, REASON_COUNT, reason_label);
	put_site_sums(page, view);
}

/* -- origins -- */

enum origin_number { ORIGIN_UP, ORIGIN_AT_WORK, ORIGIN_REQUESTS, ORIGIN_ERRORS, ORIGIN_NUMBERS };

static uint64_t origin_number(const struct origin *origin, enum origin_number number)
{
	switch (number) {
	case ORIGIN_UP: return origin->is_down ? 0 : 1;
	case ORIGIN_AT_WORK: return origin->at_work;
	case ORIGIN_REQUESTS: return origin->requests;
	case ORIGIN_ERRORS: return origin->errors;
	case ORIGIN_NUMBERS: break;
	}
	return 0;
}

/* Two sites may name one address with different settings: those are two origins, told apart by `slot`. */
static void put_origins(struct page *page, struct origins *origins)
{
	static const struct {
		const char *name, *type, *help;
	} series[ORIGIN_NUMBERS] = {
		[ORIGIN_UP] = { "origin_up", "gauge", "1 unless the origin is known to be down." },
		[ORIGIN_AT_WORK] = { "origin_requests_at_work", "gauge", "Requests the origin is working on." },
		[ORIGIN_REQUESTS] = { "origin_requests_total", "counter", "Requests sent to the origin." },
		[ORIGIN_ERRORS] = { "origin_errors_total", "counter", "Requests that the origin failed: unreachable, late, or 500 and above." },
	};

	for (unsigned s = 0; s < ORIGIN_NUMBERS; s++) {
		put_head(page, series[s].name, series[s].type, series[s].help);
		pthread_mutex_lock(&origins->lock);
		list_each(node, &origins->all) {
			const struct origin *origin = list_entry(node, struct origin, node);

			put(page, "bouclier_%s{", series[s].name);
			put_label(page, "origin", origin->text);
			put(page, ",slot=\"%u\"} %llu\n", origin->slot, (unsigned long long)origin_number(origin, (enum origin_number)s));
		}
		pthread_mutex_unlock(&origins->lock);
	}
}

/* -- the process -- */

static void put_connections(struct page *page, const struct edge_state *state)
{
	struct worker_gauges gauges = admin_gauges(state);
	uint64_t accepted = __atomic_load_n(&state->common.accepted, __ATOMIC_RELAXED);
	uint64_t refused = __atomic_load_n(&state->common.refused, __ATOMIC_RELAXED);

	put_one(page, "connections", "gauge", "Open client connections.", gauges.connections);
	put_one(page, "tls_connections", "gauge", "Open client connections with TLS.", gauges.tls_connections);
	put_one(page, "h2_connections", "gauge", "Open client connections that speak HTTP/2.", gauges.h2_connections);
	put_one(page, "requests_at_work", "gauge", "Requests being answered.", gauges.requests_at_work);
	put_one(page, "origin_connections", "gauge", "Connections to origins.", gauges.origin_connections);
	put_one(page, "origin_idle_connections", "gauge", "Connections to origins that wait for the next request.", gauges.origin_idle);
	put_one(page, "connections_accepted_total", "counter", "Client connections accepted by this process.", accepted);
	put_one(page, "connections_over_limit_total", "counter", "Client connections refused by this process for want of room.", refused);
}

static void put_journal(struct page *page, const struct edge_state *state, const struct counts_view *view)
{
	struct losses losses = journal_losses(state->rings, view->block_count, state->tally);
	uint64_t sampled = 0;

	for (unsigned i = 0; i < REASON_COUNT; i++)
		sampled += view->sampled[i];
	put_one(page, "journal_writing", "gauge", "1 when the journal can write.", journal_state(state->journal).is_writing);
	put_head(page, "journal_lines_total", "counter", "Lines written, by stream.");
	put(page, "bouclier_journal_lines_total{stream=\"detail\"} %llu\n", (unsigned long long)state->tally->numbers[TALLY_DETAIL_LINES]);
	put(page, "bouclier_journal_lines_total{stream=\"counts\"} %llu\n", (unsigned long long)state->tally->numbers[TALLY_COUNTS_LINES]);
	put_one(page, "journal_bytes_total", "counter", "Bytes written.", state->tally->numbers[TALLY_BYTES]);
	put_one(page, "journal_write_errors_total", "counter", "Writes that the disk refused.", state->tally->numbers[TALLY_WRITE_ERRORS]);
	put_head(page, "journal_lost_lines_total", "counter", "Lines lost, by cause. What was lost is counted all the same.");
	put(page, "bouclier_journal_lost_lines_total{cause=\"ring-full\"} %llu\n", (unsigned long long)losses.ring_full);
	put(page, "bouclier_journal_lost_lines_total{cause=\"ring-damaged\"} %llu\n", (unsigned long long)losses.ring_damaged);
	put(page, "bouclier_journal_lost_lines_total{cause=\"disk\"} %llu\n", (unsigned long long)losses.disk);
	put(page, "bouclier_journal_lost_lines_total{cause=\"torn\"} %llu\n", (unsigned long long)losses.torn);
	put_one(page, "journal_filtered_total", "counter", "Events that are no line because of log.requests.", view->filtered);
	put_one(page, "journal_sampled_total", "counter", "Events that are no line because of log.rate.", sampled);
}

static void put_keeper(struct page *page, const struct shared_keeper *keeper)
{
	put_one(page, "config_generation", "gauge", "The configuration in force.", keeper->generation);
	put_one(page, "reloads_total", "counter", "Configurations taken over.", keeper->reloads);
	put_one(page, "reload_failures_total", "counter", "Configurations refused.", keeper->reload_failures);
	put_one(page, "edge_starts_total", "counter", "Times an edge was started.", keeper->edge_starts);
	put_one(page, "edge_deaths_total", "counter", "Times an edge died.", keeper->edge_deaths);
	put_one(page, "fallen_back", "gauge", "1 when the last good configuration runs, not the newest.", keeper->is_fallen_back);
}

static unsigned bypass_count(const struct edge_state *state)
{
	uint64_t now_ms = clock_wall_ns() / 1000000;
	unsigned count = 0;

	for (size_t i = 0; state->switches && i < SWITCHES_MAX; i++)
		count += state->switches->list[i].site && state->switches->list[i].bypass_until_ms > now_ms;
	return count;
}

static void put_certificates(struct page *page, struct admin *admin)
{
	const struct snapshot *snapshot = admin->state->snapshot;

	put_head(page, "certificate_not_after_timestamp_seconds", "gauge", "When a site's certificate expires, in seconds since 1970.");
	for (size_t i = 0; i < snapshot->site_count; i++) {
		struct certificate_view view = admin_certificate(admin, &snapshot->sites[i]);

		if (!view.not_after_ms)
			continue;
		put(page, "bouclier_certificate_not_after_timestamp_seconds{");
		put_label(page, "site", snapshot->sites[i].name);
		put(page, "} %lld\n", (long long)view.not_after_ms / 1000);
	}
}

static void put_process(struct page *page, struct admin *admin)
{
	const struct edge_state *state = admin->state;

	put_head(page, "build_info", "gauge", "The version, as a label.");
	put(page, "bouclier_build_info{version=\"" BOUCLIER_VERSION "\"} 1\n");
	put_one(page, "start_time_seconds", "gauge", "When this edge started, in seconds since 1970.", state->started_wall_ns / 1000000000);
	put_one(page, "memory_bytes", "gauge", "Proportional set size of the edge.", admin_memory_bytes());
	put_one(page, "workers", "gauge", "Worker threads.", state->worker_count);
	put_one(page, "reduced", "gauge", "1 when the edge runs with the strict reader, proxy and budgets only.", state->common.is_reduced);
	put_one(page, "bypasses", "gauge", "Bypasses in force.", bypass_count(state));
	if (state->keeper)
		put_keeper(page, state->keeper);
	if (state->snapshot) {
		put_one(page, "sites", "gauge", "Sites served.", state->snapshot->site_count);
		put_one(page, "tenant_problems", "gauge", "Tenants whose files are wrong.", state->snapshot->problem_count);
		put_certificates(page, admin);
	}
}

void admin_answer_metrics(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	struct edge_state *state = admin->state;
	const struct counts_view *view = admin_counts(admin);
	struct page page = { .out = &answer->body, .result = view ? RESULT_OK : RESULT_NO_MEMORY };

	(void)request;
	answer->status = 200;
	answer->type = SPAN("text/plain; version=0.0.4; charset=utf-8");
	if (view) {
		put_process(&page, admin);
		put_connections(&page, state);
		put_origins(&page, &state->common.origins);
		put_counts(&page, view);
		if (state->journal && state->tally)
			put_journal(&page, state, view);
	}
	if (page.result == RESULT_OK)
		return;
	buffer_reset(&answer->body);
	answer->status = 503;
	answer->type = SPAN("text/plain");
}
