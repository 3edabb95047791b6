/* The rung of nftables, attached, given a list, and removed. */
#include <errno.h>
#include <stdlib.h>

#include "packet/loader/confirmed.h"
#include "packet/loader/locked_out.h"
#include "packet/loader/machine.h"
#include "packet/loader/nft.h"
#include "packet/loader/nft_text.h"
#include "packet/loader/undo.h"

#include "base/banned.h"

#define ERROR_BYTES 600u

static const char to_remove[] = "add table netdev bouclier\ndelete table netdev bouclier";

bool loader_nft_is_attached(void)
{
	return nft_run("list chain netdev bouclier ingress", false, NULL, NULL) == RESULT_OK;
}

static enum result run(const char *commands, struct complaints *complaints)
{
	struct buffer error;
	enum result result;

	buffer_init(&error, ERROR_BYTES);
	result = nft_run(commands, false, NULL, &error);
	if (result == RESULT_NOT_FOUND)
		LOADER_COMPLAIN(complaints, "apt-get install libnftables1", "there is no nftables either");
	else if (result != RESULT_OK)
		LOADER_COMPLAIN(complaints, "", "nftables does not take the rules: %.*s", SPAN_ARG(span_take(buffer_span(&error), 300)));
	buffer_done(&error);
	return result == RESULT_OK ? RESULT_OK : RESULT_REFUSED;
}

enum result loader_nft_remove(struct complaints *complaints)
{
	return run(to_remove, complaints);
}

static enum result apply(const struct packet_wish *wish, const struct packet_prefixes *denied, const struct packet_targets *targets,
                         struct complaints *complaints)
{
	struct packet_settings *settings = calloc(1, sizeof(*settings));
	const char *names[TARGETS_MAX];
	struct nft_wish nft = { .interfaces = names, .interface_count = targets->count, .denied = denied, .allowed = wish->allowed };
	struct buffer text;
	enum result result = settings ? RESULT_OK : RESULT_NO_MEMORY;

	if (!settings)
		return result;
	packet_settings_apply(wish->settings, settings);
	for (unsigned i = 0; i < wish->expose_count; i++)
		settings->exposed_tcp[wish->exposes[i] / 64] |= 1ull << wish->exposes[i] % 64;
	for (unsigned i = 0; i < targets->count; i++)
		names[i] = targets->list[i].name;
	nft.reflectors = (const uint64_t *)settings->reflectors;
	nft.exposed_tcp = settings->flags & PACKET_HIDES_PORTS ? (const uint64_t *)settings->exposed_tcp : NULL;
	nft.observes = settings->flags & PACKET_OBSERVES;
	buffer_init(&text, NFT_TEXT_BYTES);
	result = nft_text_write(&nft, &text);
	if (result == RESULT_OK)
		result = buffer_append_byte(&text, '\0');
	if (result == RESULT_OK)
		result = run(buffer_span(&text).at, complaints);
	else
		LOADER_COMPLAIN(complaints, "", "the rules for nftables are longer than %zu MiB", NFT_TEXT_BYTES >> 20);
	buffer_done(&text);
	free(settings);
	return result;
}

static enum result change(const struct packet_wish *wish, const struct packet_prefixes *denied, const struct packet_targets *targets,
                          struct complaints *complaints)
{
	enum result result = undo_begin(PENDING_NFT, NULL, NULL, false, wish->undo_s);

	if (result != RESULT_OK) {
		LOADER_COMPLAIN(complaints, "", "what is to be undone cannot be noted in " PENDING_FOLDER ": %s", strerror(errno));
		return RESULT_REFUSED;
	}
	result = apply(wish, denied, targets, complaints);
	if (result != RESULT_OK)
		pending_remove();  /* one transaction: nothing was changed */
	return result;
}

enum result loader_nft_apply(const struct packet_wish *wish, const struct packet_prefixes *denied, struct packet_targets *targets, struct complaints *complaints)
{
	/* No rule asks what the machine does with packets. */
	const struct packet_ground ground = { .only = PACKET_ONLY_NFT };
	struct machine machine;
	enum result result;

	machine_look(&machine);
	if (!machine.has_cookies)
		LOADER_WARN(complaints, "sysctl -w net.ipv4.tcp_syncookies=1", "the kernel's SYN cookies are off, and without XDP there are no others");
	result = change(wish, denied, targets, complaints);
	if (result == RESULT_OK)
		confirmed_note(wish, &ground, denied, complaints);
	if (result == RESULT_OK && wish->settings->mode == PACKET_MODE_ENFORCE)
		locked_out_warn(wish->spared, denied, complaints);
	for (unsigned i = 0; i < targets->count && result == RESULT_OK; i++)
		targets->list[i].rung = RUNG_NFTABLES;
	return result;
}

enum result loader_nft_deny(const struct packet_wish *wish, const struct packet_prefixes *denied, struct complaints *complaints)
{
	struct links_seen *links = malloc(sizeof(*links));
	struct packet_targets targets;
	enum result result;

	if (!links)
		return RESULT_REFUSED;
	result = links_look(links);
	if (result == RESULT_OK)
		result = targets_find(&wish->settings->interfaces, links, &targets, complaints);
	if (result == RESULT_OK)
		result = change(wish, denied, &targets, complaints);
	if (result == RESULT_OK)
		confirmed_note(NULL, NULL, denied, complaints);
	free(links);
	return result == RESULT_OK ? RESULT_OK : RESULT_REFUSED;
}
