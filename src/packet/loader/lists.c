/* A list that is denied from now on; what waits confirmed; everything taken off; and what there is. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "packet/loader/confirmed.h"
#include "packet/loader/locked_out.h"
#include "packet/loader/pins.h"
#include "packet/loader/undo.h"

#include "base/banned.h"

#define LOCK_MS 10000

/* -- the beginning of each -- */

static enum result look_pending(bool may_wait, struct complaints *complaints)
{
	struct pending pending;
	enum result result = pending_read(&pending);
	uint64_t now_ns = pending_now_ns();

	if (result == RESULT_NOT_FOUND)
		return RESULT_OK;
	if (result != RESULT_OK) {
		LOADER_WARN(complaints, "", PENDING_FOLDER "/pending is not understood (%s): it is forgotten, and what it was about stays", result_name(result));
		pending_remove();
		return RESULT_OK;
	}
	if (pending.deadline_ns <= now_ns) {
		result = undo_now(&pending, "nobody confirmed it, and the process that was to undo it is gone");
		if (result != RESULT_OK)
			LOADER_COMPLAIN(complaints, "bouclier packet detach, as root", "what nobody confirmed cannot be undone: %s", strerror(errno));
		return result == RESULT_OK || may_wait ? RESULT_OK : RESULT_REFUSED;
	}
	if (may_wait)
		return RESULT_OK;
	LOADER_COMPLAIN(complaints, "bouclier packet confirm keeps it; bouclier packet detach ends everything", "a change waits to be confirmed, and is undone in %llu s",
	                (unsigned long long)((pending.deadline_ns - now_ns) / 1000000000 + 1));
	return RESULT_REFUSED;
}

enum result loader_begin(bool may_wait, struct complaints *complaints, int *lock)
{
	enum result result = pending_lock(LOCK_MS, lock);

	if (result == RESULT_OK) {
		result = look_pending(may_wait, complaints);
		if (result != RESULT_OK)
			pending_unlock(*lock);
		return result;
	}
	if (result == RESULT_TIMEOUT)
		LOADER_COMPLAIN(complaints, "", "another bouclier packet is at work");
	else if (result == RESULT_REFUSED)
		LOADER_COMPLAIN(complaints, "remove it", PENDING_FOLDER " is not a folder of this user's own, closed to others");
	else
		LOADER_COMPLAIN(complaints, "run it as root", PENDING_FOLDER ": %s", strerror(errno));
	return RESULT_REFUSED;
}

/* -- lists -- */

static enum result open_pinned(struct control **out, struct complaints *complaints)
{
	struct packet_maps maps;
	enum result result;

	packet_maps_init(&maps);
	result = packet_maps_open(PACKET_PIN_FOLDER, &maps);
	if (result == RESULT_OK)
		result = control_new(&maps, out);
	packet_maps_close(&maps);
	if (result == RESULT_NOT_FOUND)
		return result;
	if (result != RESULT_OK) {
		LOADER_COMPLAIN(complaints, "", "the pinned maps cannot be used: %s", result_name(result));
		return RESULT_REFUSED;
	}
	return RESULT_OK;
}

static enum result deny_xdp(struct control *control, const struct packet_prefixes *denied, const struct packet_wish *wish, struct complaints *complaints,
                            struct packet_outcome *out)
{
	enum result result = undo_begin(PENDING_LISTS, control_settings(control), NULL, true, wish->undo_s);

	if (result != RESULT_OK) {
		LOADER_COMPLAIN(complaints, "", "what is to be undone cannot be noted in " PENDING_FOLDER ": %s", strerror(errno));
		return RESULT_REFUSED;
	}
	result = publish_lists(control, denied, wish->allowed, complaints, &out->published);
	if (result == RESULT_OK) {
		confirmed_note(NULL, NULL, denied, complaints);
		return RESULT_OK;
	}
	if (result != RESULT_LIMIT)
		LOADER_COMPLAIN(complaints, "", "the list cannot be written into the kernel: %s", result == RESULT_IO ? strerror(errno) : result_name(result));
	pending_remove();  /* nothing was changed: the copy in use is the one before */
	return RESULT_REFUSED;
}

static enum result deny(const struct packet_prefixes *denied, const struct packet_wish *wish, struct complaints *complaints, struct packet_outcome *out)
{
	struct control *control = NULL;
	enum result result = open_pinned(&control, complaints);

	if (result == RESULT_OK) {
		result = deny_xdp(control, denied, wish, complaints, out);
		control_free(control);
		out->rung = RUNG_NATIVE;
		return result;
	}
	if (result == RESULT_NOT_FOUND && loader_nft_is_attached()) {
		out->rung = RUNG_NFTABLES;
		return loader_nft_deny(wish, denied, complaints);
	}
	if (result == RESULT_NOT_FOUND)
		LOADER_COMPLAIN(complaints, "bouclier packet attach, first", "no filter is attached");
	return RESULT_REFUSED;
}

