#include "cli/top/routes.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "event/member.h"

#include "base/banned.h"

#define LINES_A_TIME 20000u

void top_routes_init(struct top_routes *routes, const char *folder)
{
	*routes = (struct top_routes){ .folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	if (routes->folder_fd < 0)
		return;
	journal_reader_init(&routes->reader, routes->folder_fd, STREAM_DETAIL);
	if (journal_reader_from_end(&routes->reader, 0) == RESULT_OK)
		return;
	top_routes_done(routes);
	routes->folder_fd = -1;
}

void top_routes_done(struct top_routes *routes)
{
	if (routes->folder_fd < 0)
		return;
	journal_reader_done(&routes->reader);
	close(routes->folder_fd);
}

static struct route_sum *find_route(struct top_routes *routes, const char *text)
{
	struct route_sum *quietest = &routes->list[0];

	for (unsigned i = 0; i < routes->count; i++) {
		if (span_equal(span_of(routes->list[i].text), span_of(text)))
			return &routes->list[i];
		if (routes->list[i].requests < quietest->requests)
			quietest = &routes->list[i];
	}
	if (routes->count < ROUTES_MAX)
		quietest = &routes->list[routes->count++];
	*quietest = (struct route_sum){ .requests = 0 };
	snprintf(quietest->text, sizeof(quietest->text), "%s", text);
	return quietest;
}

/* "/a" of "/a/b/c", "/" of "/x.html". */
static struct span first_segment(struct span path)
{
	size_t end = path.len ? 1 + span_find(span_skip(path, 1), '/') : 0;

	return end < path.len ? span_take(path, end) : span_take(path, 1);
}

static void take_line(struct top_routes *routes, struct span line)
{
	char text[ROUTE_TEXT_MAX];
	struct member site, path, duration;
	struct route_sum *route;
	uint64_t ns;

	if (member_find(line, SPAN("bouclier.site"), &site) != RESULT_OK || member_find(line, SPAN("url.path"), &path) != RESULT_OK ||
	    member_find(line, SPAN("event.duration"), &duration) != RESULT_OK || span_to_u64(duration.value, UINT64_MAX, &ns) != RESULT_OK)
		return;
	snprintf(text, sizeof(text), "%.*s %.*s", SPAN_ARG(span_take(site.value, 80)), SPAN_ARG(span_take(first_segment(path.value), 64)));
	route = find_route(routes, text);
	route->requests += 1;
	route->us += (double)ns / 1000;
}

static void age(struct top_routes *routes)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < routes->count; i++) {
		routes->list[i].requests /= 2;
		routes->list[i].us /= 2;
		if (routes->list[i].requests > 0.1)
			routes->list[kept++] = routes->list[i];
	}
	routes->count = kept;
}

static int compare_routes(const void *a, const void *b)
{
	const struct route_sum *x = a, *y = b;
	double x_mean = x->us / x->requests, y_mean = y->us / y->requests;

	return x_mean < y_mean ? 1 : x_mean > y_mean ? -1 : 0;
}

void top_routes_update(struct top_routes *routes, uint64_t now_ms)
{
	struct span line;
	struct seal seal;

	if (routes->folder_fd < 0)
		return;
	if (now_ms - routes->aged_ms >= ROUTES_HALF_MS) {
		routes->aged_ms = now_ms;
		age(routes);
	}
	for (unsigned i = 0; i < LINES_A_TIME && journal_reader_next(&routes->reader, &line, &seal) == RESULT_OK; i++)
		take_line(routes, line);
	if (routes->count)
		qsort(routes->list, routes->count, sizeof(routes->list[0]), compare_routes);
}
