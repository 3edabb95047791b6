/* The kernel filter as a program of user space holds it: opened, changed if need be, loaded.
 *
 * Shape    open -> (sizes of maps, maps that are pinned already: through OBJECT, by libbpf) -> load -> pin and attach, by the loader
 * Owns     everything in it, until packet_program_free; what was pinned or attached stays
 * Threads  one at a time
 * Errors   libbpf's, as errno: RESULT_IO. What it and the kernel said goes where libbpf_set_print() sends it
 */
#ifndef BOUCLIER_PACKET_KERNEL_PROGRAM_H
#define BOUCLIER_PACKET_KERNEL_PROGRAM_H

#include "base/result.h"

struct packet_program;
struct bpf_object;
struct bpf_map;
struct bpf_program;

enum result packet_program_open(struct packet_program **out) must_check;
/* Needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON. */
enum result packet_program_load(struct packet_program *program) must_check;
void packet_program_free(struct packet_program *program);

struct bpf_object *packet_program_object(struct packet_program *program);
/* One of layout.h, by its name there. */
struct bpf_map *packet_program_map(struct packet_program *program, const char *name);
struct bpf_program *packet_program_filter(struct packet_program *program);

#endif
