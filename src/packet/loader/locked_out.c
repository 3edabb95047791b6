#include "packet/loader/locked_out.h"

#include <stdlib.h>

#include "packet/loader/confirmed.h"

#include "base/banned.h"

static bool is_managed(const struct spared *spared, const struct address *address)
{
	for (unsigned i = 0; i < spared->count; i++) {
		if (spared->list[i].why == SPARED_MANAGEMENT && network_contains(&spared->list[i].network, address))
			return true;
	}
	return false;
}

void locked_out_warn(const struct spared *spared, const struct packet_prefixes *denied, struct complaints *complaints)
{
	const char *connection = getenv("SSH_CONNECTION");
	const struct spared *peers = spared;
	struct spared session;

	spared_init(&session);
	if (connection)
		spared_read_ssh_connection(&session, span_of(connection));
	if (session.count)
		peers = &session;
	for (unsigned i = 0; i < peers->count; i++) {
		const struct network *peer = &peers->list[i].network;
		char name[NETWORK_TEXT_MAX];

		if (peers->list[i].why != SPARED_SSH || !prefixes_contain(denied, &peer->address) || is_managed(spared, &peer->address))
			continue;
		network_write(peer, name);
		LOADER_WARN(complaints, "add your network to management, then attach and confirm", "%s is denied, and passes only because it is connected to sshd now: after a restart of the machine you are locked out from there",
		            name);
	}
}

void locked_out_warn_confirmed(struct complaints *complaints)
{
	struct complaints unheard;  /* attach and deny load have told what cannot be read */
	struct packet_prefixes denied;
	struct spared spared;
	bool is_observing;

	complaints_init(&unheard);
	prefixes_init(&denied);
	spared_init(&spared);
	if (confirmed_look(&spared, &is_observing, &denied) == RESULT_OK && !is_observing) {
		spared_look(&spared, NULL, &unheard);
		locked_out_warn(&spared, &denied, complaints);
	}
	prefixes_done(&denied);
	complaints_done(&unheard);
}
