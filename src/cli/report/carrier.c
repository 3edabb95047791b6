/* `report carrier`: the message for the carrier's desk, drafted of what is measured now; with --watch, whenever the line fills. Nothing is sent. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/line.h"
#include "cli/loaded.h"
#include "cli/report/measure.h"
#include "cli/report/report.h"
#include "event/json.h"
#include "packet/carrier/desk.h"
#include "packet/settings.h"

#include "base/banned.h"

#define MESSAGE_MAX ((size_t)256 << 10)
#define FOR_MS_DEFAULT 3000
#define WATCH_STEP_S 1

struct carrier_report {
	const struct options *options;
	const struct link_settings *link;
	const struct snapshot *snapshot;
	enum desk_language language;
	uint64_t for_ms;
	struct uplink line;
};

static volatile sig_atomic_t is_ended;

static void on_signal(int signal)
{
	(void)signal;
	is_ended = 1;
}

/* -- what is printed -- */

static void put_parts(struct json_writer *json, const struct attack *attack)
{
	json_open(json, SPAN("vectors"), '[');
	for (unsigned i = 0; i < attack->part_count; i++) {
		const struct attack_part *part = &attack->parts[i];

		json_open(json, SPAN_NONE, '{');
		json_put_text(json, SPAN("vector"), span_of(attack_vector_name(part->vector)));
		json_put_text(json, SPAN("is"), span_of(attack_vector_text(part->vector)));
		if (part->port)
			json_put_number(json, SPAN("source_port"), part->port);
		json_put_number(json, SPAN("packets"), part->packets);
		json_put_number(json, SPAN("percent"), attack_share(attack, part->packets));
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void put_networks(struct json_writer *json, const struct attack *attack)
{
	char text[NETWORK_TEXT_MAX];

	json_open(json, SPAN("targets"), '[');
	for (unsigned i = 0; i < attack->target_count; i++) {
		network_write(&attack->targets[i], text);
		json_put_text(json, SPAN_NONE, span_of(text));
	}
	json_close(json, ']');
	json_open(json, attack->sources_are_banned ? SPAN("banned_sources") : SPAN("sources"), '[');
	for (unsigned i = 0; i < attack->source_count && i < DESK_SOURCES; i++) {
		network_write(&attack->sources[i].network, text);
		json_open(json, SPAN_NONE, '{');
		json_put_text(json, SPAN("network"), span_of(text));
		json_put_number(json, attack->sources_are_banned ? SPAN("banned") : SPAN("packets"), attack->sources[i].packets);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void put_provider(struct json_writer *json, const struct provider_settings *provider)
{
	json_open(json, SPAN("provider"), '{');
	json_put_text(json, SPAN("name"), provider->name);
	json_put_text(json, SPAN("telephone"), provider->telephone);
	json_put_text(json, SPAN("email"), provider->email);
	json_put_text(json, SPAN("contract"), provider->contract);
	json_close(json, '}');
}

static enum result put_messages(struct json_writer *json, const struct carrier_report *report, const struct attack *attack)
{
	const enum desk_language languages[] = { report->language, DESK_EN };
	enum result result = RESULT_OK;

	json_open(json, SPAN("message"), '{');
	for (unsigned i = 0; i < 2 - (report->language == DESK_EN) && result == RESULT_OK; i++) {
		struct buffer text;

		buffer_init(&text, MESSAGE_MAX);
		result = desk_write(attack, &report->link->provider, languages[i], &text);
		json_put_text(json, span_of(desk_language_name(languages[i])), buffer_span(&text));
		buffer_done(&text);
	}
	json_close(json, '}');
	return result;
}

static enum result write_json(const struct carrier_report *report, const struct measure *measure, struct buffer *out)
{
	const struct attack *attack = &measure->attack;
	struct json_writer json;
	enum result result;

	json_writer_init(&json, out);
	json_open(&json, SPAN_NONE, '{');
	json_put_time_ms(&json, SPAN("at"), attack->at_ms);
	json_put_number(&json, SPAN("measured_ms"), attack->measured_ms);
	json_put_time_ms(&json, SPAN("since"), attack->since_ms);
	line_put(&json, &(struct line_told){ attack->interfaces, attack->state, attack->link, attack->capacity });
	put_networks(&json, attack);
	put_parts(&json, attack);
	json_put_bool(&json, SPAN("shield_asked"), measure->has_shield);
	json_put_bool(&json, SPAN("filter_asked"), measure->has_filter);
	json_put_number(&json, SPAN("requests"), attack->requests);
	json_put_number(&json, SPAN("refused"), attack->refused);
	put_provider(&json, &report->link->provider);
	result = put_messages(&json, report, attack);
	json_close(&json, '}');
	if (result == RESULT_OK)
		result = json.result;
	return result == RESULT_OK ? buffer_append_byte(out, '\n') : result;
}

static enum result write_text(const struct carrier_report *report, const struct measure *measure, struct buffer *out)
{
	enum result result = desk_write(&measure->attack, &report->link->provider, report->language, out);

	if (result == RESULT_OK && report->language != DESK_EN)
		result = buffer_append(out, SPAN("\n-----\n\n"));
	return result == RESULT_OK && report->language != DESK_EN ? desk_write(&measure->attack, &report->link->provider, DESK_EN, out) : result;
}

static int draft(struct carrier_report *report)
{
	struct measure measure;
	struct buffer text;
	enum result result;
	int code = measure_attack(report->options, report->snapshot, &report->line, report->for_ms, &measure);

	if (code != EXIT_DONE)
		return code;
	buffer_init(&text, 2 * MESSAGE_MAX);
	result = report->options->is_json ? write_json(report, &measure, &text) : write_text(report, &measure, &text);
	if (result == RESULT_OK)
		command_print(stdout, buffer_span(&text));
	else
		code = command_failed("the message could not be written: %s", result_name(result));
	buffer_done(&text);
	if (code == EXIT_DONE && !measure.has_shield)
		fprintf(stderr, "bouclier: no shield answers: only this machine was measured\n");
	if (code == EXIT_DONE && !measure.attack.target_count)
		fprintf(stderr, "bouclier: only private addresses are known of it, which the carrier does not know: link: { served: [...] } names the public ones\n");
	if (code == EXIT_DONE)
		fprintf(stderr, "bouclier: a draft. Nothing was sent: read it, then telephone\n");
	return code;
}

/* -- the line, watched -- */

static void say_state(const struct uplink *line)
{
	const struct line_told told = { span_of(line->names), line->link.state, link_look(&line->link), line->link.limits.capacity };
	char now[CLOCK_ISO_LEN + 1];
	struct buffer text;

	clock_write_iso(clock_wall_ns(), now);
	buffer_init(&text, LINE_TEXT_MAX);
	if (line_write(&told, &text) == RESULT_OK)
		fprintf(stderr, "%s the line is %s: %.*s\n", now, link_state_name(told.state), SPAN_ARG(buffer_span(&text)));
	buffer_done(&text);
}

static int watch(struct carrier_report *report)
{
	const struct timespec step = { .tv_sec = WATCH_STEP_S };
	const struct sigaction action = { .sa_handler = on_signal };
	int code = EXIT_DONE;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	while (!is_ended && code == EXIT_DONE) {
		enum link_state before = report->line.link.state;
		bool changed = false;

		if (uplink_read(&report->line, &changed) != RESULT_OK)
			return command_failed("an interface of %s has gone", report->line.names);
		if (changed)
			say_state(&report->line);
		if (changed && report->line.link.state > before)
			code = draft(report);
		fflush(stdout);
		nanosleep(&step, NULL);
	}
	return is_ended ? EXIT_DONE : code;
}

/* -- what was asked -- */

static int misuse(struct carrier_report *report)
{
	static const struct duration_limits limits = { 1000, 60000, "from 1s to 1m (5s)" };
	const struct command *self = command_find(SPAN("report"));
	const char *language = option_text(report->options, "language", NULL);
	int64_t for_ms = FOR_MS_DEFAULT;
	int code = command_duration(self, report->options, "for", &limits, &for_ms);

	if (code != EXIT_DONE)
		return code;
	report->for_ms = (uint64_t)for_ms;
	for (unsigned i = 0; language && i < DESK_LANGUAGES; i++) {
		report->language = (enum desk_language)i;
		if (span_equal(span_of(language), span_of(desk_language_name((enum desk_language)i))))
			return EXIT_DONE;
	}
	return language ? command_misused(self, "--language is en, nl, fr or de, not %s", language) : EXIT_DONE;
}

int report_carrier(const struct options *options)
{
	struct carrier_report report = { .options = options };
	struct loaded loaded;
	int code = misuse(&report);

	if (code != EXIT_DONE)
		return code;
	if (loaded_read(&loaded, options, 0) != RESULT_OK) {
		loaded_complain(&loaded);
		loaded_done(&loaded);
		return EXIT_FAILED;
	}
	report.snapshot = loaded.snapshot;
	report.link = link_settings_of(loaded.snapshot);
	if (!option_is_given(options, "language"))
		report.language = (enum desk_language)report.link->language;
	code = uplink_open(report.snapshot, &report.line);
	if (code == EXIT_DONE) {
		code = option_is_given(options, "watch") ? watch(&report) : draft(&report);
		uplink_close(&report.line);
	}
	loaded_done(&loaded);
	return code;
}
