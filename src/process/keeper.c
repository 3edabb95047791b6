#include "process/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "process/keeper_state.h"
#include "process/notify.h"
#include "process/role_wire.h"
#include "process/sandbox.h"

#include "base/banned.h"

#define END_EXTRA_S 10  /* for what the edge writes when its requests are over */
#define LINE_MAX_BYTES 2048

/* -- words -- */

static void __attribute__((format(printf, 1, 0))) print_line(const char *format, va_list list)
{
	char line[LINE_MAX_BYTES];
	int len = vsnprintf(line, sizeof(line), format, list);

	if (len < 0)
		return;
	for (char *c = line; *c; c++) {  /* parts of it come from other processes: nothing may drive the terminal */
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = c[1] ? '?' : 0;
	}
	fprintf(stderr, "bouclier: %s\n", line);
}

void keeper_error(const struct keeper *keeper, const char *format, ...)
{
	va_list list;

	(void)keeper;
	va_start(list, format);
	print_line(format, list);
	va_end(list);
}

void keeper_note(const struct keeper *keeper, const char *format, ...)
{
	va_list list;

	if (keeper->plan.is_quiet)
		return;
	va_start(list, format);
	print_line(format, list);
	va_end(list);
}

void keeper_print(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		fputc((unsigned char)c < ' ' && c != '\n' && c != '\t' ? '?' : c == 0x7f ? '?' : c, stderr);
	}
	if (text.len && text.at[text.len - 1] != '\n')
		fputc('\n', stderr);
	fflush(stderr);
}

/* -- the start -- */

/* 0, 1 and 2 must be something: a memfd that became descriptor 2 would receive our sentences. */
static void fill_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= 2);
	if (fd >= 0)
		close(fd);
	for (int i = 0; i <= 2; i++)
		(void)!fcntl(i, F_SETFD, 0);
}

static bool make_absolute(const char *path, char out[PATH_MAX])
{
	char folder[PATH_MAX] = "";
	int len;

	if (path[0] != '/' && !getcwd(folder, sizeof(folder)))
		return false;
	len = snprintf(out, PATH_MAX, "%s%s%s", folder, folder[0] ? "/" : "", path);
	return len > 0 && len < PATH_MAX;
}

/* The path we were started by, links and all: whoever upgrades may turn the link. */
static bool find_program(const char *word, char out[PATH_MAX])
{
	ssize_t len;

	if (strchr(word, '/'))
		return make_absolute(word, out);
	len = readlink("/proc/self/exe", out, PATH_MAX - 1);
	if (len <= 0)
		return false;
	out[len] = 0;
	return true;
}

static void choose_account(struct keeper *keeper)
{
	keeper->account = account_of(keeper->plan.account);
	if (!keeper->account.must_switch)
		keeper_note(keeper, "not root: every process runs as user %d, without a user of its own", (int)keeper->account.uid);
	else if (keeper->account.is_nobody)
		keeper_note(keeper, "there is no user %s: the edge runs as nobody (%d)", keeper->plan.account ? keeper->plan.account : "for the roles",
		            (int)keeper->account.uid);
	keeper->hub.account = account_of(keeper->plan.hub_account);
	if (keeper->hub.account.must_switch && keeper->hub.account.is_nobody)
		keeper->hub.account = keeper->account;
	keeper->hub.account.has_group = keeper->hub.account.must_switch;  /* it reads the journal, which is the edge's */
	keeper->hub.account.group = keeper->account.gid;
}

