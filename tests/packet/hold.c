/* packet-hold INTERFACE FLAGS PORT [deny ADDRESS COUNT]... [budget INTERVAL_NS BURST_NS] [skb]
 *
 * The kernel filter on one interface for as long as standard input is open, with FLAGS of layout.h as a number; PORT is protected and exposed;
 * COUNT networks of 256 addresses are denied, from ADDRESS on.
 * Says "ready", and at the end, as JSON, how many packets had which reason. INTERFACE "-" attaches nothing. Its maps are its own. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/address.h"
#include "packet/kernel/direct.h"
#include "packet/kernel/program.h"

#include "base/banned.h"

#define CPUS_MAX 256

static const char *const reasons[] = {
#define NAME(upper, lower, verdict, text) #lower,
	PACKET_REASON_LIST(NAME)
#undef NAME
};

static int map_of(struct packet_program *program, const char *name)
{
	return bpf_map__fd(packet_program_map(program, name));
}

static bool deny(struct packet_program *program, const char *text, uint32_t count)
{
	struct address address;
	struct packet_cells cells;
	uint32_t number, index;

	if (address_read(span_of(text), &address) != RESULT_OK || !address_is_v4(&address))
		return false;
	number = wire_32(address.bytes + 12);
	for (uint32_t i = 0; i < count; i++, number += 256) {
		index = direct_index(0, number);
		if (bpf_map_lookup_elem(map_of(program, "direct"), &index, &cells))
			return false;
		cells.cell[number >> 8 & 255] = PACKET_DENY;
		if (bpf_map_update_elem(map_of(program, "direct"), &index, &cells, BPF_ANY))
			return false;
	}
	return true;
}

static bool furnish(struct packet_program *program, char **words, bool *is_generic)
{
	struct packet_settings settings = { .heartbeat_ns = ~0ull >> 1, .mss_v4 = 1460, .mss_v6 = 1440, .window_scale = 7 };
	unsigned port = (unsigned)strtoul(words[3], NULL, 10) & 65535;
	uint32_t first = 0;

	settings.flags = (uint32_t)strtoul(words[2], NULL, 0);
	settings.protected_tcp[port / 64] |= 1ull << port % 64;
	settings.exposed_tcp[port / 64] |= 1ull << port % 64;
	for (char **word = words + 4; *word; word++) {
		if (!strcmp(*word, "skb")) {
			*is_generic = true;
		} else if (!strcmp(*word, "deny") && word[1] && word[2]) {
			if (!deny(program, word[1], (uint32_t)strtoul(word[2], NULL, 0)))
				return false;
			word += 2;
		} else if (!strcmp(*word, "budget") && word[1] && word[2]) {
			settings.budget = (struct packet_budget){ strtoull(word[1], NULL, 0), strtoull(word[2], NULL, 0) };
			settings.udp_budget = settings.budget;
			word += 2;
		} else {
			return false;
		}
	}
	return bpf_map_update_elem(map_of(program, "settings"), &first, &settings, BPF_ANY) == 0;
}

static void say(struct packet_program *program)
{
	struct packet_count each[CPUS_MAX];
	int cpus = libbpf_num_possible_cpus();

	for (unsigned reason = 0; reason < PACKET_REASON_COUNT; reason++) {
		uint64_t packets = 0;

		if (cpus > CPUS_MAX || bpf_map_lookup_elem(map_of(program, "counters"), &reason, each))
			return;
		for (int i = 0; i < cpus; i++)
			packets += each[i].packets;
		printf("%s\"%s\": %llu", reason ? ", " : "{", reasons[reason], (unsigned long long)packets);
	}
	printf("}\n");
}

static int hold(struct packet_program *program, const char *interface, bool is_generic)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = is_generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE);
	int index = (int)if_nametoindex(interface), link = -1;
	char byte;

	if (strcmp(interface, "-")) {
		link = bpf_link_create(bpf_program__fd(packet_program_filter(program)), index, BPF_XDP, &options);
		if (link < 0)
			return -1;
	}
	printf("ready\n");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	say(program);
	if (link >= 0)
		close(link);
	return 0;
}

int main(int count, char **words)
{
	struct packet_program *program = NULL;
	bool is_generic = false;
	int failed = -1;

	if (count < 4) {
		fprintf(stderr, "usage: packet-hold INTERFACE FLAGS PORT [deny ADDRESS COUNT]... [budget INTERVAL_NS BURST_NS] [skb]\n");
		return 2;
	}
	if (packet_program_open(&program) == RESULT_OK && packet_program_load(program) == RESULT_OK && furnish(program, words, &is_generic))
		failed = hold(program, words[1], is_generic);
	if (failed)
		perror("packet-hold");
	packet_program_free(program);
	return failed ? 1 : 0;
}
