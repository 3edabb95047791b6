#include "cli/drill/report.h"

#include <stdio.h>

#include "base/banned.h"

#define CITIZEN_WIDTH 26
#define CELL_WIDTH 17

static const char *const citizen_names[] = {
#define X(id, name, words) name,
	CITIZEN_LIST(X)
#undef X
};
static const char *const citizen_words[] = {
#define X(id, name, words) words,
	CITIZEN_LIST(X)
#undef X
};
static const char *const attack_names[] = {
#define X(id, name, words) name,
	ATTACK_LIST(X)
#undef X
};
static const char *const attack_words[] = {
#define X(id, name, words) words,
	ATTACK_LIST(X)
#undef X
};
static const char *const window_names[] = { "calm", "onset", "attack", "after" };
static const char *const window_words[] = { "calm", "first 3 s", "attack", "after" };

double report_attackers_percent(const struct drill_tally *tally)
{
	uint64_t attackers = tally->work[1][WINDOW_ATTACK].ms, all = attackers + tally->work[0][WINDOW_ATTACK].ms;

	return all ? 100.0 * (double)attackers / (double)all : 0;
}

static uint64_t citizens_sum(const struct drill_tally *tally, size_t member)
{
	uint64_t sum = 0;

	for (unsigned kind = 0; kind < CITIZEN_KINDS; kind++) {
		for (unsigned window = 0; window < WINDOW_COUNT; window++)
			sum += *(const uint64_t *)(const void *)((const char *)&tally->pages[kind][window] + member);
	}
	return sum;
}

static uint64_t decision(const struct drill_report *report, const char *name)
{
	return json_number_of(json_find(json_find(report->shield, "decisions"), name));
}

/* -- for a person -- */

static void print_cell(struct page *page, const struct drill_pages *pages)
{
	char cell[64];

	if (pages->asked)
		snprintf(cell, sizeof(cell), "%3.0f %%  %llu/%llu", 100.0 * (double)pages->in_time / (double)pages->asked, (unsigned long long)pages->in_time,
		         (unsigned long long)pages->asked);
	else
		snprintf(cell, sizeof(cell), "  -");
	page_print(page, "%-*s", CELL_WIDTH, cell);
}

static bool has_come(const struct drill_pages *windows)
{
	uint64_t asked = 0;

	for (unsigned window = 0; window < WINDOW_COUNT; window++)
		asked += windows[window].asked;
	return asked > 0;
}

static void print_citizens(struct page *page, const struct drill_report *report)
{
	page_color(page, PAGE_BOLD, "%-*s", CITIZEN_WIDTH, "Pages in time");
	for (unsigned window = 0; window < WINDOW_COUNT; window++)
		page_color(page, PAGE_BOLD, "%-*s", CELL_WIDTH, window_words[window]);
	page_print(page, "\n");
	for (unsigned kind = 0; kind < CITIZEN_KINDS; kind++) {
		if (!has_come(report->tally->pages[kind]))
			continue;
		page_color(page, report->verdict->is_harmed[kind] ? PAGE_RED : PAGE_PLAIN, "%-*s", CITIZEN_WIDTH, citizen_words[kind]);
		for (unsigned window = 0; window < WINDOW_COUNT; window++)
			print_cell(page, &report->tally->pages[kind][window]);
		page_print(page, "\n");
	}
}

static void print_attacks(struct page *page, const struct drill_report *report)
{
	page_color(page, PAGE_BOLD, "\n%-*s%10s%10s%12s%10s%10s\n", CITIZEN_WIDTH, "The attack", "sent", "served", "turned away", "broken", "not sent");
	for (unsigned kind = 0; kind < ATTACK_KINDS; kind++) {
		const struct drill_attack *attack = &report->tally->attacks[kind];

		page_print(page, "%-*s%10llu%10llu%12llu%10llu%10llu\n", CITIZEN_WIDTH, attack_words[kind], (unsigned long long)attack->sent,
		           (unsigned long long)attack->served, (unsigned long long)attack->refused, (unsigned long long)attack->broken,
		           (unsigned long long)attack->late);
	}
}

static void print_shield(struct page *page, const struct drill_report *report)
{
	const struct drill_tally *tally = report->tally;
	const struct drill_work *work[2] = { &tally->work[0][WINDOW_ATTACK], &tally->work[1][WINDOW_ATTACK] };

	page_print(page, "\nThe shield    asked %llu requests to prove themselves first; turned away %llu that were too many; blocked or dropped %llu\n",
	           (unsigned long long)decision(report, "challenge"), (unsigned long long)(decision(report, "limit") + decision(report, "queue")),
	           (unsigned long long)(decision(report, "block") + decision(report, "drop")));
	page_print(page, "              gave citizens %llu pages from its cache; before %llu of their pages they were asked\n",
	           (unsigned long long)citizens_sum(tally, offsetof(struct drill_pages, kept)),
	           (unsigned long long)citizens_sum(tally, offsetof(struct drill_pages, challenged)));
	page_print(page, "The portal    had %.1f %% of its time taken by attackers, from the third second on (%llu pages for them, %llu for citizens)\n",
	           report_attackers_percent(tally), (unsigned long long)work[1]->pages, (unsigned long long)work[0]->pages);
}

static void print_left_out(struct page *page, const struct drill_settings *settings)
{
	if (!settings->has_guard)
		page_color(page, PAGE_DIM, "Played with guard: on. The site only observes now (guard: observe), and turns nothing away.\n");
	if (settings->leaves_rules)
		page_color(page, PAGE_DIM, "Left out: the site's own rules, which may ask others; the drill was without rules.\n");
	if (settings->leaves_routes)
		page_color(page, PAGE_DIM, "Left out: what routes of the site say otherwise than the site itself.\n");
}

