#include "incident/probe_report.h"

#include "event/json.h"
#include "incident/read_parts.h"

#include "base/banned.h"

#define MS_PER_S 1000u   /* nanoseconds end in 2554: what somebody said may be later */

const char *probe_step_name(enum probe_step step)
{
	static const char *const names[PROBE_STEPS] = {
#define X(id, name) [PROBE_STEP_##id] = #name,
		PROBE_STEP_LIST(X)
#undef X
	};

	return names[step];
}

uint32_t probe_unreachable(const struct probe_counts *counts)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < PROBE_STEPS; i++)
		sum += counts->failed[i];
	return sum;
}

bool probe_name_is_good(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = ascii_lower(name.at[i]);

		if (!is_digit(c) && !(c >= 'a' && c <= 'z') && c != '-' && c != '.' && c != '_')
			return false;
	}
	return name.len && name.len <= PROBE_NAME_MAX;
}

/* -- writing -- */

static void put_number(struct json_writer *json, const char *name, uint64_t number)
{
	json_put_number(json, span_of(name), number);
}

static void put_site(struct json_writer *json, const struct probe_site *site)
{
	const struct probe_counts *counts = &site->counts;

	json_open(json, SPAN_NONE, '{');
	json_put_text(json, SPAN("host"), span_of(site->host));
	put_number(json, "asked", counts->asked);
	put_number(json, "in_time", counts->in_time);
	put_number(json, "slow", counts->slow);
	put_number(json, "refused", counts->refused);
	put_number(json, "unreachable", probe_unreachable(counts));
	for (unsigned i = 0; i < PROBE_STEPS; i++)
		put_number(json, probe_step_name((enum probe_step)i), counts->failed[i]);
	put_number(json, "challenged", counts->challenged);
	put_number(json, "bytes", counts->bytes);
	put_number(json, "took_ms", counts->took_ms);
	put_number(json, "slowest_ms", counts->slowest_ms);
	json_put_time_ms(json, SPAN("certificate_until"), counts->certificate_until_s * MS_PER_S);
	json_close(json, '}');
}

static void put_minute(struct json_writer *json, const struct probe_minute *minute)
{
	json_open(json, SPAN_NONE, '{');
	json_put_time_ms(json, SPAN("from"), minute->from_s * MS_PER_S);
	json_open(json, SPAN("sites"), '[');
	for (uint32_t i = 0; i < minute->site_count; i++)
		put_site(json, &minute->sites[i]);
	json_close(json, ']');
	json_close(json, '}');
}

enum result probe_minute_write(const struct probe_minute *minute, struct buffer *out)
{
	struct json_writer json;

	json_writer_init(&json, out);
	put_minute(&json, minute);
	return json.result;
}

enum result probe_report_write(const struct probe_report *report, struct buffer *out)
{
	struct json_writer json;

	json_writer_init(&json, out);
	json_open(&json, SPAN_NONE, '{');
	put_number(&json, "version", PROBE_REPORT_VERSION);
	json_put_text(&json, SPAN("name"), span_of(report->name));
	put_number(&json, "sequence", report->sequence);
	json_put_time_ms(&json, SPAN("sent"), report->sent_s * MS_PER_S);
	json_open(&json, SPAN("minutes"), '[');
	for (uint32_t i = 0; i < report->minute_count; i++)
		put_minute(&json, &report->minutes[i]);
	json_close(&json, ']');
	json_close(&json, '}');
	return json.result;
}

/* -- reading -- */

static void read_counts(struct reading *reading, struct probe_counts *counts)
{
	uint64_t unreachable;

	counts->asked = (uint32_t)reading_number(reading, "asked", PROBE_LOOKS_MAX);
	counts->in_time = (uint32_t)reading_number(reading, "in_time", PROBE_LOOKS_MAX);
	counts->slow = (uint32_t)reading_number(reading, "slow", PROBE_LOOKS_MAX);
	counts->refused = (uint32_t)reading_number(reading, "refused", PROBE_LOOKS_MAX);
	unreachable = reading_number(reading, "unreachable", PROBE_LOOKS_MAX);
	for (unsigned i = 0; i < PROBE_STEPS; i++)
		counts->failed[i] = (uint32_t)reading_number(reading, probe_step_name((enum probe_step)i), PROBE_LOOKS_MAX);
	counts->challenged = (uint32_t)reading_number(reading, "challenged", PROBE_LOOKS_MAX);
	counts->bytes = reading_number(reading, "bytes", READING_COUNT_MAX);
	counts->took_ms = reading_number(reading, "took_ms", READING_COUNT_MAX);
	counts->slowest_ms = reading_number32(reading, "slowest_ms");
	counts->certificate_until_s = reading_time(reading, "certificate_until");
	reading_check(reading, unreachable == probe_unreachable(counts) && counts->challenged <= counts->asked &&
	                       counts->asked == counts->in_time + counts->slow + counts->refused + probe_unreachable(counts));
}

