/* `protect HOST ORIGIN`: shows, writes, starts or reloads, probes, says what it found. */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/admin_client.h"
#include "cli/command.h"
#include "cli/protect/plan.h"
#include "cli/reload.h"
#include "cli/protect/verdict.h"

#include "base/banned.h"

#define START_MS 15000
#define LOOK_MS 100

extern char **environ;

static const char *const rules_text[] = {
	[RULES_WRITTEN] = "Debian's CRS, observing for seven days; then it blocks, unless that would refuse citizens (bouclier rules tune, bouclier explain)",
	[RULES_OF_DEFAULTS] = "as `defaults` of this configuration has them",
	[RULES_MISSING] = "none: attacks on the application are not looked at; apt install modsecurity-crs libmodsecurity3, then waf: { mode: detect }",
	[RULES_BROKEN] = "none, Debian's CRS is there but cannot be used (above); libmodsecurity3 may be missing",
};

static void show(const struct protect_plan *plan)
{
	printf("%s%s\n", plan->edit.path, plan->edit.is_new ? " (new)" : "");
	site_edit_show(&plan->edit, plan->options->has_color);
	if (plan->is_made)
		printf("%s%s\n", plan->certificate, plan->is_kept ? " (there already)" : " (new, self-signed: for trying out)");
	printf("Rules: %s\n", rules_text[plan->rules]);
	fflush(stdout);
}

/* -- starting -- */

/* The exit code of WORDS; -1: could not run, or was killed. */
static int run_quietly(char *const *words)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int status, error;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return -1;
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", 1 /* O_WRONLY */, 0);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", 1, 0);
	error = posix_spawnp(&pid, words[0], &actions, NULL, words, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (error || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* The unit runs the configuration of the system: another one is not its affair. */
static bool has_unit(const struct protect_plan *plan)
{
	char *words[] = { (char[]){ "systemctl" }, (char[]){ "cat" }, (char[]){ "bouclier.service" }, NULL };

	return span_equal(plan->edit.source.path, SPAN(CONFIG_DEFAULT)) && access("/run/systemd/system", F_OK) == 0 &&
	       run_quietly(words) == 0;
}

static bool has_ended(pid_t child)
{
	siginfo_t info = { .si_pid = 0 };

	/* Looked at, not reaped: its number stays its own. */
	return child > 0 && waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == child;
}

static bool wait_until_there(const char *socket, pid_t child)
{
	const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000L };
	uint64_t until_ms = clock_mono_ms() + START_MS;

	while (clock_mono_ms() < until_ms && !has_ended(child)) {
		if (admin_is_there(socket))
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

static int tell(const struct protect_plan *plan)
{
	struct verdict verdict;

	verdict_make(plan->edit.snapshot, plan->site.name, plan->socket, &verdict);
	return verdict_print(&verdict, plan->options->is_json, plan->options->has_color);
}

/* What was written serves nobody: kept, it would stand in the way of the next attempt, and of the next start. */
static int give_up(const struct protect_plan *plan, int code)
{
	site_edit_undo(&plan->edit);
	return code;
}

static int start_unit(const struct protect_plan *plan)
{
	char *words[] = { (char[]){ "systemctl" }, (char[]){ "start" }, (char[]){ "bouclier.service" }, NULL };

	if (run_quietly(words) != 0)
		return give_up(plan, command_failed("the unit bouclier.service does not start; systemctl status bouclier says why"));
	if (!wait_until_there(plan->socket, -1))
		return command_failed("the unit was started, but no shield answers at %s", plan->socket);
	fputs("The unit bouclier.service runs; to start with the machine: systemctl enable bouclier\n", stderr);
	return tell(plan);
}

/* The keeper, as long as it is ours to end. */
static volatile pid_t keeper;

/* In the handler itself: a signal that comes while the verdict is being made must not be lost. kill(2) is safe in one. */
static void pass_on(int signal)
{
	pid_t pid = keeper;

	(void)signal;
	if (pid > 0)
		kill(pid, SIGTERM);
}

/* A process of its own, so that an upgrade executes `run`, and so that the verdict can be told beside it. In a group of its
 * own: the terminal's Ctrl-C would reach it too, and twice means at once. It ends when this process dies. */
static pid_t start_keeper(const struct protect_plan *plan)
{
	struct span folder = span_take(span_of(plan->certificate), span_find_last(span_of(plan->certificate), '/'));
	char root[PATH_TEXT_MAX], path[PATH_TEXT_MAX];
	char *words[] = { (char[]){ "bouclier" }, (char[]){ "run" }, (char[]){ "--config" }, path, (char[]){ "--root" }, root, NULL };
	pid_t pid;

	snprintf(path, sizeof(path), "%s", plan->edit.path);
	snprintf(root, sizeof(root), "%.*s", SPAN_ARG(folder));
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		execv("/proc/self/exe", words);
		_exit(127);
	}
	return pid;
}

static void wait_for_end(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
	keeper = 0;
}

static int run_in_foreground(const struct protect_plan *plan)
{
	struct sigaction action = { .sa_handler = pass_on };
	pid_t pid = start_keeper(plan);
	int code;

	if (pid < 0)
		return give_up(plan, command_failed("no process can be started: %s", strerror(errno)));
	keeper = pid;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	if (!wait_until_there(plan->socket, pid)) {
		pass_on(SIGTERM);
		wait_for_end(pid);
		return give_up(plan, command_failed("the shield does not start (above)"));
	}
	code = tell(plan);
	if (!plan->options->is_json)
		printf("The shield runs in the foreground, process %ld; Ctrl-C ends it.\n", (long)pid);
	fflush(stdout);
	wait_for_end(pid);
	return code;
}

static int start(const struct protect_plan *plan)
{
	int code;

	if (option_is_given(plan->options, "no-start")) {
		fprintf(stderr, "Start it with: bouclier run --config %s\n", plan->edit.path);
		return EXIT_DONE;
	}
	if (admin_is_there(plan->socket)) {
		reload_prepare(plan->edit.path, plan->edit.snapshot);
		code = reload_ask(plan->socket, plan->options->is_json ? RELOAD_ERRORS : RELOAD_HUMAN, &(struct reload_words){ .why = "bouclier protect" });
		return code == EXIT_DONE ? tell(plan) : give_up(plan, code);
	}
	return has_unit(plan) ? start_unit(plan) : run_in_foreground(plan);
}

int protect_command(const struct options *options)
{
	bool is_dry = option_is_given(options, "dry-run");
	struct protect_plan plan;
	int code = protect_plan_make(&plan, options);

	if (code == EXIT_DONE && !options->is_json)
		show(&plan);
	if (code == EXIT_DONE && options->is_json && is_dry)
		site_edit_show_json(&plan.edit, span_of(plan.certificate));
	if (code == EXIT_DONE && !is_dry) {
		code = protect_plan_write(&plan);
		if (code == EXIT_DONE)
			code = start(&plan);
	}
	protect_plan_done(&plan);
	return code;
}
