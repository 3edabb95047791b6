/* packet-measure [ROUNDS [REPETITIONS]]
 *
 * ns a packet that the kernel filter costs beyond an empty program, in BPF_PROG_TEST_RUN with hot maps, as JSON: for each case the least,
 * median and most of ROUNDS (5) of REPETITIONS (1,000,000), each beside the empty program right before it. In a network namespace of its
 * own; pinned to the last core. Lists hold 100,000 networks, bans 10,000, sources a million. Says how many bytes all
 * maps have then. */
#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../tests/packet/recipe.h"
#include "again.h"
#include "packet/kernel/direct.h"
#include "packet/kernel/program.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wunused-function"
#include "again.skel.h"
#pragma GCC diagnostic pop

#include "base/banned.h"

#define ROUNDS_MAX 101
#define NETWORKS 100000u
#define BANS 10000u
#define SOURCES 1000000u
#define LISTS (PACKET_HAS_LIST | PACKET_HAS_BANS)
#define PORTS (PACKET_HIDES_PORTS | PACKET_IS_END_HOST)
#define TCP (PACKET_ANSWERS_SYN | PACKET_KNOWS_STATE)
#define ALL (LISTS | PORTS | TCP | PACKET_HAS_BUDGET | PACKET_HAS_UDP_BUDGET)

/* IS_CHANGED: the program changes the packet, so it is made anew each time, for the empty program too. */
static const struct measured_case {
	const char *name, *recipe, *reason;
	uint32_t flags;
	bool is_changed;
} cases[] = {
	{ "parse", "from 198.51.100.7 v4 tcp 40000 443 A", "passed", 0, false },
	{ "parse v6", "v6 tcp 40000 443 A", "passed", 0, false },
	{ "lists", "v4 tcp 40000 443 A", "passed", PACKET_HAS_LIST, false },
	{ "lists and bans", "v4 tcp 40000 443 A", "passed", LISTS, false },
	{ "pass", "v4 tcp 40000 443 A", "passed", ALL, false },
	{ "pass v6", "v6 tcp 40000 443 A", "passed", ALL, false },
	{ "pass strict", "from 198.51.100.8 v4 tcp 40000 443 A", "passed", ALL | PACKET_IS_STRICT, false },
	{ "udp", "from 198.51.100.9 v4 udp 5000 443 body 18", "passed", ALL, false },
	{ "denied", "from 203.0.113.7 v4 udp 5000 443 body 18", "denied", ALL, false },
	{ "denied v6", "from 2001:db8:bad::1 v6 tcp 40000 443 A", "denied", ALL, false },
	{ "banned", "from 203.0.114.1 v4 tcp 40000 443 A", "banned", ALL, false },
	{ "not exposed", "v4 tcp 40000 23 S", "not_exposed", ALL, false },
	{ "out of state", "from 198.51.100.9 v4 tcp 40000 443 A", "out_of_state", ALL, false },
	{ "over budget", "from 198.51.100.10 v4 tcp 40000 443 A", "over_budget", ALL, false },
	{ "syn", "from 198.51.100.9 v4 tcp 40000 443 S", "cookie_sent", ALL, true },
	{ "syn with options", "from 198.51.100.9 v4 tcp 40000 443 S mss 1460 sack time 7 nop scale 7", "cookie_sent", ALL | PACKET_HAS_TIMESTAMPS, true },
	{ "syn v6", "from 2001:db8:9::9 v6 tcp 40000 443 S", "cookie_sent", ALL, true },
};

static const char *const reasons[] = {
#define NAME(upper, lower, verdict, text) #lower,
	PACKET_REASON_LIST(NAME)
#undef NAME
};

struct bench {
	struct packet_program *program;
	struct packet_again *again;
	struct packet_settings *settings;
};

static int map_of(const struct bench *bench, const char *name)
{
	return bpf_map__fd(packet_program_map(bench->program, name));
}

static void put(const struct bench *bench, const char *name, const void *key, const void *value)
{
	if (bpf_map_update_elem(map_of(bench, name), key, value, BPF_ANY)) {
		perror(name);
		exit(1);
	}
}

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 32;
}