static bool host_is_good(struct span host)
{
	for (size_t i = 0; i < host.len; i++) {
		char c = host.at[i];

		if (!is_digit(c) && !(c >= 'a' && c <= 'z') && c != '-' && c != '.' && c != ':' && c != '[' && c != ']' && c != '_')
			return false;
	}
	return host.len > 0;
}

static void read_site(struct reading *minute, const struct json *from, struct probe_site *out)
{
	struct reading reading;

	reading_begin(&reading, from);
	reading_text(&reading, "host", out->host, sizeof(out->host));
	reading_check(&reading, reading.is_bad || host_is_good(span_of(out->host)));
	read_counts(&reading, &out->counts);
	reading_check(minute, reading_end(&reading));
}

static void read_sites(struct reading *reading, struct probe_minute *out)
{
	const struct json *list = reading_list(reading, "sites", PROBE_REPORT_SITES, &out->site_count);

	for (uint32_t i = 0; i < out->site_count; i++) {
		read_site(reading, json_item(list, i), &out->sites[i]);
		for (uint32_t j = 0; j < i; j++)
			reading_check(reading, strcmp(out->sites[i].host, out->sites[j].host) != 0);
	}
}

static bool read_minute(const struct json *from, struct probe_minute *out)
{
	struct reading reading;

	*out = (struct probe_minute){ 0 };
	reading_begin(&reading, from);
	out->from_s = reading_time(&reading, "from");
	reading_check(&reading, out->from_s && out->from_s % 60 == 0);
	read_sites(&reading, out);
	return reading_end(&reading);
}

enum result probe_minute_read(struct span text, struct probe_minute *out)
{
	struct json *root = NULL;
	enum result result = text.len > PROBE_REPORT_BYTES ? RESULT_LIMIT : json_read(text, &root);

	if (result != RESULT_OK)
		return result;
	result = read_minute(root, out) ? RESULT_OK : RESULT_MALFORMED;
	json_drop(root);
	return result;
}

static bool read_report(const struct json *root, struct probe_report *out)
{
	const struct json *list;
	struct reading reading;

	reading_begin(&reading, root);
	reading_check(&reading, reading_number32(&reading, "version") == PROBE_REPORT_VERSION);
	reading_text(&reading, "name", out->name, sizeof(out->name));
	reading_check(&reading, reading.is_bad || probe_name_is_good(span_of(out->name)));
	out->sequence = reading_number(&reading, "sequence", READING_COUNT_MAX);
	out->sent_s = reading_time(&reading, "sent");
	list = reading_list(&reading, "minutes", PROBE_REPORT_MINUTES, &out->minute_count);
	for (uint32_t i = 0; i < out->minute_count; i++) {
		reading_check(&reading, read_minute(json_item(list, i), &out->minutes[i]));
		reading_check(&reading, !i || out->minutes[i].from_s > out->minutes[i - 1].from_s);
	}
	reading_check(&reading, out->sent_s != 0 && out->sequence != 0);
	return reading_end(&reading);
}

enum result probe_report_read(struct span text, struct probe_report *out)
{
	struct json *root = NULL;
	enum result result = text.len > PROBE_REPORT_BYTES ? RESULT_LIMIT : json_read(text, &root);

	if (result != RESULT_OK)
		return result;
	*out = (struct probe_report){ 0 };
	result = read_report(root, out) ? RESULT_OK : RESULT_MALFORMED;
	json_drop(root);
	return result;
}

struct observation probe_observe(const struct probe_minute *minute, const struct probe_site *of, struct span site)
{
	return (struct observation){
		.kind = OBSERVATION_PROBE, .at_s = minute->from_s, .site = site,
		.probe = { .asked = of->counts.asked, .reached = of->counts.in_time + of->counts.slow, .slow = of->counts.slow },
	};
}
