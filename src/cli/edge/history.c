#include "cli/edge/history.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/wiring.h"
#include "event/history/history.h"
#include "event/history/rise.h"

#include "base/banned.h"

#define NS_A_S 1000000000u

static void tell(struct edge_state *state, struct span action, struct span site, const char *text)
{
	struct notice notice = { .wall_ns = clock_wall_ns(), .action = action, .site = site, .detail = span_of(text) };

	if (state->event)
		event_notice(state->event, &notice);
}

/* -- what came to serve -- */

static size_t gather(const struct image *image, struct history_file **out)
{
	struct image_record record;
	size_t at = 0, count = 0;

	while (image_next(image, IMAGE_TEXT, &at, &record))
		count++;
	*out = calloc(count + 1, sizeof(**out));
	at = count = 0;
	while (*out && image_next(image, IMAGE_TEXT, &at, &record))
		(*out)[count++] = (struct history_file){ .path = record.name, .text = record.bytes };
	return count;
}

static void tell_kept(struct edge_state *state, const struct history_note *note, uint64_t number)
{
	char text[HISTORY_WHO_MAX + HISTORY_WHY_MAX + 160];

	snprintf(text, sizeof(text), "configuration %llu of the history serves (%.*s)%s%.*s%s%.*s", (unsigned long long)number,
	         SPAN_ARG(history_how_word(note->how)), note->who.len ? " by " : "", SPAN_ARG(note->who), note->why.len ? ": " : "", SPAN_ARG(note->why));
	tell(state, note->how == HISTORY_WENT_BACK ? SPAN("config-went-back") : SPAN("config-serves"), SPAN_NONE, text);
}

/* The keeper's ladder took another configuration than the file has, without anybody's note. */
static struct history_note note_of(const struct edge_state *state, struct history_note_store *store)
{
	struct span text = image_note(&state->plan.files);
	struct history_note note = history_note_read(text, store);

	if (state->keeper && state->keeper->is_fallen_back)
		note = (struct history_note){ HISTORY_WENT_BACK, SPAN_NONE, SPAN("the edge died again and again with the one before") };
	else if (!text.len && state->plan.generation == 1)
		note.how = HISTORY_START;
	return note;
}

void edge_history_keep(struct edge_state *state)
{
	struct history_note_store store;
	struct history_change change = { .note = note_of(state, &store), .generation = state->plan.generation, .at_ms = clock_wall_ns() / 1000000u };
	struct history_file *files = NULL;
	enum result result;
	uint64_t number = 0;
	bool is_new = false;
	int folder = -1;

	if (state->state_fd < 0 || !state->snapshot)
		return;
	change.count = gather(&state->plan.image, &files);
	change.files = files;
	result = files ? history_open(state->state_fd, &folder) : RESULT_NO_MEMORY;
	if (result == RESULT_OK)
		result = history_add(folder, &change, &number, &is_new);
	if (result != RESULT_OK)
		fprintf(stderr, "bouclier: this configuration is not kept in the history: %s\n", result == RESULT_IO ? strerror(errno) : result_name(result));
	else if (is_new)
		tell_kept(state, &change.note, number);
	if (folder >= 0)
		close(folder);
	free(files);
}

/* -- failures, before and since -- */

static struct rise_window window_of(const struct counts_total *total)
{
	static const enum decision served[] = { DECISION_ALLOW, DECISION_LOG };
	struct rise_window window = { 0, 0 };

	for (size_t i = 0; i < sizeof(served) / sizeof(*served); i++) {
		const uint64_t *classes = total->numbers + COUNTS_DECISIONS + served[i] * COUNTS_CLASSES;

		for (unsigned class = 1; class < COUNTS_CLASSES; class++)
			window.requests += classes[class];
		window.errors += classes[COUNTS_CLASSES - 1];
	}
	return window;
}

static struct error_site *find(struct error_marks *marks, uint64_t key, bool is_new_wanted)
{
	for (uint32_t i = 0; i < marks->count && i < ERRORS_SITES; i++) {
		if (marks->sites[i].key == key)
			return &marks->sites[i];
	}
	if (!is_new_wanted || marks->count >= ERRORS_SITES)
		return NULL;
	marks->sites[marks->count] = (struct error_site){ .key = key };
	return &marks->sites[marks->count++];
}

static void each_site(struct edge_state *state, const struct counts_view *view, void (*each)(struct edge_state *state, const struct counts_total *total, struct error_site *site))
{
	for (size_t i = 1; i < view->count; i++) {
		struct error_site *site = find(state->errors, plan_site_key(view->totals[i].name), true);

		if (site)
			each(state, &view->totals[i], site);
	}
}

