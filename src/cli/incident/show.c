/* Incidents for a person: a table, and a page of one. Sentences are the hub's, in English. */
#include "cli/incident/incident.h"

#include "base/banned.h"

#define TIME_SHOWN 16u       /* of RFC 3339: "2026-01-31T12:00" */
#define MOMENTS_SHOWN 64u

static unsigned long long number(const struct json *object, const char *name)
{
	return (unsigned long long)json_number_of(json_find(object, name));
}

static struct span text(const struct json *object, const char *name)
{
	return json_text_of(json_find(object, name));
}

/* "2026-01-31 12:00", which is UTC. */
static void print_time(struct page *page, struct span time)
{
	if (time.len < TIME_SHOWN)
		page_print(page, "%-16s", "-");
	else
		page_print(page, "%.10s %.5s", time.at, time.at + 11);
}

static enum page_color color_of(struct span severity)
{
	if (span_equal(severity, SPAN("critical")) || span_equal(severity, SPAN("high")))
		return PAGE_RED;
	return span_equal(severity, SPAN("medium")) ? PAGE_YELLOW : PAGE_PLAIN;
}

static void print_brief(struct page *page, const struct json *brief)
{
	struct span severity = text(brief, "severity"), owner = text(brief, "owner");

	page_print(page, "%6llu  ", number(brief, "id"));
	page_text(page, text(brief, "status"), 12);
	page_print(page, "  ");
	page_color(page, color_of(severity), "%-8.*s", SPAN_ARG(severity));
	page_print(page, "  ");
	print_time(page, text(brief, "opened"));
	page_print(page, "  ");
	page_text(page, text(json_find(brief, "sentence"), "en"), 0);
	if (number(brief, "waves") > 1)
		page_print(page, " (%llu waves)", number(brief, "waves"));
	if (owner.len) {
		page_print(page, ", ");
		page_text(page, owner, 0);
	}
	page_print(page, "\n");
}

void incident_print_list(struct page *page, const struct json *answer)
{
	const struct json *incidents = json_find(answer, "incidents");

	if (!json_length(incidents)) {
		page_print(page, "no incidents\n");
		return;
	}
	page_color(page, PAGE_DIM, "    id  status        severity  opened (UTC)      what, and whose it is\n");
	for (size_t i = 0; i < json_length(incidents); i++)
		print_brief(page, json_item(incidents, i));
}

static void print_fact(struct page *page, const char *name, struct span value)
{
	if (!value.len)
		return;
	page_print(page, "  %-12s ", name);
	page_text(page, value, 0);
	page_print(page, "\n");
}

static void print_when(struct page *page, const struct json *incident)
{
	page_print(page, "  opened       ");
	print_time(page, text(incident, "opened"));
	page_print(page, " UTC, last seen ");
	print_time(page, text(incident, "last_seen"));
	if (text(incident, "contained").len) {
		page_print(page, ", contained ");
		print_time(page, text(incident, "contained"));
	}
	if (text(incident, "closed").len) {
		page_print(page, ", closed ");
		print_time(page, text(incident, "closed"));
	}
	if (number(incident, "waves") > 1)
		page_print(page, "; %llu waves", number(incident, "waves"));
	page_print(page, "\n");
}

static void print_sites(struct page *page, const struct json *incident)
{
	const struct json *sites = json_find(incident, "sites");

	for (size_t i = 0; i < json_length(sites); i++) {
		page_print(page, "%s", i ? ", " : "  sites        ");
		page_text(page, text(json_item(sites, i), "name"), 0);
	}
	if (number(incident, "sites_more"))
		page_print(page, " and %llu more", number(incident, "sites_more"));
	if (json_length(sites))
		page_print(page, "\n");
}

static void print_vectors(struct page *page, const struct json *incident)
{
	const struct json *vectors = json_find(incident, "vectors");

	for (size_t i = 0; i < json_length(vectors); i++) {
		const struct json *vector = json_item(vectors, i);

		if (!number(vector, "count"))
			continue;
		page_print(page, "  %-12s %.*s: %s ", i ? "" : "consists of", SPAN_ARG(text(vector, "name")), short_number((double)number(vector, "count")).text);
		page_print(page, "%.*s, at most %s a second\n", SPAN_ARG(text(vector, "unit")), short_number((double)number(vector, "peak")).text);
	}
}

static void print_decision(void *context, struct span name, const struct json *value)
{
	if (json_number_of(value))
		page_print(context, "  %.*s %s", SPAN_ARG(name), short_number((double)json_number_of(value)).text);
}

static void print_moments(struct page *page, const struct json *incident)
{
	const struct json *moments = json_find(incident, "timeline");

	page_print(page, "\n");
	for (size_t i = 0; i < json_length(moments) && i < MOMENTS_SHOWN; i++) {
		const struct json *moment = json_item(moments, i);

		page_print(page, "  ");
		print_time(page, text(moment, "time"));
		page_print(page, "  %-14.*s ", SPAN_ARG(text(moment, "what")));
		page_text(page, text(moment, "who"), 0);
		page_print(page, "%s", text(moment, "who").len && text(moment, "text").len ? ": " : "");
		page_text(page, text(moment, "text"), 0);
		page_print(page, "\n");
	}
	if (number(incident, "timeline_left_out"))
		page_print(page, "  and %llu more that had no room\n", number(incident, "timeline_left_out"));
}

/* Notes have lines; each is one here. */
static void print_note_lines(struct page *page, struct span note)
{
	while (note.len) {
		page_print(page, "    ");
		page_text(page, span_cut(&note, '\n'), 0);
		page_print(page, "\n");
	}
}

static void print_notes(struct page *page, const struct json *incident)
{
	const struct json *notes = json_find(incident, "notes");

	for (size_t i = 0; i < json_length(notes); i++) {
		page_print(page, "\n  ");
		print_time(page, text(json_item(notes, i), "time"));
		page_print(page, "  note of ");
		page_text(page, text(json_item(notes, i), "who"), 0);
		page_print(page, "\n");
		print_note_lines(page, text(json_item(notes, i), "text"));
	}
}

static void print_related(struct page *page, const struct json *related)
{
	for (size_t i = 0; i < json_length(related); i++) {
		page_print(page, "%s%llu", i ? ", " : "  alike        ", number(json_item(related, i), "id"));
		if (i + 1 == json_length(related))
			page_print(page, "\n");
	}
}

void incident_print(struct page *page, const struct json *answer)
{
	const struct json *incident = json_find(answer, "incident"), *words = json_find(json_find(answer, "sentences"), "en");
	struct span severity = text(incident, "severity");

	page_color(page, PAGE_BOLD, "%llu  ", number(incident, "id"));
	page_text(page, text(words, "title"), 0);
	page_print(page, "\n  status       %.*s\n", SPAN_ARG(text(incident, "status")));
	page_print(page, "  severity     ");
	page_color(page, color_of(severity), "%.*s", SPAN_ARG(severity));
	page_print(page, "\n");
	print_fact(page, "", text(words, "severity"));
	print_fact(page, "", text(words, "citizens"));
	print_fact(page, "owner", text(incident, "owner"));
	print_fact(page, "about", text(incident, "subject"));
	print_when(page, incident);
	print_sites(page, incident);
	print_vectors(page, incident);
	if (json_sum(json_find(incident, "decisions"))) {
		page_print(page, "  the shield   ");
		json_each(json_find(incident, "decisions"), print_decision, page);
		page_print(page, "\n");
	}
	print_related(page, json_find(answer, "related"));
	print_moments(page, incident);
	print_notes(page, incident);
}
