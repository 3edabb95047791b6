#include "packet/egress/egress.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "packet/egress/pins.h"
#include "packet/loader/files.h"
#include "packet/loader/loader.h"
#include "packet/loader/pins.h"
#include "packet/loader/undo.h"

#include "base/banned.h"

#define HELD_OFF "egress_off"                    /* in PENDING_FOLDER, which ends with the machine */

struct applying {
	const struct egress_wish *wish;
	enum egress_mode mode;
	bool is_refresh;
	bool was_attached;                       /* pinned maps, with a mode, were there */
	struct complaints *complaints;
	struct cgroup cgroup;
	struct egress_program *program;
	struct egress_control *control;
};

/* -- the programs -- */

static enum result pin_maps(struct bpf_object *object)
{
	struct bpf_map *map;
	char path[256];

	bpf_object__for_each_map(map, object) {
		if (bpf_map__is_internal(map))
			continue;
		snprintf(path, sizeof(path), EGRESS_PIN_FOLDER "/%s", bpf_map__name(map));
		if (bpf_map__set_pin_path(map, path) != 0)
			return RESULT_IO;
	}
	return RESULT_OK;
}

/* Maps that are pinned are used as they are, others made and pinned. */
static enum result load(struct applying *applying)
{
	enum result result;

	libbpf_set_print(NULL);
	result = egress_program_open(&applying->program);
	if (result == RESULT_OK)
		result = pin_maps(egress_program_object(applying->program));
	if (result == RESULT_OK)
		result = egress_program_load(applying->program);
	if (result != RESULT_OK) {
		LOADER_COMPLAIN(applying->complaints, "it needs Linux 6.1 or later, and CAP_BPF and CAP_NET_ADMIN", "the kernel does not take the egress programs: %s", strerror(errno));
		return RESULT_REFUSED;
	}
	result = egress_control_open(&applying->control);
	if (result != RESULT_OK) {
		LOADER_COMPLAIN(applying->complaints, "bouclier packet egress off makes room for new ones", "the pinned maps cannot be used: %s", result_name(result));
		return RESULT_REFUSED;
	}
	applying->was_attached = egress_control_settings(applying->control)->mode != EGRESS_OFF;
	return RESULT_OK;
}

static bool attach_new(const struct applying *applying, enum egress_hook hook)
{
	int link = bpf_link_create(egress_program_fd(applying->program, hook), applying->cgroup.fd, (enum bpf_attach_type)egress_hook_type(hook), NULL);
	bool is_pinned;

	if (link < 0)
		return false;
	egress_pins_drop_link(hook);  /* of a cgroup that is no more, or another; it saw what happened until now */
	is_pinned = egress_pins_pin_link(link, hook) == RESULT_OK;
	close(link);
	return is_pinned;
}

/* The link that is pinned goes on with the new program: no contact passes unseen. */
static bool replace(const struct applying *applying, enum egress_hook hook)
{
	int link = egress_pins_is_alive(hook, applying->cgroup.number) ? egress_pins_open_link(hook) : -1;
	bool is_replaced = link >= 0 && bpf_link_update(link, egress_program_fd(applying->program, hook), NULL) == 0;

	if (link >= 0)
		close(link);
	return is_replaced;
}

static enum result attach_all(const struct applying *applying)
{
	for (int hook = 0; hook < EGRESS_HOOKS; hook++) {
		if (replace(applying, (enum egress_hook)hook) || attach_new(applying, (enum egress_hook)hook))
			continue;
		LOADER_COMPLAIN(applying->complaints, "", "%s cannot be attached to %s: %s", egress_hook_name((enum egress_hook)hook), applying->cgroup.path, strerror(errno));
		return RESULT_REFUSED;
	}
	egress_control_settings(applying->control)->cgroup = applying->cgroup.number;
	return RESULT_OK;
}

/* -- a change -- */

static enum result find_cgroup(struct applying *applying)
{
	enum result result = cgroup_open(applying->wish->cgroup, &applying->cgroup);

	if (result == RESULT_OK)
		return result;
	if (result == RESULT_NOT_FOUND && !applying->cgroup.path[0])
		LOADER_COMPLAIN(applying->complaints, "mount -t cgroup2 none /sys/fs/cgroup", "no cgroup v2 is mounted here, without which nobody's contacts can be told from others'");
	else if (result == RESULT_NOT_FOUND)
		LOADER_COMPLAIN(applying->complaints, "start the service first, or name its cgroup: packet: { egress: { cgroup: system.slice/NAME.service } }", "there is no %s",
		                applying->cgroup.path);
	else
		LOADER_COMPLAIN(applying->complaints, "", "%s: %s", applying->cgroup.path, result == RESULT_IO ? strerror(errno) : result_name(result));
	return RESULT_REFUSED;
}