static bool lock_pid_file(struct keeper *keeper)
{
	char text[24];
	ssize_t len;

	if (!keeper->plan.pid_file)
		return true;
	keeper->pid_fd = open(keeper->plan.pid_file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (keeper->pid_fd < 0) {
		keeper_error(keeper, "cannot open the pid file %s: %s", keeper->plan.pid_file, strerror(errno));
		return false;
	}
	if (flock(keeper->pid_fd, LOCK_EX | LOCK_NB) != 0) {
		len = pread(keeper->pid_fd, text, sizeof(text) - 1, 0);
		text[len > 0 ? len - 1 : 0] = 0;
		keeper_error(keeper, "already running, as process %s (%s)", text, keeper->plan.pid_file);
		return false;
	}
	len = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	keeper->is_pid_ours = true;
	return ftruncate(keeper->pid_fd, 0) == 0 && pwrite(keeper->pid_fd, text, (size_t)len, 0) == len;
}

/* The plan's regions and our own. */
static bool open_memory(struct keeper *keeper)
{
	struct region regions[SHARED_REGIONS_MAX];
	size_t count = keeper->plan.region_count;
	enum result result = RESULT_MALFORMED;

	if (count + 3 > SHARED_REGIONS_MAX)
		return false;
	if (count)
		memcpy(regions, keeper->plan.regions, count * sizeof(regions[0]));
	regions[count++] = (struct region){ "keeper", SHARED_KEEPER_VERSION, sizeof(struct shared_keeper) };
	regions[count++] = (struct region){ "keeper-hub", SHARED_HUB_VERSION, sizeof(struct shared_hub) };
	regions[count++] = (struct region){ "keeper-usage", SHARED_USAGE_VERSION, sizeof(struct shared_usage) };
	if (keeper->memory_fd >= 0)
		result = shared_extend(keeper->memory_fd, regions, count);
	if (result != RESULT_OK && keeper->memory_fd >= 0) {
		keeper_error(keeper, "the old binary's shared memory does not fit: bans and counters start afresh");
		close(keeper->memory_fd);
		keeper->memory_fd = -1;
	}
	if (keeper->memory_fd < 0)
		result = shared_create(regions, count, &keeper->memory_fd);
	if (result == RESULT_OK)
		result = shared_map(keeper->memory_fd, &keeper->memory);
	if (result == RESULT_OK)
		keeper->facts = shared_find(&keeper->memory, "keeper", SHARED_KEEPER_VERSION, sizeof(struct shared_keeper));
	if (keeper->facts)
		keeper->hub.facts = shared_find(&keeper->memory, "keeper-hub", SHARED_HUB_VERSION, sizeof(struct shared_hub));
	if (keeper->hub.facts)
		keeper->usage = shared_find(&keeper->memory, "keeper-usage", SHARED_USAGE_VERSION, sizeof(struct shared_usage));
	if (!keeper->usage)
		keeper_error(keeper, "cannot make the shared memory: %s", result_name(result));
	return keeper->usage != NULL;
}

static bool open_signals(struct keeper *keeper)
{
	static const int heard[] = { SIGHUP, SIGTERM, SIGINT, SIGUSR2, SIGCHLD };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(heard) / sizeof(heard[0]); i++)
		sigaddset(&set, heard[i]);
	signal(SIGPIPE, SIG_IGN);  /* the roles inherit it */
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return false;
	keeper->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return keeper->signal_fd >= 0;
}

/* Connections are descriptors: take all that the system lets us have. */
static void raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		(void)!setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* Security fails closed: a keeper that cannot give rights away does not start. An adopted one is confined already, and
 * filters would only pile up. */
static bool confine(struct keeper *keeper, bool is_adopted)
{
	struct sandbox_report report;

	if (sandbox_limit_capabilities() == RESULT_OK && (is_adopted || sandbox_enter(SANDBOX_KEEPER, NULL, 0, &report) == RESULT_OK))
		return true;
	keeper_error(keeper, "cannot give up rights: %s", strerror(errno));
	return false;
}

static bool check_plan(const struct keeper *keeper)
{
	size_t bytes = strlen(keeper->config_path) + 3 + (keeper->plan.options ? strlen(keeper->plan.options) : 0);

	for (size_t i = 0; i < keeper->plan.root_count; i++) {
		bytes += strlen(keeper->plan.roots[i]) + 1;
		if (keeper->plan.roots[i][0] != '/') {
			keeper_error(keeper, "--root %s: must be an absolute path", keeper->plan.roots[i]);
			return false;
		}
	}
	if (keeper->plan.root_count > KEEPER_ROOTS_MAX || bytes > CHANNEL_BODY_MAX ||
	    (keeper->plan.options && strlen(keeper->plan.options) > KEEPER_OPTIONS_MAX)) {
		keeper_error(keeper, "too many --root folders or options, or too long ones");
		return false;
	}
	return true;
}

