#include "cli/drill/crew.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/drill/portal.h"
#include "cli/wiring.h"
#include "process/account.h"
#include "process/sandbox.h"

#include "base/banned.h"

#define END_MS 6000u
#define LISTENER_FD 3

/* -- in a child -- */

/* A group of its own: the terminal's Ctrl-C is this process's to hear, which ends the others in their order. */
static void leave_group(const struct crew *crew)
{
	setpgid(0, 0);
	sigprocmask(SIG_SETMASK, &crew->mask, NULL);
}

/* Whoever gave rights up has lost what was agreed before: so it is said after that. */
static void die_with(pid_t parent, int signal)
{
	prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0);
	if (getppid() != parent)
		_exit(126);
}

/* Security, fails closed: rather no player than one with root's rights, or with files. */
static void confine(const struct account *account, pid_t parent)
{
	struct sandbox_report report;

	account_take(account);
	die_with(parent, SIGKILL);
	if (sandbox_enter(SANDBOX_DRILL, NULL, 0, &report) != RESULT_OK)
		_exit(126);
}

static void become_shield(const struct drill_ground *ground)
{
	char path[GROUND_PATH_MAX];
	char *words[] = { (char[]){ "bouclier" }, (char[]){ "run" }, (char[]){ "--quiet" }, (char[]){ "--config" }, path, NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), log = open(ground->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);

	snprintf(path, sizeof(path), "%s", ground->config);
	if (null < 0 || log < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)
		_exit(126);
	execv("/proc/self/exe", words);
	_exit(127);
}

/* -- starting -- */

static enum result started(struct crew *crew, enum crew_member member, pid_t pid)
{
	if (pid < 0)
		return RESULT_IO;
	crew->pids[member] = pid;
	return RESULT_OK;
}

enum result crew_start_shield(struct crew *crew, const struct drill_ground *ground)
{
	pid_t parent = getpid(), pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		leave_group(crew);
		die_with(parent, SIGTERM);
		become_shield(ground);
	}
	return started(crew, CREW_SHIELD, pid);
}

/* A member that has neither root's rights nor files: RUN is all that it does. */
struct confined {
	enum crew_member member;
	int listener;                    /* becomes LISTENER_FD; -1: it has none */
	int (*run)(const struct confined *confined);
	const struct play_plan *plan;    /* of the players */
	struct drill_tally *tally;
};

static int run_portal(const struct confined *confined)
{
	return portal_run(LISTENER_FD, confined->tally);
}

static int run_players(const struct confined *confined)
{
	return play_run(confined->plan, confined->tally);
}

/* No descriptor is left to it but the standard ones, and its own. */
static void keep_listener(int listener)
{
	if (listener >= 0 && listener != LISTENER_FD && dup2(listener, LISTENER_FD) < 0)
		_exit(126);
	(void)!close_range(listener >= 0 ? LISTENER_FD + 1 : LISTENER_FD, UINT_MAX, 0);
}

static enum result start_confined(struct crew *crew, const struct confined *confined)
{
	const struct account account = account_of(EDGE_ACCOUNT);
	pid_t parent = getpid(), pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		leave_group(crew);
		keep_listener(confined->listener);
		confine(&account, parent);
		_exit(confined->run(confined));
	}
	return started(crew, confined->member, pid);
}

enum result crew_start_portal(struct crew *crew, const struct drill_ground *ground, struct drill_tally *tally)
{
	return start_confined(crew, &(struct confined){ .member = CREW_PORTAL, .listener = ground->portal_fd, .run = run_portal, .tally = tally });
}

enum result crew_start_players(struct crew *crew, const struct play_plan *plan, struct drill_tally *tally)
{
	return start_confined(crew, &(struct confined){ .member = CREW_PLAYERS, .listener = -1, .run = run_players, .plan = plan, .tally = tally });
}

/* -- waiting -- */

static void watched_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGQUIT);
	sigaddset(set, SIGPIPE);
	sigaddset(set, SIGCHLD);
}

void crew_init(struct crew *crew)
{
	sigset_t set;

	*crew = (struct crew){ 0 };
	watched_signals(&set);
	sigprocmask(SIG_BLOCK, &set, &crew->mask);
}

/* Security, fails closed: a number that is no child of ours (ECHILD) is never signalled again, whosever it is by now. */
static void bury_one(struct crew *crew, enum crew_member member, int options)
{
	int status = 0;
	pid_t found;

	do
		found = waitpid(crew->pids[member], &status, options);
	while (found < 0 && errno == EINTR);
	if (found == 0)
		return;
	crew->status[member] = status;
	crew->pids[member] = 0;
}

static void bury(struct crew *crew)
{
	for (unsigned i = 0; i < CREW_COUNT; i++) {
		if (crew_is_there(crew, (enum crew_member)i))
			bury_one(crew, (enum crew_member)i, WNOHANG);
	}
}

void crew_wait(struct crew *crew, unsigned wait_ms)
{
	struct timespec wait = { .tv_sec = wait_ms / 1000, .tv_nsec = (long)(wait_ms % 1000) * 1000000 };
	sigset_t set;
	int signal;

	watched_signals(&set);
	signal = sigtimedwait(&set, NULL, &wait);
	crew->is_told |= signal > 0 && signal != SIGCHLD;
	bury(crew);
}

static void end(struct crew *crew, enum crew_member member, int signal)
{
	uint64_t until_ms = clock_mono_ms() + END_MS;

	if (!crew_is_there(crew, member))
		return;
	kill(crew->pids[member], signal);
	while (crew_is_there(crew, member) && clock_mono_ms() < until_ms)
		crew_wait(crew, 100);
	if (crew_is_there(crew, member)) {
		kill(crew->pids[member], SIGKILL);
		bury_one(crew, member, 0);
	}
}

void crew_end(struct crew *crew)
{
	end(crew, CREW_PLAYERS, SIGKILL);
	end(crew, CREW_SHIELD, SIGTERM);
	end(crew, CREW_PORTAL, SIGKILL);
}

void crew_done(const struct crew *crew)
{
	sigprocmask(SIG_SETMASK, &crew->mask, NULL);
}
