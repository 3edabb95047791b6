#include "event/sink.h"

#include <time.h>
#include <unistd.h>

#include "event/crc32c.h"

#include "base/banned.h"

void event_sink_apply(struct event_sink *sink, const struct log_settings *settings, unsigned workers, size_t tenants)
{
	unsigned lines = log_lines_per_second(settings);

	atomic_store(&sink->requests, settings->requests);
	atomic_store(&sink->allowed, settings->client_ip.allowed);
	atomic_store(&sink->refused, settings->client_ip.refused);
	atomic_store(&sink->share, lines / workers ? lines / workers : 1);
	audit_share_set(&sink->audit.share, tenants);
}

void event_sink_init(struct event_sink *sink, const struct event_sink_birth *birth)
{
	format_init(&sink->format, birth->node, birth->client_key);
	ring_writer_open(&sink->ring, birth->ring_memory, birth->ring_bytes);
	counts_writer_open(&sink->counts, birth->counts_memory);
	sample_init(&sink->sample);
	audit_writer_init(&sink->audit, birth->audit_memory, birth->audit_wake_fd, birth->client_key);
	sink->wake_fd = birth->wake_fd;
	event_sink_apply(sink, birth->settings, birth->workers, birth->tenants);
}

void event_sink_done(struct event_sink *sink)
{
	audit_writer_done(&sink->audit);
}

static struct log_client_ip privacy_of(struct event_sink *sink)
{
	return (struct log_client_ip){
		.allowed = atomic_load_explicit(&sink->allowed, memory_order_relaxed),
		.refused = atomic_load_explicit(&sink->refused, memory_order_relaxed),
	};
}

static bool is_wanted(struct event_sink *sink, enum decision decision, enum reason reason, unsigned status)
{
	bool is_decision = decision != DECISION_ALLOW || reason != REASON_NONE;

	switch ((enum log_requests)atomic_load_explicit(&sink->requests, memory_order_relaxed)) {
	case LOG_DECISIONS: return is_decision;
	case LOG_ERRORS: return is_decision || status >= 500;
	case LOG_ALL:
	default: return true;
	}
}

static uint32_t coarse_second(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint32_t)now.tv_sec;
}

/* Is there to be a line? What is left out is counted. */
static bool choose(struct event_sink *sink, enum decision decision, enum reason reason, unsigned status, struct span site)
{
	if (!is_wanted(sink, decision, reason, status)) {
		counts_add(&sink->counts.block->filtered, 1);
		return false;
	}
	sample_set_share(&sink->sample, atomic_load_explicit(&sink->share, memory_order_relaxed));
	if (sample_take(&sink->sample, coarse_second(), reason, status, counts_site_group(site, SAMPLE_GROUPS)))
		return true;
	counts_add(&sink->counts.block->sampled[(unsigned)reason % REASON_COUNT], 1);
	return false;
}

static void hand_over(struct event_sink *sink, size_t len)
{
	static const uint64_t one = 1;
	struct span record = span_make(sink->text, len);
	bool was_half_full = ring_is_half_full(&sink->ring);

	if (!ring_write(&sink->ring, record, crc32c_more(0, record)))  /* counted by the ring */
		return;
	if (!was_half_full && ring_is_half_full(&sink->ring) && sink->wake_fd >= 0 &&
	    write(sink->wake_fd, &one, sizeof(one)) < 0)
		return;  /* the journal looks by itself a moment later */
}

static void take_request(void *context, const struct request_fact *fact)
{
	struct event_sink *sink = context;

	counts_request(&sink->counts, fact);
	/* An attack that hides in a flood is no line of the flood: it has the room of what rules refuse. */
	if (choose(sink, fact->decision, fact->seen_after == SEEN_ATTACK ? REASON_RULES : fact->reason, fact->status, fact->site_name))
		hand_over(sink, format_request(&sink->format, privacy_of(sink), fact, sink->text));
	if (!audit_writer_take(&sink->audit, privacy_of(sink), fact))
		counts_audit_lost(&sink->counts, fact->site_name);
}

static void take_connection(void *context, const struct connection_fact *fact)
{
	struct event_sink *sink = context;

	counts_connection(&sink->counts, fact);
	if (choose(sink, fact->decision, fact->reason, 0, fact->site_name))
		hand_over(sink, format_connection(&sink->format, privacy_of(sink), fact, sink->text));
}

void event_sink_notice(struct event_sink *sink, const struct notice *notice)
{
	hand_over(sink, format_notice(&sink->format, notice, sink->text));
}

struct fact_sink event_sink_facts(struct event_sink *sink)
{
	return (struct fact_sink){ .context = sink, .request = take_request, .connection = take_connection };
}