static void print_verdict(struct page *page, const struct drill_report *report)
{
	static const enum page_color colors[] = { [VERDICT_REACHABLE] = PAGE_GREEN, [VERDICT_UNREACHABLE] = PAGE_RED, [VERDICT_CALM] = PAGE_RED,
		                                  [VERDICT_UNKNOWN] = PAGE_YELLOW };
	const struct drill_verdict *verdict = report->verdict;

	page_print(page, "\n");
	page_color(page, colors[verdict->kind], "%s", verdict->text);
	page_print(page, "\n");
	for (unsigned i = 0; i < verdict->advice_count; i++)
		page_print(page, "- %s\n", verdict->advice[i]);
}

void report_print(struct page *page, const struct drill_report *report)
{
	const struct drill_acts *acts = &report->tally->acts;

	page_print(page, "A drill of ");
	page_text(page, report->site, 0);
	page_print(page, ": %u requests a second for %s, against a portal that makes %u pages a second, on this machine only\n\n", report->rate,
	           short_seconds(acts->attack_ms / 1000).text, DRILL_DESKS * 1000 / DRILL_PAGE_MS);
	print_citizens(page, report);
	print_attacks(page, report);
	print_shield(page, report);
	print_left_out(page, report->settings);
	print_verdict(page, report);
}

/* -- for a program -- */

static void put_pages(struct json_writer *json, const char *name, const struct drill_pages *pages)
{
	json_open(json, span_of(name), '{');
	json_put_number(json, SPAN("asked"), pages->asked);
	json_put_number(json, SPAN("in_time"), pages->in_time);
	json_put_number(json, SPAN("from_cache"), pages->kept);
	json_put_number(json, SPAN("challenged"), pages->challenged);
	json_close(json, '}');
}

static void put_citizens(struct json_writer *json, const struct drill_report *report)
{
	json_open(json, SPAN("citizens"), '{');
	for (unsigned kind = 0; kind < CITIZEN_KINDS; kind++) {
		if (!has_come(report->tally->pages[kind]))
			continue;
		json_open(json, span_of(citizen_names[kind]), '{');
		for (unsigned window = 0; window < WINDOW_COUNT; window++)
			put_pages(json, window_names[window], &report->tally->pages[kind][window]);
		json_put_bool(json, SPAN("harmed"), report->verdict->is_harmed[kind]);
		json_close(json, '}');
	}
	json_close(json, '}');
}

static void put_attacks(struct json_writer *json, const struct drill_report *report)
{
	json_open(json, SPAN("attacks"), '{');
	for (unsigned kind = 0; kind < ATTACK_KINDS; kind++) {
		const struct drill_attack *attack = &report->tally->attacks[kind];

		json_open(json, span_of(attack_names[kind]), '{');
		json_put_number(json, SPAN("sent"), attack->sent);
		json_put_number(json, SPAN("served"), attack->served);
		json_put_number(json, SPAN("turned_away"), attack->refused);
		json_put_number(json, SPAN("broken"), attack->broken);
		json_put_number(json, SPAN("not_sent"), attack->late);
		json_close(json, '}');
	}
	json_close(json, '}');
}

static void put_decision(void *context, struct span name, const struct json *value)
{
	json_put_number(context, name, json_number_of(value));
}

static void put_portal(struct json_writer *json, const struct drill_report *report)
{
	json_open(json, SPAN("portal"), '{');
	json_put_number(json, SPAN("pages_per_second"), DRILL_DESKS * 1000 / DRILL_PAGE_MS);
	for (unsigned window = 0; window < WINDOW_COUNT; window++) {
		json_open(json, span_of(window_names[window]), '{');
		json_put_number(json, SPAN("citizens_ms"), report->tally->work[0][window].ms);
		json_put_number(json, SPAN("attackers_ms"), report->tally->work[1][window].ms);
		json_close(json, '}');
	}
	json_close(json, '}');
}

static void put_verdict(struct json_writer *json, const struct drill_report *report)
{
	const struct drill_verdict *verdict = report->verdict;

	json_open(json, SPAN("verdict"), '{');
	json_put_bool(json, SPAN("ok"), verdict->kind == VERDICT_REACHABLE);
	json_put_text(json, SPAN("name"), span_of(drill_verdict_name(verdict->kind)));
	json_put_text(json, SPAN("text"), span_of(verdict->text));
	json_open(json, SPAN("advice"), '[');
	for (unsigned i = 0; i < verdict->advice_count; i++)
		json_put_text(json, SPAN_NONE, span_of(verdict->advice[i]));
	json_close(json, ']');
	json_close(json, '}');
}

void report_write(struct json_writer *json, const struct drill_report *report)
{
	const struct drill_acts *acts = &report->tally->acts;

	json_open(json, SPAN_NONE, '{');
	json_put_text(json, SPAN("site"), report->site);
	json_put_number(json, SPAN("rate"), report->rate);
	json_put_number(json, SPAN("calm_ms"), acts->calm_ms);
	json_put_number(json, SPAN("attack_ms"), acts->attack_ms);
	json_put_number(json, SPAN("after_ms"), acts->after_ms);
	put_citizens(json, report);
	put_attacks(json, report);
	json_open(json, SPAN("decisions"), '{');
	json_each(json_find(report->shield, "decisions"), put_decision, json);
	json_close(json, '}');
	put_portal(json, report);
	json_put_bool(json, SPAN("observes"), !report->settings->has_guard);
	json_put_bool(json, SPAN("own_rules_left_out"), report->settings->leaves_rules);
	json_put_bool(json, SPAN("routes_left_out"), report->settings->leaves_routes);
	put_verdict(json, report);
	json_close(json, '}');
}
