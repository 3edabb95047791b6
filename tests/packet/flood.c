/* packet-flood INTERFACE SECONDS PER_SECOND RECIPE HONEST [FIRST_SOURCE SOURCES]
 *
 * Sends packets of RECIPE (recipe.h; IPv4, a frame of 60 bytes or less, or of 74) from random sources out of INTERFACE, PER_SECOND or as
 * fast as it can (0), to the neighbour's Ethernet address that the recipe pokes. Answers to any address but those of HONEST's /24 are
 * taken at the interface. Says as JSON what was sent and what came back. At most ten seconds. Needs CAP_BPF and CAP_NET_ADMIN, Linux 5.18. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "flood.h"
#include "recipe.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wunused-function"
#include "flood.skel.h"
#pragma GCC diagnostic pop

#include "base/banned.h"

#define SECONDS_MAX 10.0
#define PIECE_MIN 64          /* each call makes its pages anew */
#define PIECE_MAX 100000

struct flood {
	struct packet_flood *skeleton;
	struct recipe recipe;
	double seconds, per_second;
	uint32_t bytes;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static bool flood_open(struct flood *flood, char **words, int count)
{
	struct packet_flood *skeleton = packet_flood__open();

	if (!skeleton)
		return false;
	flood->skeleton = skeleton;
	recipe_read(&flood->recipe, words[4]);
	flood->bytes = flood->recipe.len > FLOOD_SHORT ? FLOOD_LONG : FLOOD_SHORT;
	flood->seconds = strtod(words[2], NULL);
	flood->seconds = flood->seconds < SECONDS_MAX ? flood->seconds : SECONDS_MAX;
	flood->per_second = strtod(words[3], NULL);
	skeleton->rodata->interface = if_nametoindex(words[1]);
	skeleton->rodata->bytes = flood->bytes;
	skeleton->rodata->honest = ntohl(inet_addr(words[5])) & ~255u;
	skeleton->rodata->first_source = ntohl(inet_addr(count > 6 ? words[6] : "10.0.0.0"));
	skeleton->rodata->sources = count > 7 ? (uint32_t)strtoul(words[7], NULL, 0) : 1u << 24;
	memcpy(skeleton->bss->pattern.byte, flood->recipe.byte, flood->bytes);
	return packet_flood__load(skeleton) == 0;
}

/* How many are due; 0: too few to be worth a call. */
static int due(const struct flood *flood, double begin, uint64_t sent)
{
	double more = flood->per_second > 0 ? (now() - begin) * flood->per_second - (double)sent : PIECE_MAX;

	return more < PIECE_MIN ? 0 : more > PIECE_MAX ? PIECE_MAX : (int)more;
}

static bool flood_run(struct flood *flood)
{
	uint8_t frame[FLOOD_LONG + FLOOD_SPARE] = { 0 };
	double begin = now();
	uint64_t sent = 0;

	while (now() - begin < flood->seconds) {
		LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = flood->bytes + FLOOD_SPARE, .flags = BPF_F_TEST_XDP_LIVE_FRAMES,
		            .batch_size = 64);

		run.repeat = due(flood, begin, sent);
		if (!run.repeat) {
			usleep(200);
			continue;
		}
		if (bpf_prog_test_run_opts(bpf_program__fd(flood->skeleton->progs.throw), &run))
			return false;
		sent += (uint64_t)run.repeat;
	}
	printf("{\"sent\": %llu, \"seconds\": %.3f, ", (unsigned long long)sent, now() - begin);
	usleep(100000);
	printf("\"answers\": %llu, \"resets\": %llu}\n", (unsigned long long)flood->skeleton->bss->answers,
	       (unsigned long long)flood->skeleton->bss->resets);
	return true;
}

int main(int count, char **words)
{
	struct flood flood = { .skeleton = NULL };
	struct bpf_link *link;
	bool is_done = false;

	if (count < 6) {
		fprintf(stderr, "usage: packet-flood INTERFACE SECONDS PER_SECOND RECIPE HONEST [FIRST_SOURCE SOURCES]\n");
		return 2;
	}
	if (flood_open(&flood, words, count)) {
		link = bpf_program__attach_xdp(flood.skeleton->progs.catch, (int)flood.skeleton->rodata->interface);
		is_done = link && flood_run(&flood);
		bpf_link__destroy(link);
	}
	if (!is_done)
		perror("packet-flood");
	packet_flood__destroy(flood.skeleton);
	return is_done ? 0 : 1;
}
