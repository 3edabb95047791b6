#include "event/tell.h"

#include <endian.h>

#include "base/encode.h"
#include "base/hash.h"

#include "base/banned.h"

#define TALLY_MAGIC 0x796c6c6174636c62u
#define TALLY_VERSION (1u << 16 | TALLY_COUNT)

void tally_adopt(struct tally *tally, bool *is_new)
{
	uint32_t id;

	*is_new = tally->magic != TALLY_MAGIC || tally->version != TALLY_VERSION;
	if (!*is_new)
		return;
	random_fill(&id, sizeof(id));
	*tally = (struct tally){ .version = TALLY_VERSION, .id = id };
	atomic_thread_fence(memory_order_release);
	tally->magic = TALLY_MAGIC;
}

struct span tally_name(enum tally_index index)
{
	static const struct span names[TALLY_COUNT] = {
#define X(id, name) [TALLY_##id] = SPAN_INIT(name),
		TALLY_LIST(X)
#undef X
	};

	return names[index];
}

/* ,"bouclier.PREFIX.NAME":VALUE unless it is zero. */
static void add(struct line *line, struct span prefix, struct span name, uint64_t value)
{
	if (value == 0)
		return;
	if (line_room(line) < prefix.len + name.len + 40) {
		line->is_cut = true;
		return;
	}
	line_raw(line, SPAN(",\"bouclier."));
	line_raw(line, prefix);
	line_raw(line, name);
	line_raw(line, SPAN("\":"));
	line_number(line, value);
}

static void add_since(struct line *line, uint32_t since)
{
	uint32_t big = htobe32(since);
	char text[8];

	hex_write(&big, sizeof(big), text);
	line_member_plain(line, SPAN(",\"bouclier.counts.since\":"), span_make(text, sizeof(text)));
}

static void add_decisions(struct line *line, const uint64_t *numbers)
{
	static const struct span classes[COUNTS_CLASSES] = { SPAN_INIT(".none"), SPAN_INIT(".1xx"), SPAN_INIT(".2xx"),
		                                             SPAN_INIT(".3xx"), SPAN_INIT(".4xx"), SPAN_INIT(".5xx") };

	for (unsigned decision = 0; decision < DECISION_COUNT; decision++) {
		for (unsigned class = 0; class < COUNTS_CLASSES; class++) {
			uint64_t value = numbers[decision * COUNTS_CLASSES + class];
			struct span name = format_decision((enum decision)decision);

			if (value == 0)
				continue;
			line_raw(line, SPAN(",\"bouclier.counts."));
			line_raw(line, name);
			line_raw(line, classes[class]);
			line_raw(line, SPAN("\":"));
			line_number(line, value);
		}
	}
}

size_t tell_site(struct format *format, uint64_t wall_ns, uint32_t since, const struct counts_total *total, char *out)
{
	struct line line = format_start(format, SPAN("bouclier.counts"), wall_ns, out);
	const uint64_t *numbers = total->numbers;

	line_member_text(&line, SPAN(",\"bouclier.site\":"), total->name, 255);
	add_since(&line, since);
	add(&line, SPAN("counts."), SPAN("events"), numbers[COUNTS_EVENTS]);
	add(&line, SPAN("counts."), SPAN("request_bytes"), numbers[COUNTS_REQUEST_BYTES]);
	add(&line, SPAN("counts."), SPAN("response_bytes"), numbers[COUNTS_RESPONSE_BYTES]);
	add(&line, SPAN("counts."), SPAN("total_us"), numbers[COUNTS_TOTAL_US]);
	add(&line, SPAN("counts."), SPAN("wait_us"), numbers[COUNTS_WAIT_US]);
	add(&line, SPAN("counts."), SPAN("audit_lost"), numbers[COUNTS_AUDIT_LOST]);
	add(&line, SPAN("counts."), SPAN("after"), numbers[COUNTS_AFTER]);
	add(&line, SPAN("counts."), SPAN("after_attacks"), numbers[COUNTS_AFTER_ATTACKS]);
	add_decisions(&line, numbers + COUNTS_DECISIONS);
	for (unsigned i = 0; i < DECISION_COUNT; i++)
		add(&line, SPAN("counts.connections."), format_decision((enum decision)i), numbers[COUNTS_CONNECTIONS + i]);
	for (unsigned i = 0; i < REASON_COUNT; i++)
		add(&line, SPAN("counts.reasons."), format_reason((enum reason)i), numbers[COUNTS_REASONS + i]);
	return (size_t)(line.at - out);
}

static void add_losses(struct line *line, const struct losses *losses)
{
	add(line, SPAN("journal."), SPAN("lost.ring-full"), losses->ring_full);
	add(line, SPAN("journal."), SPAN("lost.ring-damaged"), losses->ring_damaged);
	add(line, SPAN("journal."), SPAN("lost.disk"), losses->disk);
	add(line, SPAN("journal."), SPAN("lost.torn"), losses->torn);
}

size_t tell_journal(struct format *format, uint64_t wall_ns, const struct counts_view *view, const struct tally *tally,
                    const struct losses *losses, char *out)
{
	struct line line = format_start(format, SPAN("bouclier.counts.journal"), wall_ns, out);

	add_since(&line, view->since);
	for (unsigned i = 0; i < TALLY_COUNT; i++) {
		if (i != TALLY_LOST_DISK && i != TALLY_LOST_TORN)
			add(&line, SPAN("journal."), tally_name((enum tally_index)i),
			    atomic_load_explicit(&tally->numbers[i], memory_order_relaxed));
	}
	add_losses(&line, losses);
	add(&line, SPAN("journal."), SPAN("filtered"), view->filtered);
	for (unsigned i = 0; i < REASON_COUNT; i++)
		add(&line, SPAN("journal.sampled."), format_reason((enum reason)i), view->sampled[i]);
	return (size_t)(line.at - out);
}

size_t tell_losses(struct format *format, uint64_t wall_ns, const struct losses *losses, uint64_t told, char *out)
{
	struct line line = format_start(format, SPAN("bouclier.journal"), wall_ns, out);

	line_member_plain(&line, SPAN(",\"event.action\":"), SPAN("lines-lost"));
	line_member_number(&line, SPAN(",\"bouclier.journal.lost.lines\":"), losses_sum(losses) - told);
	add_losses(&line, losses);
	return (size_t)(line.at - out);
}
