/* What became of proposals whose hub ended before it was told, and of those that served and do not any more: the shield's history knows. A change is looked for by who brought
 * it, why and when: its texts may have been changed again since. */
#include "hub/change/inner.h"

#include <stdio.h>
#include <stdlib.h>

#include "config/value.h"

#include "base/banned.h"

#define LOOK_MS 2000u
#define GIVE_UP_MS 120000u   /* the keeper has checked, built or refused it by then */
#define CLOCK_MS 1000u       /* the history's times are whole seconds */

/* Those that are looked for: whatever is on its way, and what was applied last. */
struct sought {
	uint64_t numbers[PROPOSALS_MAX];
	size_t count;
	uint64_t applied, applied_ms;   /* the newest one that was; 0: none */
};

static bool is_on_its_way(const struct proposal *proposal)
{
	return proposal->applying_ms && (proposal->state == PROPOSAL_WAITS || proposal->state == PROPOSAL_APPROVED);
}

static void gather_one(void *context, const struct proposal *proposal)
{
	struct sought *sought = context;

	if (is_on_its_way(proposal) && sought->count < PROPOSALS_MAX)
		sought->numbers[sought->count++] = proposal->number;
	if (proposal->state == PROPOSAL_APPLIED && proposal->applying_ms > sought->applied_ms) {
		sought->applied = proposal->number;
		sought->applied_ms = proposal->applying_ms;
	}
}

/* -- the history -- */

enum became { BECAME_UNKNOWN, BECAME_SERVED, BECAME_WENT_BACK };

static bool is_how(const struct json *version, const char *how)
{
	return span_equal(json_text_of(json_find(version, "how")), span_of(how));
}

/* The author alone, or "AUTHOR, approved by SOMEBODY". */
static bool is_by(struct span who, struct span author)
{
	return span_starts(who, author) && (who.len == author.len || span_starts(span_skip(who, author.len), SPAN(", approved by ")));
}

static bool is_of(const struct json *version, const struct proposal *proposal)
{
	int64_t at_ms;

	return (is_how(version, "proposal") || is_how(version, "rollback")) && is_by(json_text_of(json_find(version, "who")), proposal->author) &&
	       span_equal(json_text_of(json_find(version, "why")), proposal->why) && time_read(json_text_of(json_find(version, "at")), &at_ms) == RESULT_OK &&
	       (uint64_t)at_ms + CLOCK_MS >= proposal->applying_ms;
}

/* The newest come first. */
static enum became find(const struct json *versions, const struct proposal *proposal)
{
	for (size_t i = 0; i < json_length(versions); i++) {
		if (is_of(json_item(versions, i), proposal))
			return i && is_how(json_item(versions, i - 1), "went-back") ? BECAME_WENT_BACK : BECAME_SERVED;
	}
	return BECAME_UNKNOWN;
}

/* -- what follows from it -- */

static void keep(struct changes *changes, struct proposal *proposal)
{
	/* RESULT_REFUSED: somebody has just moved it, and knows better. */
	enum result result = proposal_keep(changes->birth.store, proposal);

	if (result != RESULT_OK && result != RESULT_REFUSED)
		fprintf(stderr, "bouclier: what became of proposal %llu could not be kept: %s\n", (unsigned long long)proposal->number, result_name(result));
}

/* It may be applied again: nothing of it serves. */
static void give_up(struct changes *changes, struct proposal *proposal)
{
	char object[64];

	snprintf(object, sizeof(object), "%llu", (unsigned long long)proposal->number);
	(void)!audit_add(changes->birth.audit, &(struct audit_action){ SPAN("hub"), SPAN("proposal.apply.failed"), span_of(object), .words = AUDIT_SAY(NEVER_SERVED) },
	                 changes->birth.loop->wall_ns);  /* nothing has changed, and people are told that the log cannot be written */
	proposal->applying_ms = 0;
	keep(changes, proposal);
}

/* True: it has to be looked for again. */
static bool settle(struct changes *changes, const struct json *versions, struct proposal *proposal)
{
	enum became became = find(versions, proposal);

	if (became == BECAME_UNKNOWN && is_on_its_way(proposal)) {
		if (changes->birth.loop->wall_ns / 1000000 < proposal->applying_ms + GIVE_UP_MS)
			return true;
		give_up(changes, proposal);
	} else if (became == BECAME_WENT_BACK || (became == BECAME_SERVED && is_on_its_way(proposal))) {
		proposal->state = became == BECAME_WENT_BACK ? PROPOSAL_WENT_BACK : PROPOSAL_APPLIED;
		keep(changes, proposal);
	}
	return false;
}

static bool settle_number(struct changes *changes, const struct json *versions, uint64_t number)
{
	struct proposal *proposal = calloc(1, sizeof(*proposal));
	bool must_again = true;

	if (proposal && proposal_find(changes->birth.store, number, proposal) == RESULT_OK) {
		must_again = settle(changes, versions, proposal);
		proposal_done(proposal);
	}
	free(proposal);
	return must_again;
}

static enum result gather(struct changes *changes, struct sought *sought)
{
	*sought = (struct sought){ 0 };
	return proposal_each(changes->birth.store, gather_one, sought);
}

static void again(struct changes *changes)
{
	timer_set(&changes->birth.loop->timers, &changes->look, changes->birth.loop->now_ms + LOOK_MS);
}

static void told(void *context, const struct shield_answer *said)
{
	struct changes *changes = context;
	struct json *root = NULL;
	struct sought sought;
	bool must_again = true;

	if (said->result == RESULT_END)
		return;
	if (said->result == RESULT_OK && said->status == 200 && json_read(said->body, &root) == RESULT_OK && gather(changes, &sought) == RESULT_OK) {
		const struct json *versions = json_find(root, "configurations");

		must_again = false;
		for (size_t i = 0; i < sought.count; i++)
			must_again |= settle_number(changes, versions, sought.numbers[i]);
		if (sought.applied)
			(void)settle_number(changes, versions, sought.applied);
	}
	if (root)
		json_drop(root);
	changes->looks -= changes->looks != 0;
	if (must_again || changes->looks)
		again(changes);
}

static void look(struct timer *timer)
{
	struct changes *changes = list_entry(timer, struct changes, look);
	const struct shield_question question = { .method = SPAN("GET"), .path = SPAN("/config/history"), .wait_ms = SHIELD_ASK_MS, .done = told, .context = changes };
	struct sought sought;

	if (!changes->shield)
		return;  /* nobody knows; it stays as it was */
	if (gather(changes, &sought) == RESULT_OK && !sought.count && !sought.applied)
		return;
	if (shield_ask(changes->shield, &question) != RESULT_OK)
		again(changes);
}

void look_init(struct changes *changes)
{
	timer_init(&changes->look, look);
	change_look(changes);
}

void look_done(struct changes *changes)
{
	timer_cancel(&changes->birth.loop->timers, &changes->look);
}

/* The history has it a moment after the journal. */
void change_look(struct changes *changes)
{
	changes->looks = 2;
	again(changes);
}
