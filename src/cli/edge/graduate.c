#include "cli/edge/graduate.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

#include "base/banned.h"

#define KEEP_MS 60000u           /* how often what is no news is kept */
#define BUCKETS 4096u

struct edge_graduates {
	struct edge_state *state;
	struct graduate *list, *buckets[BUCKETS];
	uint64_t kept_ms;
	size_t count;
	bool has_changed, has_failed;
	bool is_unread;              /* what the file says is not known: it is kept under another name before a new one is written */
};

static void place(struct edge_graduates *graduates, struct graduate *graduate)
{
	struct graduate **bucket = &graduates->buckets[graduate->key % BUCKETS];

	graduate->same = *bucket;
	*bucket = graduate;
	graduates->count++;
}

struct edge_graduates *edge_graduates_new(struct edge_state *state)
{
	struct edge_graduates *graduates = calloc(1, sizeof(*graduates));
	enum result result;

	if (!graduates)
		return NULL;
	graduates->state = state;
	result = graduates_read(state->state_fd, &graduates->list);
	for (struct graduate *each = graduates->list; each; each = each->next)
		place(graduates, each);
	graduates->is_unread = result != RESULT_OK && result != RESULT_NOT_FOUND;
	if (graduates->is_unread)
		fprintf(stderr, "bouclier: ALERT: which sites had moved to block cannot be read (%s): they begin again in detect\n", result_name(result));
	return graduates;
}

/* What could not be kept is tried again: a person's order is not lost to one bad write. */
static enum result save(struct edge_graduates *graduates)
{
	enum result result = graduates->is_unread ? graduates_set_aside(graduates->state->state_fd) : RESULT_OK;

	if (result == RESULT_OK) {
		graduates->is_unread = false;
		result = graduates_write(graduates->state->state_fd, graduates->list);
	}
	graduates->has_changed = result != RESULT_OK;
	return result;
}

/* What was heard last is kept: nobody takes a quiet week for a noisy one, or the other way round. */
void edge_graduates_free(struct edge_graduates *graduates)
{
	if (!graduates)
		return;
	if (graduates->has_changed && !graduates->state->is_draining)
		(void)!save(graduates);
	graduates_drop(graduates->list);
	free(graduates);
}

static struct graduate *find(const struct edge_graduates *graduates, const struct edge_site *site)
{
	struct graduate *each = graduates->buckets[site->key % BUCKETS];

	while (each && !span_equal(span_of(each->name), site->site->name))
		each = each->same;
	return each;
}

static struct graduate *find_or_make(struct edge_graduates *graduates, const struct edge_site *site)
{
	struct graduate *graduate = find(graduates, site);

	if (graduate || graduates->count == GRADUATES_MAX)
		return graduate;
	graduate = graduate_new(site->site->name);
	if (!graduate)
		return NULL;
	graduate->next = graduates->list;
	graduates->list = graduate;
	place(graduates, graduate);
	return graduate;
}

static void keep(struct edge_graduates *graduates, uint64_t now_ms)
{
	enum result result = save(graduates);

	graduates->kept_ms = now_ms;
	if (result != RESULT_OK && !graduates->has_failed)
		fprintf(stderr, "bouclier: ALERT: which sites move to block cannot be kept in the state folder: %s\n", result_name(result));
	graduates->has_failed = result != RESULT_OK;
}

static void set_moved(struct edge_site *site, const struct graduate *graduate)
{
	__atomic_store_n(&site->is_moved, graduate && graduate->graduation.moved_s, __ATOMIC_RELAXED);
}

void edge_graduates_prepare(struct edge_graduates *graduates, struct snapshot *snapshot)
{
	const struct plan *plan = plan_of(snapshot);

	for (size_t i = 0; i < plan->site_count && graduates->list; i++) {
		if (plan->sites[i].graduate_s)
			set_moved(&plan->sites[i], find(graduates, &plan->sites[i]));
	}
}

static struct graduation_facts facts_of(const struct edge_site *site, uint32_t now_s)
{
	struct hits_glance glance = { .bad_s = 0 };

	if (site->hits && hits_glance(site->hits, site->key, &glance) != RESULT_OK)
		glance = (struct hits_glance){ .bad_s = 0 };  /* no visitors are known: it does not move */
	return (struct graduation_facts){ .now_s = now_s, .graduate_s = site->graduate_s, .notice_s = site->graduate_notice_s,
		                          .bad_s = glance.bad_s, .few_s = glance.few_s, .few = glance.few, .visitors = glance.visitors };
}

/* -- telling -- */

static void tell(struct edge_state *state, const struct edge_site *site, const char *action, const char *words, uint32_t when_s)
{
	char iso[CLOCK_ISO_LEN + 1], text[300];
	struct notice notice = { .wall_ns = clock_wall_ns(), .action = span_of(action), .site = site->site->name };

	clock_write_iso(when_s * (uint64_t)1000000000, iso);
	snprintf(text, sizeof(text), "%s%.19sZ", words, iso);
	notice.detail = span_of(text);
	fprintf(stderr, "bouclier: the site %.*s %s\n", SPAN_ARG(site->site->name), text);
	if (state->event)
		event_notice(state->event, &notice);
}

