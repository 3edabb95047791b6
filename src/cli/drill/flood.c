#include "cli/drill/flood.h"

#include "base/banned.h"

#define TICK_MS TIMER_STEP_MS
#define REQUEST_BYTES_MAX ((size_t)4 << 10)
#define FORM_MIN 215u
#define FORM_MAX 394u

static const char *const targets[ATTACK_KINDS][3] = {
	[ATTACK_GET] = { "/", "/search", "/news" },
	[ATTACK_POST] = { "/search", "/contact", "/login" },
};

/* -- what is sent -- */

/* Fields as attack tools send them, in their order: a kind of client of its own, which says that it wants a page. */
static enum result write_front(struct flood *flood, struct buffer *out)
{
	const char *target = targets[flood->kind][stage_chance_below(flood->stage, 3)];

	return buffer_print(out, "%s %s?%llx=%llx HTTP/1.1\r\nHost: " DRILL_HOST "\r\nUser-Agent: Mozilla/5.0 (Windows NT 10.0) Chrome/%u.0\r\n"
	                         "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate\r\n",
	                    flood->kind == ATTACK_POST ? "POST" : "GET", target, (unsigned long long)stage_chance_below(flood->stage, 1u << 16),
	                    (unsigned long long)stage_chance(flood->stage), 100 + (unsigned)stage_chance_below(flood->stage, 20));
}

static enum result write_form(struct flood *flood, struct buffer *out)
{
	size_t len = FORM_MIN + (size_t)stage_chance_below(flood->stage, FORM_MAX - FORM_MIN + 1), left = len - 2;
	enum result result = buffer_print(out, "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\nq=", len);

	for (; result == RESULT_OK && left; left--)
		result = buffer_append_byte(out, (char)('a' + stage_chance_below(flood->stage, 26)));
	return result;
}

static enum result write_request(struct flood *flood, struct buffer *out)
{
	enum result result = write_front(flood, out);

	if (result != RESULT_OK)
		return result;
	return flood->kind == ATTACK_POST ? write_form(flood, out) : buffer_append(out, SPAN("\r\n"));
}

/* -- who sends it -- */

static struct drill_attack *tally_of(const struct flood *flood)
{
	return &flood->stage->tally->attacks[flood->kind];
}

/* A connection of SOURCE that waits for nothing, one that is open first. */
static struct flood_hand *free_hand(struct flood *flood, unsigned source)
{
	struct flood_hand *found = NULL;

	for (unsigned i = 0; i < flood->connections; i++) {
		struct flood_hand *hand = &flood->hands[source * CAST_CONNECTIONS + i];

		if (!hand->asked_ms && (!found || hand->client.is_open))
			found = hand;
	}
	return found;
}

static void send_one(struct flood *flood)
{
	unsigned source = (unsigned)(flood->tried++ % cast_attackers(flood->kind));
	struct flood_hand *hand = free_hand(flood, source);
	struct buffer request;
	enum result result = RESULT_LIMIT;

	buffer_init(&request, REQUEST_BYTES_MAX);
	if (hand)
		result = write_request(flood, &request);
	if (result == RESULT_OK)
		result = client_ask(&hand->client, cast_attacker_address(flood->kind, source), buffer_span(&request));
	if (result == RESULT_OK) {
		hand->asked_ms = flood->stage->loop.now_ms;
		tally_of(flood)->sent++;
	} else {
		tally_of(flood)->late++;
	}
	buffer_done(&request);
}

static void told(struct client *client, enum client_news news)
{
	struct flood_hand *hand = list_entry(client, struct flood_hand, client);
	struct drill_attack *tally = tally_of(hand->flood);

	hand->asked_ms = 0;
	if (news == CLIENT_BROKEN)
		tally->broken++;
	else if (client->is_page)
		tally->served++;
	else
		tally->refused++;
}

static void give_up_old(struct flood *flood, uint64_t patience_ms)
{
	for (size_t i = 0; i < sizeof(flood->hands) / sizeof(*flood->hands); i++) {
		struct flood_hand *hand = &flood->hands[i];

		if (hand->asked_ms && flood->stage->loop.now_ms >= hand->asked_ms + patience_ms) {
			hand->asked_ms = 0;
			tally_of(flood)->broken++;
			client_close(&hand->client);
		}
	}
}

static void tick(struct timer *timer)
{
	struct flood *flood = list_entry(timer, struct flood, tick);
	struct stage *stage = flood->stage;
	bool is_on = stage_is_attacked(stage);

	if (is_on) {
		uint64_t due = (stage->loop.now_ms - stage_attack_begin_ms(stage)) * flood->rate / 1000;

		give_up_old(flood, FLOOD_PATIENCE_MS);
		while (flood->tried < due)
			send_one(flood);
	} else if (flood->is_on) {
		give_up_old(flood, 0);
	}
	flood->is_on = is_on;
	timer_set(&stage->loop.timers, timer, stage->loop.now_ms + TICK_MS);
}

void flood_init(struct flood *flood, struct stage *stage, enum attack_kind kind, unsigned rate, unsigned connections)
{
	flood->stage = stage;
	flood->kind = kind;
	flood->rate = rate;
	flood->connections = connections;
	for (size_t i = 0; i < sizeof(flood->hands) / sizeof(*flood->hands); i++) {
		flood->hands[i].flood = flood;
		client_init(&flood->hands[i].client, &stage->loop, stage->port, told);
	}
	timer_init(&flood->tick, tick);
	timer_set(&stage->loop.timers, &flood->tick, stage->loop.now_ms + TICK_MS);
}

void flood_done(struct flood *flood)
{
	timer_cancel(&flood->stage->loop.timers, &flood->tick);
	for (size_t i = 0; i < sizeof(flood->hands) / sizeof(*flood->hands); i++)
		client_done(&flood->hands[i].client);
}
