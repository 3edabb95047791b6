#include "hub/run.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/loop.h"
#include "hub/alert/send/role.h"
#include "hub/keep/keep.h"
#include "hub/settings/hand_over.h"

#include "base/banned.h"

struct hub {
	struct loop loop;
	const struct channel *keeper;
	struct watch orders;
	struct hub_start start;
	struct hub_config config;
	int peer_fd;               /* to send; -1: it is dead, or not there yet */
	int journal_fd;
	struct store *store;
	struct keep *keep;
};

#define SOURCE SPAN("node")    /* the journal of this node, in the store */
#define COUNTRIES "/var/lib/location/database.db"

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

static enum result open_journal(struct hub *hub)
{
	char path[IMAGE_PATH_MAX];

	if (span_to_text(hub->config.journal, path, sizeof(path)) != RESULT_OK)
		return RESULT_LIMIT;
	hub->journal_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return hub->journal_fd < 0 ? RESULT_IO : RESULT_OK;
}

static enum result open_keep(struct hub *hub, struct complaints *complaints)
{
	struct keep_birth birth = { .loop = &hub->loop, .source = SOURCE, .settings = hub->config.hub, .sites = hub->config.sites,
		                    .site_count = hub->config.site_count, .countries = COUNTRIES };
	enum result result = store_open(hub->config.state, complaints, &hub->store);

	if (result != RESULT_OK)
		return result;
	birth.store = hub->store;
	birth.journal_fd = hub->journal_fd;
	return keep_new(&birth, complaints, &hub->keep);
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
	result = open_keep(hub, &complaints);
	if (result != RESULT_OK)
		fail_with(hub, "the hub's store", result, &complaints);
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
	keep_free(hub->keep);
	store_close(hub->store);
	if (hub->journal_fd >= 0)
		close(hub->journal_fd);
	if (hub->peer_fd >= 0)
		close(hub->peer_fd);
	hub_config_done(&hub->config);
	image_close(&hub->start.image);
}

int hub_run(const struct channel *keeper)
{
	struct hub hub = { .keeper = keeper, .orders = { .ready = orders_ready }, .peer_fd = -1, .journal_fd = -1 };
	enum result result = role_hub_receive_start(keeper, &hub.start);
	int code = 1;

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
		if (result != RESULT_OK)
			return fail(keeper, "send", result);
	}
	return 0;
}
