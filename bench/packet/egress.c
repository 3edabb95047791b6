/* packet-egress [ROUNDS [REPETITIONS]]
 *
 * ns of one send() inside a control group to an address of lo that is not 127.0.0.1, with no egress programs attached, in observe and in enforce, as JSON: for each case
 * and mode one number a round, the modes of a round right after each other. REPETITIONS (100,000) sends each, of ROUNDS (5), in a network namespace of its own,
 * pinned to the last core. The receiver's buffer is full: what arrives is dropped there, in all modes alike.
 *
 *   datagram    sendto() of a socket without a peer: sendmsg4 and egress look at it
 *   connected   send() of one with a peer: egress alone does
 *   full        sendto() where the ledger has no room: each packet is looked up in a list of EGRESS_LENGTHS_MAX lengths, and found by the last */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "packet/egress/cgroup.h"
#include "packet/egress/control.h"
#include "packet/egress/program.h"

#include "base/banned.h"

#define ROUNDS_MAX 101
#define PORT 9
#define PLACE "198.51.100.7"

static const char *const modes[] = { "none", "observe", "enforce" };
static const char *const cases[] = { "datagram", "connected", "full" };

struct bench {
	struct egress_program *program;
	struct egress_control *control;
	int links[EGRESS_HOOKS];
	int receiver, sender, connected;
	struct sockaddr_in to;
};

static struct cgroup top, group = { .fd = -1 };

static bool join(const struct cgroup *one)
{
	char path[CGROUP_PATH_BYTES + 32];
	int file;
	bool is_in;

	snprintf(path, sizeof(path), "%s/cgroup.procs", one->path);
	file = open(path, O_WRONLY | O_CLOEXEC);
	is_in = file >= 0 && write(file, "0", 1) == 1;
	if (file >= 0)
		close(file);
	return is_in;
}

static void leave(void)
{
	if (group.fd >= 0 && (!join(&top) || rmdir(group.path)))
		fprintf(stderr, "packet-egress: %s stays: %s\n", group.path, strerror(errno));
}

