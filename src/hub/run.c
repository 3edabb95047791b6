#include "hub/run.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/loop.h"
#include "hub/settings/hand_over.h"

#include "base/banned.h"

struct hub {
	struct loop loop;
	const struct channel *keeper;
	struct watch orders;
	struct hub_start start;
	struct hub_config config;
	int peer_fd;               /* to send; -1: it is dead, or not there yet */
};

/* -- orders -- */

static void take_peer(struct hub *hub, int fd)
{
	if (hub->peer_fd >= 0)
		close(hub->peer_fd);
	hub->peer_fd = fd;
}

static void orders_ready(struct watch *watch, uint32_t events)
{
	struct hub *hub = list_entry(watch, struct hub, orders);
	struct hub_order order;

	(void)events;
	while (role_hub_receive(hub->keeper, &order) == RESULT_OK) {
		if (order.kind == HUB_ORDER_END) {
			loop_stop(&hub->loop);
			return;
		}
		take_peer(hub, order.fd);
	}
}

/* -- the start -- */

static int fail(const struct channel *keeper, const char *what, enum result result)
{
	char text[256];

	snprintf(text, sizeof(text), "%s: %s\n", what, result_name(result));
	role_hub_failed(keeper, span_of(text));
	return 1;
}

static enum result confine(const struct hub *hub)
{
	const struct sandbox_view views[] = {
		{ .path = hub->config.state, .may_write = true },
		{ .path = hub->config.journal },
	};

	return role_hub_confine(SANDBOX_HUB, views, sizeof(views) / sizeof(*views));
}

static int serve(struct hub *hub)
{
	enum result result = loop_watch(&hub->loop, &hub->orders, hub->keeper->fd, EPOLLIN);

	if (result == RESULT_OK)
		result = role_hub_ready(hub->keeper);
	if (result != RESULT_OK)
		return fail(hub->keeper, "the hub's loop", result);
	loop_run(&hub->loop);
	return 0;
}

int hub_run(const struct channel *keeper)
{
	struct hub hub = { .keeper = keeper, .orders = { .ready = orders_ready }, .peer_fd = -1 };
	enum result result = role_hub_receive_start(keeper, &hub.start);
	int code;

	if (result != RESULT_OK)
		return fail(keeper, "the hub's start", result);
	result = hand_over_read(hub.start.settings, &hub.config);
	if (result != RESULT_OK)
		return fail(keeper, "the hub's settings", result);
	result = confine(&hub);
	if (result != RESULT_OK)
		return fail(keeper, "the hub's sandbox", result);
	result = loop_init(&hub.loop);
	if (result != RESULT_OK)
		return fail(keeper, "the hub's loop", result);
	code = serve(&hub);
	loop_done(&hub.loop);
	hub_config_done(&hub.config);
	return code;
}

/* -- send -- */

int hub_send_run(const struct channel *keeper)
{
	struct channel_message message;
	int peer_fd = -1;

	if (role_hub_receive_start(keeper, NULL) != RESULT_OK)
		return 1;
	if (role_hub_confine(SANDBOX_SEND, NULL, 0) != RESULT_OK)
		return fail(keeper, "the sandbox of send", RESULT_REFUSED);
	while (channel_wait(keeper, -1, &message) == RESULT_OK && message.kind != CHANNEL_DRAIN) {
		if (message.kind == CHANNEL_SERVE && message.fd_count) {
			if (peer_fd >= 0)
				close(peer_fd);
			peer_fd = channel_take(&message, 0);
		}
		channel_drop(&message);
	}
	return 0;
}
