#include "cli/report/uplink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/command.h"

#include "base/banned.h"

#define STEP_MS 250u
#define ROUTES_BYTES_MAX 65536u

static enum result find_default(char out[IFNAMSIZ])
{
	char text[ROUTES_BYTES_MAX];
	int fd = open("/proc/net/route", O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t got = 1;

	if (fd < 0)
		return RESULT_NOT_FOUND;
	while (got > 0 && len < sizeof(text)) {
		got = read(fd, text + len, sizeof(text) - len);
		len += got > 0 ? (size_t)got : 0;
	}
	close(fd);
	return link_default_read(span_make(text, len), out);
}

static void write_names(const struct span *names, size_t count, char out[UPLINK_NAMES_MAX])
{
	size_t len = 0;

	out[0] = 0;
	for (size_t i = 0; i < count && i < LINK_INTERFACES_MAX; i++)
		len += (size_t)snprintf(out + len, UPLINK_NAMES_MAX - len, "%s%.*s", i ? ", " : "", SPAN_ARG(names[i]));
}

int uplink_open(const struct link_settings *settings, struct uplink *line)
{
	const struct link_limits limits = { (uint64_t)settings->capacity, (unsigned)settings->filling, (unsigned)settings->full, (uint64_t)settings->window_ms };
	const struct span *names = settings->interfaces.items;
	size_t count = settings->interfaces.count, wrong = 0;
	struct span found;
	enum result result;

	*line = (struct uplink){ .files = { .count = 0 } };
	if (!count) {
		if (find_default(line->found) != RESULT_OK)
			return command_failed("there is no default route over IPv4: link: { interface: eth0 } says which interface is the line");
		found = span_of(line->found);
		names = &found;
		count = 1;
	}
	result = link_files_open(LINK_NET_FOLDER, names, count, &line->files, &wrong);
	if (result != RESULT_OK)
		return command_failed("interface %.*s: %s", SPAN_ARG(names[wrong]), result == RESULT_NOT_FOUND ? "there is none of that name" : strerror(errno));
	write_names(names, count, line->names);
	link_init(&line->link, &limits);
	return EXIT_DONE;
}

void uplink_close(struct uplink *line)
{
	link_files_done(&line->files);
}

enum result uplink_read(struct uplink *line, bool *changed)
{
	struct link_reading reading;
	enum result result = link_files_read(&line->files, clock_mono_ms(), &reading);

	if (result == RESULT_OK)
		*changed = link_take(&line->link, &reading);
	return result;
}

enum result uplink_measure(struct uplink *line, uint64_t ms)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000 };
	uint64_t until_ms = clock_mono_ms() + ms;
	bool changed;
	enum result result = uplink_read(line, &changed);

	while (result == RESULT_OK && clock_mono_ms() < until_ms) {
		if (nanosleep(&step, NULL) < 0 && errno == EINTR)
			return RESULT_END;
		result = uplink_read(line, &changed);
	}
	return result;
}
