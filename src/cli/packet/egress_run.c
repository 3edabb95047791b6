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

static int watch_it(struct egress_service *service, struct egress_control *control)
{
	if (egress_watch_new(control, &service->watch) != RESULT_OK)
		return command_failed("no memory");
	service->pin_fd = open(EGRESS_PIN_FOLDER "/settings", O_PATH | O_CLOEXEC);
	return service->pin_fd >= 0 ? EXIT_DONE : command_failed(EGRESS_PIN_FOLDER "/settings: %s", strerror(errno));
}

int egress_service_open(struct egress_service **out)
{
	struct egress_control *control;
	enum result result = egress_control_open(&control);

	*out = NULL;
	if (result == RESULT_NOT_FOUND)
		return EXIT_DONE;
	if (result != RESULT_OK)
		return command_failed("the maps below " EGRESS_PIN_FOLDER " cannot be opened: %s", result == RESULT_IO ? strerror(errno) : result_name(result));
	*out = calloc(1, sizeof(**out));
	if (!*out) {
		egress_control_free(control);
		return command_failed("no memory");
	}
	(*out)->pin_fd = -1;
	return watch_it(*out, control);
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
