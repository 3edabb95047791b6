/* `packet run`: the controller, a service beside the shield. It begins as root, opens what is pinned, and has no right left when it serves. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/loaded.h"
#include "cli/packet/egress.h"
#include "cli/wiring.h"
#include "packet/control/serve.h"
#include "packet/loader/machine.h"
#include "process/account.h"
#include "process/notify.h"
#include "process/sandbox.h"

#include "base/banned.h"

#define BACKLOG 8

struct service {
	struct packet_maps maps;
	struct control *control;
	struct egress_service *egress;           /* NULL: nobody's contacts are looked at */
	int listener_fd, pin_fd, folder_fd;
	uint16_t ephemeral_first, ephemeral_last;
};

/* Edges connect to it, whoever they run as: who they are, the kernel says (serve.h). */
static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || span_to_text(span_of(path), address.sun_path, sizeof(address.sun_path)) != RESULT_OK) {
		errno = fd < 0 ? errno : ENAMETOOLONG;
		return -1;
	}
	(void)unlink(path);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 && chmod(path, 0666) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Availability, fails open: what the egress programs refuse is told, whatever became of the filter. */
static int open_filter(struct service *service)
{
	enum result result = packet_maps_open(PACKET_PIN_FOLDER, &service->maps);

	if (service->egress && result != RESULT_OK && result != RESULT_NOT_FOUND)
		fprintf(stderr, "bouclier: the filter's maps below %s cannot be opened (%s): no ban arrives there until bouclier packet attach\n", PACKET_PIN_FOLDER,
		        result_name(result));
	if (service->egress && result != RESULT_OK)
		return EXIT_DONE;
	if (result == RESULT_NOT_FOUND && loader_nft_is_attached())
		return command_failed("the filter is attached as %s, which has nothing to control: no ban arrives there", packet_rung_name(RUNG_NFTABLES));
	if (result == RESULT_NOT_FOUND)
		return command_failed("nothing is attached that there were something to control: bouclier packet attach, or bouclier packet egress observe");
	if (result != RESULT_OK)
		return command_failed("the filter's maps below %s cannot be opened: %s", PACKET_PIN_FOLDER, result == RESULT_IO ? strerror(errno) : result_name(result));
	service->pin_fd = open(PACKET_PIN_FOLDER "/settings", O_PATH | O_CLOEXEC);
	if (service->pin_fd < 0)
		return command_failed("%s/settings: %s", PACKET_PIN_FOLDER, strerror(errno));
	return control_new(&service->maps, &service->control) == RESULT_OK ? EXIT_DONE : command_failed("the filter's maps cannot be read: %s", strerror(errno));
}

/* Either alone will do. */
static int open_maps(struct service *service)
{
	int code = egress_service_open(&service->egress);

	if (code == EXIT_DONE)
		code = open_filter(service);
	if (code == EXIT_DONE) {
		service->folder_fd = open(PACKET_PIN_FOLDER "/..", O_PATH | O_CLOEXEC);
		if (service->folder_fd < 0)
			service->folder_fd = open(EGRESS_PIN_FOLDER "/..", O_PATH | O_CLOEXEC);
	}
	return code;
}

static int open_socket(struct service *service, const struct options *options)
{
	char path[PATH_TEXT_MAX];

	config_peek(options, "packet", "socket", PACKET_SOCKET, path);
	service->listener_fd = listen_at(path);
	return service->listener_fd >= 0 ? EXIT_DONE : command_failed("%s: %s", path, strerror(errno));
}

/* Security, fails closed: rather no controller than one with root's rights. */
static int confine(void)
{
	const struct account account = account_of(PACKET_ACCOUNT);
	struct sandbox_report report;

	account_take(&account);
	return sandbox_enter(SANDBOX_PACKET, NULL, 0, &report) == RESULT_OK ? EXIT_DONE : command_failed("the controller cannot be confined and does not start");
}

static void say_ready(void)
{
	notify_send("READY=1");
}

static int serve(const struct service *service, uid_t edge_uid)
{
	const struct control_plan plan = { .control = service->control, .listener_fd = service->listener_fd, .pin_fd = service->pin_fd, .folder_fd = service->folder_fd,
	                                   .each_second = service->egress ? egress_service_look : NULL, .context = service->egress, .edge_uid = edge_uid,
	                                   .ephemeral_first = service->ephemeral_first, .ephemeral_last = service->ephemeral_last };
	enum control_end end = control_serve(&plan, say_ready);

	if (end == CONTROL_TAKEN_OFF)
		fprintf(stderr, "bouclier: what was controlled was taken off: nothing is left to control\n");
	if (end == CONTROL_CHANGED)  /* the unit starts it again, with the right to open what there is now */
		return command_failed("something was attached or taken off: the controller has to start anew");
	return end != CONTROL_FAILED ? EXIT_DONE : command_failed("the controller cannot serve");
}

int packet_run(const struct options *options)
{
	struct service service = { .listener_fd = -1, .pin_fd = -1, .folder_fd = -1 };
	const struct account edges = account_of(EDGE_ACCOUNT);
	int code;

	packet_maps_init(&service.maps);
	machine_ephemeral(&service.ephemeral_first, &service.ephemeral_last);
	code = open_maps(&service);
	if (code == EXIT_DONE)
		code = open_socket(&service, options);
	if (code == EXIT_DONE)
		code = confine();
	if (code == EXIT_DONE)
		code = serve(&service, edges.uid);
	if (service.control)
		control_free(service.control);
	packet_maps_close(&service.maps);
	egress_service_free(service.egress);
	if (service.folder_fd >= 0)
		close(service.folder_fd);
	if (service.listener_fd >= 0)
		close(service.listener_fd);
	if (service.pin_fd >= 0)
		close(service.pin_fd);
	return code;
}
