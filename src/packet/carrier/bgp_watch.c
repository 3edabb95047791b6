/* The watch: one process, by which nothing is announced for longer than it should be. */
#include "packet/carrier/bgp_inner.h"

#include <stdio.h>
#include <unistd.h>

#include "base/banned.h"

#define CLOCK_STEP_MS 1000u  /* what time servers may set it back by without a word */
#define RETRY_MS 5000u  /* a BIRD whose configuration is broken is not told to read it every second */

enum result bgp_watch_open(const struct bounds *bounds, struct bgp_watch *watch, char error[BGP_ERROR_MAX])
{
	const struct bgp_settings *settings = &bounds->link->bgp;
	char path[4096];
	int folder, fd;
	enum result result;

	if (span_to_text(settings->include, path, sizeof(path)) != RESULT_OK)
		return RESULT_LIMIT;
	result = bgp_file_open_folder(path, &folder, error);
	if (result != RESULT_OK)
		return result;
	result = bgp_file_open_lock(folder, path, &fd, error);
	close(folder);
	if (result != RESULT_OK)
		return result;
	if (!bgp_lock_take(fd, BGP_BYTE_OF_WATCH)) {
		close(fd);
		snprintf(error, BGP_ERROR_MAX, "another process watches already");
		return RESULT_REFUSED;
	}
	*watch = (struct bgp_watch){ .bounds = bounds, .settings = settings, .bird = { .fd = -1 }, .lock_fd = fd };
	return RESULT_OK;
}

enum result bgp_watch_apply(struct bgp_watch *watch, const struct bounds *bounds)
{
	const struct bgp_settings *settings = &bounds->link->bgp;

	if (!span_equal(settings->socket, watch->settings->socket) || !span_equal(settings->include, watch->settings->include))
		return RESULT_REFUSED;
	watch->bounds = bounds;
	watch->settings = settings;
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

static void set_connected(struct bgp_watch *watch, bool is_connected)
{
	if (!is_connected)
		bird_close(&watch->bird);
	watch->is_connected = is_connected;
	if (!is_connected)
		bgp_lock_leave(watch->lock_fd, BGP_BYTE_OF_REACH);
	else if (!bgp_lock_take(watch->lock_fd, BGP_BYTE_OF_REACH))
		tell(watch, "the lock of the include file cannot be taken: nothing can be added");
}

/* After a failure BIRD is another connection, or none. */
static enum result take_back(struct bgp_watch *watch, struct bgp *bgp)
{
	enum result result = bgp_take_back(bgp, watch->is_connected ? &watch->bird : NULL);

	if (watch->is_connected && watch->bird.fd < 0)
		set_connected(watch, false);
	if (result != RESULT_OK)
		tell_failure(watch, bgp);
	return result;
}

/* Withdrawn is what BIRD confirms, and what nobody can announce: there is no BIRD. */
static void tell_withdrawn(struct bgp_watch *watch, const char *why, unsigned count)
{
	const char *plural = count == 1 ? "" : "s";

	if (watch->is_connected || watch->is_absent)
		tell(watch, "%s: %u route%s withdrawn", why, count, plural);
	else
		tell(watch, "%s: %u route%s taken out of the file; BIRD is not reached, and MAY GO ON ANNOUNCING what it has", why, count, plural);
}

/* Of each that was in BEFORE and is not in AFTER. */
static void tell_gone(struct bgp_watch *watch, const struct bgp_include *before, const struct bgp_include *after, const char *why)
{
	bool is_certain = watch->is_connected || watch->is_absent;
	char words[128];

	snprintf(words, sizeof(words), "%s%s", why, is_certain ? "" : "; BIRD is not reached, and may go on announcing it");
	for (unsigned i = 0; watch->gone && i < before->count; i++) {
		if (!bgp_include_find(after, &before->routes[i].rule))
			watch->gone(watch->context, &before->routes[i], words);
	}
}

static void withdraw_all(struct bgp_watch *watch, struct bgp *bgp, const char *why)
{
	const struct bgp_include before = bgp->include;

	bgp->include.count = 0;
	if (take_back(watch, bgp) != RESULT_OK)
		return;
	tell_withdrawn(watch, why, before.count);
	tell_gone(watch, &before, &bgp->include, why);
}

/* RESULT_OK, or why BIRD is not reached. What is not told otherwise is told once. */
static enum result connect_bird(struct bgp_watch *watch)
{
	enum result result = bird_open(watch->settings->socket, &watch->bird);

