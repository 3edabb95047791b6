#include "cli/edge/link.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cli/edge/packet.h"
#include "packet/carrier/link_files.h"
#include "packet/carrier/link_filter.h"
#include "packet/settings.h"

#include "base/banned.h"

#define TELL_LEAST_MS 3000u    /* the first second of an edge is no reason to call anybody */
#define FIND_MS 10000u         /* a line that is not there is looked for so often */

struct edge_link {
	struct edge_state *state;
	struct link_files files;
	struct link link;
	struct link_filter filter;
	char names[LINK_NAMES_MAX];
	uint64_t generation;         /* of the configuration that this is of; 0: none yet */
	uint64_t find_ms;
	enum link_state told;
	bool is_filtered, has_complained;
};

static bool is_open(const struct edge_link *link)
{
	return link->files.fd >= 0;
}

/* A machine without a default route has no line that could be meant; one that a person named is missed. */
static void complain_once(struct edge_link *link, const char *wrong, enum result result)
{
	if (wrong[0] && !link->has_complained)
		fprintf(stderr, "bouclier: the line cannot be watched: interface %s: %s\n", wrong, result == RESULT_NOT_FOUND ? "there is none of that name" : result_name(result));
	link->has_complained = true;
}

static void use(struct edge_link *link, const struct link_files *files, const struct link_limits *limits)
{
	link_files_done(&link->files);
	link->files = *files;
	link->filter = (struct link_filter){ .has_begun = false };
	link_files_names(files, link->names);
	link_init(&link->link, limits);
}

/* A reload that leaves the line as it is leaves its window too: what was filling is not told anew. */
static void find(struct edge_link *link)
{
	const struct link_settings *settings = link_settings_of(link->state->snapshot);
	const struct link_limits limits = link_limits_of(settings);
	char wrong[IFNAMSIZ], names[LINK_NAMES_MAX];
	struct link_files files;
	enum result result = link_files_open_line(settings, &files, wrong);

	link->find_ms = link->state->loop.now_ms + FIND_MS;
	if (result != RESULT_OK) {
		link_files_done(&link->files);
		complain_once(link, wrong, result);
		return;
	}
	link_files_names(&files, names);
	if (is_open(link) && span_equal(span_of(names), span_of(link->names))) {
		link_files_done(&files);
		link->link.limits = limits;
	} else {
		use(link, &files, &limits);
	}
	link->has_complained = false;
	link->is_filtered = link_files_hold(&link->files, &packet_settings_of(link->state->snapshot)->interfaces);
}

/* -- what is told -- */

static enum result write_detail(const struct line_told *told, bool is_worse, struct buffer *out)
{
	enum result result = line_write(told, out);

	return result == RESULT_OK && is_worse ? buffer_append(out, SPAN(". Run: bouclier report carrier")) : result;
}

static void tell(struct edge_link *link)
{
	static const char *const actions[] = { "line-calm", "line-filling", "line-full" };
	static const char *const sentences[] = { "the line is calm again", "the line is filling", "the line is full" };
	bool is_worse = link->link.state > link->told;
	struct line_told told;
	struct buffer text;

	if (!edge_link_look(link, &told))
		return;
	link->told = told.state;
	buffer_init(&text, 2 * LINE_TEXT_MAX);
	if (write_detail(&told, is_worse, &text) != RESULT_OK)
		buffer_reset(&text);   /* no memory: that it is so is told, and no figures */
	fprintf(stderr, "bouclier: %s%s: %.*s\n", is_worse ? "ALERT: " : "", sentences[told.state], SPAN_ARG(buffer_span(&text)));
	if (link->state->event)
		event_notice(link->state->event, &(struct notice){ .wall_ns = clock_wall_ns(), .action = span_of(actions[told.state]), .detail = buffer_span(&text) });
	buffer_done(&text);
}

bool edge_link_look(const struct edge_link *link, struct line_told *out)
{
	if (!link || !is_open(link) || !link_look(&link->link).over_ms)
		return false;
	*out = (struct line_told){ span_of(link->names), link->link.state, link_look(&link->link), link->link.limits.capacity };
	return true;
}

/* -- each second -- */

static bool read_counters(struct edge_link *link, struct link_reading *reading)
{
	const struct packet_news *news = link->is_filtered ? edge_packet_news(link->state->packet) : NULL;
	struct link_filter_counts own;

	if (link_files_read(&link->files, link->state->loop.now_ms, reading) != RESULT_OK) {
		fprintf(stderr, "bouclier: the line (%s) cannot be read: an interface has gone\n", link->names);
		link_files_done(&link->files);
		return false;
	}
	if (news)
		own = link_filter_sum(news->counts, news->is_observing);
	link_filter_correct(&link->filter, news ? &own : NULL, reading);
	return true;
}

void edge_link_tick(struct edge_link *link)
{
	struct link_reading reading;
	uint64_t least_ms;

	if (!link->state->snapshot || link->state->is_draining)   /* draining: it is the next edge's to tell */
		return;
	if (link->generation != link->state->plan.generation || (!is_open(link) && link->state->loop.now_ms >= link->find_ms)) {
		link->has_complained &= link->generation == link->state->plan.generation;
		link->generation = link->state->plan.generation;
		find(link);
	}
	if (!is_open(link) || !read_counters(link, &reading))
		return;
	(void)link_take(&link->link, &reading);
	least_ms = link->link.limits.window_ms < TELL_LEAST_MS ? link->link.limits.window_ms : TELL_LEAST_MS;
	if (link->link.state != link->told && link_look(&link->link).over_ms >= least_ms)
		tell(link);
}

/* -- its life -- */

struct edge_link *edge_link_new(struct edge_state *state)
{
	struct edge_link *link = calloc(1, sizeof(*link));

	if (!link)
		return NULL;
	link->state = state;
	link->files.fd = -1;
	return link;
}

void edge_link_free(struct edge_link *link)
{
	if (!link)
		return;
	link_files_done(&link->files);
	free(link);
}
