/* GET /metrics: event/ writes what it counts; what the keeper, the workers and the origins tell is added here. */
#include "cli/admin/inner.h"

#include <stdlib.h>

#include "base/clock.h"
#include "cli/edge/link.h"
#include "cli/edge/maintenance.h"
#include "cli/edge/packet.h"
#include "edge/caller/bot_names.h"

#include "base/banned.h"

/* Grows as it is filled; running out of memory is remembered, and the page refused. */
struct metric_list {
	struct metric *list;
	size_t count, size;
	struct arena arena;       /* label values that may go while the page is written */
	bool has_failed;
};

static struct metric *add(struct metric_list *metrics, const char *name, const char *help, double value)
{
	static struct metric nowhere;

	if (metrics->count == metrics->size) {
		size_t size = metrics->size ? metrics->size * 2 : 64;
		struct metric *list = reallocarray(metrics->list, size, sizeof(*list));

		if (!list) {
			metrics->has_failed = true;
			return &nowhere;
		}
		metrics->list = list;
		metrics->size = size;
	}
	metrics->list[metrics->count] = (struct metric){ .name = name, .help = help, .value = value };
	return &metrics->list[metrics->count++];
}

static void gauge(struct metric_list *metrics, const char *name, const char *help, uint64_t value)
{
	add(metrics, name, help, (double)value);
}

static void counter(struct metric_list *metrics, const char *name, const char *help, uint64_t value)
{
	add(metrics, name, help, (double)value)->is_counter = true;
}

static void add_connections(struct metric_list *metrics, const struct edge_state *state)
{
	struct worker_gauges gauges = admin_gauges(state);

	gauge(metrics, "connections", "Open client connections.", gauges.connections);
	gauge(metrics, "tls_connections", "Open client connections with TLS.", gauges.tls_connections);
	gauge(metrics, "h2_connections", "Open client connections that speak HTTP/2.", gauges.h2_connections);
	gauge(metrics, "requests_at_work", "Requests being answered.", gauges.requests_at_work);
	gauge(metrics, "origin_connections", "Connections to origins.", gauges.origin_connections);
	gauge(metrics, "origin_idle_connections", "Connections to origins that wait for the next request.", gauges.origin_idle);
	counter(metrics, "connections_accepted_total", "Client connections accepted by this edge.",
	        __atomic_load_n(&state->common.accepted, __ATOMIC_RELAXED));
	counter(metrics, "connections_over_limit_total", "Client connections refused by this edge for want of room.",
	        __atomic_load_n(&state->common.refused, __ATOMIC_RELAXED));
}

static void add_keeper(struct metric_list *metrics, const struct shared_keeper *keeper)
{
	gauge(metrics, "config_generation", "The configuration in force.", keeper->generation);
	counter(metrics, "reloads_total", "Configurations taken over.", keeper->reloads);
	counter(metrics, "reload_failures_total", "Configurations refused.", keeper->reload_failures);
	counter(metrics, "edge_starts_total", "Times an edge was started.", keeper->edge_starts);
	counter(metrics, "edge_deaths_total", "Times an edge died.", keeper->edge_deaths);
	gauge(metrics, "fallen_back", "1 when the last good configuration runs, not the newest.", keeper->is_fallen_back);
}

static void add_copies(struct metric_list *metrics, const struct edge_state *state)
{
	struct copies_state copies;

	if (!state->common.cache || !state->common.cache->copies)
		return;
	copies = copies_state(state->common.cache->copies);
	gauge(metrics, "continuity_copies", "Continuity copies on disk.", copies.copies);
	gauge(metrics, "continuity_bytes", "Disk that they take.", copies.bytes);
	counter(metrics, "continuity_given_total", "Visitors' requests answered with a copy by this edge: no origin answered.", copies.given);
	counter(metrics, "continuity_written_total", "Copies written by this edge.", copies.written);
	counter(metrics, "continuity_skipped_total", "Copies that this edge did not write: too many waited for the disk.", copies.skipped);
	counter(metrics, "continuity_damaged_total", "Files of copies that were damaged or not ours, and removed.", copies.damaged);
}

