/* Texts that a role proposes: checked by check in the place of the files, and written where check accepted them.
 *
 * Security, fails closed: who may not is refused, and so is what is no file of the configuration that serves. What is written is byte for byte what check
 * has read, and the files are put back where it cannot be served. */
#include <unistd.h>

#include "process/keeper_state.h"
#include "process/role_wire.h"

#include "base/banned.h"

void keeper_answer(const struct keeper *keeper, const struct child *asker, uint64_t id, enum change_outcome outcome, struct span text)
{
	struct wire_answer wire = { .generation = keeper->current.number, .outcome = outcome };
	int fd = text.len ? channel_text_fd(text) : -1;

	(void)!channel_send(&asker->channel, CHANNEL_ANSWER, id, span_make((const char *)&wire, sizeof(wire)), &fd, fd >= 0, KEEPER_SEND_MS);
	if (fd >= 0)
		close(fd);
}

static void change_done(struct change *change)
{
	image_close(&change->texts);
	if (change->fd >= 0)
		close(change->fd);
	*change = (struct change){ .fd = -1 };
}

static void answer(struct keeper *keeper, enum change_outcome outcome, struct span text)
{
	struct change *change = &keeper->change;

	for (int slot = 0; slot < CHILD_SLOTS; slot++) {
		if (keeper->children[slot].state != CHILD_NONE && keeper->children[slot].pid == change->asker)
			keeper_answer(keeper, &keeper->children[slot], change->id, outcome, text);
	}
	change_done(change);
}

/* -- may it be? -- */

static enum change_outcome judge_text(const struct keeper *keeper, const struct image *texts, const struct image_record *text, struct buffer *why)
{
	struct span serving = SPAN_NONE, base = SPAN_NONE, first = SPAN_NONE;
	struct image_record record;
	size_t at = 0;

	if (image_find_text(&keeper->current.image, text->name, &serving) != RESULT_OK || !keeper_is_ours(keeper, text->name)) {
		(void)!buffer_print(why, "%.*s is no file of the configuration that serves, below its folder\n", SPAN_ARG(text->name));
		return CHANGE_REFUSED;
	}
	while (!base.at && image_next(texts, IMAGE_BASE, &at, &record)) {
		if (span_equal(record.name, text->name))
			base = record.bytes;
	}
	if (image_find_text(texts, text->name, &first) != RESULT_OK || first.at != text->bytes.at || !base.at)
		return CHANGE_REFUSED;
	if (span_equal(base, serving) && keeper_file_holds(text->name, base))
		return CHANGE_DONE;
	(void)!buffer_print(why, "%.*s was changed meanwhile\n", SPAN_ARG(text->name));
	return CHANGE_STALE;
}

static enum change_outcome judge(const struct keeper *keeper, const struct image *texts, struct buffer *why)
{
	enum change_outcome outcome = CHANGE_DONE;
	struct image_record text;
	size_t at = 0, count = 0;

	while (outcome == CHANGE_DONE && image_next(texts, IMAGE_TEXT, &at, &text))
		outcome = ++count > CHANGE_FILES_MAX ? CHANGE_REFUSED : judge_text(keeper, texts, &text, why);
	return count ? outcome : CHANGE_REFUSED;
}

/* -- its way -- */

static enum change_outcome read_change(struct keeper *keeper, struct channel_message *message, struct buffer *why)
{
	struct wire_change wire;

	if (message->len < sizeof(wire) || message->len - sizeof(wire) > IMAGE_NOTE_MAX || message->fd_count != 1)
		return CHANGE_REFUSED;
	memcpy(&wire, message->body, sizeof(wire));
	keeper->change.is_trial = wire.is_trial != 0;
	keeper->wish = (struct wish){ .confirm_ms = wire.confirm_ms, .note_len = message->len - sizeof(wire) };
	memcpy(keeper->wish.note, message->body + sizeof(wire), keeper->wish.note_len);
	keeper->change.fd = channel_take(message, 0);
	/* Sealed first: who wrote it can do so no more. */
	if (!keeper_seal(keeper->change.fd) || image_open(keeper->change.fd, &keeper->change.texts) != RESULT_OK)
		return CHANGE_REFUSED;
	return judge(keeper, &keeper->change.texts, why);
}

void keeper_change_begin(struct keeper *keeper, struct child *asker, struct channel_message *message)
{
	enum change_outcome outcome = CHANGE_BUSY;
	struct buffer why;

	if (!asker->may_change) {
		keeper_answer(keeper, asker, message->id, CHANGE_REFUSED, SPAN("this process may not have the configuration changed\n"));
		return;
	}
	if (keeper->reload != RELOAD_NONE || keeper->is_ending || !keeper->current.number) {
		keeper_answer(keeper, asker, message->id, CHANGE_BUSY, SPAN_NONE);
		return;
	}
	buffer_init(&why, CHANNEL_TEXT_MAX);
	keeper->change = (struct change){ .asker = asker->pid, .id = message->id, .fd = -1 };
	outcome = read_change(keeper, message, &why);
	if (outcome != CHANGE_DONE)
		answer(keeper, outcome, buffer_len(&why) ? buffer_span(&why) : SPAN("this is no change of the configuration\n"));
	else
		keeper_reload_check(keeper);
	buffer_done(&why);
}

void keeper_change_tried(struct keeper *keeper, bool is_good, struct span text)
{
	answer(keeper, is_good ? CHANGE_DONE : CHANGE_REFUSED, text);
}

/* -- writing -- */

static void put_back(struct keeper *keeper)
{
	struct image_record text;
	struct span serving;
	struct buffer why;
	size_t at = 0;

	buffer_init(&why, CHANNEL_TEXT_MAX);
	while (image_next(&keeper->change.texts, IMAGE_TEXT, &at, &text)) {
		if (image_find_text(&keeper->current.image, text.name, &serving) == RESULT_OK && keeper_file_holds(text.name, text.bytes))
			(void)!keeper_put(keeper, text.name, serving, &why);  /* what cannot be done is said below */
	}
	keeper_print(buffer_span(&why));
	buffer_done(&why);
}

/* Once more, for check took its time: nobody has written there, and what check read is what is to be written. */
static bool is_still(const struct keeper *keeper, const struct image_record *text)
{
	struct span serving, checked;

	return image_find_text(&keeper->current.image, text->name, &serving) == RESULT_OK && keeper_file_holds(text->name, serving) &&
	       image_find_text(&keeper->candidate.image, text->name, &checked) == RESULT_OK && span_equal(checked, text->bytes);
}

bool keeper_change_write(struct keeper *keeper, struct buffer *why)
{
	struct image_record text;
	size_t at = 0;

	if (!keeper->change.asker)
		return true;
	while (image_next(&keeper->change.texts, IMAGE_TEXT, &at, &text)) {
		if (is_still(keeper, &text))
			continue;
		(void)!buffer_print(why, "%.*s was changed meanwhile, or is of a tenant whose files have errors\n", SPAN_ARG(text.name));
		return false;
	}
	keeper->change.is_written = true;
	at = 0;
	while (image_next(&keeper->change.texts, IMAGE_TEXT, &at, &text)) {
		if (keeper_put(keeper, text.name, text.bytes, why) != RESULT_OK)
			return false;
	}
	return true;
}

void keeper_change_end(struct keeper *keeper, bool is_ok, struct span text)
{
	if (!keeper->change.asker)
		return;
	if (!is_ok && keeper->change.is_written)
		put_back(keeper);
	answer(keeper, is_ok ? CHANGE_DONE : CHANGE_REFUSED, text);
}
