#include "process/sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process/sandbox_tables.h"

#include "base/banned.h"

/* Rights that Debian 12's headers do not name yet (ABI 3 and 5). */
#define ACCESS_TRUNCATE (1ULL << 14)
#define ACCESS_IOCTL_DEVICE (1ULL << 15)

#define ACCESS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define ACCESS_WRITE \
	(ACCESS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER | ACCESS_TRUNCATE)
/* What makes sense on a file that is not a folder; the kernel refuses a rule that says more. */
#define ACCESS_OF_FILE (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE)

/* -- files -- */

static uint64_t handled_access(int abi)
{
	uint64_t access = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;  /* every right of ABI 1 */

	if (abi >= 2)
		access |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		access |= ACCESS_TRUNCATE;
	if (abi >= 5)
		access |= ACCESS_IOCTL_DEVICE;
	return access;
}

/* A path that is not there, or not ours to see, cannot be read anyhow: skipping it fails closed. */
static enum result add_path(int ruleset, uint64_t handled, const char *path, bool may_write)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = handled & (may_write ? ACCESS_WRITE : ACCESS_READ) };
	enum result result = RESULT_OK;
	struct stat status;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return RESULT_OK;
	if (fstat(rule.parent_fd, &status) == 0 && !S_ISDIR(status.st_mode))
		rule.allowed_access &= ACCESS_OF_FILE;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
		result = RESULT_REFUSED;
	close(rule.parent_fd);
	return result;
}

static enum result add_table(int ruleset, uint64_t handled, const struct sandbox_table *table)
{
	enum result result = RESULT_OK;

	for (size_t list = 0; list < SANDBOX_LISTS_MAX && table->reads[list]; list++) {
		for (const char *const *path = table->reads[list]; *path && result == RESULT_OK; path++)
			result = add_path(ruleset, handled, *path, false);
	}
	return result;
}

static enum result add_views(int ruleset, uint64_t handled, const struct sandbox_view *views, size_t count)
{
	enum result result = RESULT_OK;
	char path[PATH_MAX];

	for (size_t i = 0; i < count && result == RESULT_OK; i++) {
		result = span_to_text(views[i].path, path, sizeof(path));
		if (result == RESULT_OK)
			result = add_path(ruleset, handled, path, views[i].may_write);
	}
	return result;
}

static enum result enter_landlock(const struct sandbox_table *table, const struct sandbox_view *views, size_t count, int *abi)
{
	struct landlock_ruleset_attr attributes = { 0 };
	enum result result;
	int ruleset;

	*abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (*abi <= 0) {  /* availability: a kernel without it still serves, under seccomp */
		*abi = 0;
		return RESULT_OK;
	}
	attributes.handled_access_fs = handled_access(*abi);
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
	if (ruleset < 0)
		return RESULT_REFUSED;
	result = add_table(ruleset, attributes.handled_access_fs, table);
	if (result == RESULT_OK)
		result = add_views(ruleset, attributes.handled_access_fs, views, count);
	if (result == RESULT_OK && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		result = RESULT_REFUSED;
	close(ruleset);
	return result;
}

/* -- system calls -- */

#ifndef SANDBOX_HAS_SANITIZER

/* A call this machine's architecture does not have has a negative number: nothing to say about it. */
static int add_list(scmp_filter_ctx filter, uint32_t action, const int *list)
{
	int failed = 0;

	for (; *list != SANDBOX_END; list++) {
		if (*list >= 0)
			failed |= seccomp_rule_add(filter, action, *list, 0);
	}
	return failed;
}

static int add_deadly(scmp_filter_ctx filter, const struct sandbox_table *table)
{
	int failed = 0;

	for (const int *call = sandbox_deadly; *call != SANDBOX_END; call++) {
		if (*call >= 0 && !(table->may_bpf && *call == SCMP_SYS(bpf)))
			failed |= seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, *call, 0);
	}
	return failed;
}

static int add_values(scmp_filter_ctx filter, int call, unsigned argument, uint64_t value)
{
	struct scmp_arg_cmp compare = { .arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = 0xffffffff, .datum_b = value };

	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &compare);
}

static const int *domains_of(enum sandbox_role role)
{
	return role == SANDBOX_HUB ? sandbox_domains_hub : role == SANDBOX_SEND ? sandbox_domains_send : sandbox_domains;
}

