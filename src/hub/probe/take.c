/* One report: is it that probe's, is it new, and what of it is. */
#include <stdio.h>

#include "hub/probe/inside.h"

#include "base/banned.h"

#define NS_PER_S UINT64_C(1000000000)

struct taking {
	struct hub_probe *probe;
	struct vantage_known *known;
	const struct hub_probe_letter *letter;
	struct hub_probe_verdict *verdict;
	uint64_t now_s;
	struct document_change changes[PROBE_REPORT_MINUTES + 1];
	char keys[PROBE_REPORT_MINUTES + 1][PROBE_KEY_MAX];
	struct buffer texts[PROBE_REPORT_MINUTES + 1];
	size_t count;
};

static bool refuse(struct taking *taking, unsigned status, const char *code, const char *text)
{
	taking->verdict->status = status;
	taking->verdict->code = code;
	snprintf(taking->verdict->text, sizeof(taking->verdict->text), "%s", text);
	if (taking->known)
		taking->known->refused++;
	return false;
}

/* -- is it his -- */

static bool has_signed(const struct taking *taking)
{
	uint8_t signature[SIGNATURE_LEN];
	struct buffer text;
	enum result result = signature_read(taking->letter->signature, signature);

	buffer_init(&text, PROBE_REPORT_BYTES + sizeof(PROBE_REPORT_PREFIX));
	if (result == RESULT_OK)
		result = buffer_append(&text, SPAN(PROBE_REPORT_PREFIX));
	if (result == RESULT_OK)
		result = buffer_append(&text, taking->letter->body);
	if (result == RESULT_OK)
		result = signature_check(taking->known->key, buffer_span(&text), signature);
	buffer_done(&text);
	return result == RESULT_OK;
}

/* Whoever guesses is not let to keep the hub busy. */
static bool may_try(struct hub_probe *probe, uint64_t now_s)
{
	if (probe->tries_s != now_s)
		probe->tries = 0;
	probe->tries_s = now_s;
	return probe->tries < HUB_PROBE_TRIES_MAX;
}

static bool is_his(struct taking *taking)
{
	struct hub_probe *probe = taking->probe;

	if (taking->letter->body.len > PROBE_REPORT_BYTES)
		return refuse(taking, 413, "too-large", "a report is larger than the hub takes");
	if (!may_try(probe, taking->now_s))
		return refuse(taking, 429, "too-many", "too many reports that nobody known has signed");
	taking->known = hub_probe_known(probe, taking->letter->name);
	if (taking->known && has_signed(taking))
		return true;
	probe->tries++;
	/* Which of both it is is nobody's affair who cannot sign. */
	return refuse(taking, 401, "bad-signature", "no probe of that name and key is known to the hub (hub.probes), or the report was changed on its way");
}

/* -- is it new -- */

static bool is_new(struct taking *taking)
{
	const struct probe_report *report = &taking->probe->report;
	char text[sizeof(taking->verdict->text)];
	uint64_t far = report->sent_s > taking->now_s ? report->sent_s - taking->now_s : taking->now_s - report->sent_s;

	if (!span_equal(span_of(report->name), taking->letter->name))
		return refuse(taking, 400, "malformed", "the report is of another name than its field says");
	if (far > HUB_PROBE_CLOCK_S) {
		snprintf(text, sizeof(text), "the probe's clock differs from the hub's by %llu s; at most %u are allowed", (unsigned long long)far, HUB_PROBE_CLOCK_S);
		return refuse(taking, 409, "clock-differs", text);
	}
	if (report->sequence <= taking->known->sequence) {
		taking->verdict->sequence = taking->known->sequence;
		return refuse(taking, 409, "replayed", "a report with this number, or a later one, was taken before");
	}
	return true;
}

/* -- what of it is -- */

static void is_there(void *context, const struct document *document)
{
	(void)context;
	(void)document;
}

static enum result add_change(struct taking *taking, enum document_kind kind, uint64_t sort, uint64_t version)
{
	struct document_change *change = &taking->changes[taking->count];

	*change = (struct document_change){ .kind = kind, .key = span_of(taking->keys[taking->count]), .text = buffer_span(&taking->texts[taking->count]), .sort = sort,
	                                    .version = version };
	taking->count++;
	return RESULT_OK;
}

