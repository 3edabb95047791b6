#include "cli/report/measure.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/loaded.h"
#include "cli/served_ports.h"
#include "event/json.h"
#include "packet/carrier/network_counts.h"
#include "packet/control/ask.h"
#include "packet/settings.h"
#include "packet/spared.h"

#include "base/banned.h"

#define COUNTS_BYTES_MAX 65536u
#define ASK_MS 2000

struct seen {
	uint64_t network[NETWORK_COUNTS];
	struct packet_count filter[PACKET_REASON_COUNT];
	bool has_filter, is_observing;
	uint64_t requests, refused;
	bool has_shield;
};

/* -- the kernel's counters -- */

static void add_file(const char *path, uint64_t counts[NETWORK_COUNTS])
{
	char text[COUNTS_BYTES_MAX];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t got = 1;

	if (fd < 0)
		return;
	while (got > 0 && len < sizeof(text)) {
		got = read(fd, text + len, sizeof(text) - len);
		len += got > 0 ? (size_t)got : 0;
	}
	close(fd);
	network_counts_read(span_make(text, len), counts);
}

/* -- the running shield -- */

static void add_decision(void *context, struct span name, const struct json *value)
{
	struct seen *seen = context;
	uint64_t count = json_number_of(value);

	seen->requests += count;
	if (span_equal(name, SPAN("limit")) || span_equal(name, SPAN("block")) || span_equal(name, SPAN("drop")) || span_equal(name, SPAN("challenge")))
		seen->refused += count;
}

/* NULL: nobody answers, or not with JSON. */
static struct json *ask(const struct options *options, const char *path)
{
	char socket[PATH_TEXT_MAX];
	struct admin_question question = { .socket = socket, .method = "GET", .path = path, .wait_ms = ASK_MS };
	struct admin_reply reply;
	struct json *root = NULL;

	find_socket(options, socket);
	if (admin_ask(&question, &reply) != RESULT_OK)
		return NULL;
	if (reply.status != 200 || json_read(reply.body, &root) != RESULT_OK)
		root = NULL;
	admin_reply_done(&reply);
	return root;
}

static void look(const struct options *options, const struct uplink *line, struct seen *seen)
{
	struct json *status = ask(options, "/status");
	const struct json *sites = json_find(status, "sites");

	memset(seen, 0, sizeof(*seen));
	add_file("/proc/net/snmp", seen->network);
	add_file("/proc/net/netstat", seen->network);
	add_file("/proc/net/snmp6", seen->network);
	seen->has_filter = uplink_count(line, seen->filter, &seen->is_observing);
	seen->has_shield = status != NULL;
	for (size_t i = 0; i < json_length(sites); i++)
		json_each(json_find(json_item(sites, i), "decisions"), add_decision, seen);
	json_drop(status);
}

/* -- what is attacked -- */

static void add_own_addresses(struct attack *attack, const struct uplink *line)
{
	struct ifaddrs *all = NULL;

	if (getifaddrs(&all) < 0)
		return;
	for (const struct ifaddrs *each = all; each; each = each->ifa_next) {
		struct endpoint own;

		if (link_files_have(&line->files, span_of(each->ifa_name)) && each->ifa_addr && endpoint_from_socket(each->ifa_addr, &own) == RESULT_OK)
			(void)attack_add_target(attack, &(struct network){ own.address, 128 });
	}
	freeifaddrs(all);
}

static void add_targets(struct attack *attack, const struct snapshot *snapshot, const struct uplink *line)
{
	const struct link_settings *link = link_settings_of(snapshot);
	const struct served_settings *served = link->served.items;

	for (size_t i = 0; i < link->served.count; i++)
		(void)attack_add_target(attack, &served[i].network);
	if (!link->served.count)
		add_own_addresses(attack, line);
}

/* Where what is reached from outside is not known (served_ports.h), nothing is said of ports: 80 and 443 stand in the message. */
static void add_ports(struct attack *attack, const struct snapshot *snapshot)
{
	const struct list_value *management = &link_settings_of(snapshot)->bgp.management_ports;
	const int64_t *ports = management->items;
	static struct spared spared;
	struct complaints complaints;
	struct served_ports served;

	served_ports_gather(snapshot, &served);
	if (!served.is_known)
		return;
	complaints_init(&complaints);
	spared_init(&spared);
	spared_look(&spared, NULL, &complaints);
	complaints_done(&complaints);
	for (unsigned i = 0; i < served.count; i++) {
		(void)attack_add_port(attack, served.list[i]);
		(void)served_ports_add(attack->kept, &attack->kept_count, ATTACK_PORTS_MAX, served.list[i]);
	}
	for (size_t i = 0; i < management->count; i++)
		(void)served_ports_add(attack->kept, &attack->kept_count, ATTACK_PORTS_MAX, (uint16_t)ports[i]);
	for (unsigned i = 0; i < spared.ssh_port_count; i++)
		(void)served_ports_add(attack->kept, &attack->kept_count, ATTACK_PORTS_MAX, spared.ssh_ports[i]);
}

/* -- what came -- */

/* What the filter drops, the kernel's own counters do not see; what it only observes, both count. */
static void add_filter(struct attack *attack, const struct seen *before, const struct seen *after)
{
	for (unsigned i = 0; before->has_filter && after->has_filter && i < PACKET_REASON_COUNT; i++) {
		const struct packet_count *first = &before->filter[i], *last = &after->filter[i];

		if (last->packets > first->packets && last->bytes >= first->bytes)
			attack_add_reason(attack, (enum packet_reason)i, &(struct packet_count){ last->packets - first->packets, last->bytes - first->bytes });
	}
}

