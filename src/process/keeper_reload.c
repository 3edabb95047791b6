/* From a configuration on disk to an edge that serves it: the first start, a reload and a replacement are one path.
 *
 *   check -> image -> state folder, addresses, files -> PREPARE to the edge       -> BUILT:  the candidate is current
 *                                                    or a fresh edge beside it    -> READY:  the same, the old one drains
 *   anything that fails on the way: the candidate is forgotten, what was current stays
 */
#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "process/keeper_state.h"
#include "process/notify.h"
#include "process/role_wire.h"

#include "base/banned.h"

void generation_done(struct generation *generation)
{
	if (generation->number) {
		image_close(&generation->image);
		image_close(&generation->files);
		if (generation->image_fd >= 0)
			close(generation->image_fd);
		if (generation->files_fd >= 0)
			close(generation->files_fd);
	}
	*generation = (struct generation){ .image_fd = -1, .files_fd = -1 };
}

/* The last one's words count; but who asks for a confirmation gets it, whoever asks without. */
static void remember(struct keeper *keeper, const struct wish *wish)
{
	uint64_t confirm_ms = keeper->is_reload_wanted ? keeper->next_wish.confirm_ms : 0;

	keeper->next_wish = wish ? *wish : (struct wish){ 0 };
	if (!keeper->next_wish.confirm_ms)
		keeper->next_wish.confirm_ms = confirm_ms;
	keeper->is_reload_wanted = true;
}

void keeper_reload_begin(struct keeper *keeper, const struct wish *wish)
{
	if (keeper->is_ending)
		return;
	if (keeper->reload != RELOAD_NONE) {
		remember(keeper, wish);
		return;
	}
	keeper->wish = wish ? *wish : (struct wish){ 0 };
	keeper->answering_id = keeper->asked_id;
	keeper_reload_check(keeper);
}

void keeper_reload_check(struct keeper *keeper)
{
	keeper->reload = RELOAD_CHECKING;
	keeper->begin_stamp = keeper_files_stamp(&keeper->current.image);
	if (keeper->current.number)
		notify_reloading();
	if (!keeper_start_check(keeper, "/proc/self/exe"))
		keeper_reload_end(keeper, false, SPAN("check could not be started\n"));
}

/* -- the end of a reload -- */

static void answer_edge(struct keeper *keeper, bool is_ok, uint64_t generation, struct span text)
{
	struct child *edge = &keeper->children[CHILD_EDGE];
	struct wire_reload_result wire = { .generation = generation, .is_ok = is_ok };
	int fd;

	if (edge->state != CHILD_READY || keeper->answering_id == 0)
		return;
	fd = channel_text_fd(text);
	(void)!channel_send(&edge->channel, CHANNEL_RELOAD_RESULT, keeper->answering_id, span_make((const char *)&wire, sizeof(wire)),
	                    &fd, fd >= 0, KEEPER_SEND_MS);  /* an edge that does not read learns nothing, and serves on */
	if (fd >= 0)
		close(fd);
	keeper->answering_id = 0;
}

static void fail(struct keeper *keeper, struct span text)
{
	if (keeper->is_ending) {  /* it was given up with everything else: no failure, and nothing serves again */
		generation_done(&keeper->candidate);
		return;
	}
	keeper->facts->reload_failures++;
	keeper->files_stamp = keeper->begin_stamp;  /* a file that breaks a reload does not break it every five seconds */
	generation_done(&keeper->candidate);
	if (keeper->current.number)
		keeper_listeners_keep(keeper, &keeper->current.image, &keeper->current.image);
	keeper_print(text);
	if (keeper->current.number == 0 && keeper->children[CHILD_EDGE].state == CHILD_NONE) {
		keeper_error(keeper, "not started");
		keeper_end(keeper, 1);
		return;
	}
	keeper_error(keeper, "reload failed; the running configuration stays");
	notify_send("READY=1\nSTATUS=serving; the last reload failed");
}

static void begin_next(struct keeper *keeper);

void keeper_reload_end(struct keeper *keeper, bool is_ok, struct span text)
{
	keeper->reload = RELOAD_NONE;
	keeper->build_end_at_ms = 0;
	keeper->wants_fresh_edge = false;
	if (is_ok && !keeper->is_ending)
		notify_send("READY=1\nSTATUS=serving configuration %llu", (unsigned long long)keeper->current.number);
	else if (!is_ok)
		fail(keeper, text);
	if (!is_ok)
		keeper_back_failed(keeper);
	keeper_change_end(keeper, is_ok, text);
	answer_edge(keeper, is_ok, keeper->current.number, text);
	if (keeper->is_ending)
		return;
	begin_next(keeper);
}

