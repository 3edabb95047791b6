/* Of an attach: the program under each interface's link. */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <unistd.h>

#include "packet/loader/attach_inner.h"
#include "packet/loader/pins.h"

#include "base/banned.h"

static enum packet_rung rung_of(const struct links_seen *links, unsigned index)
{
	const struct link_seen *link = links_find_index(links, index);

	return link && link->xdp == LINK_XDP_GENERIC ? RUNG_GENERIC : RUNG_NATIVE;
}

/* The link that is pinned goes on with the new program: no packet passes unseen. */
static bool replace(const struct attaching *attaching, struct packet_target *target)
{
	int link = pins_open_link(target->index);
	bool is_replaced = link >= 0 && bpf_link_update(link, attaching->program_fd, NULL) == 0;

	if (link >= 0)
		close(link);
	if (is_replaced) {
		target->was_there = true;
		target->rung = rung_of(attaching->links, target->index);
	}
	return is_replaced;
}

static void note_why(struct packet_target *target, const char *what, int error)
{
	size_t len = strlen(target->why);

	snprintf(target->why + len, sizeof(target->why) - len, "%s%s: %s%s", len ? "; " : "", what, strerror(error),
	         error == EBUSY ? " (another program is attached: ip link show tells, ip link set dev NAME xdp off removes it)" : "");
}

static bool try_mode(const struct attaching *attaching, struct packet_target *target, unsigned flags, enum packet_rung rung, const char *what)
{
	enum result result = pins_attach_link(attaching->program_fd, target->index, flags);

	if (result == RESULT_OK)
		target->rung = rung;
	else
		note_why(target, result == RESULT_IO ? "its link cannot be pinned" : what, errno);
	return result == RESULT_OK;
}

static bool attach_native(const struct attaching *attaching, struct packet_target *target)
{
	if (replace(attaching, target))
		return true;
	pins_drop_link(target->index);  /* of an interface that is no more */
	return try_mode(attaching, target, XDP_FLAGS_DRV_MODE, RUNG_NATIVE, "no native XDP");
}

void attach_links(const struct attaching *attaching)
{
	struct packet_targets *targets = &attaching->out->targets;

	for (unsigned i = 0; i < targets->count;) {
		struct packet_target *target = &targets->list[i];

		if (!attach_native(attaching, target)) {
			if (target->is_bond && targets_split_bond(targets, i, attaching->links))
				continue;  /* its first member, or what followed it, is here now */
			(void)try_mode(attaching, target, XDP_FLAGS_SKB_MODE, RUNG_GENERIC, "no generic XDP");
		}
		if (target->rung < attaching->out->rung)
			attaching->out->rung = target->rung;
		attaching->out->is_upgrade |= target->was_there;
		i++;
	}
}

void attach_drop_others(const struct packet_targets *targets)
{
	struct pinned_link links[PINS_LINKS_MAX];
	unsigned count = pins_links(links);

	for (unsigned i = 0; i < count; i++) {
		bool is_target = false;

		for (unsigned t = 0; t < targets->count; t++)
			is_target |= targets->list[t].index == links[i].index;
		if (!is_target)
			pins_drop_link(links[i].index);
	}
}
