#include "process/role_hub.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "process/role_wire.h"

#include "base/banned.h"

#define SEND_MS 5000

enum result role_hub_channel(struct channel *out)
{
	int type = 0;
	socklen_t len = sizeof(type);

	if (getsockopt(CHANNEL_ROLE_FD, SOL_SOCKET, SO_TYPE, &type, &len) != 0 || type != SOCK_SEQPACKET || fcntl(CHANNEL_ROLE_FD, F_SETFD, FD_CLOEXEC) != 0)
		return RESULT_REFUSED;
	out->fd = CHANNEL_ROLE_FD;
	return RESULT_OK;
}

static enum result take_start(struct channel_message *message, struct hub_start *out)
{
	struct hub_start start = { .socket_fd = -1, .listen_fd = -1 };
	struct span folder;
	enum result result;

	if (message->kind != CHANNEL_START || message->fd_count < 2)
		return RESULT_MALFORMED;
	result = image_open(message->fds[0], &start.image);
	if (result == RESULT_OK)
		result = image_hub(&start.image, &folder, &start.settings);
	if (result != RESULT_OK) {
		image_close(&start.image);
		return result;
	}
	start.socket_fd = channel_take(message, 1);
	start.listen_fd = channel_take(message, 2);
	*out = start;
	return RESULT_OK;
}

enum result role_hub_receive_start(const struct channel *keeper, struct hub_start *out)
{
	struct channel_message message;
	enum result result = channel_wait(keeper, WIRE_START_MS, &message);

	if (result != RESULT_OK)
		return result;
	if (out)
		result = take_start(&message, out);
	else if (message.kind != CHANNEL_START)
		result = RESULT_MALFORMED;
	channel_drop(&message);
	return result;
}

enum result role_hub_confine(enum sandbox_role role, const struct sandbox_view *views, size_t count)
{
	struct sandbox_report report;
	enum result result = sandbox_enter(role, views, count, &report);

	if (result == RESULT_OK && report.landlock == 0)
		fprintf(stderr, "bouclier: this kernel has no Landlock: %s is confined by seccomp and its user alone\n", role == SANDBOX_HUB ? "the hub" : "send");
	return result;
}

enum result role_hub_ready(const struct channel *keeper)
{
	return channel_send(keeper, CHANNEL_READY, 0, SPAN_NONE, NULL, 0, SEND_MS);
}

void role_hub_failed(const struct channel *keeper, struct span text)
{
	int fd = channel_text_fd(text);

	(void)!channel_send(keeper, CHANNEL_FAILED, 0, SPAN_NONE, &fd, fd >= 0, SEND_MS);  /* the exit says as much */
	if (fd >= 0)
		close(fd);
}

static void take_peer(struct channel_message *message, struct hub_order *out)
{
	out->fd = channel_take(message, 0);
	out->kind = out->fd >= 0 ? HUB_ORDER_PEER : HUB_ORDER_END;
}

enum result role_hub_receive(const struct channel *keeper, struct hub_order *out)
{
	for (;;) {
		struct channel_message message;
		enum result result = channel_receive(keeper, &message);

		if (result == RESULT_MORE)
			return result;
		*out = (struct hub_order){ .kind = HUB_ORDER_END, .fd = -1 };
		if (result != RESULT_OK && result != RESULT_MALFORMED)
			return RESULT_OK;  /* the keeper is gone */
		if (result == RESULT_MALFORMED)
			continue;
		if (message.kind == CHANNEL_SERVE)
			take_peer(&message, out);
		else if (message.kind == CHANNEL_ANSWER && role_read_answer(&message, &out->answer) == RESULT_OK)
			out->kind = HUB_ORDER_ANSWER;
		result = message.kind == CHANNEL_DRAIN || out->kind != HUB_ORDER_END ? RESULT_OK : RESULT_MORE;
		channel_drop(&message);
		if (result == RESULT_OK)
			return result;
	}
}

enum result role_hub_wait(const struct channel *keeper, struct hub_order *out)
{
	struct pollfd polled = { .fd = keeper->fd, .events = POLLIN };
	enum result result;

	while ((result = role_hub_receive(keeper, out)) == RESULT_MORE)
		(void)!poll(&polled, 1, -1);
	return result;
}