static void add_cache_disk(struct metric_list *metrics, const struct edge_state *state)
{
	struct copies_state disk;

	if (!state->common.cache || !state->common.cache->disk)
		return;
	disk = copies_state(state->common.cache->disk);
	gauge(metrics, "cache_disk_objects", "Answers on the cache's disk.", disk.copies);
	gauge(metrics, "cache_disk_bytes", "Disk that they take.", disk.bytes);
	gauge(metrics, "cache_disk_failing", "1 when the disk refused what was tried last.", disk.error != 0);
	counter(metrics, "cache_disk_given_total", "Answers that this edge brought back from disk into memory.", disk.given);
	counter(metrics, "cache_disk_written_total", "Answers that this edge wrote.", disk.written);
	counter(metrics, "cache_disk_skipped_total", "Answers that this edge did not write: too many waited for the disk.", disk.skipped);
	counter(metrics, "cache_disk_late_total", "Requests that went on without the disk: it was too slow.", disk.late);
	counter(metrics, "cache_disk_damaged_total", "Files that were damaged or not ours, and removed.", disk.damaged);
}

static uint64_t count_maintenances(const struct edge_state *state)
{
	const struct plan *plan = plan_of(state->snapshot);
	uint64_t count = 0;

	for (size_t i = 0; i < plan->site_count; i++)
		count += edge_maintenance_is_on(state, &plan->sites[i]);
	return count;
}

static void add_edge(struct metric_list *metrics, struct admin *admin)
{
	const struct edge_state *state = admin->state;

	gauge(metrics, "memory_bytes", "Proportional set size of the edge.", admin_memory_bytes());
	gauge(metrics, "held_bytes", "Bodies on disk that wait for the verdict of rules.",
	      edge_tenants_used(&admin->state->common.tenants, SHARED_DISK));
	gauge(metrics, "files_bytes", "Memory that is set aside for files of forms whose contents rules, or a virus scanner, wait to see.",
	      edge_tenants_used(&admin->state->common.tenants, SHARED_FILES));
	gauge(metrics, "cache_bytes", "Memory of answers that are kept, or being delivered from there.",
	      edge_tenants_used(&admin->state->common.tenants, SHARED_CACHE));
	if (state->common.cache)
		gauge(metrics, "cache_objects", "Answers that are kept.", cache_store_count(state->common.cache->store).objects);
	add_cache_disk(metrics, state);
	add_copies(metrics, state);
	gauge(metrics, "workers", "Worker threads.", state->worker_count);
	gauge(metrics, "reduced", "1 when the edge runs with the strict reader, proxy and budgets only.", state->common.is_reduced);
	gauge(metrics, "bypasses", "Bypasses in force.", state->common.bypasses);
	gauge(metrics, "maintenances", "Sites that are in maintenance, by their file or by a person.", count_maintenances(state));
	gauge(metrics, "sites", "Sites served.", state->snapshot->site_count);
	gauge(metrics, "tenant_problems", "Tenants whose files are wrong.", state->snapshot->problem_count);
}

static void count_ban(void *context, const struct ban_fact *fact)
{
	uint64_t *count = context;

	(void)fact;
	(*count)++;
}

static void add_sources(struct metric_list *metrics, const struct edge_state *state)
{
	const struct edge_common *common = &state->common;
	struct bans bans = caller_bans(common, plan_of(state->snapshot));
	uint64_t now_us = clock_mono_ms() * 1000, banned = 0;
	struct banned_network *networks = calloc(BAN_NETWORKS_MAX, sizeof(*networks));

	if (common->sources.header) {
		ban_each(&bans, now_us, count_ban, &banned);
		gauge(metrics, "sources", "Sources that are remembered.", source_table_count(&common->sources));
		gauge(metrics, "bans", "Sources that are banned now.", banned);
	}
	if (common->ban_networks && networks)
		gauge(metrics, "banned_networks", "Networks that a person banned.", ban_networks_list(common->ban_networks, now_us, networks));
	free(networks);
	if (common->references)
		gauge(metrics, "admitted", "Sources that a person let in.", admin_count_admitted(state));
}

static void add_packets(struct metric_list *metrics, const struct packet_news *news)
{
	static const char *const names[] = {
#define X(upper, lower, verdict, text) #lower,
		PACKET_REASON_LIST(X)
#undef X
	};

	for (unsigned i = 0; news && i < PACKET_REASON_COUNT; i++) {
		struct metric *metric = add(metrics, "packets_total", "Packets that the kernel filter has seen, by what became of them.", (double)news->counts[i].packets);

		metric->is_counter = true;
		metric->label = "reason";
		metric->label_value = span_of(names[i]);
	}
	gauge(metrics, "packet_filter", "1 when the kernel filter's controller is heard.", news != NULL);
}

