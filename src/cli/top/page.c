#include "cli/top/page.h"

#include <stdlib.h>

#include "cli/status.h"

#include "base/banned.h"

#define SITES_SHOWN 12u
#define ROUTES_SHOWN 6u
#define LEARNED_SHOWN 6u
#define DOWN_SHOWN 5u
#define KINDS_SITES_SHOWN 4u
#define KINDS_SHOWN 3u      /* of a site */
#define NAME_WIDTH 34u
#define NUMBERS_WIDTH 59u   /* what stands beside a site's name, and the last column, which erasing to the end of a line takes */

/* A site's two answers, and what happened between them. */
struct site_rate {
	const struct json *now, *before;   /* BEFORE is NULL for a new site */
	uint64_t requests, refused, errors;
	double mean_us;
};

static uint64_t number(const struct json *object, const char *name)
{
	return json_number_of(json_find(object, name));
}

/* Totals begin at zero again when the memory of the counts was lost. */
static uint64_t grown(uint64_t before, uint64_t now)
{
	return now >= before ? now - before : now;
}

/* A number of the object NAME (decisions, statuses) in both answers. */
static uint64_t grown_in(const struct site_rate *site, const char *name, const char *member)
{
	return grown(number(json_find(site->before, name), member), number(json_find(site->now, name), member));
}

static const struct json *find_site(const struct json *status, size_t hint, struct span name)
{
	const struct json *sites = json_find(status, "sites");

	/* Sites stand in the same place unless there was a reload. */
	if (span_equal(json_text_of(json_find(json_item(sites, hint), "site")), name))
		return json_item(sites, hint);
	for (size_t i = 0; i < json_length(sites); i++) {
		if (span_equal(json_text_of(json_find(json_item(sites, i), "site")), name))
			return json_item(sites, i);
	}
	return NULL;
}

static struct site_rate rate_of(const struct json *before, const struct json *now)
{
	struct site_rate rate = { .now = now, .before = before };
	uint64_t us = grown(number(before, "total_us"), number(now, "total_us"));

	rate.requests = grown(json_sum(json_find(before, "statuses")), json_sum(json_find(now, "statuses")));
	rate.refused = grown_in(&rate, "decisions", "limit") + grown_in(&rate, "decisions", "block") + grown_in(&rate, "decisions", "drop");
	rate.errors = grown_in(&rate, "statuses", "5xx");
	rate.mean_us = rate.requests ? (double)us / (double)rate.requests : 0;
	return rate;
}

struct site_rates {
	struct site_rate *list;
	size_t count;
	struct site_rate sum;
};

static int compare_rates(const void *a, const void *b)
{
	const struct site_rate *x = a, *y = b;

	return x->requests < y->requests ? 1 : x->requests > y->requests ? -1 : 0;
}

static bool gather(const struct top_view *view, struct site_rates *rates)
{
	const struct json *sites = json_find(view->now, "sites");

	rates->sum = rate_of(json_find(view->before, "no_site"), json_find(view->now, "no_site"));
	rates->count = json_length(sites);
	rates->list = calloc(rates->count + 1, sizeof(*rates->list));
	for (size_t i = 0; rates->list && i < rates->count; i++) {
		const struct json *now = json_item(sites, i);

		rates->list[i] = rate_of(find_site(view->before, i, json_text_of(json_find(now, "site"))), now);
		rates->sum.requests += rates->list[i].requests;
		rates->sum.refused += rates->list[i].refused;
		rates->sum.errors += rates->list[i].errors;
	}
	if (rates->list && rates->count)
		qsort(rates->list, rates->count, sizeof(*rates->list), compare_rates);
	return rates->list;
}

/* "09:23:43" of the answer's own clock. */
static struct span time_of_day(const struct json *status)
{
	return span_skip(span_take(json_text_of(json_find(status, "now")), 19), 11);
}

/* On a narrow terminal the name gives way, not the numbers: which origins are up must be seen on 80 columns. */
static unsigned name_width(const struct top_view *view)
{
	if (!view->columns || view->columns >= NAME_WIDTH + NUMBERS_WIDTH)
		return NAME_WIDTH;
	return view->columns > NUMBERS_WIDTH + 12 ? view->columns - NUMBERS_WIDTH : 12;
}