static enum result take_minute(struct taking *taking, const struct probe_minute *minute)
{
	char *key = taking->keys[taking->count];
	enum result result;

	if (minute->from_s > taking->now_s + HUB_PROBE_CLOCK_S || minute->from_s + HUB_PROBE_OLD_S < taking->now_s) {
		taking->verdict->known++;
		return RESULT_OK;
	}
	snprintf(key, PROBE_KEY_MAX, "%s/%llu", taking->known->name, (unsigned long long)(minute->from_s / 60));
	result = store_document(taking->probe->store, DOCUMENT_PROBE, span_of(key), NULL, is_there, NULL);
	if (result == RESULT_OK)
		taking->verdict->known++;
	if (result != RESULT_NOT_FOUND)
		return result;
	result = probe_minute_write(minute, &taking->texts[taking->count]);
	taking->verdict->taken++;
	return result == RESULT_OK ? add_change(taking, DOCUMENT_PROBE, taking->probe->last + taking->verdict->taken, 0) : result;
}

static enum result take_minutes(struct taking *taking)
{
	const struct probe_report *report = &taking->probe->report;
	enum result result = RESULT_OK;

	/* Places are times where they can be, and always one after the other. */
	if (taking->probe->last < taking->letter->wall_ns / 1000000)
		taking->probe->last = taking->letter->wall_ns / 1000000;
	for (uint32_t i = 0; i < report->minute_count && result == RESULT_OK; i++)
		result = take_minute(taking, &report->minutes[i]);
	if (result != RESULT_OK)
		return result;
	snprintf(taking->keys[taking->count], PROBE_KEY_MAX, PROBE_SEQUENCE_FRONT "%s", taking->known->name);
	result = buffer_append_u64(&taking->texts[taking->count], report->sequence);
	if (result == RESULT_OK)
		result = add_change(taking, DOCUMENT_HUB, 0, DOCUMENT_ANY);
	return result == RESULT_OK ? store_documents_change(taking->probe->store, taking->changes, taking->count, NULL) : result;
}

static void remember(struct taking *taking)
{
	const struct probe_report *report = &taking->probe->report;
	const struct probe_minute *newest = report->minute_count ? &report->minutes[report->minute_count - 1] : NULL;
	struct vantage_known *known = taking->known;

	taking->probe->last += taking->verdict->taken;
	known->sequence = report->sequence;
	known->heard_s = taking->now_s;
	known->taken += taking->verdict->taken;
	if (!newest || newest->from_s < known->minute_s)
		return;
	known->minute_s = newest->from_s;
	known->asked = known->reached = known->site_count = 0;
	for (uint32_t i = 0; i < newest->site_count; i++) {
		const struct probe_counts *counts = &newest->sites[i].counts;
		const struct hub_site *site = hub_probe_site(taking->probe, span_of(newest->sites[i].host));

		known->asked += counts->asked;
		known->reached += counts->in_time + counts->slow;
		if (site)
			known->sites[known->site_count++] = (struct vantage_site){ site, counts->asked, counts->in_time + counts->slow };
	}
}

static void keep(struct taking *taking)
{
	for (size_t i = 0; i <= PROBE_REPORT_MINUTES; i++)
		buffer_init(&taking->texts[i], PROBE_REPORT_BYTES);
	if (take_minutes(taking) == RESULT_OK) {
		taking->verdict->status = 200;
		remember(taking);
	} else {
		(void)refuse(taking, 503, "store", "the hub cannot keep anything now");
	}
	for (size_t i = 0; i <= PROBE_REPORT_MINUTES; i++)
		buffer_done(&taking->texts[i]);
}

void hub_probe_take(struct hub_probe *probe, const struct hub_probe_letter *letter, struct hub_probe_verdict *out)
{
	struct taking taking = { .probe = probe, .letter = letter, .verdict = out, .now_s = letter->wall_ns / NS_PER_S };

	*out = (struct hub_probe_verdict){ .code = "" };
	if (!is_his(&taking))
		return;
	if (probe_report_read(letter->body, &probe->report) != RESULT_OK)
		(void)refuse(&taking, 400, "malformed", "the report cannot be read: the probe and the hub are of different versions");
	else if (is_new(&taking))
		keep(&taking);
}
