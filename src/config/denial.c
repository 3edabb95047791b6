#include "config/denial.h"

#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

#define NAME_SIZE 96

static void name_user(char out[NAME_SIZE])
{
	const struct passwd *found = getpwuid(geteuid());

	if (found)
		snprintf(out, NAME_SIZE, "user %.60s (%u)", found->pw_name, (unsigned)geteuid());
	else
		snprintf(out, NAME_SIZE, "user %u", (unsigned)geteuid());
}

static void name_group(char out[NAME_SIZE])
{
	const struct group *found = getgrgid(getegid());

	if (found)
		snprintf(out, NAME_SIZE, "%.60s", found->gr_name);
	else
		snprintf(out, NAME_SIZE, "%u", (unsigned)getegid());
}

/* The first folder on the way to PATH that may not be entered: PATH is cut behind it, and true. Landlock has no say here:
 * it forbids to open, not to walk. */
static bool cut_to_closed(char *path)
{
	for (char *slash = path; (slash = strchr(slash, '/')); slash++) {
		char *end = slash == path ? slash + 1 : slash;
		char kept = *end;

		*end = 0;
		if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) != 0)
			return true;
		*end = kept;
	}
	return false;
}

void denial_explain(const char *path, struct denial *out)
{
	char user[NAME_SIZE], group[NAME_SIZE], real[PATH_MAX] = "";
	struct stat stat_now;
	bool is_folder;

	/* Where it fails, realpath(3) leaves the way as far as it came, the first closed folder included. */
	if (!realpath(path, real) && real[0] == 0)
		snprintf(real, sizeof(real), "%s", path);
	name_user(user);
	if (cut_to_closed(real)) {
		snprintf(out->text, sizeof(out->text), "%s may not enter the folder %.*s", user, PATH_MAX, real);
		snprintf(out->suggestion, sizeof(out->suggestion), "keep it in a folder such as /etc/bouclier, or let that user in: chmod o+x %.*s",
		         PATH_MAX, real);
		return;
	}
	is_folder = stat(real, &stat_now) == 0 && S_ISDIR(stat_now.st_mode);
	if (faccessat(AT_FDCWD, real, is_folder ? R_OK | X_OK : R_OK, AT_EACCESS) != 0) {
		name_group(group);
		snprintf(out->text, sizeof(out->text), "%s may not read the %s %.*s", user, is_folder ? "folder" : "file", PATH_MAX, real);
		snprintf(out->suggestion, sizeof(out->suggestion), "let its group: chgrp %s and chmod g+r%s", group, is_folder ? "x" : "");
		return;
	}
	snprintf(out->text, sizeof(out->text), "it is outside of the folders that the shield may read");
	snprintf(out->suggestion, sizeof(out->suggestion), "those are the configuration's own, and each --root");
}