static void add_line(struct metric_list *metrics, const struct edge_link *link)
{
	const char *const names[] = { "in", "out" };
	struct line_told line;

	if (!edge_link_look(link, &line))
		return;
	for (unsigned i = 0; i < 2; i++) {
		struct metric *metric = add(metrics, "link_bits_per_second", "What the line to the internet carries, over its window.",
		                            (double)(i ? line.view.sent_bits_s : line.view.bits_s));

		metric->label = "direction";
		metric->label_value = span_of(names[i]);
	}
	if (line.capacity) {
		gauge(metrics, "link_capacity_bits_per_second", "What it can carry towards this machine, as configured.", line.capacity);
		add(metrics, "link_used_ratio", "Share of that in use, with what stands around the packets.", line.view.percent / 100.0);
	}
	gauge(metrics, "link_lost_packets_per_second", "Packets that its interfaces lose; not what the kernel filter drops.", line.view.drops_s);
	gauge(metrics, "link_state", "0: quiet, 1: filling, 2: full.", line.state);
}

static void add_bots(struct metric_list *metrics, struct bot_names *names)
{
	struct bot_counts counts;

	if (!names)
		return;
	counts = bot_names_counts(names);
	counter(metrics, "bot_requests_total", "Requests of good bots whom DNS had proved.", counts.requests);
	counter(metrics, "bot_addresses_proven_total", "Addresses that DNS proved to be a good bot's, each time that it answered.", counts.proven);
	counter(metrics, "bot_addresses_refuted_total", "Addresses that said to be a good bot's, and DNS says otherwise, likewise.", counts.refuted);
	counter(metrics, "bot_questions_total", "Questions to DNS for the name of who says to be a good bot.", counts.asked);
	counter(metrics, "bot_questions_failed_total", "Of them, those without an answer.", counts.failed);
	counter(metrics, "bot_questions_left_out_total", "Questions that were not asked because there were too many.", counts.left_out);
}

static void add_kinds(struct metric_list *metrics, const struct edge_state *state)
{
	const struct plan *plan = plan_of(state->snapshot);
	struct kinds_told told;

	for (size_t i = 0; i < plan->site_count; i++) {
		struct metric *metric;

		if (!plan->sites[i].meter)
			continue;
		kinds_look(&plan->sites[i].meter->kinds, &told);
		metric = add(metrics, "client_kinds_flooding", "Kinds of clients that are far more than usual while the site is pressed.", (double)told.flooding);
		metric->label = "site";
		metric->label_value = plan->sites[i].site->name;
	}
}

static void add_audit(struct metric_list *metrics, struct event *event)
{
	struct audit_state audit;

	if (event_audit_state(event, &audit) != RESULT_OK)
		return;
	gauge(metrics, "audit_log_writing", "0 when the disk refuses audit logs; requests are served.", !audit.error);
	gauge(metrics, "audit_log_bytes", "Disk space of the audit logs.", audit.bytes);
	counter(metrics, "audit_log_records_total", "Audit logs of requests written.", audit.written);
	counter(metrics, "audit_log_lost_total", "Audit logs of requests lost.", audit.lost);
	counter(metrics, "audit_log_dropped_bytes_total", "Oldest audit logs deleted to make room.", audit.dropped_bytes);
}

static void add_certificates(struct metric_list *metrics, struct admin *admin)
{
	const struct snapshot *snapshot = admin->state->snapshot;

	for (size_t i = 0; i < snapshot->site_count; i++) {
		struct certificate_view view = admin_certificate(admin, &snapshot->sites[i]);
		struct metric *metric;

		if (!view.not_after_ms)
			continue;
		metric = add(metrics, "certificate_not_after_timestamp_seconds", "When a site's certificate expires, in seconds since 1970.",
		             (double)(view.not_after_ms / 1000));
		metric->label = "site";
		metric->label_value = snapshot->sites[i].name;
	}
}

/* -- origins: two of one address with different settings are shown as one -- */

struct origin_sum {
	struct span text;
	bool is_up;
	uint64_t at_work, requests, errors;
	struct gate_view gate;
};

struct origin_sums {
	struct origin_sum *list;
	size_t count;
};

static int compare_sums(const void *a, const void *b)
{
	return span_compare(((const struct origin_sum *)a)->text, ((const struct origin_sum *)b)->text);
}

