#include "cli/drill/slow.h"

#include "base/banned.h"

#define LINE_EVERY_MS 700u
#define AGAIN_MS 300u

static void wait_for(struct slow_hand *hand, uint64_t ms)
{
	struct loop *loop = &hand->slow->stage->loop;

	timer_set(&loop->timers, &hand->next, loop->now_ms + ms);
}

static void drip(struct slow_hand *hand)
{
	uint32_t from = cast_attacker_address(ATTACK_SLOW, hand->number % cast_attackers(ATTACK_SLOW));
	struct span begin = SPAN("GET / HTTP/1.1\r\nHost: " DRILL_HOST "\r\nAccept: */*\r\n"), line = SPAN("X-a: 1\r\n");

	if (client_drip(&hand->client, from, hand->has_begun ? line : begin) != RESULT_OK) {
		client_close(&hand->client);
		hand->has_begun = false;
	} else if (!hand->has_begun) {
		hand->has_begun = true;
		hand->slow->stage->tally->attacks[ATTACK_SLOW].sent++;
	}
	wait_for(hand, LINE_EVERY_MS);
}

static void next_is_due(struct timer *timer)
{
	struct slow_hand *hand = list_entry(timer, struct slow_hand, next);

	if (stage_is_attacked(hand->slow->stage)) {
		drip(hand);
		return;
	}
	client_close(&hand->client);
	hand->has_begun = false;
	wait_for(hand, AGAIN_MS);
}

/* What it asks can have no answer but a refusal. */
static void told(struct client *client, enum client_news news)
{
	struct slow_hand *hand = list_entry(client, struct slow_hand, client);
	struct drill_attack *tally = &hand->slow->stage->tally->attacks[ATTACK_SLOW];

	if (news == CLIENT_ANSWERED)
		tally->refused++;
	else
		tally->broken++;
	client_close(client);
	hand->has_begun = false;
	wait_for(hand, AGAIN_MS);
}

void slow_init(struct slow *slow, struct stage *stage)
{
	*slow = (struct slow){ .stage = stage };
	for (unsigned i = 0; i < SLOW_HANDS; i++) {
		struct slow_hand *hand = &slow->hands[i];

		hand->slow = slow;
		hand->number = i;
		client_init(&hand->client, &stage->loop, stage->port, told);
		timer_init(&hand->next, next_is_due);
		wait_for(hand, stage_chance_below(stage, LINE_EVERY_MS));
	}
}

void slow_done(struct slow *slow)
{
	for (unsigned i = 0; i < SLOW_HANDS; i++) {
		timer_cancel(&slow->stage->loop.timers, &slow->hands[i].next);
		client_done(&slow->hands[i].client);
	}
}
