#include "process/sandbox_tables.h"

#include <linux/bpf.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "base/banned.h"

#define CALL(name) SCMP_SYS(name)

/* Memory, threads, clocks: what the C library itself needs. sandbox.c adds clone(2), for threads only, and what could reach
 * another process of the same user (tgkill, prlimit64), for this one only. */
static const int calls_base[] = {
	CALL(brk), CALL(mmap), CALL(munmap), CALL(mprotect), CALL(mremap), CALL(madvise), CALL(mincore),
	CALL(futex), CALL(futex_waitv), CALL(set_robust_list), CALL(get_robust_list), CALL(set_tid_address), CALL(rseq),
	CALL(membarrier), CALL(arch_prctl), CALL(exit), CALL(exit_group), CALL(restart_syscall),
	CALL(rt_sigaction), CALL(rt_sigprocmask), CALL(rt_sigreturn), CALL(sigaltstack), CALL(rt_sigtimedwait),
	CALL(getpid), CALL(gettid), CALL(getppid), CALL(getuid), CALL(geteuid), CALL(getgid), CALL(getegid),
	CALL(clock_gettime), CALL(clock_getres), CALL(clock_nanosleep), CALL(nanosleep), CALL(gettimeofday), CALL(time),
	CALL(sched_yield), CALL(sched_getaffinity), CALL(getcpu), CALL(getrandom), CALL(uname), CALL(sysinfo),
	CALL(getrusage), CALL(times), CALL(getrlimit),
	CALL(read), CALL(write), CALL(readv), CALL(writev), CALL(pread64), CALL(pwrite64), CALL(preadv), CALL(pwritev),
	CALL(preadv2), CALL(pwritev2), CALL(lseek), CALL(close), CALL(close_range), CALL(dup), CALL(dup2), CALL(dup3),
	CALL(fcntl), CALL(pipe), CALL(pipe2), CALL(eventfd2), CALL(memfd_create), CALL(ftruncate),
	CALL(poll), CALL(ppoll), CALL(select), CALL(pselect6),
	CALL(epoll_create1), CALL(epoll_ctl), CALL(epoll_wait), CALL(epoll_pwait), CALL(epoll_pwait2),
	CALL(sendto), CALL(recvfrom), CALL(sendmsg), CALL(recvmsg), CALL(sendmmsg), CALL(recvmmsg),
	SANDBOX_END,
};

/* Looking at files; which ones, Landlock says. */
static const int calls_read[] = {
	CALL(open), CALL(openat), CALL(openat2), CALL(access), CALL(faccessat), CALL(faccessat2), CALL(stat), CALL(lstat),
	CALL(fstat), CALL(newfstatat), CALL(statx), CALL(statfs), CALL(fstatfs), CALL(getdents64), CALL(getdents),
	CALL(readlink), CALL(readlinkat), CALL(getcwd), CALL(fadvise64), CALL(flock),
	SANDBOX_END,
};

/* Connections outwards. bind and listen are missing on purpose: the keeper listens, nobody else. */
static const int calls_connect[] = {
	CALL(connect), CALL(shutdown), CALL(getsockname), CALL(getpeername), CALL(setsockopt), CALL(getsockopt), CALL(socketpair),
	SANDBOX_END,
};

/* The edge alone: accepting, moving bytes in the kernel, the journal and the cache. */
static const int calls_edge[] = {
	CALL(accept), CALL(accept4), CALL(sendfile), CALL(splice), CALL(tee), CALL(copy_file_range),
	CALL(timerfd_create), CALL(timerfd_settime), CALL(timerfd_gettime), CALL(signalfd4), CALL(sched_setaffinity),
	CALL(fsync), CALL(fdatasync), CALL(sync_file_range), CALL(fallocate), CALL(truncate), CALL(msync),
	CALL(rename), CALL(renameat), CALL(renameat2), CALL(unlink), CALL(unlinkat), CALL(mkdir), CALL(mkdirat), CALL(rmdir),
	CALL(link), CALL(linkat), CALL(fchmod), CALL(umask), CALL(utimensat), CALL(mlock), CALL(mlock2), CALL(munlock),
	SANDBOX_END,
};

/* bind(2) of a datagram socket is how the system's resolver asks the kernel for its addresses (netlink). */
static const int calls_resolve[] = { CALL(bind), CALL(ioctl), SANDBOX_END };

/* Both ends of a drill: a portal that accepts, and clients that choose which loopback address they come from. */
static const int calls_drill[] = { CALL(accept4), CALL(bind), SANDBOX_END };

/* The controller of the kernel filter: edges that connect to it, signals that end it. */
static const int calls_packet[] = { CALL(accept4), CALL(signalfd4), CALL(fstat), CALL(newfstatat), CALL(getsockopt), SANDBOX_END };

/* The hub: who asks it comes to descriptors that the keeper opened; its store's files. */
static const int calls_hub[] = {
	CALL(accept4), CALL(timerfd_create), CALL(timerfd_settime), CALL(sendfile),
	CALL(fsync), CALL(fdatasync), CALL(sync_file_range), CALL(fallocate), CALL(truncate), CALL(msync),
	CALL(rename), CALL(renameat), CALL(renameat2), CALL(unlink), CALL(unlinkat), CALL(mkdir), CALL(mkdirat), CALL(rmdir),
	CALL(fchmod), CALL(umask), CALL(utimensat), CALL(mlock), CALL(mlock2), CALL(munlock),
	SANDBOX_END,
};