/* A refresh each minute that brings nothing new ends no alarm, and has nothing judged anew. */
static enum result publish(const struct applying *applying)
{
	enum result result = applying->is_refresh ? egress_renew(applying->control, applying->wish->list) : RESULT_NOT_FOUND;

	if (result != RESULT_OK)
		result = egress_publish(applying->control, applying->wish->list);
	if (result == RESULT_OK)
		return result;
	LOADER_COMPLAIN(applying->complaints, "", "the list cannot be written into the kernel: %s", result == RESULT_IO ? strerror(errno) : result_name(result));
	return RESULT_REFUSED;
}

/* The mode comes last: nothing is refused before the list is there. */
static enum result change(struct applying *applying)
{
	struct egress_settings *settings = egress_control_settings(applying->control);
	enum result result = publish(applying);

	if (result == RESULT_OK)
		result = attach_all(applying);
	if (result != RESULT_OK)
		return result;
	if (!settings->observing_since_ms)
		settings->observing_since_ms = clock_wall_ns() / 1000000;
	egress_set_mode(applying->control, applying->mode);
	return RESULT_OK;
}

/* What is before is noted; from then on it is one of the two, whatever happens to this process. */
static enum result change_undoable(struct applying *applying)
{
	const struct egress_settings *settings = egress_control_settings(applying->control);
	enum result result = undo_begin_egress(applying->was_attached, settings->mode, settings->generation, applying->wish->undo_s);

	if (result != RESULT_OK) {
		LOADER_COMPLAIN(applying->complaints, "", "what is to be undone cannot be noted in " PENDING_FOLDER ": %s", strerror(errno));
		return RESULT_REFUSED;
	}
	result = change(applying);
	if (result != RESULT_OK)
		undo_failed();
	return result;
}

static enum result apply(struct applying *applying, bool is_undoable)
{
	enum result result = find_cgroup(applying);
	bool is_new = !egress_pins_has_links();

	if (result == RESULT_OK)
		result = pins_make(EGRESS_PIN_FOLDER, applying->complaints);
	if (result == RESULT_OK)
		result = load(applying);
	if (result == RESULT_OK)
		result = is_undoable ? change_undoable(applying) : change(applying);
	egress_control_free(applying->control);
	egress_program_free(applying->program);
	if (applying->cgroup.fd >= 0)
		close(applying->cgroup.fd);
	/* Maps that were made for nothing would keep their memory until the next start of the machine. Security, fails closed: what was attached before goes on. */
	if (result != RESULT_OK && is_new)
		(void)egress_pins_drop_all();
	if (result == RESULT_OK)
		(void)egress_pins_drop_former();
	return result == RESULT_OK ? RESULT_OK : RESULT_REFUSED;
}

bool egress_is_held_off(void)
{
	return access(PENDING_FOLDER "/" HELD_OFF, F_OK) == 0;
}

static bool is_egress_waiting(uint64_t *left_ns)
{
	struct pending pending;
	uint64_t now_ns = pending_now_ns();

	if (pending_read(&pending) != RESULT_OK || pending.kind != PENDING_EGRESS)
		return false;
	*left_ns = pending.deadline_ns > now_ns ? pending.deadline_ns - now_ns : 0;
	return true;
}

/* Of another kind it is another's, and stays. */
static void forget_waiting(void)
{
	uint64_t left_ns;

	if (is_egress_waiting(&left_ns))
		pending_remove();
}

enum result egress_apply(const struct egress_wish *wish, enum egress_mode mode, struct complaints *complaints)
{
	struct applying applying = { .wish = wish, .mode = mode, .complaints = complaints, .cgroup = { .fd = -1 } };
	bool is_undoable = mode == EGRESS_ENFORCE && !wish->is_confirmed;
	enum result result;
	int lock;

	result = loader_begin(!is_undoable, complaints, &lock);
	if (result != RESULT_OK)
		return result;
	if (wish->is_confirmed && egress_is_held_off()) {
		pending_unlock(lock);
		return RESULT_NOT_FOUND;
	}
	if (!is_undoable)
		forget_waiting();
	result = apply(&applying, is_undoable);
	if (result == RESULT_OK)
		(void)!loader_file_remove(PENDING_FOLDER, HELD_OFF);
	pending_unlock(lock);
	return result;
}

