/* What `packet run` does for egress: whoever is refused is told within a second, on stderr (the unit's journal) and to the edges (the shield's own). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/packet/egress.h"
#include "packet/control/serve.h"
#include "packet/egress/watch.h"

#include "base/banned.h"

struct egress_service {
	struct egress_watch *watch;
	int pin_fd;
};

static enum result watch_it(struct egress_service *service, struct egress_control *control)
{
	enum result result = egress_watch_new(control, &service->watch);

	if (result == RESULT_OK)
		service->pin_fd = open(EGRESS_PIN_FOLDER "/settings", O_PATH | O_CLOEXEC);
	return result == RESULT_OK && service->pin_fd < 0 ? RESULT_IO : result;
}

static enum result make(struct egress_control *control, struct egress_service **out)
{
	struct egress_service *service = calloc(1, sizeof(*service));
	enum result result;

	if (!service) {
		egress_control_free(control);
		return RESULT_NO_MEMORY;
	}
	service->pin_fd = -1;
	result = watch_it(service, control);
	if (result == RESULT_OK)
		*out = service;
	else
		egress_service_free(service);
	return result;
}

/* Availability, fails open: bans still reach the filter where nobody can be told of refusals. */
int egress_service_open(struct egress_service **out)
{
	struct egress_control *control;
	enum result result = egress_control_open_to_read(&control);

	*out = NULL;
	if (result == RESULT_OK)
		result = make(control, out);
	if (result != RESULT_OK && result != RESULT_NOT_FOUND)
		fprintf(stderr, "bouclier: egress: the maps below " EGRESS_PIN_FOLDER " cannot be opened (%s): whom it refuses is not told\n",
		        result == RESULT_IO ? strerror(errno) : result_name(result));
	return EXIT_DONE;
}

void egress_service_free(struct egress_service *service)
{
	if (!service)
		return;
	egress_watch_free(service->watch);
	if (service->pin_fd >= 0)
		close(service->pin_fd);
	free(service);
}

static void say(void *context, const struct egress_destination *to, bool is_alarm, const char *sentence)
{
	struct egress_news news = { .kind = EGRESS_NEWS, .is_alarm = is_alarm, .has_to = to != NULL };

	if (to)
		news.to = *to;
	fprintf(stderr, "bouclier: egress: %s%s\n", is_alarm ? "ALARM: " : "", sentence);
	snprintf(news.text, sizeof(news.text), "%s", sentence);
	control_tell(context, &news, sizeof(news));
}

bool egress_service_look(void *context, const struct control_edges *edges)
{
	const struct egress_service *service = context;
	struct stat pin;

	if (fstat(service->pin_fd, &pin) != 0 || pin.st_nlink == 0)
		return false;
	(void)!egress_watch_look(service->watch, pending_now_ns(), say, (void *)(uintptr_t)edges);  /* availability: what cannot be read now is read a second later */
	return true;
}
