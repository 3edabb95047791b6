#include "cli/backup/nightly.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"

#include "base/banned.h"

#define FRONT "bouclier-"
#define BACK ".backup"
#define NAME_LEN (sizeof(FRONT) - 1 + 10 + sizeof(BACK) - 1)
#define NIGHTS_MAX 4096u

int nightly_path(const struct hub_backup_settings *settings, char out[PATH_TEXT_MAX])
{
	time_t now = time(NULL);
	char day[16];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	return snprintf(out, PATH_TEXT_MAX, "%.*s/" FRONT "%s" BACK, SPAN_ARG(settings->folder), day) < PATH_TEXT_MAX ? EXIT_DONE : EXIT_FAILED;
}

bool nightly_is_ours(struct span name)
{
	struct span day = span_skip(name, sizeof(FRONT) - 1);

	if (name.len != NAME_LEN || !span_starts(name, SPAN(FRONT)) || !span_ends(name, SPAN(BACK)))
		return false;
	for (size_t i = 0; i < 10; i++) {
		if (i == 4 || i == 7 ? day.at[i] != '-' : !is_digit(day.at[i]))
			return false;
	}
	return true;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, NAME_LEN);
}

int nightly_prune(const struct hub_backup_settings *settings)
{
	char(*names)[NAME_LEN + 1] = calloc(NIGHTS_MAX, sizeof(*names)), path[PATH_TEXT_MAX];
	DIR *folder = names && span_to_text(settings->folder, path, sizeof(path)) == RESULT_OK ? opendir(path) : NULL;
	const struct dirent *entry;
	size_t count = 0;
	int code = EXIT_DONE;

	while (folder && count < NIGHTS_MAX && (entry = readdir(folder)) != NULL) {
		if (nightly_is_ours(span_of(entry->d_name)))
			memcpy(names[count++], entry->d_name, NAME_LEN);
	}
	if (count)
		qsort(names, count, sizeof(*names), compare);
	for (size_t i = 0; i + (size_t)settings->keep < count; i++) {
		if (unlinkat(dirfd(folder), names[i], 0) != 0 && errno != ENOENT)
			code = command_failed("%s/%s cannot be removed: %s", path, names[i], strerror(errno));
	}
	if (!folder)
		code = command_failed("the folder of nightly backups cannot be listed: %s", strerror(errno));
	else
		closedir(folder);
	free(names);
	return code;
}