static void begin_next(struct keeper *keeper)
{
	struct wish wish = keeper->next_wish;

	if (keeper->is_reload_wanted) {
		keeper->is_reload_wanted = false;
		keeper_reload_begin(keeper, &wish);
	} else if (keeper->is_upgrade_wanted) {
		keeper_upgrade_begin(keeper);
	}
}

/* The candidate serves: it becomes current, and current becomes what to go back to if it had the time to prove itself. */
static void commit(struct keeper *keeper)
{
	uint64_t now_ms = clock_mono_ms();
	struct generation *current = &keeper->current;
	bool was_serving = current->number != 0;

	/* What it goes back from is nothing to fall back to. */
	if (was_serving && !keeper->is_going_back && (keeper->previous.number == 0 || current->is_good || now_ms - current->live_at_ms >= KEEPER_GOOD_MS)) {
		generation_done(&keeper->previous);
		keeper->previous = *current;
	} else {
		generation_done(current);
	}
	*current = keeper->candidate;
	current->live_at_ms = now_ms;
	keeper->candidate = (struct generation){ .image_fd = -1, .files_fd = -1 };
	keeper->files_stamp = keeper->candidate_stamp;
	keeper->death_count = 0;
	keeper_listeners_given(keeper);
	keeper_listeners_keep(keeper, &current->image, &current->image);
	keeper->facts->generation = current->number;
	keeper->facts->reloads += was_serving;
	keeper->facts->reloaded_wall_ns = clock_wall_ns();
	keeper->facts->is_fallen_back = 0;
	keeper_back_committed(keeper);
}

/* -- from check to the edge -- */

static bool has_view(const struct image *image, const struct image_record *view)
{
	struct image_record record;
	size_t at = 0;

	while (image_next(image, IMAGE_VIEW, &at, &record)) {
		if (span_equal(record.name, view->name) && record.number >= view->number)
			return true;
	}
	return false;
}

/* A running edge can take neither other workers nor more of the disk than it was confined to. */
static bool needs_fresh_edge(const struct keeper *keeper)
{
	const struct image *now = &keeper->current.image, *then = &keeper->candidate.image;
	struct image_record view;
	size_t at = 0;

	if (keeper->wants_fresh_edge || keeper->is_reduced || keeper->children[CHILD_EDGE].state != CHILD_READY ||
	    image_settings(now).workers != image_settings(then).workers)
		return true;
	while (image_next(then, IMAGE_VIEW, &at, &view)) {
		if (!has_view(now, &view))
			return true;
	}
	return false;
}

static void start_replacement(struct keeper *keeper)
{
	keeper->reload = RELOAD_REPLACING;
	keeper->build_end_at_ms = 0;
	if (keeper->children[CHILD_NEXT].state != CHILD_NONE) {  /* a full edge on trial: the candidate goes first */
		keeper_kill(&keeper->children[CHILD_NEXT]);
		child_done(&keeper->children[CHILD_NEXT]);
	}
	if (!keeper_start_edge(keeper, CHILD_NEXT, &keeper->candidate, false))
		keeper_reload_end(keeper, false, SPAN("the edge could not be started\n"));
}

static void hand_over(struct keeper *keeper)
{
	if (needs_fresh_edge(keeper)) {
		start_replacement(keeper);
		return;
	}
	keeper->reload = RELOAD_BUILDING;
	keeper->build_end_at_ms = clock_mono_ms() + KEEPER_BUILD_MS;
	if (keeper_send_plan(keeper, &keeper->children[CHILD_EDGE], &keeper->candidate, false) != RESULT_OK)
		keeper_reload_end(keeper, false, SPAN("the edge does not listen to the keeper\n"));
}

/* While the shield runs these stay where they are: an edge that drains still uses them. */
static bool has_moved(const struct keeper *keeper, struct buffer *why)
{
	const struct image *now = &keeper->current.image, *then = &keeper->candidate.image;
	struct span path_now = SPAN_NONE, path_then = SPAN_NONE;
	unsigned mode_now = 0, mode_then = 0;

	if (keeper->current.number == 0)
		return false;
	(void)!image_admin(now, &path_now, &mode_now);
	(void)!image_admin(then, &path_then, &mode_then);
	if (!span_equal(path_now, path_then) || mode_now != mode_then)
		(void)!buffer_append(why, SPAN("the admin socket cannot change while the shield runs: restart it\n"));
	else if (!span_equal(image_settings(now).state_folder, image_settings(then).state_folder))
		(void)!buffer_append(why, SPAN("the state folder cannot change while the shield runs: restart it\n"));
	else
		return false;
	return true;
}