enum result loader_deny(const struct packet_prefixes *denied, const struct packet_wish *wish, struct complaints *complaints, struct packet_outcome *out)
{
	enum result result;
	int lock;

	*out = (struct packet_outcome){ .rung = RUNG_NOTHING };
	result = loader_begin(false, complaints, &lock);
	if (result != RESULT_OK)
		return result;
	result = deny(denied, wish, complaints, out);
	pending_unlock(lock);
	return result;
}

/* -- confirm, detach -- */

enum result loader_confirm(struct complaints *complaints)
{
	struct pending pending;
	enum result result;
	int lock;

	result = loader_begin(true, complaints, &lock);
	if (result != RESULT_OK)
		return result;
	result = pending_read(&pending);
	if (result == RESULT_OK) {
		if (pending.kind != PENDING_EGRESS)
			confirmed_keep(complaints);
		pending_remove();
		if (pending.kind != PENDING_EGRESS)
			locked_out_warn_confirmed(complaints);
		pins_drop("program_before");
	}
	pending_unlock(lock);
	return result == RESULT_OK ? RESULT_OK : RESULT_NOT_FOUND;
}

/* What is being detached anyway needs no undoing. Egress is not: enforce that nobody confirmed does not stay by it. */
static void forget_waiting(void)
{
	struct pending pending;

	if (pending_read(&pending) == RESULT_OK && pending.kind == PENDING_EGRESS)
		(void)!undo_now(&pending, "the filter was detached before anybody confirmed it");  /* it waits still, and is undone by what keeps the time */
	else
		pending_remove();
}

enum result loader_detach(struct complaints *complaints)
{
	enum result result, forgotten;
	bool was_there;
	int lock;

	result = loader_begin(true, complaints, &lock);
	if (result != RESULT_OK)
		return result;
	forget_waiting();
	forgotten = confirmed_forget(complaints);
	was_there = pins_drop_all() || forgotten == RESULT_OK;
	if (loader_nft_is_attached()) {
		was_there = true;
		result = loader_nft_remove(complaints);
	}
	pending_unlock(lock);
	if (result == RESULT_OK && forgotten == RESULT_REFUSED)
		result = forgotten;
	return result != RESULT_OK ? result : was_there ? RESULT_OK : RESULT_NOT_FOUND;
}

/* -- what there is -- */

static void look_links(const struct links_seen *links, struct packet_state *out)
{
	struct pinned_link pinned[PINS_LINKS_MAX];
	unsigned count = pins_links(pinned);

	for (unsigned i = 0; i < count; i++) {
		const struct link_seen *link = pinned[i].is_alive ? links_find_index(links, pinned[i].index) : NULL;
		struct packet_target *target = &out->targets.list[out->targets.count];

		if (!link || out->targets.count == TARGETS_MAX)
			continue;
		out->targets.count++;
		*target = (struct packet_target){ .index = link->index, .mtu = link->mtu, .rung = link->xdp == LINK_XDP_GENERIC ? RUNG_GENERIC : RUNG_NATIVE };
		snprintf(target->name, sizeof(target->name), "%s", link->name);
	}
	out->is_attached = out->targets.count > 0;
}

static void look_rest(struct packet_state *out)
{
	struct pending pending;
	struct control *control;
	struct buffer undone;

	if (pending_read(&pending) == RESULT_OK) {
		uint64_t now_ns = pending_now_ns();

		out->waits = true;
		out->kind = (enum pending_kind)pending.kind;
		out->left_ns = pending.deadline_ns > now_ns ? pending.deadline_ns - now_ns : 0;
	}
	if (packet_maps_open(PACKET_PIN_FOLDER, &out->maps) == RESULT_OK) {
		struct packet_maps again;

		packet_maps_init(&again);
		if (packet_maps_open(PACKET_PIN_FOLDER, &again) == RESULT_OK && control_new(&again, &control) == RESULT_OK) {
			out->is_observing = control_settings(control)->flags & PACKET_OBSERVES;
			out->heartbeat_ns = control_settings(control)->heartbeat_ns;
			control_free(control);
		}
		packet_maps_close(&again);
	}
	buffer_init(&undone, sizeof(out->undone) - 1);
	pending_undone_read(&undone);
	snprintf(out->undone, sizeof(out->undone), "%.*s", SPAN_ARG(buffer_span(&undone)));
	buffer_done(&undone);
}

enum result loader_look(struct complaints *complaints, struct packet_state *out)
{
	struct links_seen *links = malloc(sizeof(*links));
	enum result result;
	int lock;

	*out = (struct packet_state){ .waits = false };
	packet_maps_init(&out->maps);
	if (!links)
		return RESULT_NO_MEMORY;
	result = loader_begin(true, complaints, &lock);
	if (result == RESULT_OK) {
		if (links_look(links) == RESULT_OK)
			look_links(links, out);
		look_rest(out);
		out->has_nft = loader_nft_is_attached();
		out->is_confirmed = confirmed_is_there();
		pending_unlock(lock);
	}
	free(links);
	return result;
}