/* Calls whose arguments decide. Only the low 32 bits count for these: the kernel ignores the rest, so do we. */
static int add_arguments(scmp_filter_ctx filter, enum sandbox_role role)
{
	struct scmp_arg_cmp thread = { .arg = 0, .op = SCMP_CMP_MASKED_EQ, .datum_a = CLONE_THREAD, .datum_b = CLONE_THREAD };
	int failed = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, &thread);

	/* The roles share a user (without root with the keeper, too): who has fallen does not end or starve the others. abort(3) is a
	 * tgkill to ourselves. */
	failed |= add_values(filter, SCMP_SYS(tgkill), 0, (uint64_t)getpid());
	failed |= add_values(filter, SCMP_SYS(prlimit64), 0, 0);
	failed |= add_values(filter, SCMP_SYS(prlimit64), 0, (uint64_t)getpid());
	for (const int *domain = domains_of(role); *domain != SANDBOX_END; domain++)
		failed |= add_values(filter, SCMP_SYS(socket), 0, (uint64_t)*domain);
	if (role == SANDBOX_CHECK || role == SANDBOX_RESOLVE)
		failed |= add_values(filter, SCMP_SYS(socket), 0, AF_NETLINK);
	for (const int *option = sandbox_prctls; *option != SANDBOX_END; option++)
		failed |= add_values(filter, SCMP_SYS(prctl), 0, (uint64_t)*option);
	for (const int *command = sandbox_bpf_commands; sandbox_tables[role].may_bpf && *command != SANDBOX_END; command++)
		failed |= add_values(filter, SCMP_SYS(bpf), 0, (uint64_t)*command);
	for (const long *request = sandbox_ioctls; role == SANDBOX_EDGE && *request != SANDBOX_END; request++)
		failed |= add_values(filter, SCMP_SYS(ioctl), 1, (uint64_t)*request);
	return failed;
}

static int fill_filter(scmp_filter_ctx filter, enum sandbox_role role)
{
	const struct sandbox_table *table = &sandbox_tables[role];
	int failed = add_deadly(filter, table);

	if (table->allows_rest)
		return failed;
	failed |= add_list(filter, SCMP_ACT_KILL_PROCESS, sandbox_deadly_exec);
	failed |= add_list(filter, SCMP_ACT_ERRNO(ENOSYS), sandbox_unknown);
	for (size_t list = 0; list < SANDBOX_LISTS_MAX && table->calls[list]; list++)
		failed |= add_list(filter, SCMP_ACT_ALLOW, table->calls[list]);
	return failed | add_arguments(filter, role);
}

static enum result enter_seccomp(enum sandbox_role role)
{
	scmp_filter_ctx filter = seccomp_init(sandbox_tables[role].allows_rest ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM));
	int failed;

	if (!filter)
		return RESULT_NO_MEMORY;
	failed = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);  /* a thread that already runs is filtered too */
	failed |= seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	failed |= fill_filter(filter, role);
	if (!failed)
		failed = seccomp_load(filter);
	seccomp_release(filter);
	return failed ? RESULT_REFUSED : RESULT_OK;
}

#endif

enum result sandbox_enter(enum sandbox_role role, const struct sandbox_view *views, size_t count, struct sandbox_report *out)
{
	const struct sandbox_table *table = &sandbox_tables[role];
	struct sandbox_report report = { 0 };
	enum result result = RESULT_OK;

	if (count > SANDBOX_VIEWS_MAX)
		return RESULT_LIMIT;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return RESULT_REFUSED;
	if (table->has_files)
		result = enter_landlock(table, views, count, &report.landlock);
#ifndef SANDBOX_HAS_SANITIZER
	if (result == RESULT_OK)
		result = enter_seccomp(role);
	report.has_seccomp = true;
#endif
	if (result == RESULT_OK)
		*out = report;
	return result;
}

static bool is_kept(const int *kept, int capability)
{
	for (; *kept != SANDBOX_END; kept++) {
		if (*kept == capability)
			return true;
	}
	return false;
}

enum result sandbox_keep_capabilities(const int *kept)
{
	/* The bound can only be lowered by who has CAP_SETPCAP; without it there is nothing above it to lower. */
	bool may_bound;

	if (capng_get_caps_process() != 0)
		return RESULT_REFUSED;
	may_bound = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) != 0;
	for (int capability = 0; capability <= CAP_LAST_CAP; capability++) {
		if (!is_kept(kept, capability))
			(void)capng_update(CAPNG_DROP, (capng_type_t)(CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE | CAPNG_BOUNDING_SET),
			                   (unsigned)capability);
	}
	if (capng_apply(may_bound ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS) != 0)
		return RESULT_REFUSED;
	return RESULT_OK;
}

enum result sandbox_limit_capabilities(void)
{
	return sandbox_keep_capabilities(sandbox_capabilities);
}

bool sandbox_has_capability(int capability)
{
	return capng_get_caps_process() == 0 && capng_have_capability(CAPNG_EFFECTIVE, (unsigned)capability) != 0;
}