static void mark_site(struct edge_state *state, const struct counts_total *total, struct error_site *site)
{
	struct rise_window now = window_of(total);

	(void)state;
	site->old_requests = site->new_requests;
	site->old_errors = site->new_errors;
	site->new_requests = now.requests;
	site->new_errors = now.errors;
}

static void start_site(struct edge_state *state, const struct counts_total *total, struct error_site *site)
{
	struct rise_window now = window_of(total);

	(void)state;
	site->is_known = 1;
	site->start_requests = now.requests;
	site->start_errors = now.errors;
	site->before_requests = now.requests - site->old_requests;
	site->before_errors = now.errors - site->old_errors;
}

/* Once is enough: the keeper takes it from there, or nothing waits any more. */
static void judge_site(struct edge_state *state, const struct counts_total *total, struct error_site *site)
{
	struct rise_window now = window_of(total), before = { site->before_requests, site->before_errors };
	struct rise_window after = { now.requests - site->start_requests, now.errors - site->start_errors };
	struct history_note note = { .how = HISTORY_WENT_BACK };
	char text[400];
	struct buffer json;

	if (state->has_asked_back || !site->is_known || !rise_is_clear(before, after))
		return;
	snprintf(text, sizeof(text), "%.*s: %llu of %llu answers failed since the reload, %llu of %llu before it", SPAN_ARG(span_take(total->name, 200)),
	         (unsigned long long)after.errors, (unsigned long long)after.requests, (unsigned long long)before.errors, (unsigned long long)before.requests);
	note.why = span_of(text);
	fprintf(stderr, "bouclier: ALERT: %s: going back\n", text);
	tell(state, SPAN("config-fails"), total->name, text);
	buffer_init(&json, HISTORY_NOTE_MAX);
	if (history_note_write(&note, &json) == RESULT_OK && role_ask_back(state->link, ++state->reload_id, buffer_span(&json)) == RESULT_OK)
		state->has_asked_back = true;
	buffer_done(&json);
}

/* -- waiting -- */

static void tell_wait(struct edge_state *state, uint64_t until_ns)
{
	char text[160], when[CLOCK_ISO_LEN + 1];

	if (until_ns) {
		clock_write_iso(until_ns, when);
		snprintf(text, sizeof(text), "what serves goes away at %s, unless somebody says: bouclier reload confirm", when);
		tell(state, SPAN("config-waits"), SPAN_NONE, text);
	}
}

void edge_history_confirmed(struct edge_state *state)
{
	char text[sizeof(state->confirm_who) + 64];

	snprintf(text, sizeof(text), "what serves stays%s%s", state->confirm_who[0] ? ": confirmed by " : "", state->confirm_who);
	tell(state, SPAN("config-confirmed"), SPAN_NONE, text);
}

void edge_history_open(struct edge_state *state)
{
	size_t size;

	state->errors = wiring_region(&state->start.shared, REGION_ERRORS, &size);
}

static void follow(struct edge_state *state, uint64_t until_ns, uint64_t now_s)
{
	struct error_marks *marks = state->errors;
	bool begins = until_ns && !marks->waiting_until_ns, is_due = !until_ns && now_s - marks->marked_s >= ERRORS_MARK_S;
	const struct counts_view *view = begins || is_due || (until_ns && !state->has_asked_back) ? event_counts(state->event) : NULL;

	if (view && marks->since != view->since)
		*marks = (struct error_marks){ .since = view->since, .waiting_until_ns = marks->waiting_until_ns };
	if (until_ns != marks->waiting_until_ns)
		tell_wait(state, until_ns);
	if (!until_ns)
		state->has_asked_back = false;
	if (view && begins)
		each_site(state, view, start_site);
	else if (view && until_ns)
		each_site(state, view, judge_site);
	else if (view) {
		marks->marked_s = now_s;
		each_site(state, view, mark_site);
	}
	for (uint32_t i = 0; until_ns != marks->waiting_until_ns && !until_ns && i < marks->count; i++)
		marks->sites[i].is_known = 0;
	marks->waiting_until_ns = until_ns;
}

void edge_history_tick(struct edge_state *state)
{
	if (state->keeper && state->errors && state->event && !state->is_draining)
		follow(state, state->keeper->confirm_until_wall_ns, clock_wall_ns() / NS_A_S);
}
