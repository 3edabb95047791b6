/* The control group whose processes are looked at.
 *
 * Source   cgroups(7), "Cgroups v2": /proc/self/mounts names where it is mounted, /sys/fs/cgroup or, beside version 1, a folder below it
 * Limits   EGRESS_MOUNTS_BYTES of that file, CGROUP_PATH_BYTES of a path
 */
#ifndef BOUCLIER_PACKET_EGRESS_CGROUP_H
#define BOUCLIER_PACKET_EGRESS_CGROUP_H

#include "base/buffer.h"
#include "base/span.h"

#define EGRESS_MOUNTS_BYTES ((size_t)1 << 20)
#define CGROUP_PATH_BYTES 2048u

struct cgroup {
	int fd;                            /* -1: none. The caller closes it */
	uint64_t number;                   /* as bpf_link_info has it */
	char path[CGROUP_PATH_BYTES];
};

/* The first mount of cgroup v2 that MOUNTS, as /proc/self/mounts has them, tells. RESULT_NOT_FOUND; RESULT_LIMIT. */
enum result cgroup_mount_read(struct span mounts, char out[CGROUP_PATH_BYTES]) must_check;
/* Opens NAME below it. RESULT_NOT_FOUND: no cgroup v2 is mounted (OUT->path is empty), or no such group (it is its path). RESULT_IO: errno tells. */
enum result cgroup_open(struct span name, struct cgroup *out) must_check;

#endif
