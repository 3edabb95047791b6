#include "packet/loader/restore.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <unistd.h>

#include "packet/control/publish.h"
#include "packet/egress/egress.h"
#include "packet/loader/nft.h"
#include "packet/loader/pins.h"

#include "base/banned.h"

void settings_store(struct control *control, const struct packet_settings *wanted)
{
	struct packet_settings *settings = control_settings(control);
	const size_t rest = offsetof(struct packet_settings, copy);

	memcpy((char *)settings + rest, (const char *)wanted + rest, sizeof(*settings) - rest);
	__atomic_store_n(&settings->flags, wanted->flags, __ATOMIC_RELEASE);
}

static bool was_there(const struct pending *pending, unsigned index)
{
	for (unsigned i = 0; i < pending->index_count; i++) {
		if (pending->indexes[i] == index)
			return true;
	}
	return false;
}

static void keep_ports(const __u64 now[PACKET_PORT_WORDS], const __u64 wanted[PACKET_PORT_WORDS], __u64 out[PACKET_PORT_WORDS])
{
	for (size_t i = 0; i < PACKET_PORT_WORDS; i++)
		out[i] |= now[i] & ~wanted[i];
}

void restore_settings_of(const struct pending *pending, const struct packet_settings *now, struct packet_settings *out)
{
	const struct packet_settings *wanted = &pending->wanted;

	*out = pending->settings;
	out->flags |= now->flags & ~wanted->flags & PACKET_OBSERVES;
	keep_ports(now->exposed_tcp, wanted->exposed_tcp, out->exposed_tcp);
	keep_ports(now->exposed_udp, wanted->exposed_udp, out->exposed_udp);
	keep_ports(now->protected_tcp, wanted->protected_tcp, out->protected_tcp);
}

static enum result restore_settings(const struct pending *pending)
{
	struct packet_settings settings;
	struct packet_maps maps;
	struct control *control;
	enum result result;

	packet_maps_init(&maps);
	result = packet_maps_open(PACKET_PIN_FOLDER, &maps);
	if (result != RESULT_OK)
		return result;
	result = control_new(&maps, &control);
	if (result == RESULT_OK) {
		if (pending->kind == PENDING_LISTS) {
			publish_flip(control, pending->settings.copy);  /* all that a list changes; what a reload let through meanwhile stays */
		} else {
			restore_settings_of(pending, control_settings(control), &settings);
			settings_store(control, &settings);
		}
		control_free(control);
	}
	packet_maps_close(&maps);
	return result;
}

static enum result update_link(unsigned index, int program)
{
	int link = pins_open_link(index);
	int error = link < 0 ? -1 : bpf_link_update(link, program, NULL);

	if (link >= 0)
		close(link);
	return error == 0 ? RESULT_OK : RESULT_IO;
}

/* The program before, back under the links that stay. Where there is none, it was not replaced yet, or is back already. */
static enum result restore_program(void)
{
	struct pinned_link links[PINS_LINKS_MAX];
	unsigned count = pins_links(links);
	int program = pins_open("program_before");
	enum result result = RESULT_OK;

	if (program < 0)
		return errno == ENOENT ? RESULT_OK : RESULT_IO;
	for (unsigned i = 0; i < count; i++) {
		if (links[i].is_alive && update_link(links[i].index, program) != RESULT_OK)
			result = RESULT_IO;
	}
	close(program);
	return result == RESULT_OK ? pins_rename("program_before", "program") : result;
}

static bool is_linked(const struct pinned_link *links, unsigned count, unsigned index)
{
	for (unsigned i = 0; i < count; i++) {
		if (links[i].index == index && links[i].is_alive)
			return true;
	}
	return false;
}

/* The links that the change took away. An interface that is no more has none. */
static enum result restore_links(const struct pending *pending)
{
	struct pinned_link links[PINS_LINKS_MAX];
	unsigned count = pins_links(links);
	int program = pins_open("program");
	enum result result = RESULT_OK;
	char name[IFNAMSIZ];

	for (unsigned i = 0; i < pending->index_count; i++) {
		unsigned index = pending->indexes[i];

		if (is_linked(links, count, index) || !if_indextoname(index, name))
			continue;
		pins_drop_link(index);
		if (program < 0 || (pins_attach_link(program, index, XDP_FLAGS_DRV_MODE) != RESULT_OK && pins_attach_link(program, index, XDP_FLAGS_SKB_MODE) != RESULT_OK))
			result = RESULT_IO;
	}
	if (program >= 0)
		close(program);
	return result;
}

/* Every pin is gone, and with the last of them what it pinned. */
static enum result drop_all(void)
{
	struct pinned_link links[PINS_LINKS_MAX];

	(void)pins_drop_all();
	return pins_links(links) ? RESULT_IO : RESULT_OK;
}

static enum result undo_attach(const struct pending *pending)
{
	struct pinned_link links[PINS_LINKS_MAX];
	unsigned count = pins_links(links);
	enum result program, settings;

	if (!pending->was_attached)
		return drop_all();
	for (unsigned i = 0; i < count; i++) {
		if (!was_there(pending, links[i].index))
			pins_drop_link(links[i].index);
	}
	program = restore_program();
	if (program == RESULT_OK)
		program = restore_links(pending);
	settings = restore_settings(pending);
	return program != RESULT_OK ? program : settings;
}

static const char no_table[] = "add table netdev bouclier\ndelete table netdev bouclier\n";

/* Of nftables: the text that was there, as one transaction. There is such a file whenever our table was, or is about to be, there. */
static enum result restore_ruleset(void)
{
	struct buffer text, commands;
	enum result result;

	buffer_init(&text, PENDING_RULESET_BYTES);
	buffer_init(&commands, 2 * PENDING_RULESET_BYTES);
	result = pending_ruleset_read(&text);
	if (result == RESULT_OK) {
		result = buffer_append(&commands, SPAN(no_table));
		if (result == RESULT_OK)
			result = buffer_append(&commands, buffer_span(&text));
		if (result == RESULT_OK)
			result = buffer_append_byte(&commands, '\0');
		if (result == RESULT_OK)
			result = nft_run(buffer_span(&commands).at, false, NULL, NULL);
	} else if (result == RESULT_NOT_FOUND) {
		result = RESULT_OK;
	}
	buffer_done(&commands);
	buffer_done(&text);
	return result;
}

enum result restore_once(const struct pending *pending)
{
	enum result maps = RESULT_OK, rules;

	if (pending->kind == PENDING_ATTACH)
		maps = undo_attach(pending);
	else if (pending->kind == PENDING_LISTS)
		maps = restore_settings(pending);
	else if (pending->kind == PENDING_EGRESS)
		egress_restore(pending->was_attached, (enum egress_mode)pending->egress_mode, pending->egress_generation);
	rules = restore_ruleset();
	return maps != RESULT_OK ? maps : rules;
}

enum result restore_nothing(void)
{
	enum result links = drop_all(), rules = nft_run(no_table, false, NULL, NULL);

	return links != RESULT_OK ? links : rules == RESULT_NOT_FOUND ? RESULT_OK : rules;
}
