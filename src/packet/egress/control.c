#include "packet/egress/control.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "packet/egress/pins.h"
#include "packet/loader/pending.h"

#include "base/banned.h"

struct egress_control {
	int fds[EGRESS_MAPS];
	struct egress_settings *settings;        /* mapped; of who only looks, what he saw last */
	struct egress_settings seen;
};

static const struct {
	const char *name;
	enum bpf_map_type type;
	size_t key, value;
	unsigned entries;
} shapes[] = {
#define X(upper, lower, kind, key, value, entries) { #lower, BPF_MAP_TYPE_##kind, key, value, entries },
	EGRESS_MAP_LIST(X)
#undef X
};

/* A mapping of a map that is smaller than what is written to it would be our own death: sizes are asked of the kernel, not believed. */
static bool is_map(int fd, enum egress_map map)
{
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &size) == 0 && info.type == shapes[map].type && info.key_size == shapes[map].key &&
	       info.value_size == shapes[map].value && info.max_entries == shapes[map].entries;
}

/* A descriptor for reading cannot be mapped: Linux calls such a mapping not shared, and refuses those that are not. */
static enum result see_settings(struct egress_control *control)
{
	const __u32 only = 0;

	return bpf_map_lookup_elem(control->fds[EGRESS_MAP_SETTINGS], &only, &control->seen) == 0 ? RESULT_OK : RESULT_IO;
}

static enum result map_settings(struct egress_control *control)
{
	void *at = mmap(NULL, sizeof(*control->settings), PROT_READ | PROT_WRITE, MAP_SHARED, control->fds[EGRESS_MAP_SETTINGS], 0);

	if (at == MAP_FAILED)
		return RESULT_IO;
	control->settings = at;
	return RESULT_OK;
}

static enum result open_settings(struct egress_control *control, bool may_write)
{
	for (int map = 0; map < EGRESS_MAPS; map++) {
		if (!is_map(control->fds[map], (enum egress_map)map))
			return RESULT_MALFORMED;
	}
	if (may_write)
		return map_settings(control);
	control->settings = &control->seen;
	return see_settings(control);
}

static void close_all(const int fds[EGRESS_MAPS])
{
	for (int map = 0; map < EGRESS_MAPS; map++) {
		if (fds[map] >= 0)
			close(fds[map]);
	}
}

static enum result make(const int fds[EGRESS_MAPS], bool may_write, struct egress_control **out)
{
	struct egress_control *control = calloc(1, sizeof(*control));
	enum result result;

	if (!control) {
		close_all(fds);
		return RESULT_NO_MEMORY;
	}
	memcpy(control->fds, fds, sizeof(control->fds));
	result = open_settings(control, may_write);
	if (result == RESULT_OK)
		*out = control;
	else
		egress_control_free(control);
	return result;
}

enum result egress_control_new(const int fds[EGRESS_MAPS], struct egress_control **out)
{
	return make(fds, true, out);
}

static enum result open_pinned(bool may_write, struct egress_control **out)
{
	enum result result = RESULT_OK;
	int fds[EGRESS_MAPS];

	for (int map = 0; map < EGRESS_MAPS; map++)
		fds[map] = -1;
	for (int map = 0; map < EGRESS_MAPS && result == RESULT_OK; map++) {
		fds[map] = egress_pins_open(shapes[map].name, may_write);
		if (fds[map] < 0)
			result = errno == ENOENT ? RESULT_NOT_FOUND : errno == EPERM || errno == EACCES ? RESULT_REFUSED : RESULT_IO;
	}
	if (result == RESULT_OK)
		return make(fds, may_write, out);
	close_all(fds);
	return result;
}

enum result egress_control_open(struct egress_control **out)
{
	return open_pinned(true, out);
}

enum result egress_control_open_to_read(struct egress_control **out)
{
	return open_pinned(false, out);
}

void egress_control_free(struct egress_control *control)
{
	if (!control)
		return;
	if (control->settings && control->settings != &control->seen)
		munmap(control->settings, sizeof(*control->settings));
	close_all(control->fds);
	free(control);
}

int egress_control_fd(const struct egress_control *control, enum egress_map map)
{
	return control->fds[map];
}

enum result egress_control_count(const struct egress_control *control, enum egress_count which, uint64_t *out)
{
	__u32 key = which;
	__u64 sum = 0;

	if (bpf_map_lookup_elem(control->fds[EGRESS_MAP_COUNTS], &key, &sum))
		return RESULT_IO;
	*out = sum;
	return RESULT_OK;
}

struct egress_settings *egress_control_settings(struct egress_control *control)
{
	if (control->settings == &control->seen)
		(void)!see_settings(control);  /* a map of one entry has it */
	return control->settings;
}

