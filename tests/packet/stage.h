/* The real program in a network namespace of the test's own, asked about packets one by one (BPF_PROG_TEST_RUN). Where it may not be
 * loaded, every test of it says so and is skipped.
 *
 * The namespace has our addresses, 192.0.2.1 and 2001:db8::1, and those of a client that is really there, 198.51.100.8 and 2001:db8:7::8,
 * all on one loopback. */
#ifndef BOUCLIER_TESTS_PACKET_STAGE_H
#define BOUCLIER_TESTS_PACKET_STAGE_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "packet/kernel/program.h"
#include "packet/layout.h"

#include "recipe.h"

#define STAGE_SOURCES 4096u
#define STAGE_CPUS 256
#define STAGE_TIMES 3

static const char *const stage_reasons[] = {
#define NAME(upper, lower, verdict, text) #lower,
	PACKET_REASON_LIST(NAME)
#undef NAME
};
static const char *const stage_verdicts[] = {
#define NAME(upper, lower, verdict, text) #verdict,
	PACKET_REASON_LIST(NAME)
#undef NAME
};

struct stage {
	struct packet_program *program;   /* NULL: it may not be loaded here */
	struct packet_settings *settings;
	int filter;
	uint8_t answer[RECIPE_MAX];       /* what became of the last packet */
	uint32_t answer_len;
	uint64_t seen;                    /* reasons, as bits */
};

static struct stage stage;

static inline int stage_map(const char *name)
{
	return bpf_map__fd(packet_program_map(stage.program, name));
}

static inline uint64_t stage_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline void stage_write(const char *path, const char *text)
{
	int file = open(path, O_WRONLY);

	assert_true(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
	close(file);
}

static inline void stage_cookies(const char *mode)
{
	stage_write("/proc/sys/net/ipv4/tcp_syncookies", mode);
}

/* Is nothing known, listed or banned. */
static inline void stage_reset(void)
{
	struct packet_settings *settings = stage.settings;

	memset(settings, 0, sizeof(*settings));
	settings->heartbeat_ns = stage_now();
	settings->mss_v4 = 1460;
	settings->mss_v6 = 1440;
	settings->window_scale = 7;
	stage_cookies("2");
}

static inline void stage_clear(const char *name)
{
	uint64_t key[4];

	while (bpf_map_get_next_key(stage_map(name), NULL, key) == 0)
		assert_int_equal(bpf_map_delete_elem(stage_map(name), key), 0);
}

static const char stage_network[] = "ip link set lo up && ip addr add 192.0.2.1/32 dev lo && ip addr add 198.51.100.8/32 dev lo &&"
                                    "ip addr add 2001:db8::1/128 dev lo nodad && ip addr add 2001:db8:7::8/128 dev lo nodad &&"
                                    "ip route add default dev lo && ip -6 route add default dev lo";

static inline bool stage_load(void)
{
	if (packet_program_open(&stage.program) != RESULT_OK)
		return false;
	bpf_map__set_max_entries(packet_program_map(stage.program, "sources"), STAGE_SOURCES);
	if (packet_program_load(stage.program) == RESULT_OK)
		return true;
	if (errno != EPERM)
		fail_msg("the program does not load: %s", strerror(errno));
	packet_program_free(stage.program);
	stage.program = NULL;
	return false;
}

/* The program that is loaded is the one that is asked from now on; and no more. */
static inline void stage_attend(void)
{
	stage.filter = bpf_program__fd(packet_program_filter(stage.program));
	stage.settings = mmap(NULL, sizeof(*stage.settings), PROT_READ | PROT_WRITE, MAP_SHARED, stage_map("settings"), 0);
	assert_true(stage.settings != MAP_FAILED);
}

static inline void stage_leave(void)
{
	munmap(stage.settings, sizeof(*stage.settings));
	packet_program_free(stage.program);
}

static inline int stage_start(void **state)
{
	(void)state;
	libbpf_set_print(NULL);
	if (!stage_load() || unshare(CLONE_NEWNET)) {
		print_message("skipped: no CAP_BPF\n");
		return 0;
	}
	assert_int_equal(system(stage_network), 0);
	stage_attend();
	stage_reset();
	return 0;
}

static inline int stage_end(void **state)
{
	(void)state;
	packet_program_free(stage.program);
	return 0;
}

#define stage_needed() \
	do { \
		if (!stage.program) \
			skip(); \
	} while (0)

static inline struct packet_count stage_count(unsigned reason)
{
	struct packet_count each[STAGE_CPUS], all = { 0, 0 };
	int cpus = libbpf_num_possible_cpus();

	assert_true(cpus > 0 && cpus <= STAGE_CPUS);
	assert_int_equal(bpf_map_lookup_elem(stage_map("counters"), &reason, each), 0);
	for (int i = 0; i < cpus; i++) {
		all.packets += each[i].packets;
		all.bytes += each[i].bytes;
	}
	return all;
}

static inline int stage_action(const char *verdict)
{
	if (stage.settings->flags & PACKET_OBSERVES)
		return XDP_PASS;
	return !strcmp(verdict, "PASS") ? XDP_PASS : !strcmp(verdict, "DROP") ? XDP_DROP : XDP_TX;
}

/* Gives the packet to the program, and asks that it ends with one reason, counted, and its verdict. The reason. */
static inline const char *stage_ask(const char *line)
{
	struct recipe recipe;
	LIBBPF_OPTS(bpf_test_run_opts, run, .repeat = 1, .data_out = stage.answer, .data_size_out = sizeof(stage.answer));
	uint64_t before[PACKET_REASON_COUNT];
	const char *found = NULL;

	recipe_read(&recipe, line);
	run.data_in = recipe.byte;
	run.data_size_in = (uint32_t)recipe.len;
	for (unsigned i = 0; i < PACKET_REASON_COUNT; i++)
		before[i] = stage_count(i).packets;
	if (bpf_prog_test_run_opts(stage.filter, &run))
		fail_msg("%s: %s", line, strerror(errno));
	stage.answer_len = run.data_size_out;
	for (unsigned i = 0; i < PACKET_REASON_COUNT; i++) {
		uint64_t more = stage_count(i).packets - before[i];

		if (!more)
			continue;
		if (more != 1 || found)
			fail_msg("%s: counted %llu times as %s, and as %s", line, (unsigned long long)more, stage_reasons[i], found ? found : "nothing else");
		found = stage_reasons[i];
		stage.seen |= 1ull << i;
		if ((int)run.retval != stage_action(stage_verdicts[i]))
			fail_msg("%s: %s, and action %u", line, found, run.retval);
	}
	if (!found)
		fail_msg("%s: not counted", line);
	return found;
}

/* What the ring buffer had. */
struct stage_told {
	struct packet_event last;
	unsigned count;
};

static inline int stage_hear(void *context, void *data, size_t size)
{
	struct stage_told *told = context;

	assert_int_equal(size, sizeof(told->last));
	memcpy(&told->last, data, sizeof(told->last));
	told->count++;
	return 0;
}

#define assert_reason(line, reason) \
	do { \
		const char *stage_found = stage_ask(line); \
		if (strcmp(stage_found, (reason))) \
			fail_msg("%s: %s, not %s", (line), stage_found, (reason)); \
	} while (0)

#endif
