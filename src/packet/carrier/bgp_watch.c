/* The watch: one process, by which nothing is announced for longer than it should be. */
#include "packet/carrier/bgp_inner.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/banned.h"

#define RETRY_MS 5000u  /* a BIRD whose configuration is broken is not told to read it every second */

enum result bgp_watch_open(const struct bounds *bounds, struct bgp_watch *watch, char error[BGP_ERROR_MAX])
{
	const struct bgp_settings *settings = &bounds->link->bgp;
	char path[4096];
	int fd;

	if (span_to_text(settings->include, path, sizeof(path)) != RESULT_OK)
		return RESULT_LIMIT;
	fd = bgp_lock_open(path);
	if (fd < 0) {
		snprintf(error, BGP_ERROR_MAX, "%.400s.lock: %s", path, strerror(errno));
		return RESULT_IO;
	}
	if (!bgp_lock_take(fd, BGP_BYTE_OF_WATCH)) {
		close(fd);
		snprintf(error, BGP_ERROR_MAX, "another process watches already");
		return RESULT_REFUSED;
	}
	*watch = (struct bgp_watch){ .bounds = bounds, .settings = settings, .bird = { .fd = -1 }, .lock_fd = fd };
	return RESULT_OK;
}

static void __attribute__((format(printf, 2, 3))) tell(struct bgp_watch *watch, const char *format, ...)
{
	char sentence[BGP_ERROR_MAX + 128];
	va_list list;

	va_start(list, format);
	vsnprintf(sentence, sizeof(sentence), format, list);
	va_end(list);
	if (watch->tell)
		watch->tell(watch->context, sentence);
}

/* What goes on failing is said once. */
static void tell_failure(struct bgp_watch *watch, const struct bgp *bgp)
{
	if (!watch->has_complained)
		tell(watch, "%s", bgp->error);
	watch->has_complained = true;
}

static void withdraw_all(struct bgp_watch *watch, struct bgp *bgp, const char *why)
{
	struct bird *bird = watch->is_connected ? &watch->bird : NULL;
	unsigned count;
	enum result result = bgp_withdraw(bgp, bird, 0, &count);

	if (result != RESULT_OK)
		tell_failure(watch, bgp);
	else
		tell(watch, "%s: %u route%s withdrawn", why, count, count == 1 ? "" : "s");
}

/* Is it there, and is it the one that was told? Nothing is announced that this BIRD was not given in this life of it. */
static void look_for_bird(struct bgp_watch *watch, struct bgp *bgp)
{
	char reboot[BIRD_SAID_MAX] = "";
	struct bgp_include now = { .count = 0 };
	enum result result;

	if (watch->is_connected && !bird_is_alive(&watch->bird)) {
		bird_close(&watch->bird);
		watch->is_connected = false;
		if (bgp->include.count)
			withdraw_all(watch, bgp, "BIRD has ended");
		else
			tell(watch, "BIRD has ended");
	}
	if (watch->is_connected)
		return;
	result = bird_open(watch->settings->socket, &watch->bird);
	if (result == RESULT_NOT_FOUND && bgp->include.count)
		withdraw_all(watch, bgp, "BIRD does not run");
	if (result != RESULT_OK)
		return;
	watch->is_connected = true;
	tell(watch, "BIRD answers");
	if (bird_reboot(&watch->bird, reboot) == RESULT_OK)
		bgp_include_set_reboot(&now, span_of(reboot));
	if (bgp->include.count && strcmp(now.reboot, bgp->include.reboot) != 0)
		withdraw_all(watch, bgp, "BIRD has begun anew");
}

/* What a person may have is judged when he asks for it; what stands in the file, whoever wrote it, is judged as if he asked again. */
static unsigned drop_forbidden(const struct bgp_watch *watch, struct bgp_include *include)
{
	unsigned kept = 0, before = include->count;

	for (unsigned i = 0; i < before; i++) {
		const struct bgp_route *route = &include->routes[i];
		const struct bgp_wish wish = { route->rule, route->until_ms - route->since_ms, span_of(route->by) };

		if (bounds_judge(watch->bounds, &wish) == BOUNDS_NONE)
			include->routes[kept++] = *route;
	}
	include->count = kept;
	return before - kept;
}

static uint64_t most_ms(const struct bgp_settings *settings)
{
	return (uint64_t)(settings->flow_ms > settings->unreachable_ms ? settings->flow_ms : settings->unreachable_ms);
}

/* BIRD has what the file says, and the file has what BIRD needs to begin: tables that its configuration names. */
static void keep_true(struct bgp_watch *watch, struct bgp *bgp, uint64_t wall_ms)
{
	struct bird *bird = watch->is_connected ? &watch->bird : NULL;
	bool is_waiting = watch->has_complained && wall_ms < watch->again_ms && wall_ms + RETRY_MS >= watch->again_ms;
	bool is_true = buffer_len(&bgp->text) != 0 && !watch->has_complained, is_there = true;

	if (is_waiting)
		return;
	watch->again_ms = wall_ms + RETRY_MS;
	if (bird && bgp_has_all(bird, &bgp->include, &is_there) != RESULT_OK)
		is_there = false;
	if ((!is_true || !is_there) && bgp_take_back(bgp, bird) != RESULT_OK)
		tell_failure(watch, bgp);
	else
		watch->has_complained = false;
}

static void withdraw_some(struct bgp_watch *watch, struct bgp *bgp, unsigned expired, unsigned forbidden)
{
	if (bgp_take_back(bgp, watch->is_connected ? &watch->bird : NULL) != RESULT_OK) {
		tell_failure(watch, bgp);
		return;
	}
	if (expired)
		tell(watch, "%u route%s over: withdrawn, %u left", expired, expired == 1 ? " is" : "s are", bgp->include.count);
	if (forbidden)
		tell(watch, "%u route%s may not be announced: withdrawn, %u left", forbidden, forbidden == 1 ? "" : "s", bgp->include.count);
}

void bgp_watch_turn(struct bgp_watch *watch, uint64_t wall_ms)
{
	struct bgp bgp;
	unsigned forbidden, expired;

	if (bgp_open(watch->settings, &bgp) != RESULT_OK) {
		tell_failure(watch, &bgp);
		bgp_close(&bgp);
		return;
	}
	look_for_bird(watch, &bgp);
	expired = bgp_include_expire(&bgp.include, wall_ms, most_ms(watch->settings));
	forbidden = drop_forbidden(watch, &bgp.include);
	if (bgp.is_damaged) {
		withdraw_all(watch, &bgp, "the include file was changed by somebody else");
	} else if (expired || forbidden) {
		withdraw_some(watch, &bgp, expired, forbidden);
	} else {
		keep_true(watch, &bgp, wall_ms);
	}
	bgp_close(&bgp);
}

void bgp_watch_done(struct bgp_watch *watch)
{
	struct bgp bgp;

	if (bgp_open(watch->settings, &bgp) == RESULT_OK && (bgp.include.count || bgp.is_damaged))
		withdraw_all(watch, &bgp, "the watch ends");
	bgp_close(&bgp);
	if (watch->is_connected)
		bird_close(&watch->bird);
	close(watch->lock_fd);
}