	watch->is_absent = result == RESULT_NOT_FOUND;
	if (result == RESULT_OK) {
		set_connected(watch, true);
		tell(watch, "BIRD answers");
	} else if (!watch->is_absent && !watch->has_complained) {
		tell(watch, "BIRD at %.*s is not reached (%s): what it announces is not known, and nothing can be withdrawn or added", SPAN_ARG(watch->settings->socket),
		     result == RESULT_REFUSED ? "its socket is not for this user" : result_name(result));
		watch->has_complained = true;
	}
	return result;
}

static void part(struct bgp_watch *watch, struct bgp *bgp)
{
	set_connected(watch, false);
	(void)connect_bird(watch);   /* has it ended, or is only the connection gone? */
	if (bgp->include.count)
		withdraw_all(watch, bgp, "BIRD has ended");
	else
		tell(watch, "BIRD has ended");
}

/* Is it there, and is it the one that was told? Nothing is announced that this BIRD was not given in this life of it. */
static void look_for_bird(struct bgp_watch *watch, struct bgp *bgp)
{
	char reboot[BIRD_SAID_MAX] = "";
	struct bgp_include now = { .count = 0 };
	enum result result;

	if (watch->is_connected && !bird_is_alive(&watch->bird))
		part(watch, bgp);
	if (!watch->is_connected && connect_bird(watch) != RESULT_OK) {
		if (watch->is_absent && bgp->include.count)
			withdraw_all(watch, bgp, "BIRD does not run");
		return;
	}
	result = bird_reboot(&watch->bird, reboot);
	if (result != RESULT_OK && result != RESULT_REFUSED) {
		tell(watch, "BIRD does not say when it began (%s): the connection is made anew", result_name(result));
		set_connected(watch, false);
		return;
	}
	bgp_include_set_reboot(&now, span_of(reboot));
	if (bgp->include.count && strcmp(now.reboot, bgp->include.reboot) != 0)
		withdraw_all(watch, bgp, "BIRD has begun anew");
}

/* What a person may have is judged when he asks for it; what stands in the file, whoever wrote it, is judged as if he asked again. */
static void drop_forbidden(const struct bgp_watch *watch, struct bgp_include *include)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < include->count; i++) {
		const struct bgp_route *route = &include->routes[i];
		const struct bgp_wish wish = { route->rule, route->until_ms - route->since_ms, span_of(route->by) };

		if (bounds_judge(watch->bounds, &wish) == BOUNDS_NONE)
			include->routes[kept++] = *route;
	}
	include->count = kept;
}

/* Who was told that something may go on being announced is told when that is over. */
static void end_complaint(struct bgp_watch *watch)
{
	bool is_over = watch->is_connected || watch->is_absent;

	if (watch->has_complained && is_over)
		tell(watch, "%s", watch->is_absent ? "BIRD does not run: nothing of ours is announced" : "BIRD announces what the file says, and nothing else of ours");
	watch->has_complained = !is_over;
}

/* BIRD has what the file says, and the file has what BIRD needs to begin: tables that its configuration names. */
static void keep_true(struct bgp_watch *watch, struct bgp *bgp, uint64_t wall_ms)
{
	bool is_waiting = watch->has_complained && wall_ms < watch->again_ms && wall_ms + RETRY_MS >= watch->again_ms;
	bool is_true = buffer_len(&bgp->text) != 0 && !watch->has_complained, is_there = true;
	enum result result = RESULT_OK;

	if (is_waiting)
		return;
	watch->again_ms = wall_ms + RETRY_MS;
	if (watch->is_connected)
		result = bgp_has_all(&watch->bird, &bgp->include, &is_there);
	if (result != RESULT_OK && result != RESULT_REFUSED) {
		set_connected(watch, false);   /* no answer: the next turn asks over another connection */
		return;
	}
	if ((is_true && is_there && result == RESULT_OK) || take_back(watch, bgp) == RESULT_OK)
		end_complaint(watch);
}

