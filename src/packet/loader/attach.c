#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "packet/loader/attach_inner.h"
#include "packet/loader/confirmed.h"
#include "packet/loader/locked_out.h"
#include "packet/loader/pins.h"
#include "packet/loader/restore.h"
#include "packet/loader/undo.h"
#include "process/sandbox.h"

#include "base/banned.h"

#define SAID_BYTES 400u
#define MTU_DEFAULT 1500u

enum result loader_limit_rights(void)
{
	static const int kept[] = { CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON, SANDBOX_END };

	return sandbox_keep_capabilities(kept);
}

/* -- the program -- */

/* The first that libbpf had to say: the rest follows from it. */
static char said[SAID_BYTES];

static __attribute__((format(printf, 2, 0))) int hear(enum libbpf_print_level level, const char *format, va_list list)
{
	if (level == LIBBPF_WARN && !said[0]) {
		vsnprintf(said, sizeof(said), format, list);
		for (char *at = said; *at; at++) {
			if (*at == '\n')
				*at = ' ';
		}
	}
	return 0;
}

static enum result pin_maps(struct bpf_object *object)
{
	struct bpf_map *map;
	char path[256];

	bpf_object__for_each_map(map, object) {
		if (bpf_map__is_internal(map))
			continue;
		snprintf(path, sizeof(path), PACKET_PIN_FOLDER "/%s", bpf_map__name(map));
		if (bpf_map__set_pin_path(map, path) != 0)
			return RESULT_IO;
	}
	return RESULT_OK;
}

/* Maps that are pinned are used as they are, others made and pinned. RESULT_NOT_FOUND: warned, there will be no XDP. */
static enum result load_program(struct attaching *attaching)
{
	enum result result;

	said[0] = '\0';
	libbpf_set_print(hear);
	result = packet_program_open(&attaching->program);
	if (result == RESULT_OK)
		result = pin_maps(packet_program_object(attaching->program));
	if (result == RESULT_OK)
		result = packet_program_load(attaching->program);
	if (result == RESULT_OK) {
		attaching->program_fd = bpf_program__fd(packet_program_filter(attaching->program));
		return RESULT_OK;
	}
	LOADER_WARN(attaching->complaints, "it needs Linux 6.1 or later, and CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON", "the kernel does not take the filter: %s%s%s",
	            strerror(errno), said[0] ? ": " : "", said);
	return RESULT_NOT_FOUND;
}

static enum result open_control(struct attaching *attaching)
{
	struct packet_maps maps;
	enum result result;

	packet_maps_init(&maps);
	result = packet_maps_open(PACKET_PIN_FOLDER, &maps);
	if (result == RESULT_OK)
		result = control_new(&maps, &attaching->control);
	packet_maps_close(&maps);
	if (result == RESULT_OK)
		return RESULT_OK;
	LOADER_WARN(attaching->complaints, "bouclier packet detach makes room for new ones", "the pinned maps cannot be used: %s", result_name(result));
	return RESULT_NOT_FOUND;
}

/* -- what the program is told -- */

static void set_ports(__u64 words[PACKET_PORT_WORDS], const uint16_t *ports, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		words[ports[i] / 64] |= 1ull << ports[i] % 64;
}

static unsigned smallest_mtu(const struct packet_targets *targets)
{
	unsigned mtu = MTU_DEFAULT;

	for (unsigned i = 0; i < targets->count; i++)
		mtu = targets->list[i].mtu < mtu ? targets->list[i].mtu : mtu;
	return mtu;
}

/* What is not in force for what the machine does is said. */
static void look_at_machine(struct attaching *attaching)
{
	struct machine *machine = &attaching->machine;

	machine_look(machine);
	machine->forwards |= attaching->wish->ground.forwards | targets_carry_others(&attaching->out->targets, attaching->links);
	if (machine->forwards)
		LOADER_WARN(attaching->complaints, "docs/packet.md says what is not in force", "this host forwards packets for others: it is not asked whether TCP belongs to a "
		            "connection, and no SYN is answered before the kernel does");
	machine->has_vlans = attaching->wish->ground.has_vlans | targets_have_vlan(&attaching->out->targets, attaching->links);
	if (machine->has_vlans && machine->has_cookies && !machine->forwards)
		LOADER_WARN(attaching->complaints, "an interface without VLANs, where it matters", "a VLAN lies above the interface, and cards strip its tag: no SYN is answered before the "
		            "kernel does, whose own cookies are the protection");
}

/* All but the list, which is as it is now. */
static void settings_wanted(const struct attaching *attaching, struct packet_settings *out)
{
	const struct packet_wish *wish = attaching->wish;

	*out = *control_settings(attaching->control);
	packet_settings_apply(wish->settings, out);
	machine_apply(&attaching->machine, smallest_mtu(&attaching->out->targets), out);
	out->flags |= PACKET_HAS_LIST | PACKET_HAS_BANS;
	out->resets = PACKET_RESETS;
	memset(out->protected_tcp, 0, sizeof(out->protected_tcp));
	set_ports(out->protected_tcp, wish->listens, wish->listen_count);
	set_ports(out->exposed_tcp, wish->exposes, wish->expose_count);
}

static void tell(const struct attaching *attaching)
{
	struct packet_settings wanted;

	settings_wanted(attaching, &wanted);
	settings_store(attaching->control, &wanted);
}

/* What is denied stays denied; who is spared is spared as of now. */
static enum result publish(const struct attaching *attaching)
{
	struct packet_prefixes denied;
	enum result result;