/* OFF, though it is pinned: whoever attached it died before it was told to look at anything. */
static enum egress_mode mode_of(const struct egress_settings *settings)
{
	return settings->mode == EGRESS_OFF || settings->mode == EGRESS_ENFORCE ? (enum egress_mode)settings->mode : EGRESS_OBSERVE;
}

static enum egress_mode mode_now(void)
{
	enum egress_mode mode = EGRESS_OFF;
	struct egress_control *control;

	if (egress_control_open(&control) == RESULT_OK) {
		mode = mode_of(egress_control_settings(control));
		egress_control_free(control);
	}
	return mode;
}

enum result egress_refresh(const struct egress_wish *wish, struct complaints *complaints)
{
	struct applying applying = { .wish = wish, .mode = EGRESS_OFF, .is_refresh = true, .complaints = complaints, .cgroup = { .fd = -1 } };
	enum result result;
	uint64_t left_ns;
	int lock;

	result = loader_begin(true, complaints, &lock);
	if (result != RESULT_OK)
		return result;
	applying.mode = mode_now();
	if (is_egress_waiting(&left_ns)) {
		LOADER_COMPLAIN(complaints, "bouclier packet confirm keeps it; bouclier packet egress observe takes it back", "enforce waits to be confirmed");
		result = RESULT_REFUSED;
	} else if (applying.mode == EGRESS_OFF) {
		result = RESULT_NOT_FOUND;
	} else {
		result = apply(&applying, false);
	}
	pending_unlock(lock);
	return result;
}

enum result egress_remove(struct complaints *complaints)
{
	enum result result;
	bool was_there;
	int lock;

	result = loader_begin(true, complaints, &lock);
	if (result != RESULT_OK)
		return result;
	forget_waiting();
	was_there = egress_pins_drop_all();
	was_there |= egress_pins_drop_former();
	if (loader_file_write(PENDING_FOLDER, HELD_OFF, SPAN("\n")) != RESULT_OK)
		LOADER_WARN(complaints, "packet: { egress: { mode: off } }", "that it is to stay off cannot be noted in " PENDING_FOLDER ": the next start of the service may begin it anew: %s", strerror(errno));
	pending_unlock(lock);
	return was_there ? RESULT_OK : RESULT_NOT_FOUND;
}

/* -- what there is -- */

static bool is_attached(uint64_t cgroup)
{
	for (int hook = 0; hook < EGRESS_HOOKS; hook++) {
		if (!egress_pins_is_alive((enum egress_hook)hook, cgroup))
			return false;
	}
	return true;
}

static enum result look(struct complaints *complaints, struct egress_state *out)
{
	enum result result = egress_control_open(&out->control);
	const struct egress_settings *settings;

	if (result == RESULT_NOT_FOUND)
		return RESULT_OK;
	if (result != RESULT_OK) {
		LOADER_COMPLAIN(complaints, "run it as root", "the maps below " EGRESS_PIN_FOLDER " cannot be read: %s", result_name(result));
		return RESULT_REFUSED;
	}
	settings = egress_control_settings(out->control);
	out->mode = mode_of(settings);
	out->is_attached = is_attached(settings->cgroup);
	out->observing_since_ms = settings->observing_since_ms;
	out->published_ns = settings->copies[settings->generation & 1].published_ns;
	out->waits = is_egress_waiting(&out->left_ns);
	return RESULT_OK;
}

enum result egress_look(struct complaints *complaints, struct egress_state *out)
{
	enum result result;
	int lock;

	*out = (struct egress_state){ .mode = EGRESS_OFF };
	result = loader_begin(true, complaints, &lock);
	if (result == RESULT_OK) {
		result = look(complaints, out);
		pending_unlock(lock);
	}
	return result;
}

bool egress_is_advised(const struct egress_state *state, uint64_t wall_ms)
{
	return state->observing_since_ms && wall_ms >= state->observing_since_ms + EGRESS_ADVISED_MS;
}

/* The list of another generation is the other copy's: one flip, and the one before is back. */
void egress_restore(bool was_attached, enum egress_mode mode, uint32_t generation)
{
	struct egress_control *control;

	if (!was_attached) {
		(void)egress_pins_drop_all();
		return;
	}
	if (egress_control_open(&control) != RESULT_OK)
		return;
	egress_set_mode(control, mode);
	if (egress_control_settings(control)->generation != generation)
		egress_flip(control);
	egress_control_free(control);
}
