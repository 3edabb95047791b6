/* Before a shield takes a configuration over, the list of egress has what it names: a new origin is not refused for a moment. */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/loaded.h"
#include "cli/reload.h"
#include "packet/egress/layout.h"
#include "packet/settings.h"

#include "base/banned.h"

extern char **environ;

/* In a process of its own: it gives up rights that this one goes on with. */
static bool run(char *const *words)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int status = -1, error;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return false;
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", 1 /* O_WRONLY */, 0);
	error = posix_spawn(&pid, "/proc/self/exe", &actions, NULL, words, environ);
	posix_spawn_file_actions_destroy(&actions);
	return !error && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Who may not look: where the configuration says nothing of it, it is off. */
static bool is_on(const struct snapshot *snapshot)
{
	return access(EGRESS_PIN_FOLDER "/settings", F_OK) == 0 || (errno == EACCES && packet_settings_of(snapshot)->egress.mode != EGRESS_OFF);
}

void reload_prepare(const char *config, const struct snapshot *snapshot)
{
	char path[PATH_TEXT_MAX];
	char *words[] = { (char[]){ "bouclier" }, (char[]){ "packet" }, (char[]){ "egress" }, (char[]){ "follow" }, (char[]){ "--attached" }, (char[]){ "--config" }, path, NULL };

	if (!is_on(snapshot) || (span_to_text(span_of(config), path, sizeof(path)) == RESULT_OK && run(words)))
		return;
	fprintf(stderr, "bouclier: the list of egress is as before: where it is enforced, a new origin is refused until root types: bouclier packet egress refresh\n");
}
