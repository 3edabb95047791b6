#include "hub/run.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/loop.h"
#include "event/json.h"
#include "hub/alert/send/role.h"
#include "hub/settings/hand_over.h"
#include "hub/wire.h"

#include "base/banned.h"

struct hub {
	struct loop loop;
	const struct channel *keeper;
	struct watch orders;
	struct hub_start start;
	struct hub_config config;
	int journal_fd;
	struct hub_parts *parts;
};

/* -- orders -- */

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
		if (order.kind == HUB_ORDER_ANSWER) {
			hub_parts_answer(hub->parts, &order.answer);
			return;  /* whoever waits for it is told before the next order, which may be to end, is read */
		}
		hub_parts_attach_send(hub->parts, order.fd);
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

static enum result open_journal(struct hub *hub)
{
	char path[IMAGE_PATH_MAX];

	if (span_to_text(hub->config.journal, path, sizeof(path)) != RESULT_OK)
		return RESULT_LIMIT;
	hub->journal_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return hub->journal_fd < 0 ? RESULT_IO : RESULT_OK;
}

static void fail_with(const struct hub *hub, const char *what, enum result result, const struct complaints *complaints)
{
	struct buffer text;

	buffer_init(&text, CHANNEL_TEXT_MAX);
	if (complaints->count && complaints_write(complaints, &text) == RESULT_OK)
		role_hub_failed(hub->keeper, buffer_span(&text));
	else
		fail(hub->keeper, what, result);
	buffer_done(&text);
}

/* Everything but the sandbox, which is closed. */
static enum result begin(struct hub *hub)
{
	struct complaints complaints;
	enum result result = open_journal(hub);

	if (result != RESULT_OK) {
		fail(hub->keeper, "the journal's folder cannot be opened", result);
		return result;
	}
	complaints_init(&complaints);
	result = hub_parts_new(&(struct hub_wires){ &hub->loop, hub->keeper, &hub->start, &hub->config, hub->journal_fd }, &complaints, &hub->parts);
	if (result != RESULT_OK)
		fail_with(hub, "the hub", result, &complaints);
	complaints_done(&complaints);
	return result;
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

static void end(struct hub *hub)
{
	hub_parts_free(hub->parts);
	if (hub->journal_fd >= 0)
		close(hub->journal_fd);
	hub_config_done(&hub->config);
	image_close(&hub->start.image);
}

int hub_run(const struct channel *keeper)
{
	struct hub hub = { .keeper = keeper, .orders = { .ready = orders_ready }, .journal_fd = -1 };
	enum result result;
	int code = 1;

	json_wipe_dropped();
	result = role_hub_receive_start(keeper, &hub.start);
	if (result != RESULT_OK)
		return fail(keeper, "the hub's start", result);
	result = hand_over_read(hub.start.settings, &hub.config);
	if (result != RESULT_OK)
		return fail(keeper, "the hub's settings", result);
	hub_parts_prepare();
	result = confine(&hub);
	if (result != RESULT_OK)
		return fail(keeper, "the hub's sandbox", result);
	result = loop_init(&hub.loop);
	if (result != RESULT_OK)
		return fail(keeper, "the hub's loop", result);
	if (begin(&hub) == RESULT_OK)
		code = serve(&hub);
	end(&hub);
	loop_done(&hub.loop);
	return code;
}

/* -- send -- */

/* For one hub after the other: the end of one is the end of its pair, and the keeper says when there is another. */
int hub_send_run(const struct channel *keeper)
{
	struct hub_order order = { .kind = HUB_ORDER_END, .fd = -1 };
	enum result result;

	if (role_hub_receive_start(keeper, NULL) != RESULT_OK)
		return 1;
	if (send_prepare() != RESULT_OK)
		return fail(keeper, "send", RESULT_NO_MEMORY);
	if (role_hub_confine(SANDBOX_SEND, NULL, 0) != RESULT_OK)
		return fail(keeper, "the sandbox of send", RESULT_REFUSED);
	while (role_hub_wait(keeper, &order) == RESULT_OK && order.kind == HUB_ORDER_PEER) {
		result = send_role(order.fd);
		close(order.fd);
		if (result != RESULT_OK && result != RESULT_MORE)  /* more: the keeper has something to say */
			return fail(keeper, "send", result);
	}
	return 0;
}