/* Networks of chance everywhere but where the cases come from, one /24 in four in a group. */
static void fill_lists(const struct bench *bench)
{
	struct packet_cells *direct = mmap(NULL, sizeof(*direct) << 17, PROT_READ | PROT_WRITE, MAP_SHARED, map_of(bench, "direct"), 0);
	struct packet_v6_key v6 = { .length = 48, .bytes = { 0x20, 1, 0x0d, 0xb8, 0x0b, 0xad } };
	uint32_t deny = PACKET_DENY;
	uint64_t state = 1;

	assert(direct != MAP_FAILED);
	for (uint32_t i = 0; i < NETWORKS; i++) {
		uint32_t address = (uint32_t)next_random(&state);

		if (address >> 24 != 198)
			direct[direct_index(0, address)].cell[address >> 8 & 255] = (uint16_t)(i % 4 ? PACKET_DENY : PACKET_CELL_GROUPS + i / 4);
	}
	direct[direct_index(0, 0xcb007100)].cell[0x71] = PACKET_DENY;
	direct[direct_index(0, 0xcb007200)].cell[0x72] = PACKET_NEITHER;
	put(bench, "lists_v6", &v6, &deny);
	bench->settings->length_count[0] = 3;
	bench->settings->lengths[0][0] = 32;
	bench->settings->lengths[0][1] = 48;
	bench->settings->lengths[0][2] = 64;
}

static void fill_sources(const struct bench *bench)
{
	struct packet_ban ban = { .until_ns = ~0ull >> 1 };
	uint64_t arrival = 0, late = ~0ull >> 1, state = 2;
	packet_source sources[] = { 0xc6336407, 0x20010db800070000ull, 0xc633640a };

	for (uint32_t i = 0; i < BANS; i++) {
		packet_source source = 0x0a000000 + next_random(&state) % 0x1000000;

		put(bench, "bans", &source, &ban);
	}
	for (uint32_t i = 0; i < SOURCES; i++) {
		packet_source source = 0x0b000000 + next_random(&state) % 0x1000000;

		put(bench, "sources", &source, &arrival);
	}
	put(bench, "bans", &(packet_source){ 0xcb007201 }, &ban);
	for (int i = 0; i < 3; i++)
		put(bench, "sources", &sources[i], i == 2 ? &late : &arrival);
}

static void furnish(struct bench *bench)
{
	struct packet_settings *settings;

	bench->settings = settings = mmap(NULL, sizeof(*settings), PROT_READ | PROT_WRITE, MAP_SHARED, map_of(bench, "settings"), 0);
	assert(settings != MAP_FAILED);
	*settings = (struct packet_settings){ .heartbeat_ns = ~0ull >> 1, .mss_v4 = 1460, .mss_v6 = 1440, .window_scale = 7,
	                                      .budget = { 1, 1ull << 40 }, .udp_budget = { 1, 1ull << 40 } };
	settings->protected_tcp[443 / 64] = settings->exposed_tcp[443 / 64] = settings->exposed_udp[443 / 64] = 1ull << 443 % 64;
	fill_lists(bench);
	fill_sources(bench);
}

/* As the kernel accounts for them. */
static uint64_t memory_of(const struct bench *bench)
{
	uint64_t all = 0;
	struct bpf_map *map;

	bpf_object__for_each_map(map, packet_program_object(bench->program)) {
		char path[64], line[128];
		FILE *file;

		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", bpf_map__fd(map));
		file = fopen(path, "r");
		while (file && fgets(line, sizeof(line), file))
			if (!strncmp(line, "memlock:", 8))
				all += strtoull(line + 8, NULL, 10);
		if (file)
			fclose(file);
	}
	return all;
}

static const char network[] = "ip link set lo up && ip addr add 192.0.2.1/32 dev lo && ip addr add 198.51.100.8/32 dev lo &&"
                              "ip addr add 2001:db8::1/128 dev lo nodad && echo 2 > /proc/sys/net/ipv4/tcp_syncookies";

/* A listener for both families, and the one connection that "pass strict" asks for. They end with the process. */
static void open_sockets(void)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(443) };
	struct sockaddr_in server = { .sin_family = AF_INET, .sin_port = htons(443), .sin_addr = { htonl(0xc0000201) } };
	struct sockaddr_in client = { .sin_family = AF_INET, .sin_port = htons(40000), .sin_addr = { htonl(0xc6336408) } };
	int listener = socket(AF_INET6, SOCK_STREAM, 0), citizen = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(listener, (struct sockaddr *)&any, sizeof(any)) || listen(listener, 128) || bind(citizen, (struct sockaddr *)&client, sizeof(client)) ||
	    connect(citizen, (struct sockaddr *)&server, sizeof(server))) {
		perror("packet-measure: sockets");
		exit(1);
	}
}