static bool init(struct keeper *keeper, const struct keeper_plan *plan)
{
	enum result adopted;

	*keeper = (struct keeper){ .plan = *plan, .signal_fd = -1, .memory_fd = -1, .pid_fd = -1, .state_fd = -1, .admin_fd = -1,
	                           .null_fd = -1, .check_image_fd = -1, .hub = { .image_fd = -1, .socket_fd = -1, .listen_fd = -1 } };
	for (int slot = 0; slot < CHILD_SLOTS; slot++)
		keeper->children[slot] = (struct child){ .channel = { -1 }, .resolve_fd = -1, .ask_fd = -1 };
	generation_done(&keeper->current);
	generation_done(&keeper->previous);
	generation_done(&keeper->candidate);
	generation_done(&keeper->before);
	generation_done(&keeper->kept);
	keeper->change.fd = -1;
	fill_standard_fds();
	if (!make_absolute(plan->config_path, keeper->config_path) || !find_program(plan->argv[0], keeper->program)) {
		keeper_error(keeper, "a path is too long");
		return false;
	}
	if (!check_plan(keeper))
		return false;
	keeper_put_begin(keeper);
	adopted = keeper_upgrade_adopt(keeper);
	if (adopted == RESULT_MALFORMED) {
		keeper_error(keeper, "cannot take over from the binary before: start afresh");
		return false;
	}
	choose_account(keeper);
	raise_limits();
	keeper->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	return keeper->null_fd >= 0 && open_signals(keeper) && (adopted == RESULT_OK || lock_pid_file(keeper)) && open_memory(keeper) &&
	       confine(keeper, adopted == RESULT_OK);
}

/* -- the end -- */

void keeper_end(struct keeper *keeper, int exit_code)
{
	keeper->is_ending = keeper->is_done = true;
	keeper->exit_code = exit_code;
}

static void begin_end(struct keeper *keeper)
{
	unsigned long long drain_s = (unsigned long long)(image_settings(&keeper->current.image).drain_ms / 1000);

	keeper->is_ending = true;
	keeper_back_end(keeper);
	/* systemd would kill all of it after its own time, however long the configuration gives. */
	notify_send("STOPPING=1\nEXTEND_TIMEOUT_USEC=%llu\nSTATUS=finishing the requests in flight", (drain_s + END_EXTRA_S) * 1000000);
	keeper_note(keeper, "ending: requests in flight have %llu s", drain_s);
	keeper_listeners_close(keeper);  /* the edge's copies stay open until it closes them */
	keeper_kill(&keeper->children[CHILD_CHECK]);
	keeper_kill(&keeper->children[CHILD_NEXT]);
	keeper_drain(keeper, CHILD_EDGE, false);
	keeper_hub_end(keeper);
}

static bool has_edge(const struct keeper *keeper)
{
	for (int slot = CHILD_EDGE; slot < CHILD_SLOTS; slot++) {
		if (keeper->children[slot].state != CHILD_NONE)
			return true;
	}
	return false;
}

static void bury_all(struct keeper *keeper)
{
	for (int slot = 0; slot < CHILD_SLOTS; slot++)
		keeper_kill(&keeper->children[slot]);
	while (waitpid(-1, NULL, 0) > 0)
		;
	for (int slot = 0; slot < CHILD_SLOTS; slot++)
		child_done(&keeper->children[slot]);
}

static void done(struct keeper *keeper)
{
	bury_all(keeper);
	keeper_listeners_close(keeper);
	keeper_admin_remove(keeper);
	keeper_hub_done(keeper);
	if (keeper->is_pid_ours && keeper->plan.pid_file)
		(void)!unlink(keeper->plan.pid_file);
	generation_done(&keeper->current);
	generation_done(&keeper->previous);
	generation_done(&keeper->candidate);
	generation_done(&keeper->before);
	generation_done(&keeper->kept);
	shared_unmap(&keeper->memory);
	if (keeper->check_image_fd >= 0)
		close(keeper->check_image_fd);
	for (size_t i = 0; i < 5; i++) {
		int fd = (int[]){ keeper->signal_fd, keeper->memory_fd, keeper->pid_fd, keeper->state_fd, keeper->null_fd }[i];

		if (fd >= 0)
			close(fd);
	}
}

/* -- the loop -- */

