#include "cli/probe/ledger.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/read_file.h"
#include "base/replace_file.h"

#include "base/banned.h"

#define MINUTE_S 60u
#define NAME_MAX_BYTES 48u

static void name_of(uint64_t from_s, char out[NAME_MAX_BYTES])
{
	snprintf(out, NAME_MAX_BYTES, "minute-%llu.json", (unsigned long long)(from_s / MINUTE_S));
}

/* -- on disk -- */

static void complain_once(struct ledger *ledger, const char *name)
{
	if (!ledger->has_complained)
		fprintf(stderr, "bouclier: %s cannot be written: %s; what waits is in memory alone\n", name, strerror(errno));
	ledger->has_complained = true;
}

static void write_minute(struct ledger *ledger, const struct probe_minute *minute)
{
	const struct stat stat = { .st_mode = 0600, .st_uid = geteuid(), .st_gid = getegid() };
	char name[NAME_MAX_BYTES];
	struct buffer text;

	if (ledger->folder < 0)
		return;
	name_of(minute->from_s, name);
	buffer_init(&text, PROBE_REPORT_BYTES);
	if (probe_minute_write(minute, &text) != RESULT_OK || replace_file(ledger->folder, name, buffer_span(&text), &stat) != RESULT_OK)
		complain_once(ledger, name);
	else
		ledger->has_complained = false;
	buffer_done(&text);
}

static void forget_minute(const struct ledger *ledger, const struct probe_minute *minute)
{
	char name[NAME_MAX_BYTES];

	name_of(minute->from_s, name);
	if (ledger->folder >= 0)
		(void)unlinkat(ledger->folder, name, 0);
}

/* -- those that wait -- */

void ledger_drop(struct ledger *ledger, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		forget_minute(ledger, ledger->waiting[i]);
		free(ledger->waiting[i]);
	}
	ledger->count -= count;
	memmove(ledger->waiting, ledger->waiting + count, ledger->count * sizeof(ledger->waiting[0]));
}

static void add(struct ledger *ledger, const struct probe_minute *minute)
{
	struct probe_minute *copy = malloc(sizeof(*copy));

	if (!copy) {
		ledger->lost++;
		return;
	}
	*copy = *minute;
	if (ledger->count == LEDGER_MINUTES) {
		ledger_drop(ledger, 1);
		ledger->lost++;
	}
	ledger->waiting[ledger->count++] = copy;
	ledger->last_s = minute->from_s > ledger->last_s ? minute->from_s : ledger->last_s;
}

static int by_time(const void *a, const void *b)
{
	const struct probe_minute *const *left = a, *const *right = b;

	return (*left)->from_s < (*right)->from_s ? -1 : (*left)->from_s > (*right)->from_s;
}

/* What is no minute of ours is left where it is, and said. */
static void take_up_file(struct ledger *ledger, const char *name)
{
	struct probe_minute *minute = malloc(sizeof(*minute));
	char wanted[NAME_MAX_BYTES];
	struct buffer text;

	buffer_init(&text, PROBE_REPORT_BYTES);
	if (minute && read_file_at(ledger->folder, name, &text) == RESULT_OK && probe_minute_read(buffer_span(&text), minute) == RESULT_OK) {
		name_of(minute->from_s, wanted);
		if (strcmp(name, wanted) == 0)
			add(ledger, minute);
	} else {
		fprintf(stderr, "bouclier: %s cannot be read, and is passed over\n", name);
	}
	buffer_done(&text);
	free(minute);
}

static enum result take_up(struct ledger *ledger)
{
	int fd = dup(ledger->folder);
	DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;

	if (!folder)
		return RESULT_IO;
	for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
		if (span_starts(span_of(entry->d_name), SPAN("minute-")))
			take_up_file(ledger, entry->d_name);
	}
	closedir(folder);
	if (ledger->count)
		qsort(ledger->waiting, ledger->count, sizeof(ledger->waiting[0]), by_time);
	return RESULT_OK;
}

enum result ledger_init(struct ledger *ledger, const char *folder)
{
	enum result result = RESULT_OK;

	*ledger = (struct ledger){ .folder = -1 };
	(void)pthread_mutex_init(&ledger->lock, NULL);
	if (folder) {
		ledger->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		result = ledger->folder < 0 ? RESULT_IO : take_up(ledger);
	}
	return result;
}

void ledger_done(struct ledger *ledger)
{
	for (size_t i = 0; i < ledger->count; i++)
		free(ledger->waiting[i]);
	if (ledger->folder >= 0)
		close(ledger->folder);
	(void)pthread_mutex_destroy(&ledger->lock);
}

/* -- the minute that goes on -- */

void ledger_count(struct ledger *ledger, const char *host, const struct look *look)
{
	struct probe_minute *now = &ledger->now;
	uint32_t i = 0;

	pthread_mutex_lock(&ledger->lock);
	while (i < now->site_count && strcmp(now->sites[i].host, host) != 0)
		i++;
	if (i == now->site_count && i < PROBE_REPORT_SITES && look->outcome != LOOK_STOPPED) {
		now->sites[i] = (struct probe_site){ 0 };
		if (span_to_text(span_of(host), now->sites[i].host, sizeof(now->sites[i].host)) == RESULT_OK)
			now->site_count++;
	}
	if (i < now->site_count)
		look_count(look, &now->sites[i].counts);
	pthread_mutex_unlock(&ledger->lock);
}

bool ledger_turn(struct ledger *ledger, uint64_t now_s, bool all)
{
	uint64_t from_s = now_s - now_s % MINUTE_S;
	struct probe_minute over;
	bool is_over;

	pthread_mutex_lock(&ledger->lock);
	if (!ledger->now.from_s)
		ledger->now.from_s = from_s;
	/* Until a clock that went back has caught up, what is seen joins the minute that goes on. */
	is_over = all || (from_s > ledger->now.from_s && ledger->now.from_s > ledger->last_s);
	if (from_s > ledger->now.from_s && ledger->now.from_s <= ledger->last_s)
		ledger->now.from_s = from_s;
	over = ledger->now;
	if (is_over)
		ledger->now = (struct probe_minute){ .from_s = from_s };
	pthread_mutex_unlock(&ledger->lock);
	if (!is_over || !over.site_count || over.from_s <= ledger->last_s)
		return false;
	add(ledger, &over);
	write_minute(ledger, &over);
	return true;
}
