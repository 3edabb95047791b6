/* The hub's store is copied by the hub's own program: this one is not linked with what reads it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/backup/backup.h"
#include "cli/command.h"

#include "base/banned.h"

#define NO_STORE 3

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *where)
{
	(void)stat;
	(void)kind;
	(void)where;
	(void)!remove(path);  /* what stays is seen, and removed the next time */
	return 0;
}

void remove_tree(const char *path)
{
	(void)!nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS);
}

/* Beside this program. */
static bool find_program(char out[PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", out, PATH_MAX - 1);
	char *slash;

	if (len <= 0)
		return false;
	out[len] = 0;
	slash = strrchr(out, '/');
	if (!slash || slash + sizeof("/bouclier-hub") > out + PATH_MAX)
		return false;
	snprintf(slash, (size_t)(out + PATH_MAX - slash), "/bouclier-hub");
	return access(out, X_OK) == 0;
}

/* Exit code, or -1. */
static int run(const char *program, const struct installation *where, const char *to, bool with_events)
{
	const char *const words[] = { program, "--copy", where->hub, to, with_events ? "events" : NULL, NULL };
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		execv(program, (char *const *)(uintptr_t)words);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Whose the originals are, the copies are: so they are put in place again. */
static bool own_alike(const char *folder, const char *main_file, const char *copies)
{
	int fd = open(copies, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat of_folder, of_file;
	bool is_good = fd >= 0 && stat(folder, &of_folder) == 0 && stat(main_file, &of_file) == 0;
	DIR *stream = is_good ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	is_good = stream != NULL;
	while (is_good && (entry = readdir(stream)) != NULL) {
		if (entry->d_name[0] != '.')
			is_good = fchownat(fd, entry->d_name, of_file.st_uid, of_file.st_gid, AT_SYMLINK_NOFOLLOW) == 0 && fchmodat(fd, entry->d_name, of_file.st_mode & 0777, 0) == 0;
	}
	is_good = is_good && fchown(fd, of_folder.st_uid, of_folder.st_gid) == 0 && fchmod(fd, of_folder.st_mode & 0777) == 0;
	if (stream)
		closedir(stream);
	else if (fd >= 0)
		close(fd);
	return is_good;
}

int store_copy_begin(const struct installation *where, bool with_events, char out[PATH_TEXT_MAX])
{
	char program[PATH_MAX], main_file[PATH_TEXT_MAX + 16];
	int code;

	out[0] = 0;
	snprintf(main_file, sizeof(main_file), "%s/main.db", where->hub);
	if (access(main_file, F_OK) != 0)
		return errno == ENOENT ? EXIT_DONE : command_failed("%s cannot be read: %s", main_file, strerror(errno));
	if (!find_program(program))
		return command_failed("the hub has a store in %s, and bouclier-hub, which copies it, is not beside this program", where->hub);
	if (snprintf(out, PATH_TEXT_MAX, "%s/.backup-XXXXXX", where->state) >= PATH_TEXT_MAX || !mkdtemp(out)) {
		out[0] = 0;
		return command_failed("no folder for the copy can be made in %s: %s", where->state, strerror(errno));
	}
	code = run(program, where, out, with_events);
	if (code == 0 && own_alike(where->hub, main_file, out))
		return EXIT_DONE;
	store_copy_end(out);
	out[0] = 0;
	return code == NO_STORE ? EXIT_DONE : command_failed("the hub's store in %s could not be copied", where->hub);
}

void store_copy_end(const char *copies)
{
	if (copies[0])
		remove_tree(copies);
}
