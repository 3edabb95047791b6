#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <seccomp.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/doctor/doctor.h"
#include "cli/wiring.h"

#include "base/banned.h"

#define DESCRIPTORS_WANTED 65536u
#define BACKLOG_WANTED 1024u
#define MEMORY_WANTED ((uint64_t)512 << 20)
#define BUILT_S 1767225600  /* 2026-01-01: a clock before that has not been set */

/* A number from a file of /proc; false when there is none. */
static bool read_number(const char *path, uint64_t *out)
{
	char text[64];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return false;
	got = read(fd, text, sizeof(text));
	close(fd);
	while (got > 0 && (text[got - 1] == '\n' || text[got - 1] == ' '))
		got--;
	return got > 0 && span_to_u64(span_make(text, (size_t)got), UINT64_MAX, out) == RESULT_OK;
}

static void look_kernel(struct doctor *doctor)
{
	struct utsname name;
	uint64_t major, minor;
	struct span rest;

	if (uname(&name) < 0)
		return;
	rest = span_of(name.release);
	if (span_to_u64(span_cut(&rest, '.'), 1000, &major) != RESULT_OK ||
	    span_to_u64(span_take(rest, strspn(rest.at, "0123456789")), 1000, &minor) != RESULT_OK)
		doctor_say(doctor, DOCTOR_WARNING, "kernel", "%s %s: its version cannot be read", name.sysname, name.release);
	else if (major < 5 || (major == 5 && minor < 13))
		doctor_say(doctor, DOCTOR_WARNING, "kernel", "Linux %s: from 5.13 on the processes can be confined by Landlock; Debian 12 has 6.1", name.release);
	else
		doctor_say(doctor, DOCTOR_OK, "kernel", "Linux %s", name.release);
}

static void look_size(struct doctor *doctor)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct sysinfo info;
	uint64_t bytes;

	doctor_say(doctor, DOCTOR_OK, "cores", "%ld: a worker each, unless the configuration says otherwise", cores);
	if (sysinfo(&info) < 0)
		return;
	bytes = (uint64_t)info.totalram * info.mem_unit;
	if (bytes < MEMORY_WANTED)
		doctor_say(doctor, DOCTOR_WARNING, "memory", "%llu MiB: little for a flood of connections; 512 MiB or more is better",
		           (unsigned long long)bytes >> 20);
	else
		doctor_say(doctor, DOCTOR_OK, "memory", "%llu MiB", (unsigned long long)bytes >> 20);
}

static void look_limits(struct doctor *doctor)
{
	struct rlimit limit;
	uint64_t backlog;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max < DESCRIPTORS_WANTED)
		doctor_say(doctor, DOCTOR_WARNING, "descriptors", "%llu at most: every connection needs one or two; raise LimitNOFILE (ulimit -Hn) to %u",
		           (unsigned long long)limit.rlim_max, DESCRIPTORS_WANTED);
	else
		doctor_say(doctor, DOCTOR_OK, "descriptors", "%llu at most", (unsigned long long)limit.rlim_max);
	if (!read_number("/proc/sys/net/core/somaxconn", &backlog))
		doctor_say(doctor, DOCTOR_WARNING, "backlog", "net.core.somaxconn cannot be read");
	else if (backlog < BACKLOG_WANTED)
		doctor_say(doctor, DOCTOR_WARNING, "backlog", "net.core.somaxconn is %llu: a burst of connections would be refused; set it to 4096",
		           (unsigned long long)backlog);
	else
		doctor_say(doctor, DOCTOR_OK, "backlog", "net.core.somaxconn is %llu", (unsigned long long)backlog);
}

static void look_cookies(struct doctor *doctor)
{
	uint64_t is_on;

	if (!read_number("/proc/sys/net/ipv4/tcp_syncookies", &is_on))
		doctor_say(doctor, DOCTOR_WARNING, "SYN cookies", "net.ipv4.tcp_syncookies cannot be read");
	else if (!is_on)
		doctor_say(doctor, DOCTOR_PROBLEM, "SYN cookies", "off: a small SYN flood would close the door; set net.ipv4.tcp_syncookies=1");
	else
		doctor_say(doctor, DOCTOR_OK, "SYN cookies", "on");
}

/* The kernel knows whether something keeps its clock right (adjtimex(2)). */
static void look_clock(struct doctor *doctor)
{
	struct timex state = { .modes = 0 };

	if (clock_wall_ns() / 1000000000 < BUILT_S)
		doctor_say(doctor, DOCTOR_PROBLEM, "clock", "it is before 2026: certificates would seem not valid yet; set it");
	else if (adjtimex(&state) < 0)
		doctor_say(doctor, DOCTOR_WARNING, "clock", "whether it is kept right cannot be asked here");
	else if (state.status & STA_UNSYNC)
		doctor_say(doctor, DOCTOR_WARNING, "clock", "nothing keeps it right: install and start an NTP client (systemd-timesyncd, chrony)");
	else
		doctor_say(doctor, DOCTOR_OK, "clock", "kept right, to within %ld ms", state.esterror / 1000);
}

static void look_entropy(struct doctor *doctor)
{
	char byte;

	if (getrandom(&byte, 1, GRND_NONBLOCK) == 1)
		doctor_say(doctor, DOCTOR_OK, "entropy", "the kernel's generator is ready");
	else
		doctor_say(doctor, DOCTOR_PROBLEM, "entropy", "the kernel's generator is not ready: %s", strerror(errno));
}

void doctor_look_machine(struct doctor *doctor)
{
	look_kernel(doctor);
	look_size(doctor);
	look_limits(doctor);
	look_cookies(doctor);
	look_clock(doctor);
	look_entropy(doctor);
}

static void look_users(struct doctor *doctor)
{
	const struct passwd *user = getpwnam(EDGE_ACCOUNT);

	if (geteuid() != 0)
		doctor_say(doctor, DOCTOR_WARNING, "user", "not root: the shield would run as this user, without ports below 1024, and without "
		                                           "users of its own");
	else if (!user)
		doctor_say(doctor, DOCTOR_WARNING, "user", "there is no " EDGE_ACCOUNT ": make install (systemd-sysusers) makes it; the edge would "
		                                           "run as nobody");
	else
		doctor_say(doctor, DOCTOR_OK, "user", EDGE_ACCOUNT " is user %u", (unsigned)user->pw_uid);
}

void doctor_look_sandbox(struct doctor *doctor)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, LANDLOCK_CREATE_RULESET_VERSION);
	unsigned seccomp = seccomp_api_get();

	if (abi < 1)
		doctor_say(doctor, DOCTOR_WARNING, "Landlock", "not there (%s): files are kept from the edge by users only; boot with lsm=landlock,...",
		           strerror(errno));
	else
		doctor_say(doctor, DOCTOR_OK, "Landlock", "version %ld", abi);
	if (seccomp < 1)
		doctor_say(doctor, DOCTOR_PROBLEM, "seccomp", "not there: the processes cannot be confined");
	else
		doctor_say(doctor, DOCTOR_OK, "seccomp", "level %u", seccomp);
	look_users(doctor);
}