/* -- the list -- */

/* The rules of COPY go; the key of each is in the map of rules. */
static enum result clear_copy(const struct egress_control *control, unsigned copy)
{
	const struct egress_copy *list = &control->settings->copies[copy];

	for (__u32 i = 0; i < list->rule_count && i < EGRESS_RULES_MAX; i++) {
		__u32 at = copy * EGRESS_RULES_MAX + i;
		struct egress_allow_key key;
		struct egress_rule rule;

		if (bpf_map_lookup_elem(control->fds[EGRESS_MAP_RULES], &at, &rule))
			return RESULT_IO;
		key = egress_allow_key(&rule, copy);
		if (bpf_map_delete_elem(control->fds[EGRESS_MAP_ALLOWS], &key) && errno != ENOENT)
			return RESULT_IO;
	}
	return RESULT_OK;
}

/* The count moves with each rule: one that fails half-way can be cleared. */
static enum result write_copy(const struct egress_control *control, const struct egress_list *list, unsigned copy)
{
	struct egress_copy *to = &control->settings->copies[copy];

	to->rule_count = 0;
	for (__u32 i = 0; i < list->count; i++) {
		struct egress_allow_key key = egress_allow_key(&list->rules[i], copy);
		__u32 at = copy * EGRESS_RULES_MAX + i, value = 1;

		if (bpf_map_update_elem(control->fds[EGRESS_MAP_RULES], &at, &list->rules[i], BPF_ANY))
			return RESULT_IO;
		to->rule_count = i + 1;
		if (bpf_map_update_elem(control->fds[EGRESS_MAP_ALLOWS], &key, &value, BPF_ANY))
			return RESULT_IO;
	}
	memcpy(to->lengths, list->lengths, sizeof(to->lengths));
	to->length_count = list->length_count;
	memcpy(to->answers, list->answers, sizeof(to->answers));
	return RESULT_OK;
}

enum result egress_publish(struct egress_control *control, const struct egress_list *list)
{
	unsigned copy = (control->settings->generation + 1) & 1;
	enum result result = clear_copy(control, copy);

	if (result == RESULT_OK)
		result = write_copy(control, list, copy);
	if (result == RESULT_OK)
		egress_flip(control);
	return result;
}

/* Its time comes last: what the list before refused in the meantime is not held against it. */
void egress_flip(struct egress_control *control)
{
	struct egress_settings *settings = control->settings;

	__atomic_store_n(&settings->generation, settings->generation + 1, __ATOMIC_RELEASE);
	settings->copies[settings->generation & 1].published_ns = pending_now_ns();
}

enum result egress_published(const struct egress_control *control, struct egress_list *out)
{
	unsigned copy = control->settings->generation & 1;
	const struct egress_copy *list = &control->settings->copies[copy];

	for (__u32 i = 0; i < list->rule_count && i < EGRESS_RULES_MAX; i++) {
		__u32 at = copy * EGRESS_RULES_MAX + i;
		struct egress_rule rule;

		if (bpf_map_lookup_elem(control->fds[EGRESS_MAP_RULES], &at, &rule))
			return RESULT_IO;
		rule.key[sizeof(rule.key) - 1] = '\0';
		egress_list_add(out, &rule, rule.is_needed, span_of(rule.key));
	}
	memcpy(out->answers, list->answers, sizeof(out->answers));
	return RESULT_OK;
}

static enum result renew_rules(const struct egress_control *control, const struct egress_list *published, const struct egress_list *list)
{
	unsigned copy = control->settings->generation & 1;

	for (__u32 i = 0; i < published->count; i++) {
		const struct egress_rule *found = egress_list_find_rule(list, &published->rules[i]);
		__u32 at = copy * EGRESS_RULES_MAX + i;

		if (found && bpf_map_update_elem(control->fds[EGRESS_MAP_RULES], &at, found, BPF_ANY))
			return RESULT_IO;
	}
	return RESULT_OK;
}

enum result egress_renew(struct egress_control *control, const struct egress_list *list)
{
	struct egress_list published;
	enum result result = egress_list_init(&published);

	if (result == RESULT_OK)
		result = egress_published(control, &published);
	if (result == RESULT_OK && !egress_list_is_same(&published, list))
		result = RESULT_NOT_FOUND;
	if (result == RESULT_OK)
		result = renew_rules(control, &published, list);
	egress_list_done(&published);
	return result;
}

void egress_set_mode(struct egress_control *control, enum egress_mode mode)
{
	__atomic_store_n(&control->settings->mode, (__u32)mode, __ATOMIC_RELEASE);
}
