/* What a dead edge leads to. Availability fails open here: whatever happens, some edge is started again.
 *
 *   died                     -> a new one at once, with the same image, sockets and memory
 *   three deaths in 30 s     -> the last good image, if the one that dies has not yet proven itself
 *   three more, or proven    -> a reduced edge, with an alert; after ten quiet minutes a full one is tried beside it
 */
#include <stdio.h>

#include "base/clock.h"
#include "process/keeper_state.h"
#include "process/notify.h"

#include "base/banned.h"

void keeper_go_live(struct keeper *keeper)
{
	uint64_t now_ms = clock_mono_ms();

	keeper->restart_at_ms = 0;
	keeper->facts->generation = keeper->current.number;
	keeper->facts->is_reduced = keeper->is_reduced;
	keeper->full_again_at_ms = keeper->is_reduced ? now_ms + KEEPER_PROVEN_MS : 0;
	if (keeper->reload == RELOAD_NONE)
		notify_send("READY=1\nSTATUS=serving%s", keeper->is_reduced ? ", reduced: the full edge died again and again" : "");
	keeper_hub_settle(keeper);
	keeper_note(keeper, "edge (pid %d) serves configuration %llu%s", (int)keeper->children[CHILD_EDGE].pid,
	            (unsigned long long)keeper->current.number, keeper->is_reduced ? ", reduced" : "");
}

/* True when this is one too many. */
static bool remember_death(struct keeper *keeper, uint64_t now_ms)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < keeper->death_count; i++) {
		if (now_ms - keeper->deaths_ms[i] <= KEEPER_DEATHS_MS)
			keeper->deaths_ms[kept++] = keeper->deaths_ms[i];
	}
	if (kept == KEEPER_DEATHS) {  /* a reduced edge that goes on dying: only the last ones count */
		memmove(keeper->deaths_ms, keeper->deaths_ms + 1, (KEEPER_DEATHS - 1) * sizeof(keeper->deaths_ms[0]));
		kept--;
	}
	keeper->deaths_ms[kept++] = now_ms;
	keeper->death_count = kept;
	return kept == KEEPER_DEATHS;
}

static void fall_back(struct keeper *keeper)
{
	struct buffer why;

	keeper_error(keeper, "ALERT: the edge died %u times with configuration %llu: back to the last good one, %llu", KEEPER_DEATHS,
	             (unsigned long long)keeper->current.number, (unsigned long long)keeper->previous.number);
	generation_done(&keeper->current);
	keeper->current = keeper->previous;
	keeper->current.live_at_ms = clock_mono_ms();
	keeper->current.is_good = true;
	keeper->previous = (struct generation){ .image_fd = -1, .files_fd = -1 };
	buffer_init(&why, CHANNEL_TEXT_MAX);
	if (keeper_listeners_open(keeper, &keeper->current.image, &why) != RESULT_OK)
		keeper_print(buffer_span(&why));  /* and on, with the addresses that there are */
	buffer_done(&why);
	keeper_listeners_keep(keeper, &keeper->current.image, keeper->candidate.number ? &keeper->candidate.image : &keeper->current.image);
	keeper->files_stamp = keeper_files_stamp(&keeper->current.image);
	keeper->facts->is_fallen_back = 1;
	notify_send("STATUS=back to the last good configuration");
}

static void step_down(struct keeper *keeper)
{
	/* Ten minutes of service before the first death: then it is a request that kills, not the configuration. */
	bool is_proven = keeper->deaths_ms[0] - keeper->current.live_at_ms >= KEEPER_PROVEN_MS;

	if (keeper->is_reduced)
		return;
	if (keeper->previous.number && !is_proven) {
		fall_back(keeper);
	} else {
		keeper_error(keeper, "ALERT: the edge died %u times: it goes on reduced, without WAF, cache and challenge", KEEPER_DEATHS);
		keeper->is_reduced = true;
		keeper->facts->is_reduced = 1;
	}
	keeper->death_count = 0;
	keeper->backoff_ms = 0;
}