/* Everything the candidate needs from the keeper. All that is wrong is said at once. */
static bool provide(struct keeper *keeper, struct buffer *why)
{
	struct generation *candidate = &keeper->candidate;
	bool is_ok = !has_moved(keeper, why);

	is_ok &= is_ok && keeper_state_folder(keeper, &candidate->image, why) == RESULT_OK;
	is_ok &= keeper_listeners_open(keeper, &candidate->image, why) == RESULT_OK;
	keeper->candidate_stamp = keeper_files_stamp(&candidate->image);
	is_ok &= keeper_files_read(keeper, &candidate->image, &keeper->current.files, span_make(keeper->wish.note, keeper->wish.note_len),
	                           &candidate->files_fd, why) == RESULT_OK;
	is_ok = is_ok && keeper_back_hold(keeper) == RESULT_OK;  /* fails closed: what could not be undone is not done */
	is_ok = is_ok && keeper_admin_open(keeper, &candidate->image, why) == RESULT_OK;
	is_ok = is_ok && image_open(candidate->files_fd, &candidate->files) == RESULT_OK;
	if (!is_ok && buffer_len(why) == 0)
		(void)!buffer_append(why, SPAN("the keeper ran out of memory or descriptors\n"));
	return is_ok;
}

void keeper_reload_accept(struct keeper *keeper)
{
	struct buffer why;

	buffer_init(&why, CHANNEL_TEXT_MAX);
	keeper_print(image_complaints(&keeper->candidate.image));  /* warnings */
	if (provide(keeper, &why))
		hand_over(keeper);
	else
		keeper_reload_end(keeper, false, buffer_span(&why));
	buffer_done(&why);
}

static struct span explain_check(int exit_status)
{
	if (WIFSIGNALED(exit_status) && WTERMSIG(exit_status) == SIGKILL)
		return SPAN("check took too long, or was killed\n");
	if (WIFEXITED(exit_status) && WEXITSTATUS(exit_status) == CHECK_NO_IMAGE)
		return SPAN("the configuration is larger than the shield can hold\n");
	if (WIFEXITED(exit_status) && WEXITSTATUS(exit_status) == CHECK_NO_SANDBOX)
		return SPAN("check could not be confined, and so does not read the configuration\n");
	return SPAN("check died while it read the configuration: a fault of ours, please report it\n");
}

static void accept_checked(struct keeper *keeper)
{
	struct buffer why;

	buffer_init(&why, CHANNEL_TEXT_MAX);
	if (keeper_change_write(keeper, &why))
		keeper_reload_accept(keeper);
	else
		keeper_reload_end(keeper, false, buffer_span(&why));
	buffer_done(&why);
}

/* Nothing was to be served: no reload has failed. */
static void end_trial(struct keeper *keeper, bool is_good, struct span text)
{
	keeper->reload = RELOAD_NONE;
	keeper_change_tried(keeper, is_good, text);
	if (keeper->is_ending)
		return;
	notify_send("READY=1\nSTATUS=serving configuration %llu", (unsigned long long)keeper->current.number);
	begin_next(keeper);
}

void keeper_reload_checked(struct keeper *keeper, int exit_status)
{
	int code = WIFEXITED(exit_status) ? WEXITSTATUS(exit_status) : -1;
	int fd = keeper->check_image_fd;
	struct span text = explain_check(exit_status);
	struct image image = { 0 };
	bool is_image;

	keeper->check_image_fd = -1;
	if (keeper->reload == RELOAD_REHEARSING) {
		close(fd);
		keeper_upgrade_rehearsed(keeper, exit_status);
		return;
	}
	/* The process that wrote it is gone and nobody can write it any more: only now is it looked at. */
	is_image = (code == CHECK_OK || code == CHECK_REFUSED) && keeper_seal(fd) && image_open(fd, &image) == RESULT_OK;
	if (is_image && code == CHECK_OK && !keeper->change.is_trial) {
		keeper->candidate = (struct generation){ .number = ++keeper->next_generation, .image_fd = fd, .files_fd = -1, .image = image };
		accept_checked(keeper);
		return;
	}
	if (is_image)
		text = image_complaints(&image).len || code == CHECK_OK ? image_complaints(&image) : SPAN("check refused the configuration and did not say why\n");
	if (keeper->change.is_trial)
		end_trial(keeper, is_image && code == CHECK_OK, text);
	else
		keeper_reload_end(keeper, false, text);
	image_close(&image);
	close(fd);
}

