#include "event/metrics.h"

#include "event/format.h"

#include "base/banned.h"

/* Remembers the first failure, so that a page of metrics reads as a list. */
struct page {
	struct buffer *out;
	enum result result;
};

static void add(struct page *page, struct span text)
{
	if (page->result == RESULT_OK)
		page->result = buffer_append(page->out, text);
}

static void add_number(struct page *page, uint64_t value)
{
	if (page->result == RESULT_OK)
		page->result = buffer_append_u64(page->out, value);
	add(page, SPAN("\n"));
}

/* Microseconds as seconds. */
static void add_seconds(struct page *page, uint64_t us)
{
	if (page->result == RESULT_OK)
		page->result = buffer_print(page->out, "%llu.%06u\n", (unsigned long long)(us / 1000000), (unsigned)(us % 1000000));
}

static void head(struct page *page, const char *name, const char *type, const char *help)
{
	if (page->result == RESULT_OK)
		page->result = buffer_print(page->out, "# HELP bouclier_%s %s\n# TYPE bouclier_%s %s\n", name, help, name, type);
}

static void sample(struct page *page, const char *name)
{
	add(page, SPAN("bouclier_"));
	add(page, span_of(name));
}

/* LABEL="value", escaped. */
static void label(struct page *page, struct span before, struct span name, struct span value)
{
	add(page, before);
	add(page, name);
	add(page, SPAN("=\""));
	for (size_t i = 0; i < value.len; i++) {
		char c = value.at[i];

		if (c == '"' || c == '\\' || c == '\n')
			add(page, SPAN("\\"));
		add(page, c == '\n' ? SPAN("n") : span_make(&c, 1));
	}
	add(page, SPAN("\""));
}

static const struct span brace = SPAN_INIT("{"), comma = SPAN_INIT(","), close = SPAN_INIT("} ");

static void add_single(struct page *page, const char *name, const char *type, const char *help, uint64_t value)
{
	head(page, name, type, help);
	sample(page, name);
	add(page, SPAN(" "));
	add_number(page, value);
}

static void add_requests(struct page *page, const struct counts_view *view)
{
	static const struct span classes[COUNTS_CLASSES] = { SPAN_INIT("none"), SPAN_INIT("1xx"), SPAN_INIT("2xx"),
		                                             SPAN_INIT("3xx"), SPAN_INIT("4xx"), SPAN_INIT("5xx") };

	head(page, "requests_total", "counter", "Requests, by what was decided and what the client was sent.");
	for (size_t i = 0; i < view->count; i++) {
		for (unsigned j = 0; j < DECISION_COUNT * COUNTS_CLASSES; j++) {
			uint64_t value = view->totals[i].numbers[COUNTS_DECISIONS + j];

			if (value == 0)
				continue;
			sample(page, "requests_total");
			label(page, brace, SPAN("site"), view->totals[i].name);
			label(page, comma, SPAN("decision"), format_decision((enum decision)(j / COUNTS_CLASSES)));
			label(page, comma, SPAN("code_class"), classes[j % COUNTS_CLASSES]);
			add(page, close);
			add_number(page, value);
		}
	}
}

/* One number a site and a name: what FROM.. counts, COUNT of them, the first FIRST ones left out. */
static void add_named(struct page *page, const struct counts_view *view, const char *metric, struct span key, unsigned from,
                      unsigned first, unsigned count)
{
	for (size_t i = 0; i < view->count; i++) {
		for (unsigned j = first; j < count; j++) {
			uint64_t value = view->totals[i].numbers[from + j];

			if (value == 0)
				continue;
			sample(page, metric);
			label(page, brace, SPAN("site"), view->totals[i].name);
			label(page, comma, key, from == COUNTS_REASONS ? format_reason((enum reason)j) : format_decision((enum decision)j));
			add(page, close);
			add_number(page, value);
		}
	}
}

static void add_sites(struct page *page, const struct counts_view *view, const char *metric, unsigned index, bool is_seconds)
{
	for (size_t i = 0; i < view->count; i++) {
		if (view->totals[i].numbers[COUNTS_EVENTS] == 0)
			continue;
		sample(page, metric);
		label(page, brace, SPAN("site"), view->totals[i].name);
		add(page, close);
		if (is_seconds)
			add_seconds(page, view->totals[i].numbers[index]);
		else
			add_number(page, view->totals[i].numbers[index]);
	}
}

/* Of the sites that have any: few do. */
static void add_rare(struct page *page, const struct counts_view *view, const char *metric, unsigned index)
{
	for (size_t i = 0; i < view->count; i++) {
		if (view->totals[i].numbers[index] == 0)
			continue;
		sample(page, metric);
		label(page, brace, SPAN("site"), view->totals[i].name);
		add(page, close);
		add_number(page, view->totals[i].numbers[index]);
	}
}