void keeper_edge_died(struct keeper *keeper, uint64_t served_ms)
{
	uint64_t now_ms = clock_mono_ms();
	uint64_t wait_ms = 0;

	keeper->facts->edge_deaths++;
	keeper->facts->edge_died_wall_ns = clock_wall_ns();
	if (keeper->is_ending)
		return;
	keeper->asked_id = keeper->answering_id = 0;  /* who asked is gone with it */
	if (keeper->reload == RELOAD_BUILDING)
		keeper_reload_end(keeper, false, SPAN("the edge died while it built the configuration\n"));
	if (served_ms >= KEEPER_ALIVE_MS) {
		keeper->backoff_ms = 0;
	} else {
		wait_ms = keeper->backoff_ms ? keeper->backoff_ms : KEEPER_BACKOFF_MS;
		keeper->backoff_ms = wait_ms * 2 < KEEPER_BACKOFF_MAX_MS ? wait_ms * 2 : KEEPER_BACKOFF_MAX_MS;
	}
	if (remember_death(keeper, now_ms) && !keeper->is_reduced && keeper->current.number) {
		step_down(keeper);
		wait_ms = 0;
	}
	keeper->restart_at_ms = now_ms + wait_ms;
	notify_send("STATUS=the edge died; a new one starts");
}

/* Somebody may have removed it, or another one is mounted there now. Without it the edge serves all the same. */
static void mend_state_folder(struct keeper *keeper)
{
	struct buffer why;

	buffer_init(&why, CHANNEL_TEXT_MAX);
	if (keeper_state_folder(keeper, &keeper->current.image, &why) != RESULT_OK)
		keeper_print(buffer_span(&why));
	buffer_done(&why);
}

static void restart_edge(struct keeper *keeper, uint64_t now_ms)
{
	keeper->restart_at_ms = 0;
	if (keeper->children[CHILD_EDGE].state != CHILD_NONE)
		return;
	if (keeper->current.number)
		mend_state_folder(keeper);
	if (keeper->current.number == 0)  /* an upgrade could not read the old image, and its edge is dead */
		keeper_reload_begin(keeper, NULL);
	else if (!keeper_start_edge(keeper, CHILD_EDGE, &keeper->current, keeper->is_reduced))
		keeper->restart_at_ms = now_ms + KEEPER_BACKOFF_MAX_MS;
}

static void kill_late(struct keeper *keeper, uint64_t now_ms)
{
	for (enum child_slot slot = 0; slot < CHILD_SLOTS; slot++) {
		struct child *child = &keeper->children[slot];

		if (child->state == CHILD_NONE || child->deadline_at_ms == 0 || now_ms < child->deadline_at_ms)
			continue;
		if (child->state == CHILD_STARTING)
			snprintf(child->why, sizeof(child->why), "not ready in time");
		child->deadline_at_ms = 0;
		keeper_kill(child);
	}
}

void keeper_crash_tick(struct keeper *keeper, uint64_t now_ms)
{
	kill_late(keeper, now_ms);
	if (keeper->is_ending)
		return;
	keeper_hub_tick(keeper, now_ms);
	if (keeper->restart_at_ms && now_ms >= keeper->restart_at_ms)
		restart_edge(keeper, now_ms);
	if (keeper->resolve_at_ms && now_ms >= keeper->resolve_at_ms) {
		keeper->resolve_at_ms = keeper_start_resolve(keeper) ? 0 : now_ms + KEEPER_BACKOFF_MAX_MS;
	}
	if (keeper->full_again_at_ms && now_ms >= keeper->full_again_at_ms && keeper->reload == RELOAD_NONE &&
	    keeper->children[CHILD_NEXT].state == CHILD_NONE) {
		keeper->full_again_at_ms = 0;
		keeper_note(keeper, "the reduced edge has been quiet for ten minutes: a full one is tried");
		(void)!keeper_start_edge(keeper, CHILD_NEXT, &keeper->current, false);
	}
}
