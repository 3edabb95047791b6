#include "cli/edge/certificates.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "net/certificate.h"

#include "base/banned.h"

#define DAY_MS ((int64_t)86400 * 1000)
#define FIRST_LOOK_MS 500u
#define LOOK_MS (3600u * 1000)

/* One file, however many sites use it. */
struct expiry {
	struct span path;             /* in the current snapshot */
	const struct site *site;      /* the first that uses it */
	bool is_read;
	int64_t not_after_ms;         /* 0: cannot be read, which was said elsewhere */
	struct expiry_told told;
};

struct edge_certificates {
	struct edge_state *state;
	struct expiry *list;          /* by path */
	size_t count;
	struct timer timer;
};

/* -- what is to be said -- */

int expiry_threshold(int64_t not_after_ms, int64_t now_ms)
{
	static const int thresholds[] = { 2, 7, 21 };

	if (now_ms >= not_after_ms)
		return 0;
	for (size_t i = 0; i < sizeof(thresholds) / sizeof(*thresholds); i++) {
		if (not_after_ms - now_ms <= thresholds[i] * DAY_MS)
			return thresholds[i];
	}
	return -1;
}

bool expiry_is_news(struct expiry_told *told, int64_t not_after_ms, int64_t now_ms)
{
	int threshold = expiry_threshold(not_after_ms, now_ms);

	if (threshold < 0)
		return false;
	if (told->not_after_ms == not_after_ms && told->days == threshold && now_ms - told->at_ms < DAY_MS)
		return false;
	*told = (struct expiry_told){ not_after_ms, now_ms, threshold };
	return true;
}

bool expiry_is_renewed(struct expiry_told *told, int64_t not_after_ms, int64_t now_ms)
{
	if (!told->not_after_ms || told->not_after_ms == not_after_ms || expiry_threshold(not_after_ms, now_ms) >= 0)
		return false;
	*told = (struct expiry_told){ 0 };
	return true;
}

struct date { char text[16]; };

static struct date date_of(int64_t at_ms)
{
	time_t at = (time_t)(at_ms / 1000);
	struct date date;
	struct tm parts;

	gmtime_r(&at, &parts);
	strftime(date.text, sizeof(date.text), "%Y-%m-%d", &parts);
	return date;
}

/* Whoever was told that it ends hears that it does not. */
static void say_renewed(struct edge_state *state, const struct expiry *expiry, bool is_gone)
{
	struct notice notice = { .wall_ns = clock_wall_ns(), .action = SPAN("certificate-renewed"), .site = expiry->site->name };
	char text[512];

	if (is_gone)
		snprintf(text, sizeof(text), "the certificate %.*s: no site shows it any more", SPAN_ARG(expiry->path));
	else
		snprintf(text, sizeof(text), "the certificate %.*s: renewed, until %s", SPAN_ARG(expiry->path), date_of(expiry->not_after_ms).text);
	notice.detail = span_of(text);
	event_notice(state->event, &notice);
}

static void say(struct edge_state *state, const struct expiry *expiry, int64_t now_ms)
{
	bool is_over = now_ms >= expiry->not_after_ms;
	struct date date = date_of(expiry->not_after_ms);
	long long days = (expiry->not_after_ms - now_ms) / DAY_MS;
	char text[512];
	struct notice notice = { .wall_ns = clock_wall_ns(), .action = is_over ? SPAN("certificate-expired") : SPAN("certificate-expires"),
		                 .site = expiry->site->name };

	if (is_over)
		snprintf(text, sizeof(text), "the certificate %.*s expired on %s", SPAN_ARG(expiry->path), date.text);
	else
		snprintf(text, sizeof(text), "the certificate %.*s expires in %lld day%s, on %s", SPAN_ARG(expiry->path), days,
		         days == 1 ? "" : "s", date.text);
	fprintf(stderr, "bouclier: site %.*s: %s\n", SPAN_ARG(expiry->site->name), text);
	notice.detail = span_of(text);
	event_notice(state->event, &notice);
}

/* -- the looks -- */

static void read_once(struct edge_state *state, struct expiry *expiry)
{
	struct certificate certificate;
	struct image_file file;

	if (expiry->is_read)
		return;
	expiry->is_read = true;
	if (image_find_file(&state->plan.files, expiry->path, &file) != RESULT_OK || file.error ||
	    certificate_read_chain(file.bytes, expiry->path, NULL, &certificate) != RESULT_OK)
		return;
	expiry->not_after_ms = certificate_not_after_ms(&certificate);
	certificate_done(&certificate);
}