	const struct packet_ground ground = { PACKET_ONLY_XDP, attaching->machine.forwards, attaching->machine.has_vlans };
	const struct packet_prefixes *wanted = attaching->wish->denied ? attaching->wish->denied : &denied;

	prefixes_init(&denied);
	result = attaching->wish->denied ? RESULT_OK : publish_carry(attaching->control, &denied);
	if (result == RESULT_OK)
		result = publish_lists(attaching->control, wanted, attaching->wish->allowed, attaching->complaints, &attaching->out->published);
	if (result == RESULT_OK) {
		confirmed_note(attaching->wish, &ground, wanted, attaching->complaints);
		if (attaching->wish->settings->mode == PACKET_MODE_ENFORCE)
			locked_out_warn(attaching->wish->spared, wanted, attaching->complaints);
	}
	prefixes_done(&denied);
	return result;
}

/* -- all of it -- */

static enum result swap_program(const struct attaching *attaching, bool was_attached)
{
	if (was_attached && pins_rename("program", "program_before") != RESULT_OK)
		return RESULT_IO;
	return pins_pin(attaching->program_fd, "program");
}

/* Something is attached: an attach makes the pin, and what takes everything off removes it. */
static bool has_program(void)
{
	int program = pins_open("program");

	if (program >= 0)
		close(program);
	return program >= 0;
}

static enum result change(struct attaching *attaching)
{
	bool was_attached = has_program();
	struct packet_settings wanted;
	enum result result;

	look_at_machine(attaching);
	settings_wanted(attaching, &wanted);
	result = undo_begin(PENDING_ATTACH, control_settings(attaching->control), &wanted, was_attached, attaching->wish->undo_s);
	if (result != RESULT_OK) {
		LOADER_COMPLAIN(attaching->complaints, "", "what is to be undone cannot be noted in " PENDING_FOLDER ": %s", strerror(errno));
		return RESULT_REFUSED;
	}
	result = publish(attaching);
	if (result == RESULT_OK) {
		tell(attaching);
		result = swap_program(attaching, was_attached);
	}
	if (result == RESULT_OK)
		attach_links(attaching);
	else
		LOADER_WARN(attaching->complaints, "", "the maps cannot be filled: %s", result == RESULT_IO ? strerror(errno) : result_name(result));
	if (attaching->out->rung > RUNG_GENERIC) {
		undo_failed();
		return RESULT_NOT_FOUND;
	}
	attach_drop_others(&attaching->out->targets);
	return RESULT_OK;
}

static enum result attach_xdp(struct attaching *attaching)
{
	enum result result = pins_make(PACKET_PIN_FOLDER, attaching->complaints);

	if (result == RESULT_OK)
		result = load_program(attaching);
	if (result == RESULT_OK)
		result = open_control(attaching);
	if (result == RESULT_OK)
		result = change(attaching);
	control_free(attaching->control);
	packet_program_free(attaching->program);
	/* Maps that were made for nothing would keep their memory until the next start of the machine. */
	if (result != RESULT_OK && !has_program())
		(void)pins_drop_all();
	return result == RESULT_OK || result == RESULT_REFUSED ? result : RESULT_NOT_FOUND;
}

static enum result climb(struct attaching *attaching)
{
	enum result result = attaching->wish->ground.only == PACKET_ONLY_NFT ? RESULT_NOT_FOUND : attach_xdp(attaching);
	struct packet_prefixes none;

	if (result == RESULT_OK && loader_nft_is_attached())
		return loader_nft_remove(attaching->complaints);
	if (result != RESULT_NOT_FOUND)
		return result;
	/* The rules of nftables would come on top of a program that goes on with its old settings. */
	if (has_program()) {
		LOADER_COMPLAIN(attaching->complaints, "bouclier packet detach, then attach: without a filter in between",
		                "the filter that is attached cannot be replaced, and goes on as it was");
		return RESULT_REFUSED;
	}
	if (attaching->wish->ground.only == PACKET_ONLY_XDP) {
		LOADER_COMPLAIN(attaching->complaints, "bouclier packet attach, then confirm", "XDP was confirmed, and there is none now; nftables was not");
		return RESULT_REFUSED;
	}
	if (loader_nft_is_attached() && !attaching->wish->denied)
		LOADER_WARN(attaching->complaints, "bouclier packet deny load FILE, afterwards", "the rules of nftables are made anew, without the list that was loaded");
	prefixes_init(&none);
	result = loader_nft_apply(attaching->wish, attaching->wish->denied ? attaching->wish->denied : &none, &attaching->out->targets, attaching->complaints);
	attaching->out->rung = result == RESULT_OK ? RUNG_NFTABLES : RUNG_NOTHING;
	return result;
}

enum result loader_attach(const struct packet_wish *wish, struct complaints *complaints, struct packet_outcome *out)
{
	struct attaching attaching = { .wish = wish, .complaints = complaints, .out = out, .links = malloc(sizeof(*attaching.links)), .program_fd = -1 };
	enum result result;
	int lock;

	*out = (struct packet_outcome){ .rung = RUNG_NOTHING };
	if (!attaching.links)
		return RESULT_NO_MEMORY;
	result = links_look(attaching.links);
	if (result != RESULT_OK)
		LOADER_COMPLAIN(complaints, "", "the interfaces cannot be listed: %s", strerror(errno));
	else
		result = targets_find(&wish->settings->interfaces, attaching.links, &out->targets, complaints);
	if (result == RESULT_OK)
		result = loader_begin(false, complaints, &lock);
	if (result == RESULT_OK) {
		result = climb(&attaching);
		pending_unlock(lock);
	}
	free(attaching.links);
	return result == RESULT_OK ? RESULT_OK : RESULT_REFUSED;
}
