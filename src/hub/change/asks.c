#include "hub/change/asks.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/banned.h"

struct ask {
	struct list node;
	struct role_change change;    /* NOTE points into this */
	uint64_t id;
	unsigned tries;
	void (*done)(void *context, enum change_outcome outcome, struct span text);
	void *context;
	char note[IMAGE_NOTE_MAX];
};

static void send_first(struct asks *asks);

static void ask_free(struct asks *asks, struct ask *ask)
{
	list_remove(&ask->node);
	asks->count--;
	close(ask->change.texts_fd);
	free(ask);
}

/* The next one goes out after DONE, which may add some. */
static void finish(struct asks *asks, struct ask *ask, enum change_outcome outcome, struct span text)
{
	void (*done)(void *context, enum change_outcome outcome, struct span text) = ask->done;
	void *context = ask->context;

	ask_free(asks, ask);
	if (!list_is_empty(&asks->waiting))
		timer_set(&asks->loop->timers, &asks->again, asks->loop->now_ms);
	done(context, outcome, text);
}

/* Security: a number that was never given out before belongs to no other try, so that a late answer is nobody's. */
static void send_first(struct asks *asks)
{
	struct ask *ask = list_entry(asks->waiting.next, struct ask, node);

	ask->id = ++asks->last_id;
	ask->tries++;
	if (role_ask_change(asks->keeper, ask->id, &ask->change) != RESULT_OK)
		finish(asks, ask, CHANGE_BUSY, SPAN("the keeper does not answer\n"));
}

static void again(struct timer *timer)
{
	struct asks *asks = list_entry(timer, struct asks, again);

	if (!list_is_empty(&asks->waiting))
		send_first(asks);
}

void asks_init(struct asks *asks, struct loop *loop, const struct channel *keeper)
{
	*asks = (struct asks){ .loop = loop, .keeper = keeper };
	list_init(&asks->waiting);
	timer_init(&asks->again, again);
}

void asks_done(struct asks *asks)
{
	timer_cancel(&asks->loop->timers, &asks->again);
	list_each_safe(node, next, &asks->waiting)
		ask_free(asks, list_entry(node, struct ask, node));
}

enum result asks_add(struct asks *asks, const struct ask_wish *wish)
{
	enum result result = asks->count >= ASKS_MAX || wish->note.len > IMAGE_NOTE_MAX ? RESULT_LIMIT : RESULT_OK;
	struct ask *ask;
	int fd = -1;

	if (result == RESULT_OK)
		result = role_change_texts(wish->texts, wish->count, &fd);
	if (result != RESULT_OK)
		return result;
	ask = calloc(1, sizeof(*ask));
	if (!ask) {
		close(fd);
		return RESULT_NO_MEMORY;
	}
	if (wish->note.len)
		memcpy(ask->note, wish->note.at, wish->note.len);
	ask->change = (struct role_change){ .wish = { wish->confirm_ms, span_make(ask->note, wish->note.len) }, .is_trial = wish->is_trial, .texts_fd = fd };
	ask->done = wish->done;
	ask->context = wish->context;
	list_add_last(&asks->waiting, &ask->node);
	if (asks->count++ == 0)
		timer_set(&asks->loop->timers, &asks->again, asks->loop->now_ms);
	return RESULT_OK;
}

void asks_answer(struct asks *asks, const struct edge_order *order)
{
	struct ask *ask = list_is_empty(&asks->waiting) ? NULL : list_entry(asks->waiting.next, struct ask, node);
	char text[CHANNEL_TEXT_MAX];
	size_t len = order->text_fd >= 0 ? channel_text_read(order->text_fd, text, sizeof(text)) : 0;

	if (order->text_fd >= 0)
		close(order->text_fd);
	if (!ask || !ask->id || ask->id != order->id)
		return;
	ask->id = 0;
	if (order->outcome == CHANGE_BUSY && ask->tries < ASKS_AGAIN_MAX)
		timer_set(&asks->loop->timers, &asks->again, asks->loop->now_ms + ASKS_AGAIN_MS);
	else
		finish(asks, ask, order->outcome, span_make(text, len));
}