static void withdraw_some(struct bgp_watch *watch, struct bgp *bgp, const struct bgp_include *before, const struct bgp_include *lasting)
{
	if (take_back(watch, bgp) != RESULT_OK)
		return;
	if (before->count > lasting->count)
		tell_withdrawn(watch, "over", before->count - lasting->count);
	if (lasting->count > bgp->include.count)
		tell_withdrawn(watch, "not to be announced", lasting->count - bgp->include.count);
	tell_gone(watch, before, lasting, "over");
	tell_gone(watch, lasting, &bgp->include, "not to be announced");
}

/* Security, fails closed: the file cannot be opened or read, so nobody knows what is over. BIRD is told to announce nothing of ours until it can. */
static void silence(struct bgp_watch *watch, const struct bgp *bgp)
{
	enum result result = RESULT_OK;
	bool is_new = !watch->has_complained;

	tell_failure(watch, bgp);
	if (watch->is_connected && !bird_is_alive(&watch->bird))
		set_connected(watch, false);
	if (!watch->is_connected)
		result = connect_bird(watch);
	if (result == RESULT_OK)
		result = bird_set_routes(&watch->bird, false);
	if (watch->is_connected && result != RESULT_OK && result != RESULT_REFUSED)
		set_connected(watch, false);
	if (result == RESULT_OK && is_new)
		tell(watch, "BIRD's protocols bouclier_* are turned off: nothing of ours is announced");
	else if (result != RESULT_NOT_FOUND && is_new)
		tell(watch, "BIRD does not turn its protocols bouclier_* off (%s), and MAY GO ON ANNOUNCING", result_name(result));
}

static void look_at_routes(struct bgp_watch *watch, struct bgp *bgp, uint64_t wall_ms)
{
	bool is_set_back = wall_ms + CLOCK_STEP_MS < watch->latest_ms && bgp->include.count;
	const struct bgp_include before = bgp->include;
	struct bgp_include lasting;

	if (is_set_back || wall_ms > watch->latest_ms || !bgp->include.count)
		watch->latest_ms = wall_ms;
	if (bgp->is_damaged || is_set_back) {
		withdraw_all(watch, bgp, is_set_back ? "the clock was set back" : "the include file was changed by somebody else");
		return;
	}
	(void)bgp_include_expire(&bgp->include, wall_ms);
	lasting = bgp->include;
	drop_forbidden(watch, &bgp->include);
	if (bgp->include.count < before.count)
		withdraw_some(watch, bgp, &before, &lasting);
	else
		keep_true(watch, bgp, wall_ms);
}

void bgp_watch_turn(struct bgp_watch *watch, uint64_t wall_ms)
{
	struct bgp bgp;

	if (bgp_open(watch->settings, &bgp) == RESULT_OK) {
		look_for_bird(watch, &bgp);
		look_at_routes(watch, &bgp, wall_ms);
	} else {
		silence(watch, &bgp);
	}
	bgp_close(&bgp);
}

void bgp_watch_done(struct bgp_watch *watch)
{
	struct bgp bgp;

	if (bgp_open(watch->settings, &bgp) != RESULT_OK) {
		watch->has_complained = false;   /* the last word is said whatever was said before */
		silence(watch, &bgp);
	} else if (bgp.include.count || bgp.is_damaged) {
		withdraw_all(watch, &bgp, "the watch ends");
	}
	bgp_close(&bgp);
	if (watch->is_connected)
		set_connected(watch, false);
	close(watch->lock_fd);
}