static void add_traffic(struct page *page, const struct counts_view *view)
{
	add_requests(page, view);
	head(page, "connections_ended_total", "counter", "Connections that ended before they became a request, by decision.");
	add_named(page, view, "connections_ended_total", SPAN("decision"), COUNTS_CONNECTIONS, 0, DECISION_COUNT);
	head(page, "reasons_total", "counter", "Requests and connections that were not simply served, by reason.");
	add_named(page, view, "reasons_total", SPAN("reason"), COUNTS_REASONS, REASON_NONE + 1, REASON_COUNT);
	head(page, "request_bytes_total", "counter", "Bytes of request bodies.");
	add_sites(page, view, "request_bytes_total", COUNTS_REQUEST_BYTES, false);
	head(page, "response_bytes_total", "counter", "Bytes of response bodies.");
	add_sites(page, view, "response_bytes_total", COUNTS_RESPONSE_BYTES, false);
	head(page, "request_seconds_total", "counter", "Time from a request's head to its end, summed.");
	add_sites(page, view, "request_seconds_total", COUNTS_TOTAL_US, true);
	head(page, "request_wait_seconds_total", "counter", "Of it, time spent waiting for an origin connection.");
	add_sites(page, view, "request_wait_seconds_total", COUNTS_WAIT_US, true);
	head(page, "audit_log_site_lost_total", "counter", "Audit logs of requests that found no room or could not be made, by site.");
	add_rare(page, view, "audit_log_site_lost_total", COUNTS_AUDIT_LOST);
	head(page, "refused_inspected_total", "counter", "Requests that were refused or challenged for who asks, and seen by rules when the answer had gone, by site.");
	add_rare(page, view, "refused_inspected_total", COUNTS_AFTER);
	head(page, "refused_attacks_total", "counter", "Of them those that rules would have refused.");
	add_rare(page, view, "refused_attacks_total", COUNTS_AFTER_ATTACKS);
}

static void add_lines(struct page *page, const struct metrics_source *source)
{
	const struct { struct span cause; uint64_t lines; } lost[] = {
		{ SPAN_INIT("ring-full"), source->losses.ring_full }, { SPAN_INIT("ring-damaged"), source->losses.ring_damaged },
		{ SPAN_INIT("disk"), source->losses.disk }, { SPAN_INIT("torn"), source->losses.torn },
	};

	head(page, "journal_lines_total", "counter", "Lines written to the journal, by stream.");
	sample(page, "journal_lines_total{stream=\"detail\"} ");
	add_number(page, atomic_load_explicit(&source->tally->numbers[TALLY_DETAIL_LINES], memory_order_relaxed));
	sample(page, "journal_lines_total{stream=\"counts\"} ");
	add_number(page, atomic_load_explicit(&source->tally->numbers[TALLY_COUNTS_LINES], memory_order_relaxed));
	head(page, "journal_lines_lost_total", "counter", "Detail lines that were lost, by cause.");
	for (size_t i = 0; i < sizeof(lost) / sizeof(lost[0]); i++) {
		sample(page, "journal_lines_lost_total");
		label(page, brace, SPAN("cause"), lost[i].cause);
		add(page, close);
		add_number(page, lost[i].lines);
	}
	head(page, "journal_lines_sampled_total", "counter", "Events that are counted and not a line because of log.rate, by reason.");
	for (unsigned i = 0; i < REASON_COUNT; i++) {
		if (i != REASON_NONE && source->view->sampled[i] == 0)
			continue;
		sample(page, "journal_lines_sampled_total");
		label(page, brace, SPAN("reason"), format_reason((enum reason)i));
		add(page, close);
		add_number(page, source->view->sampled[i]);
	}
}

static void add_journal(struct page *page, const struct metrics_source *source)
{
	const _Atomic uint64_t *numbers = source->tally->numbers;

	add_lines(page, source);
	add_single(page, "journal_lines_filtered_total", "counter", "Events that are counted and not a line because of log.requests.",
	           source->view->filtered);
	add_single(page, "journal_written_bytes_total", "counter", "Bytes written to the journal.",
	           atomic_load_explicit(&numbers[TALLY_BYTES], memory_order_relaxed));
	add_single(page, "journal_segments_dropped_total", "counter", "Segments deleted because log.disk was used up.",
	           atomic_load_explicit(&numbers[TALLY_SEGMENTS_DROPPED], memory_order_relaxed));
	add_single(page, "journal_segments_expired_total", "counter", "Segments deleted because of log.keep.",
	           atomic_load_explicit(&numbers[TALLY_SEGMENTS_EXPIRED], memory_order_relaxed));
	add_single(page, "journal_write_errors_total", "counter", "Writes to the journal that the disk refused.",
	           atomic_load_explicit(&numbers[TALLY_WRITE_ERRORS], memory_order_relaxed));
	add_single(page, "journal_fsync_errors_total", "counter", "Times the journal could not be brought to the disk.",
	           atomic_load_explicit(&numbers[TALLY_FSYNC_ERRORS], memory_order_relaxed));
	add_single(page, "journal_writing", "gauge", "1 while the journal can write.", source->is_writing);
}

static void add_more(struct page *page, const struct metrics_source *source)
{
	for (size_t i = 0; i < source->more_count; i++) {
		const struct metric *metric = &source->more[i];

		if (i == 0 || !span_equal(span_of(metric->name), span_of(source->more[i - 1].name)))
			head(page, metric->name, metric->is_counter ? "counter" : "gauge", metric->help);
		sample(page, metric->name);
		if (metric->label) {
			label(page, brace, span_of(metric->label), metric->label_value);
			add(page, SPAN("}"));
		}
		if (page->result == RESULT_OK)
			page->result = buffer_print(page->out, " %.17g\n", metric->value);
	}
}

enum result metrics_write(const struct metrics_source *source, struct buffer *out)
{
	struct page page = { out, RESULT_OK };

	head(&page, "build_info", "gauge", "1, with the version that runs.");
	add(&page, SPAN("bouclier_build_info{version=\"" BOUCLIER_VERSION "\"} 1\n"));
	head(&page, "start_time_seconds", "gauge", "When the edge started, in seconds since 1970.");
	sample(&page, "start_time_seconds ");
	add_seconds(&page, source->start_wall_ns / 1000);
	add_traffic(&page, source->view);
	add_journal(&page, source);
	add_more(&page, source);
	return page.result;
}