static void print_head(struct page *page, const struct top_view *view)
{
	const struct json *status = view->now, *connections = json_find(status, "connections");
	size_t sites = json_length(json_find(status, "sites"));

	page_color(page, PAGE_BOLD, "bouclier %.*s", SPAN_ARG(json_text_of(json_find(status, "version"))));
	page_print(page, "  up %s  memory %s  generation %llu  %llu site%s  %.*s\n", short_seconds(number(status, "uptime_s")).text,
	           short_bytes(number(status, "memory_bytes")).text, (unsigned long long)number(status, "generation"),
	           (unsigned long long)sites, sites == 1 ? "" : "s", SPAN_ARG(time_of_day(status)));
	status_warn(page, status);
	page_print(page, "connections %llu open (%llu TLS, %llu HTTP/2), %llu at work, %llu to origins (%llu idle)\n",
	           (unsigned long long)number(connections, "open"), (unsigned long long)number(connections, "tls"),
	           (unsigned long long)number(connections, "h2"), (unsigned long long)number(connections, "requests_at_work"),
	           (unsigned long long)number(connections, "origin"), (unsigned long long)number(connections, "origin_idle"));
}

static void print_origin_down(struct page *page, const struct json *site, const struct json *origin)
{
	page_color(page, PAGE_RED, "DOWN ");
	page_text(page, json_text_of(json_find(origin, "origin")), 0);
	page_print(page, " of ");
	page_text(page, json_text_of(json_find(site, "site")), 0);
	page_print(page, ", %llu of %llu requests failed\n", (unsigned long long)number(origin, "errors"),
	           (unsigned long long)number(origin, "requests"));
}

/* Above the sites: a short terminal cuts the page below. */
static void print_down(struct page *page, const struct json *status)
{
	const struct json *sites = json_find(status, "sites");
	size_t count = 0;

	for (size_t i = 0; i < json_length(sites); i++) {
		const struct json *site = json_item(sites, i), *origins = json_find(site, "origins");

		for (size_t o = 0; o < json_length(origins); o++) {
			if (!json_bool_of(json_find(json_item(origins, o), "up")) && ++count <= DOWN_SHOWN)
				print_origin_down(page, site, json_item(origins, o));
		}
	}
	if (count > DOWN_SHOWN)
		page_color(page, PAGE_RED, "and %zu more origins that are down\n", count - DOWN_SHOWN);
}

/* Decisions of all sites, a second. */
struct decisions_print {
	struct page *page;
	const struct site_rates *rates;
	const struct top_view *view;
};

static void print_decision(struct decisions_print *print, const char *name)
{
	const struct json *before = json_find(print->view->before, "no_site"), *now = json_find(print->view->now, "no_site");
	uint64_t sum = grown(number(json_find(before, "decisions"), name), number(json_find(now, "decisions"), name));

	for (size_t i = 0; i < print->rates->count; i++)
		sum += grown_in(&print->rates->list[i], "decisions", name);
	if (sum)
		page_print(print->page, "  %s %s/s", name, short_number((double)sum / print->view->seconds).text);
}

static void print_rates(struct page *page, const struct top_view *view, const struct site_rates *rates)
{
	static const char *const decisions[] = { "allow", "log", "challenge", "queue", "limit", "block", "drop" };
	struct decisions_print print = { page, rates, view };

	page_color(page, PAGE_BOLD, "requests    %s/s", short_number((double)rates->sum.requests / view->seconds).text);
	page_print(page, "  5xx %s/s\ndecisions ", short_number((double)rates->sum.errors / view->seconds).text);
	for (size_t i = 0; i < sizeof(decisions) / sizeof(*decisions); i++)
		print_decision(&print, decisions[i]);
	page_print(page, "\n");
}

static void print_site(struct page *page, const struct site_rate *site, const struct top_view *view)
{
	double seconds = view->seconds;
	const struct json *origins = json_find(site->now, "origins");
	size_t count = json_length(origins), up = 0;
	uint64_t at_work = 0, waiting = 0;

	for (size_t i = 0; i < count; i++) {
		up += json_bool_of(json_find(json_item(origins, i), "up"));
		at_work += number(json_item(origins, i), "at_work");
		waiting += number(json_item(origins, i), "waiting");
	}
	page_text(page, json_text_of(json_find(site->now, "site")), name_width(view));
	page_print(page, "%8s%10s", short_number((double)site->requests / seconds).text, short_number((double)site->refused / seconds).text);
	page_color(page, site->errors ? PAGE_YELLOW : PAGE_PLAIN, "%7s", short_number((double)site->errors / seconds).text);
	page_print(page, "%8s%8llu%8llu  ", site->requests ? short_us(site->mean_us).text : "-", (unsigned long long)at_work, (unsigned long long)waiting);
	page_color(page, up < count ? PAGE_RED : PAGE_GREEN, "%zu/%zu", up, count);
	if (json_find(site->now, "bypass"))
		page_color(page, PAGE_RED, " BYPASSED");
	if (json_find(site->now, "maintenance"))
		page_color(page, PAGE_YELLOW, " MAINTENANCE");
	page_print(page, "\n");
}

