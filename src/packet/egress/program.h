/* The egress programs as a program of user space holds them: opened, loaded, and one by one by what they are attached as.
 *
 * Owns     everything in it, until egress_program_free; what was pinned or attached stays
 * Threads  one at a time
 * Errors   libbpf's, as errno: RESULT_IO. What it and the kernel said goes where libbpf_set_print() sends it
 */
#ifndef BOUCLIER_PACKET_EGRESS_PROGRAM_H
#define BOUCLIER_PACKET_EGRESS_PROGRAM_H

#include "base/result.h"

struct egress_program;
struct bpf_object;

/* X(name, what it is attached as): each has its link, pinned as "link_name". */
#define EGRESS_HOOK_LIST(X) \
	X(sock_create, BPF_CGROUP_INET_SOCK_CREATE) \
	X(connect4, BPF_CGROUP_INET4_CONNECT) \
	X(connect6, BPF_CGROUP_INET6_CONNECT) \
	X(sendmsg4, BPF_CGROUP_UDP4_SENDMSG) \
	X(sendmsg6, BPF_CGROUP_UDP6_SENDMSG) \
	X(egress, BPF_CGROUP_INET_EGRESS)

enum egress_hook {
#define X(name, type) EGRESS_HOOK_##name,
	EGRESS_HOOK_LIST(X)
#undef X
	EGRESS_HOOKS,
};

const char *egress_hook_name(enum egress_hook hook);
/* enum bpf_attach_type */
int egress_hook_type(enum egress_hook hook);

enum result egress_program_open(struct egress_program **out) must_check;
/* Needs CAP_BPF and CAP_NET_ADMIN. */
enum result egress_program_load(struct egress_program *program) must_check;
void egress_program_free(struct egress_program *program);

struct bpf_object *egress_program_object(struct egress_program *program);
/* A descriptor, as long as PROGRAM is loaded. */
int egress_program_fd(const struct egress_program *program, enum egress_hook hook);

#endif