const int sandbox_deadly[] = {
	CALL(ptrace), CALL(process_vm_readv), CALL(process_vm_writev), CALL(pidfd_getfd), CALL(kcmp),
	CALL(mount), CALL(umount2), CALL(pivot_root), CALL(chroot), CALL(move_mount), CALL(open_tree), CALL(fsopen),
	CALL(fsconfig), CALL(fsmount), CALL(fspick), CALL(mount_setattr), CALL(unshare), CALL(setns),
	CALL(bpf), CALL(perf_event_open), CALL(userfaultfd), CALL(io_uring_setup), CALL(io_uring_enter), CALL(io_uring_register),
	CALL(kexec_load), CALL(kexec_file_load), CALL(init_module), CALL(finit_module), CALL(delete_module),
	CALL(reboot), CALL(swapon), CALL(swapoff), CALL(acct), CALL(quotactl), CALL(iopl), CALL(ioperm), CALL(modify_ldt),
	CALL(settimeofday), CALL(clock_settime), CALL(clock_adjtime), CALL(adjtimex), CALL(sethostname), CALL(setdomainname),
	CALL(add_key), CALL(request_key), CALL(keyctl), CALL(open_by_handle_at), CALL(syslog), CALL(vhangup),
	SANDBOX_END,
};

const int sandbox_deadly_exec[] = { CALL(execve), CALL(execveat), CALL(fork), CALL(vfork), SANDBOX_END };

const int sandbox_unknown[] = { CALL(clone3), SANDBOX_END };

const int sandbox_bpf_commands[] = {
	BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_DELETE_ELEM, BPF_MAP_GET_NEXT_KEY, BPF_OBJ_GET_INFO_BY_FD, SANDBOX_END,
};

/* The hub connects to the shield's admin socket and to nothing else: what it knows leaves through send, which has no files. */
const int sandbox_domains_hub[] = { AF_UNIX, SANDBOX_END };
/* send connects to whom strangers run, and reads what they say: the admin socket and the hub's belong to the user that it has, and would ask it no more. */
const int sandbox_domains_send[] = { AF_INET, AF_INET6, AF_NETLINK, SANDBOX_END };
const int sandbox_domains[] = { AF_INET, AF_INET6, AF_UNIX, SANDBOX_END };
const long sandbox_ioctls[] = { FIONBIO, FIONREAD, TCGETS, SANDBOX_END };
const int sandbox_prctls[] = { PR_SET_NAME, PR_GET_NAME, PR_SET_VMA, SANDBOX_END };

/* Ports below 1024; keys that belong to others (reading only: never CAP_DAC_OVERRIDE); other users for the roles; signals
 * to them; the state folder's owner. */
const int sandbox_capabilities[] = {
	CAP_NET_BIND_SERVICE, CAP_DAC_READ_SEARCH, CAP_SETUID, CAP_SETGID, CAP_KILL, CAP_CHOWN, CAP_FOWNER, SANDBOX_END,
};

static const char *const reads_base[] = {
	"/dev/null", "/dev/urandom", "/etc/localtime", "/usr/share/zoneinfo", "/etc/ssl/openssl.cnf", "/usr/lib/ssl",
	"/sys/devices/system/cpu", "/proc/self", "/proc/meminfo", "/proc/stat", "/proc/sys/vm", "/proc/sys/net/core",
	"/usr/lib", "/usr/lib64", "/lib", "/lib64",
#ifdef SANDBOX_HAS_SANITIZER
	"/proc", "/usr", /* the sanitizers read their own maps and symbols */
#endif
	NULL,
};

/* Resolvers replace files in /etc by renaming, and a Landlock rule holds on to the file that was there: so the folder.
 * What is secret in it only root can read. */
static const char *const reads_names[] = {
	"/etc", "/run/systemd/resolve", "/run/NetworkManager", "/run/resolvconf", "/run/nscd", "/var/run/nscd", NULL,
};

/* Rules: check reads them, and the edge builds from what check read. */
static const char *const reads_rules[] = { "/usr/share/modsecurity-crs", NULL };

static const char *const reads_edge[] = {
	"/etc/ssl/certs", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates", "/usr/share/bouclier", "/var/lib/location", "/usr/share/libloc-location", "/sys/fs/cgroup", NULL,
};

static const char *const reads_hub[] = {
	"/usr/share/bouclier", "/var/lib/location", "/usr/share/libloc-location", "/usr/share/zoneinfo", "/etc/debian_version", "/etc/os-release", NULL,
};

/* The certificates of those who are connected to are in /etc; what these are links to is here. */
static const char *const reads_send[] = { "/usr/share/ca-certificates", "/usr/local/share/ca-certificates", NULL };

const struct sandbox_table sandbox_tables[SANDBOX_COUNT] = {
	[SANDBOX_KEEPER] = { .allows_rest = true },
	[SANDBOX_CHECK] = { .calls = { calls_base, calls_read, calls_connect, calls_resolve },
	                    .reads = { reads_base, reads_names, reads_rules }, .has_files = true },
	[SANDBOX_EDGE] = { .calls = { calls_base, calls_read, calls_connect, calls_edge },
	                   .reads = { reads_base, reads_edge }, .has_files = true },
	[SANDBOX_RESOLVE] = { .calls = { calls_base, calls_read, calls_connect, calls_resolve },
	                      .reads = { reads_base, reads_names }, .has_files = true },
	[SANDBOX_HUB] = { .calls = { calls_base, calls_read, calls_connect, calls_hub },
	                  .reads = { reads_base, reads_hub }, .has_files = true },
	[SANDBOX_SEND] = { .calls = { calls_base, calls_read, calls_connect, calls_resolve },
	                   .reads = { reads_base, reads_names, reads_send }, .has_files = true },
	[SANDBOX_PACKET] = { .calls = { calls_base, calls_packet }, .reads = { reads_base }, .has_files = true, .may_bpf = true },
	[SANDBOX_DRILL] = { .calls = { calls_base, calls_connect, calls_drill }, .reads = { reads_base }, .has_files = true },
};
