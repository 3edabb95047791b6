/* From the configuration and the machine to what the loader is asked. */
#include <netdb.h>
#include <stdio.h>

#include "base/clock.h"
#include "cli/packet/packet.h"
#include "cli/served_ports.h"
#include "guard/settings.h"
#include "net/settings.h"
#include "origin/settings.h"
#include "process/resolve.h"

#include "base/banned.h"

#define UNDO_MAX_S 3600u
#define ORIGIN_NAMES_MAX 64u
#define ORIGIN_NAMES_MS 5000u   /* when no further name is asked for: a resolver that does not answer keeps nobody from attaching */

static void spare_list(struct packet_asked *asked, const struct list_value *networks)
{
	const struct network *list = networks->items;

	for (size_t i = 0; i < networks->count; i++)
		spared_add(&asked->spared, &list[i], SPARED_MANAGEMENT);
}

/* -- origins: a published list with private networks in it would cut every portal from its own servers -- */

struct origin_names {
	unsigned count;                          /* that were asked for */
	uint64_t start_ms;
};

static void spare_name(struct packet_asked *asked, struct span host, struct origin_names *names)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	char name[RESOLVE_HOST_MAX];

	if (names->count == ORIGIN_NAMES_MAX || clock_mono_ms() - names->start_ms > ORIGIN_NAMES_MS || span_to_text(host, name, sizeof(name)) != RESULT_OK ||
	    getaddrinfo(name, NULL, &hints, &found) != 0) {
		asked->origins_left_out++;
		return;
	}
	names->count++;
	for (const struct addrinfo *each = found; each; each = each->ai_next) {
		struct endpoint endpoint;

		if (endpoint_from_socket(each->ai_addr, &endpoint) == RESULT_OK)
			spared_add_address(&asked->spared, &endpoint.address, SPARED_ORIGIN);
	}
	freeaddrinfo(found);
}

static void spare_origins_of(struct packet_asked *asked, const struct list_value *origins, struct origin_names *names)
{
	const struct origin_settings *list = origins->items;

	for (size_t i = 0; i < origins->count; i++) {
		struct address address;

		if (address_read(list[i].url.host, &address) == RESULT_OK)
			spared_add_address(&asked->spared, &address, SPARED_ORIGIN);
		else
			spare_name(asked, list[i].url.host, names);
	}
}

static void spare_origins(struct packet_asked *asked)
{
	const struct snapshot *snapshot = asked->loaded.snapshot;
	struct origin_names names = { .start_ms = clock_mono_ms() };
	const void *last = NULL;

	for (size_t i = 0; i < snapshot->site_count; i++) {
		for (size_t r = 0; r < snapshot->sites[i].route_count; r++) {
			const struct list_value *origins = &origins_settings_of(snapshot->sites[i].routes[r].sections)->origins;

			if (origins->items != last)  /* a route that says nothing of them has its site's */
				spare_origins_of(asked, origins, &names);
			last = origins->items;
		}
	}
	if (asked->origins_left_out)
		complain(&asked->complaints, COMPLAINT_WARNING, (struct place){ .line = 0 }, SPAN("write their addresses under management, or into the origins' URLs"),
		         "names of origins that cannot be resolved now: %u; a list of denied networks may cut them off", asked->origins_left_out);
}

/* The filter stands before whatever leads a public port to a listener: both are exposed. State and cookies are a socket's, and a port that a rule leads elsewhere has none: availability,
 * it is not asked for them. */
static void gather_ports(struct packet_asked *asked)
{
	struct packet_wish *wish = &asked->wish;
	struct served_ports served, own;

	served_ports_listened(asked->loaded.snapshot, &served);
	served_ports_own(asked->loaded.snapshot, &own);
	for (unsigned i = 0; i < served.count; i++) {
		if (served_ports_have(&own, served.list[i]))
			(void)served_ports_add(asked->listens, &wish->listen_count, PACKET_LISTENS_MAX, served.list[i]);
		(void)served_ports_add(asked->exposes, &wish->expose_count, PACKET_LISTENS_MAX + SPARED_PORTS_MAX, served.list[i]);
	}
}

static void expose_ssh(struct packet_asked *asked)
{
	for (unsigned i = 0; i < asked->spared.ssh_port_count; i++)
		(void)served_ports_add(asked->exposes, &asked->wish.expose_count, PACKET_LISTENS_MAX + SPARED_PORTS_MAX, asked->spared.ssh_ports[i]);
}

static int gather(struct packet_asked *asked)
{
	const struct snapshot *snapshot = asked->loaded.snapshot;
	const struct net_settings *net = net_settings(snapshot);
	const struct listen_settings *listen = net->listen.items;

	asked->has_management = guard_top_settings(snapshot)->management.count > 0;
	spare_list(asked, &guard_top_settings(snapshot)->management);
	spare_list(asked, &net->trusted_proxies);
	for (size_t i = 0; i < net->listen.count; i++)
		spare_list(asked, &listen[i].trusted_proxies);
	spare_origins(asked);
	spared_look(&asked->spared, NULL, &asked->complaints);
	if (spared_prefixes(&asked->spared, &asked->allowed) != RESULT_OK)
		return command_failed("no memory");
	prefixes_merge(&asked->allowed);
	asked->wish.allowed = &asked->allowed;
	asked->wish.spared = &asked->spared;
	expose_ssh(asked);
	return EXIT_DONE;
}

int packet_read(struct packet_asked *asked, const struct options *options)
{
	const char *undo = option_text(options, "undo", NULL);
	enum result result;
	uint64_t undo_s = PENDING_UNDO_S;

	*asked = (struct packet_asked){ .has_management = false };
	complaints_init(&asked->complaints);
	prefixes_init(&asked->allowed);
	spared_init(&asked->spared);
	result = loaded_read(&asked->loaded, options, 0);
	if (undo && (span_to_u64(span_of(undo), UNDO_MAX_S, &undo_s) != RESULT_OK || undo_s == 0))
		return command_misused(command_find(SPAN("packet")), "--undo is a number of seconds, from 1 to %u, not %s", UNDO_MAX_S, undo);
	asked->wish.undo_s = (unsigned)undo_s;
	if (result != RESULT_OK) {
		loaded_complain(&asked->loaded);
		return EXIT_FAILED;
	}
	asked->wish.settings = packet_settings_of(asked->loaded.snapshot);
	asked->wish.listens = asked->listens;
	asked->wish.exposes = asked->exposes;
	gather_ports(asked);
	return EXIT_DONE;
}

int packet_ask(struct packet_asked *asked, const struct options *options)
{
	int code = packet_read(asked, options);

	return code == EXIT_DONE ? gather(asked) : code;
}

void packet_asked_done(struct packet_asked *asked)
{
	prefixes_done(&asked->allowed);
	complaints_done(&asked->complaints);
	loaded_done(&asked->loaded);
}