/* -- the edge's answers -- */

static bool is_candidate(const struct keeper *keeper, uint64_t generation)
{
	return keeper->reload == RELOAD_BUILDING && generation == keeper->candidate.number;
}

void keeper_reload_built(struct keeper *keeper, uint64_t generation)
{
	if (is_candidate(keeper, generation)) {
		commit(keeper);
		keeper_change_end(keeper, true, SPAN_NONE);  /* a hub that is to end, for this is of another one, hears first what became of its change */
		keeper_hub_settle(keeper);
		keeper_note(keeper, "configuration %llu serves", (unsigned long long)generation);
		keeper_reload_end(keeper, true, SPAN_NONE);
	} else if (generation != keeper->current.number && keeper->reload == RELOAD_NONE) {
		/* Built after we gave it up: the edge serves what we no longer hold. A fresh one puts that right. */
		keeper_error(keeper, "the edge built configuration %llu too late: it is replaced", (unsigned long long)generation);
		if (keeper->children[CHILD_NEXT].state == CHILD_NONE)
			(void)!keeper_start_edge(keeper, CHILD_NEXT, &keeper->current, keeper->is_reduced);
	}
}

void keeper_reload_refused(struct keeper *keeper, uint64_t generation, const char *why)
{
	if (is_candidate(keeper, generation))
		keeper_reload_end(keeper, false, why[0] ? span_of(why) : SPAN("the edge refused the configuration and did not say why\n"));
}

void keeper_reload_replace(struct keeper *keeper, uint64_t generation)
{
	if (is_candidate(keeper, generation))
		start_replacement(keeper);
}

void keeper_next_ready(struct keeper *keeper)
{
	bool is_reload = keeper->reload == RELOAD_REPLACING;

	if (is_reload) {
		answer_edge(keeper, true, keeper->candidate.number, SPAN_NONE);  /* while the edge that asked still is the one we talk to */
		commit(keeper);  /* before it drains: of a socket that goes, it is the last holder, and takes who waits there */
		keeper_change_end(keeper, true, SPAN_NONE);  /* as in keeper_reload_built: before its hub is told to end */
	}
	keeper_retire_edge(keeper);
	keeper->children[CHILD_EDGE] = keeper->children[CHILD_NEXT];
	keeper->asked_id = keeper->answering_id = 0;  /* the ids of the new one begin anew */
	keeper->children[CHILD_NEXT] = (struct child){ .channel = { -1 }, .resolve_fd = -1, .ask_fd = -1 };
	keeper->is_reduced = keeper->children[CHILD_EDGE].is_reduced;
	keeper_go_live(keeper);
	if (is_reload)
		keeper_reload_end(keeper, true, SPAN_NONE);
}

void keeper_next_dead(struct keeper *keeper)
{
	const char *why = keeper->children[CHILD_NEXT].why;
	char text[sizeof(keeper->children[0].why) + 64];
	size_t len = strlen(why);

	snprintf(text, sizeof(text), "%s%s", len ? why : "the new edge died before it was ready", len && why[len - 1] == '\n' ? "" : "\n");
	child_done(&keeper->children[CHILD_NEXT]);
	if (keeper->reload == RELOAD_REPLACING)
		keeper_reload_end(keeper, false, span_of(text));
	else if (keeper->is_reduced)  /* the full edge on trial: again later */
		keeper->full_again_at_ms = clock_mono_ms() + KEEPER_PROVEN_MS;
}

void keeper_reload_tick(struct keeper *keeper, uint64_t now_ms)
{
	keeper_back_tick(keeper, now_ms);
	if (keeper->reload == RELOAD_BUILDING && now_ms >= keeper->build_end_at_ms)
		keeper_reload_end(keeper, false, SPAN("the edge did not build the configuration in time\n"));
	if (now_ms < keeper->files_due_ms)
		return;
	keeper->files_due_ms = now_ms + KEEPER_FILES_MS;
	if (keeper->reload == RELOAD_NONE && keeper->current.number && keeper_files_stamp(&keeper->current.image) != keeper->files_stamp) {
		keeper_note(keeper, "a certificate or key changed on disk");
		keeper_reload_begin(keeper, NULL);
	}
}