static uint32_t run(int program, const struct recipe *recipe, uint32_t repetitions)
{
	uint8_t out[RECIPE_MAX];
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = recipe->byte, .data_size_in = (uint32_t)recipe->len, .data_out = out, .data_size_out = sizeof(out),
	            .repeat = (int)repetitions);

	if (bpf_prog_test_run_opts(program, &options)) {
		perror("packet-measure: run");
		exit(1);
	}
	return options.duration;
}

static uint64_t counted(const struct bench *bench, const char *name)
{
	struct packet_count each[256];
	uint64_t packets = 0;
	int cpus = libbpf_num_possible_cpus();

	for (uint32_t reason = 0; reason < PACKET_REASON_COUNT; reason++) {
		if (strcmp(reasons[reason], name) || bpf_map_lookup_elem(map_of(bench, "counters"), &reason, each))
			continue;
		for (int i = 0; i < cpus; i++)
			packets += each[i].packets;
	}
	return packets;
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void measure_into(struct bench *bench, bool is_changed, bool is_empty)
{
	int fd = bpf_program__fd(is_empty ? bench->again->progs.empty : packet_program_filter(bench->program));
	uint32_t first = 0;

	if (is_changed && bpf_map_update_elem(bpf_map__fd(bench->again->maps.measured), &first, &fd, BPF_ANY)) {
		perror("packet-measure: table");
		exit(1);
	}
}

/* Beyond the floor, in ns. */
static int measure_once(struct bench *bench, const struct measured_case *one, const struct recipe *recipe, uint32_t repetitions, int *floor)
{
	int empty = bpf_program__fd(bench->again->progs.empty), again = bpf_program__fd(bench->again->progs.again);
	int filter = bpf_program__fd(packet_program_filter(bench->program));

	measure_into(bench, one->is_changed, true);
	*floor = (int)run(one->is_changed ? again : empty, recipe, repetitions);
	measure_into(bench, one->is_changed, false);
	return (int)run(one->is_changed ? again : filter, recipe, repetitions) - *floor;
}

static void measure(struct bench *bench, const struct measured_case *one, int rounds, uint32_t repetitions)
{
	struct recipe recipe;
	int ns[ROUNDS_MAX], floor = 0;
	uint64_t before;

	recipe_read(&recipe, one->recipe);
	bench->settings->flags = one->flags;
	memcpy(bench->again->bss->frame.byte, recipe.byte, sizeof(bench->again->bss->frame.byte));
	bench->again->bss->frame.len = (uint32_t)recipe.len;
	run(bpf_program__fd(packet_program_filter(bench->program)), &recipe, 10000);
	before = counted(bench, one->reason);
	for (int i = 0; i < rounds; i++)
		ns[i] = measure_once(bench, one, &recipe, repetitions, &floor);
	if (counted(bench, one->reason) - before != (uint64_t)rounds * repetitions) {
		fprintf(stderr, "packet-measure: %s: only %llu of %llu were %s\n", one->name, (unsigned long long)(counted(bench, one->reason) - before),
		        (unsigned long long)rounds * repetitions, one->reason);
		exit(1);
	}
	qsort(ns, (size_t)rounds, sizeof(*ns), compare);
	printf("%s\"%s\": {\"least\": %d, \"median\": %d, \"most\": %d, \"floor\": %d}", one == cases ? "{" : ",\n ", one->name, ns[0], ns[rounds / 2],
	       ns[rounds - 1], floor);
	fflush(stdout);
}

int main(int count, char **words)
{
	struct bench bench = { .again = packet_again__open_and_load() };
	int rounds = count > 1 ? (int)strtol(words[1], NULL, 10) : 5;
	uint32_t repetitions = count > 2 ? (uint32_t)strtoul(words[2], NULL, 10) : 1000000;
	cpu_set_t last;

	CPU_ZERO(&last);
	CPU_SET((unsigned)sysconf(_SC_NPROCESSORS_ONLN) - 1, &last);
	if (rounds < 1 || rounds > ROUNDS_MAX || !bench.again || unshare(CLONE_NEWNET) || system(network) || sched_setaffinity(0, sizeof(last), &last) ||
	    packet_program_open(&bench.program) != RESULT_OK || packet_program_load(bench.program) != RESULT_OK) {
		perror("packet-measure");
		return 1;
	}
	furnish(&bench);
	open_sockets();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		measure(&bench, &cases[i], rounds, repetitions);
	printf(",\n \"memory\": %llu}\n", (unsigned long long)memory_of(&bench));
	packet_program_free(bench.program);
	packet_again__destroy(bench.again);
	return 0;
}