static void look(struct timer *timer)
{
	struct edge_certificates *certificates = list_entry(timer, struct edge_certificates, timer);
	struct edge_state *state = certificates->state;
	int64_t now_ms = (int64_t)(clock_wall_ns() / 1000000u);

	for (size_t i = 0; i < certificates->count && !state->is_draining; i++) {
		struct expiry *expiry = &certificates->list[i];

		read_once(state, expiry);
		if (expiry->not_after_ms && expiry_is_news(&expiry->told, expiry->not_after_ms, now_ms))
			say(state, expiry, now_ms);
		else if (expiry->not_after_ms && expiry_is_renewed(&expiry->told, expiry->not_after_ms, now_ms))
			say_renewed(state, expiry, false);
	}
	timer_set(&state->loop.timers, timer, state->loop.now_ms + LOOK_MS);
}

/* -- which certificates there are -- */

static int compare(const void *a, const void *b)
{
	const struct expiry *x = a, *y = b;
	int order = span_compare(x->path, y->path);

	return order ? order : (x->site->index > y->site->index) - (x->site->index < y->site->index);
}

static int compare_paths(const void *a, const void *b)
{
	return span_compare(((const struct expiry *)a)->path, ((const struct expiry *)b)->path);
}

static size_t gather(const struct snapshot *snapshot, struct expiry *list)
{
	size_t count = 0, kept = 0;

	for (size_t i = 0; i < snapshot->site_count; i++) {
		const struct list_value *certificates = &net_site_settings(&snapshot->sites[i])->certificate;
		const struct certificate_settings *items = certificates->items;

		for (size_t c = 0; c < certificates->count; c++)
			list[count++] = (struct expiry){ .path = items[c].chain, .site = &snapshot->sites[i] };
	}
	if (count)
		qsort(list, count, sizeof(*list), compare);
	for (size_t i = 0; i < count; i++) {
		if (!kept || !span_equal(list[kept - 1].path, list[i].path))
			list[kept++] = list[i];
	}
	return kept;
}

static size_t count_all(const struct snapshot *snapshot)
{
	size_t count = 0;

	for (size_t i = 0; i < snapshot->site_count; i++)
		count += net_site_settings(&snapshot->sites[i])->certificate.count;
	return count;
}

static void say_gone(struct edge_state *state, const struct expiry *before, size_t count, const struct expiry *now, size_t now_count)
{
	for (size_t i = 0; i < count; i++) {
		if (before[i].told.not_after_ms && (!now_count || !bsearch(&before[i], now, now_count, sizeof(*now), compare_paths)))
			say_renewed(state, &before[i], true);
	}
}

void edge_certificates_apply(struct edge_state *state)
{
	struct edge_certificates *certificates = state->certificates;
	struct expiry *list = calloc(count_all(state->snapshot) + 1, sizeof(*list));
	size_t count = list ? gather(state->snapshot, list) : 0;

	/* Without memory nothing is watched until the next reload: a reminder is not worth more than that. */
	for (size_t i = 0; i < count && certificates->count; i++) {
		const struct expiry *before = bsearch(&list[i], certificates->list, certificates->count, sizeof(*list), compare_paths);

		if (before)
			list[i].told = before->told;
	}
	if (list)
		say_gone(state, certificates->list, certificates->count, list, count);
	free(certificates->list);
	certificates->list = list;
	certificates->count = count;
	timer_set(&state->loop.timers, &certificates->timer, state->loop.now_ms + FIRST_LOOK_MS);
}

enum result edge_certificates_start(struct edge_state *state)
{
	state->certificates = calloc(1, sizeof(*state->certificates));
	if (!state->certificates)
		return RESULT_NO_MEMORY;
	state->certificates->state = state;
	timer_init(&state->certificates->timer, look);
	edge_certificates_apply(state);
	return RESULT_OK;
}

void edge_certificates_free(struct edge_certificates *certificates)
{
	if (!certificates)
		return;
	timer_cancel(&certificates->state->loop.timers, &certificates->timer);
	free(certificates->list);
	free(certificates);
}