/* Whom it would refuse is said with their number, when it is announced and again when it happens: who reads only one knows. */
static void tell_move(struct edge_state *state, const struct edge_site *site, enum graduation_news news, const struct graduation *graduation,
                      const struct graduation_facts *facts)
{
	bool is_moved = news == GRADUATION_MOVED;
	char words[200], whom[120];

	snprintf(whom, sizeof(whom), "for its rules refused no ordinary visitor");
	if (graduation_meets_few(graduation, facts))
		snprintf(whom, sizeof(whom), "though its rules would have refused %u ordinary visitor%s of late (bouclier rules tune --visitors 1)",
		         facts->few, facts->few == 1 ? "" : "s");
	if (is_moved)
		snprintf(words, sizeof(words), "is in block now, %s; bouclier rules graduate --undo takes it back; since ", whom);
	else
		snprintf(words, sizeof(words), "moves from detect to block, %s: ", whom);
	tell(state, site, is_moved ? "waf-block-begun" : "waf-block-announced", words, is_moved ? graduation->moved_s : graduation->moves_s);
}

static void tell_news(struct edge_state *state, const struct edge_site *site, enum graduation_news news, const struct graduation *graduation,
                      const struct graduation_facts *facts)
{
	switch (news) {
	case GRADUATION_ANNOUNCED:
	case GRADUATION_MOVED:
		tell_move(state, site, news, graduation, facts);
		break;
	case GRADUATION_PUT_OFF:
		tell(state, site, "waf-block-put-off", "does not move to block yet, for rules hit ordinary visitors (bouclier rules tune): ", graduation->bad_s);
		break;
	case GRADUATION_SAME:
	case GRADUATION_BEGUN:
		break;
	}
}

/* -- the clock -- */

static void look(struct edge_graduates *graduates, struct edge_site *site, uint32_t now_s)
{
	struct graduation_facts facts = facts_of(site, now_s);
	struct graduate *graduate = find_or_make(graduates, site);
	enum graduation_news news;

	if (!graduate)
		return;  /* it stays in detect */
	news = graduation_advance(&graduate->graduation, &facts);
	if (news != GRADUATION_SAME) {
		set_moved(site, graduate);
		tell_news(graduates->state, site, news, &graduate->graduation, &facts);
		graduates->kept_ms = 0;
	}
	graduates->has_changed |= news != GRADUATION_SAME || graduate->graduation.bad_s != graduate->kept_bad_s;
	graduate->kept_bad_s = graduate->graduation.bad_s;
}

/* Whose file says something else by now (`mode: block`, or no `graduate`) is forgotten: what was meant then is not what is meant now. */
static void forget(struct edge_graduates *graduates, const struct edge_site *site)
{
	struct graduate *graduate = find(graduates, site);

	if (!graduate || !graduate->graduation.since_s)
		return;
	graduate->graduation = (struct graduation){ .since_s = 0 };
	graduates->has_changed = true;
}

void edge_graduates_tick(struct edge_graduates *graduates)
{
	struct edge_state *state = graduates->state;
	const struct plan *plan = plan_of(state->snapshot);
	uint64_t now_ms = clock_mono_ms();

	if (state->is_draining || state->common.is_reduced)  /* a reduced edge has no rules, and knows nothing of them */
		return;
	for (size_t i = 0; i < plan->site_count; i++) {
		if (plan->sites[i].graduate_s)
			look(graduates, &plan->sites[i], (uint32_t)(clock_wall_ns() / 1000000000u));
		else
			forget(graduates, &plan->sites[i]);
	}
	if (graduates->has_changed && (!graduates->kept_ms || now_ms - graduates->kept_ms >= KEEP_MS))
		keep(graduates, now_ms);
}

/* -- a person's word -- */

enum result edge_graduates_order(struct edge_graduates *graduates, struct edge_site *site, enum graduate_order order)
{
	uint32_t now_s = (uint32_t)(clock_wall_ns() / 1000000000u);
	struct graduate *graduate;

	if (!site->graduate_s)
		return RESULT_REFUSED;
	graduate = find_or_make(graduates, site);
	if (!graduate)
		return RESULT_NO_MEMORY;
	graduate->graduation = (struct graduation){ .since_s = now_s, .visitors = graduate->graduation.visitors };
	if (order == GRADUATE_NOW)
		graduate->graduation.moved_s = now_s;
	else if (order == GRADUATE_UNDO)
		graduate->graduation.undone_s = now_s;
	set_moved(site, graduate);
	if (order == GRADUATE_NOW)
		tell(graduates->state, site, "waf-block-begun", "is in block now, by a person's word, since ", now_s);
	else
		tell(graduates->state, site, "waf-block-undone",
		     order == GRADUATE_UNDO ? "is in detect, and stays there, by a person's word, since " : "is in detect, and observed anew, since ", now_s);
	keep(graduates, clock_mono_ms());
	return graduates->has_failed ? RESULT_IO : RESULT_OK;
}

const struct graduation *edge_graduates_find(const struct edge_graduates *graduates, const struct edge_site *site, struct graduation_facts *facts)
{
	const struct graduate *graduate = find(graduates, site);

	*facts = facts_of(site, (uint32_t)(clock_wall_ns() / 1000000000u));
	return graduate ? &graduate->graduation : NULL;
}