static void add_parts(struct attack *attack, const struct seen *before, const struct seen *after)
{
	static const enum attack_vector vectors[NETWORK_COUNTS] = {
		[NETWORK_UDP_NO_PORT] = ATTACK_UDP, [NETWORK_SYN_COOKIES] = ATTACK_SYN, [NETWORK_LISTEN_DROPS] = ATTACK_SYN,
		[NETWORK_RESETS] = ATTACK_OUT_OF_STATE, [NETWORK_FRAGMENTS] = ATTACK_FRAGMENT, [NETWORK_ECHOS] = ATTACK_ECHO,
	};

	for (unsigned i = 0; i < NETWORK_COUNTS && !(after->has_filter && after->is_observing); i++) {
		uint64_t own = i == NETWORK_RESETS ? after->network[NETWORK_OWN_RESETS] - before->network[NETWORK_OWN_RESETS] : 0;

		if (i != NETWORK_OWN_RESETS && after->network[i] > before->network[i] + own)
			attack_add(attack, vectors[i], 0, after->network[i] - before->network[i] - own, 0);
	}
	if (before->has_shield && after->has_shield && after->requests >= before->requests && after->refused >= before->refused) {
		attack->requests = after->requests - before->requests;
		attack->refused = after->refused - before->refused;
	}
}

/* Samples of two reasons weigh as much as the packets that each stands for. */
static void add_sampled_reason(struct attack *attack, enum packet_reason reason, const struct packet_top_reason *top)
{
	uint64_t weight = top->packets / top->samples;

	for (unsigned i = 0; i < top->network_count; i++) {
		struct network network = { .prefix = (uint8_t)top->networks[i].prefix };

		memcpy(network.address.bytes, top->networks[i].address, sizeof(network.address.bytes));
		attack_add_sampled_source(attack, reason, &network, top->networks[i].samples * weight);
	}
	for (unsigned i = 0; i < top->port_count; i++)
		attack_add_sampled_port(attack, reason, (uint16_t)top->ports[i].port, top->ports[i].samples * weight);
	attack_add_sampled_udp(attack, reason, top->udp_samples, top->samples - top->udp_samples);
}

/* Of the last minute, which is longer than what was measured: where it comes from, not how much. Without a controller the sources are not known. */
static void add_sampled(struct attack *attack, const struct snapshot *snapshot)
{
	struct packet_top top;

	if (packet_ask_top(packet_settings_of(snapshot)->socket, PACKET_ASK_MS, &top) != RESULT_OK)
		return;
	for (unsigned i = 0; i < PACKET_REASON_COUNT; i++) {
		if (top.of[i].samples)
			add_sampled_reason(attack, (enum packet_reason)i, &top.of[i]);
	}
}

static void add_banned(struct attack *attack, const struct options *options)
{
	struct json *root = ask(options, "/bans");
	const struct json *bans = json_find(root, "bans");

	for (size_t i = 0; i < json_length(bans); i++) {
		struct network network;

		if (network_read(json_text_of(json_find(json_item(bans, i), "network")), &network) == RESULT_OK)
			attack_add_source(attack, &network, 1);
	}
	attack->sources_are_banned = attack->source_count > 0;
	json_drop(root);
}

int measure_attack(const struct options *options, const struct snapshot *snapshot, struct uplink *line, uint64_t for_ms, struct measure *out)
{
	struct seen before, after;
	struct link_reading first;
	uint64_t begun_ms = clock_mono_ms(), wall_ms;
	bool changed;
	enum result result = uplink_read(line, &changed);

	attack_init(&out->attack);
	first = line->last;
	look(options, line, &before);
	if (result == RESULT_OK)
		result = uplink_measure(line, for_ms);
	if (result != RESULT_OK)
		return command_failed("%s", result == RESULT_END ? "ended before it was measured" : "an interface went away while it was measured");
	look(options, line, &after);
	wall_ms = clock_wall_ns() / 1000000;
	out->has_shield = after.has_shield;
	out->has_filter = before.has_filter && after.has_filter;
	out->attack.at_ms = wall_ms;
	out->attack.measured_ms = clock_mono_ms() - begun_ms;
	out->attack.state = line->link.state;
	out->attack.link = link_between(&line->link.limits, &first, &line->last);  /* the line over the same time as its packets, however long its window is */
	out->attack.capacity = line->link.limits.capacity;
	out->attack.interfaces = span_of(line->names);
	if (line->link.state != LINK_QUIET && line->link.since_ms <= begun_ms)  /* otherwise it is only known that it is so now */
		out->attack.since_ms = wall_ms - (clock_mono_ms() - line->link.since_ms);
	add_targets(&out->attack, snapshot, line);
	add_ports(&out->attack, snapshot);
	add_parts(&out->attack, &before, &after);
	add_filter(&out->attack, &before, &after);
	if (out->has_filter && !after.is_observing)
		add_sampled(&out->attack, snapshot);
	if (out->has_shield && !out->attack.source_count)
		add_banned(&out->attack, options);
	attack_settle(&out->attack);
	return EXIT_DONE;
}