static void print_sites(struct page *page, const struct top_view *view, const struct site_rates *rates)
{
	size_t shown = rates->count < SITES_SHOWN ? rates->count : SITES_SHOWN;

	page_print(page, "\n");
	page_color(page, PAGE_DIM, "%-*s%8s%10s%7s%8s%8s%8s  origins", (int)name_width(view), "site", "req/s", "refused/s", "5xx/s", "mean", "at work", "waiting");
	page_print(page, "\n");
	for (size_t i = 0; i < shown; i++)
		print_site(page, &rates->list[i], view);
	if (shown < rates->count)
		page_print(page, "and %zu quieter ones\n", rates->count - shown);
}

static void print_routes(struct page *page, const struct top_routes *routes)
{
	if (!routes->count)
		return;
	page_print(page, "\n");
	page_color(page, PAGE_DIM, "%-*s%10s", (int)NAME_WIDTH * 2, "slowest routes of late", "mean");
	page_print(page, "\n");
	for (unsigned i = 0; i < routes->count && i < ROUTES_SHOWN; i++) {
		page_text(page, span_of(routes->list[i].text), NAME_WIDTH * 2);
		page_print(page, "%10s\n", short_us(routes->list[i].us / routes->list[i].requests).text);
	}
}

static void print_kind(struct page *page, const struct top_view *view, struct span site, const struct json *kind)
{
	bool floods = json_bool_of(json_find(kind, "floods"));

	page_text(page, site, name_width(view));
	page_print(page, " %-10.*s%8s%8s", SPAN_ARG(json_text_of(json_find(kind, "kind"))), short_number((double)number(kind, "a_second")).text,
	           short_number((double)number(kind, "usual")).text);
	page_color(page, floods ? PAGE_YELLOW : PAGE_PLAIN, "%s\n", floods ? "  floods" : "");
}

/* Of the busiest sites. One whose every kind asks less than once a second has nothing to say. */
static void print_kinds(struct page *page, const struct top_view *view, const struct site_rates *rates)
{
	unsigned sites = 0;

	for (size_t i = 0; i < rates->count && sites < KINDS_SITES_SHOWN; i++) {
		const struct json *site = rates->list[i].now, *most = json_find(json_find(site, "kinds"), "most_frequent");

		if (number(json_item(most, 0), "a_second") == 0)
			continue;
		if (!sites++) {
			page_print(page, "\n");
			page_color(page, PAGE_DIM, "%-*s %-10s%8s%8s", (int)name_width(view), "kinds of clients", "kind", "req/s", "usual");
			page_print(page, "\n");
		}
		for (size_t k = 0; k < json_length(most) && k < KINDS_SHOWN; k++)
			print_kind(page, view, json_text_of(json_find(site, "site")), json_item(most, k));
	}
}

/* Whatever the query says of them; bouclier purge has them learned anew. */
static void print_learned(struct page *page, const struct json *learned)
{
	const struct json *routes = json_find(learned, "routes");
	size_t shown = json_length(routes) < LEARNED_SHOWN ? json_length(routes) : LEARNED_SHOWN;

	if (!shown)
		return;
	page_print(page, "\n");
	page_color(page, PAGE_DIM, "%-*s%10s", (int)NAME_WIDTH * 2, "learned to be the same for everybody", "shared");
	page_print(page, "\n");
	for (size_t i = 0; i < shown; i++) {
		page_text(page, json_text_of(json_find(json_item(routes, i), "url")), NAME_WIDTH * 2);
		page_print(page, "%10llu\n", (unsigned long long)number(json_item(routes, i), "shared"));
	}
	if (number(learned, "pages") > shown)
		page_print(page, "and %llu more\n", (unsigned long long)(number(learned, "pages") - shown));
}

void top_print(struct page *page, const struct top_view *view)
{
	struct site_rates rates;

	if (!gather(view, &rates)) {
		page->result = RESULT_NO_MEMORY;
		return;
	}
	print_head(page, view);
	print_down(page, view->now);
	print_rates(page, view, &rates);
	print_sites(page, view, &rates);
	print_kinds(page, view, &rates);
	print_routes(page, view->routes);
	print_learned(page, json_find(view->now, "learned"));
	free(rates.list);
}
