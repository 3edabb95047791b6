/* A reload that waits to be confirmed, and going back from it. The keeper holds what served before, sealed: going back needs no terminal, no disk and no
 * check, and the bytes that it puts into the files are those that check accepted then.
 *
 *   reload, to be confirmed in T  -> before = what served; T runs
 *   another reload meanwhile      -> before stays: what comes back is what was confirmed last; T begins anew where that one asks for it, too
 *   confirmed                     -> before is forgotten
 *   T is over, an edge says BACK  -> files are put back, before is served; that fails: again after a while
 *   the shield is ended           -> files are put back: the next start serves what was confirmed
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "process/keeper_state.h"
#include "process/notify.h"

#include "base/banned.h"

#define AGAIN_MS 30000u
#define CONFIRM_MS_MAX 86400000u
#define LATE_NOTE "{\"how\":\"went-back\",\"who\":\"\",\"why\":\"nobody confirmed in time\"}"

enum result generation_copy(const struct generation *from, uint64_t number, struct generation *out)
{
	struct generation copy = { .number = number, .files_fd = -1, .image_fd = fcntl(from->image_fd, F_DUPFD_CLOEXEC, 3) };
	enum result result = copy.image_fd < 0 ? RESULT_IO : image_open(copy.image_fd, &copy.image);

	if (result == RESULT_OK)
		*out = copy;
	else if (copy.image_fd >= 0)
		close(copy.image_fd);
	return result;
}

enum result keeper_back_hold(struct keeper *keeper)
{
	generation_done(&keeper->kept);
	if (!keeper->wish.confirm_ms || keeper->before.number || !keeper->current.number)
		return RESULT_OK;
	return generation_copy(&keeper->current, keeper->current.number, &keeper->kept);
}

static void forget(struct keeper *keeper)
{
	generation_done(&keeper->before);
	keeper->confirm_at_ms = 0;
	keeper->facts->confirm_until_wall_ns = 0;
}

static void begin_waiting(struct keeper *keeper)
{
	uint64_t wait_ms = keeper->wish.confirm_ms < CONFIRM_MS_MAX ? keeper->wish.confirm_ms : CONFIRM_MS_MAX;

	if (!keeper->before.number) {
		keeper->before = keeper->kept;
		keeper->kept = (struct generation){ .image_fd = -1, .files_fd = -1 };
	}
	if (!keeper->before.number)
		return;
	keeper->confirm_at_ms = clock_mono_ms() + wait_ms;
	keeper->facts->confirm_until_wall_ns = clock_wall_ns() + wait_ms * 1000000u;
	keeper_note(keeper, "configuration %llu is to be confirmed within %llu s; otherwise %llu comes back", (unsigned long long)keeper->current.number,
	            (unsigned long long)(wait_ms / 1000), (unsigned long long)keeper->before.number);
}

void keeper_back_committed(struct keeper *keeper)
{
	if (keeper->is_going_back) {
		keeper_error(keeper, "what served as configuration %llu serves again", (unsigned long long)keeper->before.number);
		keeper->is_going_back = false;
		keeper->facts->went_back++;
		forget(keeper);
	} else if (keeper->wish.confirm_ms) {
		begin_waiting(keeper);
	}
	generation_done(&keeper->kept);
}

void keeper_back_failed(struct keeper *keeper)
{
	generation_done(&keeper->kept);
	if (!keeper->is_going_back)
		return;
	keeper->is_going_back = false;
	keeper->confirm_at_ms = clock_mono_ms() + AGAIN_MS;
	keeper_error(keeper, "ALERT: going back to configuration %llu failed; again in %u s", (unsigned long long)keeper->before.number, AGAIN_MS / 1000);
}

bool keeper_back_confirm(struct keeper *keeper)
{
	if (!keeper->before.number || keeper->is_going_back)
		return false;
	forget(keeper);
	keeper_note(keeper, "configuration %llu is confirmed", (unsigned long long)keeper->current.number);
	return true;
}

/* Availability, fails open: a file that cannot be written keeps nobody from being served by what was good. */
static void put_files_back(struct keeper *keeper)
{
	struct buffer why;

	buffer_init(&why, CHANNEL_TEXT_MAX);
	if (keeper_put_back(keeper, &keeper->before.image, &keeper->current.image, &why) != RESULT_OK) {
		keeper_print(buffer_span(&why));
		keeper_error(keeper, "ALERT: the files are not all what they were before: a reload, or a restart, serves what is in them");
	}
	buffer_done(&why);
}

enum change_outcome keeper_back_begin(struct keeper *keeper, struct span note)
{
	if (!keeper->before.number)
		return CHANGE_NOTHING;
	if (keeper->reload != RELOAD_NONE || keeper->is_ending)
		return CHANGE_BUSY;
	if (generation_copy(&keeper->before, keeper->next_generation + 1, &keeper->candidate) != RESULT_OK) {
		keeper->confirm_at_ms = clock_mono_ms() + AGAIN_MS;
		return CHANGE_BUSY;
	}
	keeper_error(keeper, "going back from configuration %llu to what served as %llu", (unsigned long long)keeper->current.number,
	             (unsigned long long)keeper->before.number);
	keeper->next_generation++;
	keeper->wish = (struct wish){ .note_len = note.len < IMAGE_NOTE_MAX ? note.len : 0 };
	if (keeper->wish.note_len)
		memcpy(keeper->wish.note, note.at, note.len);
	keeper->is_going_back = true;
	keeper->reload = RELOAD_CHECKING;  /* it was */
	keeper->answering_id = 0;
	keeper->begin_stamp = keeper_files_stamp(&keeper->current.image);
	notify_reloading();
	put_files_back(keeper);
	keeper_reload_accept(keeper);
	return CHANGE_DONE;
}

void keeper_back_tick(struct keeper *keeper, uint64_t now_ms)
{
	if (!keeper->before.number || keeper->reload != RELOAD_NONE || now_ms < keeper->confirm_at_ms)
		return;
	keeper_error(keeper, "configuration %llu was not confirmed in time", (unsigned long long)keeper->current.number);
	(void)keeper_back_begin(keeper, SPAN(LATE_NOTE));
}

void keeper_back_end(struct keeper *keeper)
{
	if (!keeper->before.number)
		return;
	keeper_error(keeper, "configuration %llu was not confirmed: the files are put back, and the next start serves what was before",
	             (unsigned long long)keeper->current.number);
	put_files_back(keeper);
	forget(keeper);
}