static void copy_origins(struct metric_list *metrics, struct origins *origins, struct origin_sums *sums)
{
	size_t count = 0;

	pthread_mutex_lock(&origins->lock);
	list_each(node, &origins->all)
		count++;
	sums->list = calloc(count + 1, sizeof(*sums->list));
	list_each(node, &origins->all) {
		struct origin *origin = list_entry(node, struct origin, node);

		if (!sums->list)
			break;
		sums->list[sums->count++] = (struct origin_sum){
			arena_copy(&metrics->arena, origin->text), !origin->is_down, origin->at_work, origin->requests, origin->errors,
			gate_look(&origin->gate),
		};
	}
	pthread_mutex_unlock(&origins->lock);
	metrics->has_failed |= !sums->list;
}

static void merge_origins(struct origin_sums *sums)
{
	size_t kept = 0;

	if (sums->count)
		qsort(sums->list, sums->count, sizeof(*sums->list), compare_sums);
	for (size_t i = 0; i < sums->count; i++) {
		struct origin_sum *last = kept ? &sums->list[kept - 1] : NULL;

		if (!last || !span_equal(last->text, sums->list[i].text)) {
			sums->list[kept++] = sums->list[i];
			continue;
		}
		last->is_up &= sums->list[i].is_up;
		last->at_work += sums->list[i].at_work;
		last->gate.limit += sums->list[i].gate.limit;
		last->gate.waiting += sums->list[i].gate.waiting;
		last->requests += sums->list[i].requests;
		last->errors += sums->list[i].errors;
	}
	sums->count = kept;
}

static void add_origin(struct metric_list *metrics, const struct origin_sum *sum, const char *name, const char *help, uint64_t value,
                       bool is_counter)
{
	struct metric *metric = add(metrics, name, help, (double)value);

	metric->is_counter = is_counter;
	metric->label = "origin";
	metric->label_value = sum->text;
}

static void add_origins(struct metric_list *metrics, struct origins *origins)
{
	struct origin_sums sums = { 0 };
	const struct origin_sum *end;

	copy_origins(metrics, origins, &sums);
	merge_origins(&sums);
	end = sums.list + sums.count;
	for (const struct origin_sum *each = sums.list; each < end; each++)
		add_origin(metrics, each, "origin_up", "1 unless the origin is known to be down.", each->is_up, false);
	for (const struct origin_sum *each = sums.list; each < end; each++)
		add_origin(metrics, each, "origin_requests_at_work", "Requests the origin is working on.", each->at_work, false);
	for (const struct origin_sum *each = sums.list; each < end; each++)
		add_origin(metrics, each, "origin_requests_limit", "Requests that the origin is given at once, as learned.", each->gate.limit, false);
	for (const struct origin_sum *each = sums.list; each < end; each++)
		add_origin(metrics, each, "origin_requests_waiting", "Requests that wait for a place at the origin.", each->gate.waiting, false);
	for (const struct origin_sum *each = sums.list; each < end; each++)
		add_origin(metrics, each, "origin_requests_total", "Requests sent to the origin.", each->requests, true);
	for (const struct origin_sum *each = sums.list; each < end; each++)
		add_origin(metrics, each, "origin_errors_total", "Requests that the origin failed: unreachable, late, or 500 and above.",
		           each->errors, true);
	free(sums.list);
}

void admin_answer_metrics(struct admin *admin, const struct admin_request *request, struct admin_answer *answer)
{
	struct edge_state *state = admin->state;
	struct metric_list metrics = { .list = NULL };
	enum result result = RESULT_NO_MEMORY;

	(void)request;
	arena_init(&metrics.arena, (size_t)16 << 20, 16384);
	add_connections(&metrics, state);
	add_edge(&metrics, admin);
	add_sources(&metrics, state);
	add_packets(&metrics, edge_packet_news(state->packet));
	add_line(&metrics, state->line);
	add_bots(&metrics, state->common.bot_names);
	add_kinds(&metrics, state);
	add_audit(&metrics, state->event);
	if (state->keeper)
		add_keeper(&metrics, state->keeper);
	add_certificates(&metrics, admin);
	add_origins(&metrics, &state->common.origins);
	if (!metrics.has_failed)
		result = event_metrics(state->event, metrics.list, metrics.count, &answer->body);
	answer->status = 200;
	answer->type = SPAN("text/plain; version=0.0.4; charset=utf-8");
	if (result != RESULT_OK)
		admin_refuse(answer, 503, "out of memory");
	arena_done(&metrics.arena);
	free(metrics.list);
}