static void need(bool is_so, const char *what)
{
	if (is_so)
		return;
	fprintf(stderr, "packet-egress: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void make_group(void)
{
	char path[CGROUP_PATH_BYTES + 65], name[64];

	need(cgroup_open(SPAN("."), &top) == RESULT_OK, "no cgroup v2");
	snprintf(name, sizeof(name), "bouclier-bench-%d", (int)getpid());
	snprintf(path, sizeof(path), "%s/%s", top.path, name);
	need(mkdir(path, 0700) == 0 && cgroup_open(span_of(name), &group) == RESULT_OK && join(&group), path);
}

static void load(struct bench *bench)
{
	static const char *const names[] = {
#define X(upper, lower, kind, key, value, entries) #lower,
		EGRESS_MAP_LIST(X)
#undef X
	};
	int fds[EGRESS_MAPS];

	libbpf_set_print(NULL);
	need(egress_program_open(&bench->program) == RESULT_OK && egress_program_load(bench->program) == RESULT_OK, "the programs do not load");
	for (int i = 0; i < EGRESS_MAPS; i++)
		fds[i] = fcntl(bpf_object__find_map_fd_by_name(egress_program_object(bench->program), names[i]), F_DUPFD_CLOEXEC, 3);
	need(egress_control_new(fds, &bench->control) == RESULT_OK, "maps");
}

/* As many lengths as there may be; the one that holds PLACE is asked last. */
static void publish(struct bench *bench)
{
	struct egress_rule rule = { .length = 128, .bytes = { 0x20, 1, 0x0d, 0xb8 } };
	struct egress_list list;

	need(egress_list_init(&list) == RESULT_OK, "list");
	for (unsigned i = 1; i < EGRESS_LENGTHS_MAX; i++) {
		rule.length = (uint8_t)(127 - i);
		egress_list_add(&list, &rule, false, SPAN("other"));
	}
	need(egress_rule_read(SPAN(PLACE ":9/udp"), &rule) == RESULT_OK, "rule");
	egress_list_add(&list, &rule, true, SPAN("bench"));
	need(egress_publish(bench->control, &list) == RESULT_OK, "publish");
	egress_list_done(&list);
}

static void open_sockets(struct bench *bench)
{
	bench->to = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr = { htonl(0xc6336407) } };
	bench->receiver = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bench->sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bench->connected = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	need(bind(bench->receiver, (const struct sockaddr *)&bench->to, sizeof(bench->to)) == 0 && bench->sender >= 0 &&
	     connect(bench->connected, (const struct sockaddr *)&bench->to, sizeof(bench->to)) == 0, "sockets");
}

static void set_mode(struct bench *bench, int mode)
{
	for (int hook = 0; hook < EGRESS_HOOKS; hook++) {
		if (bench->links[hook] > 0)
			close(bench->links[hook]);
		bench->links[hook] = mode ? bpf_link_create(egress_program_fd(bench->program, (enum egress_hook)hook), group.fd,
		                                            (enum bpf_attach_type)egress_hook_type((enum egress_hook)hook), NULL) : 0;
		need(bench->links[hook] >= 0, "attach");
	}
	egress_set_mode(bench->control, mode == 2 ? EGRESS_ENFORCE : EGRESS_OBSERVE);
}

static double measure(const struct bench *bench, bool is_connected, unsigned repetitions)
{
	uint64_t start_ns = clock_mono_ns();

	for (unsigned i = 0; i < repetitions; i++) {
		ssize_t sent = is_connected ? send(bench->connected, "x", 1, 0) : sendto(bench->sender, "x", 1, 0, (const struct sockaddr *)&bench->to, sizeof(bench->to));

		need(sent == 1, "send");
	}
	return (double)(clock_mono_ns() - start_ns) / repetitions;
}

/* Every place of the ledger is somebody else's. */
static void fill(const struct bench *bench)
{
	const struct egress_entry entry = { .judged = 0 };
	struct egress_destination to = { .bytes = { 0xfd }, .protocol = IPPROTO_UDP };
	struct egress_destination own = { .bytes = { [10] = 0xff, 0xff, 198, 51, 100, 7 }, .port = PORT, .protocol = IPPROTO_UDP };
	int map = egress_control_fd(bench->control, EGRESS_MAP_LEDGER), error = 0;

	(void)bpf_map_delete_elem(map, &own);
	for (uint32_t i = 0; !error && i < 2 * EGRESS_LEDGER_MAX; i++) {
		memcpy(to.bytes + 4, &i, sizeof(i));
		error = bpf_map_update_elem(map, &to, &entry, BPF_ANY);
	}
}

static void run_case(struct bench *bench, int which, int rounds, unsigned repetitions)
{
	double ns[3][ROUNDS_MAX];

	if (which == 2)
		fill(bench);
	for (int round = 0; round < rounds; round++) {
		for (int mode = 0; mode < 3; mode++) {
			set_mode(bench, mode);
			(void)measure(bench, which == 1, repetitions / 20 + 1);
			ns[mode][round] = measure(bench, which == 1, repetitions);
		}
	}
	printf("%s\"%s\": {", which ? ", " : "{", cases[which]);
	for (int mode = 0; mode < 3; mode++) {
		printf("%s\"%s\": [", mode ? ", " : "", modes[mode]);
		for (int round = 0; round < rounds; round++)
			printf("%s%.1f", round ? ", " : "", ns[mode][round]);
		printf("]");
	}
	printf("}");
}

int main(int count, char **words)
{
	int rounds = count > 1 ? (int)strtol(words[1], NULL, 10) : 5;
	unsigned repetitions = count > 2 ? (unsigned)strtoul(words[2], NULL, 10) : 100000;
	struct bench bench = { .links = { 0 } };
	cpu_set_t last;

	CPU_ZERO(&last);
	CPU_SET((unsigned)sysconf(_SC_NPROCESSORS_ONLN) - 1, &last);
	need(rounds >= 1 && rounds <= ROUNDS_MAX && repetitions > 0, "ROUNDS is 1 to 101");
	need(unshare(CLONE_NEWNET) == 0 && system("ip link set lo up && ip address add " PLACE "/32 dev lo") == 0 && sched_setaffinity(0, sizeof(last), &last) == 0, "a namespace");
	load(&bench);
	need(atexit(leave) == 0, "atexit");
	make_group();
	publish(&bench);
	open_sockets(&bench);
	for (int i = 0; i < 3; i++)
		run_case(&bench, i, rounds, repetitions);
	printf("}\n");
	return 0;
}