static void take_signal(struct keeper *keeper, uint32_t signal_number)
{
	switch (signal_number) {
	case SIGHUP:
		keeper_reload_begin(keeper, NULL);
		break;
	case SIGUSR2:
		keeper_upgrade_begin(keeper);
		break;
	case SIGCHLD:
		keeper_reap(keeper);
		break;
	case SIGTERM:
	case SIGINT:
		if (keeper->is_ending)
			keeper_end(keeper, 0);  /* asked twice: at once */
		else
			begin_end(keeper);
		break;
	default:
		break;
	}
}

static void read_signals(struct keeper *keeper)
{
	struct signalfd_siginfo info;

	while (!keeper->is_done && read(keeper->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		take_signal(keeper, info.ssi_signo);
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return b == 0 || (a != 0 && a < b) ? a : b;
}

static int wait_ms(const struct keeper *keeper)
{
	uint64_t now_ms = clock_mono_ms();
	uint64_t due_ms = sooner(keeper->files_due_ms, keeper->restart_at_ms);

	due_ms = sooner(sooner(due_ms, keeper->resolve_at_ms), sooner(keeper->full_again_at_ms, keeper->build_end_at_ms));
	due_ms = sooner(sooner(due_ms, keeper->watchdog_due_ms), keeper->usage_due_ms);
	due_ms = sooner(due_ms, sooner(keeper->hub.again_at_ms[0], keeper->hub.again_at_ms[1]));
	if (keeper->reload == RELOAD_NONE)  /* otherwise its end is when we look */
		due_ms = sooner(due_ms, keeper->confirm_at_ms);
	for (int slot = 0; slot < CHILD_SLOTS; slot++)
		due_ms = sooner(due_ms, keeper->children[slot].deadline_at_ms);
	return due_ms <= now_ms ? 0 : due_ms - now_ms > 60000 ? 60000 : (int)(due_ms - now_ms);
}

static void tick(struct keeper *keeper)
{
	uint64_t now_ms = clock_mono_ms();

	keeper_crash_tick(keeper, now_ms);
	if (!keeper->is_ending)
		keeper_reload_tick(keeper, now_ms);
	if (keeper->is_upgrade_wanted && keeper->reload == RELOAD_NONE)
		keeper_upgrade_begin(keeper);
	keeper_usage_tick(keeper, now_ms);
	if (keeper->watchdog_ms && now_ms >= keeper->watchdog_due_ms) {
		keeper->watchdog_due_ms = now_ms + keeper->watchdog_ms;
		notify_send("WATCHDOG=1");
	}
}

static void turn(struct keeper *keeper)
{
	struct pollfd polled[CHILD_SLOTS + 1] = { { .fd = keeper->signal_fd, .events = POLLIN } };
	pid_t pids[CHILD_SLOTS];

	for (int slot = 0; slot < CHILD_SLOTS; slot++) {
		polled[slot + 1] = (struct pollfd){ .fd = keeper->children[slot].channel.fd, .events = POLLIN };
		pids[slot] = keeper->children[slot].pid;
	}
	if (poll(polled, CHILD_SLOTS + 1, wait_ms(keeper)) < 0 && errno != EINTR)
		return;
	for (int slot = 0; slot < CHILD_SLOTS; slot++) {
		if (polled[slot + 1].revents && keeper->children[slot].pid == pids[slot])
			keeper_read_child(keeper, (enum child_slot)slot);
	}
	read_signals(keeper);
	tick(keeper);
	if (keeper->is_ending && !has_edge(keeper))
		keeper->is_done = true;
}

int keeper_run(const struct keeper_plan *plan)
{
	struct keeper *keeper = calloc(1, sizeof(*keeper));
	int exit_code = 1;

	if (!keeper)
		return 1;
	if (init(keeper, plan)) {
		if (keeper->facts->started_wall_ns == 0)
			keeper->facts->started_wall_ns = clock_wall_ns();
		keeper->facts->upgrades += keeper->wants_fresh_edge;  /* adopted */
		keeper->watchdog_ms = notify_watchdog_ms();
		keeper->watchdog_due_ms = keeper->watchdog_ms ? clock_mono_ms() : 0;
		keeper->files_due_ms = clock_mono_ms() + KEEPER_FILES_MS;
		(void)!keeper_start_resolve(keeper);  /* without it the edge serves, names apart; it is tried again */
		keeper_reload_begin(keeper, NULL);
		while (!keeper->is_done)
			turn(keeper);
		exit_code = keeper->exit_code;
	}
	done(keeper);
	free(keeper);
	return exit_code;
}
