#include "incident/observe.h"

#include <stdlib.h>

#include "base/hash.h"
#include "event/format.h"
#include "incident/line_read.h"

#include "base/banned.h"

#define PLACES (OBSERVE_SITES_MAX * 2)

/* The totals of a site of a node, as they were last said. */
struct latest_counts {
	uint64_t key;
	uint32_t since;
	bool is_recalled;
	bool is_old;            /* lines that were observed before come once more: the next one says nothing */
	uint64_t numbers[COUNTS_NUMBERS];
};

struct known_node {
	uint64_t key;
	uint32_t since, past;   /* this birth, and the one before */
	bool has_past;
	bool is_whole;          /* this birth was seen from its first second on */
	uint64_t at_s, before_s;  /* its latest second, and the one before in which it said anything */
};

struct observe {
	struct hash_seed seed;
	struct latest_counts *places[PLACES];
	struct known_node nodes[OBSERVE_NODES_MAX];
	unsigned count, node_count;
	bool is_beginning;      /* the first node is met in its first second */
	uint32_t whole;         /* who observed before saw this birth from its first second on; 0: none */
	bool has_recalled, has_taken;
	struct observe_sums sums;
	struct line_read line;
	uint64_t grown[COUNTS_NUMBERS];
};

enum result observe_new(struct observe **out)
{
	struct observe *observe = calloc(1, sizeof(*observe));

	if (!observe)
		return RESULT_NO_MEMORY;
	observe->seed = hash_process_seed();
	*out = observe;
	return RESULT_OK;
}

void observe_free(struct observe *observe)
{
	if (!observe)
		return;
	for (unsigned i = 0; i < PLACES; i++)
		free(observe->places[i]);
	free(observe);
}

void observe_beginning(struct observe *observe)
{
	observe->is_beginning = observe->node_count == 0;
}

struct observe_sums observe_sums(const struct observe *observe)
{
	return observe->sums;
}

static struct known_node *find_node(struct observe *observe, uint64_t key)
{
	for (unsigned i = 0; i < observe->node_count; i++) {
		if (observe->nodes[i].key == key)
			return &observe->nodes[i];
	}
	return NULL;
}

/* An edge that drains may speak on beside the new one: its totals are not new ones. */
static bool is_of_the_past(struct observe *observe, const struct line_read *line)
{
	const struct known_node *node = find_node(observe, hash_span(observe->seed, line->node));

	return node && node->has_past && node->past == line->since;
}

/* Nobody ever observed a line of this birth, though lines were observed before: it has begun since. */
static bool is_unheard(const struct observe *observe, uint32_t since)
{
	for (unsigned i = 0; i < PLACES; i++) {
		if (observe->places[i] && observe->places[i]->is_recalled && observe->places[i]->since == since)
			return false;
	}
	return observe->has_recalled;
}

/* NULL: there is no room. */
static struct known_node *meet_node(struct observe *observe, const struct line_read *line)
{
	uint64_t key = hash_span(observe->seed, line->node);
	struct known_node *node = find_node(observe, key);

	if (!node) {
		if (observe->node_count == OBSERVE_NODES_MAX)
			return NULL;
		node = &observe->nodes[observe->node_count++];
		*node = (struct known_node){ .key = key, .since = line->since, .at_s = line->at_s, .before_s = line->at_s,
			                      .is_whole = observe->is_beginning || (observe->whole && observe->whole == line->since) || is_unheard(observe, line->since) };
		observe->is_beginning = false;
	}
	if (node->since != line->since) {
		node->past = node->since;
		node->has_past = true;
		node->since = line->since;
		node->is_whole = true;
	}
	if (node->at_s != line->at_s) {
		node->before_s = node->at_s;
		node->at_s = line->at_s;
	}
	return node;
}

static uint32_t over_of(const struct known_node *node)
{
	uint64_t over = node->at_s > node->before_s ? node->at_s - node->before_s : 1;

	return (uint32_t)(over < OBSERVE_OVER_MAX_S ? over : OBSERVE_OVER_MAX_S);
}

/* The place of KEY, which may be free. */
static struct latest_counts **find_place(struct observe *observe, uint64_t key)
{
	unsigned at = (unsigned)(key % PLACES);

	while (observe->places[at] && observe->places[at]->key != key)
		at = (at + 1) % PLACES;
	return &observe->places[at];
}

static enum result meet_site(struct observe *observe, const struct line_read *line, uint64_t node_key, struct latest_counts **out)
{
	uint64_t key = hash_span(observe->seed, line->site) ^ hash_u64(node_key);
	struct latest_counts **place = find_place(observe, key);

	if (!*place) {
		if (observe->count == OBSERVE_SITES_MAX)
			return RESULT_LIMIT;
		*place = calloc(1, sizeof(**place));
		if (!*place)
			return RESULT_NO_MEMORY;
		observe->count++;
		(*place)->key = key;
		(*place)->since = ~line->since;  /* of another birth */
	}
	*out = *place;
	return RESULT_OK;
}

/* A total that is lower within one birth has been told before: it has not grown. */
static void grow(struct observe *observe, struct latest_counts *latest, const struct line_read *line)
{
	bool is_new = latest->since != line->since;

	for (unsigned i = 0; i < COUNTS_NUMBERS; i++) {
		uint64_t before = is_new ? 0 : latest->numbers[i], now = line->numbers[i];

		observe->grown[i] = now > before ? now - before : 0;
		latest->numbers[i] = now > before ? now : before;
	}
	latest->since = line->since;
}

static enum result observe_counts(struct observe *observe, struct observation *out)
{
	const struct line_read *line = &observe->line;
	const struct known_node *node;
	struct latest_counts *latest;
	bool is_known;
	enum result result;

	if (is_of_the_past(observe, line))
		return RESULT_NOT_FOUND;
	node = meet_node(observe, line);
	if (!node)
		return RESULT_LIMIT;
	result = meet_site(observe, line, node->key, &latest);
	if (result != RESULT_OK)
		return result;
	is_known = !latest->is_old && (latest->since == line->since || node->is_whole);
	if (latest->is_old)
		latest->since = ~line->since;  /* its totals are those of later */
	latest->is_old = false;
	grow(observe, latest, line);
	observe->has_taken = true;
	if (!is_known)
		return RESULT_NOT_FOUND;
	out->kind = OBSERVATION_COUNTS;
	out->counts.numbers = observe->grown;
	out->counts.over_s = over_of(node);
	return RESULT_OK;
}

static enum result observe_notice(const struct line_read *line, struct observation *out)
{
	if (span_equal(line->action, SPAN("packets-dropped"))) {
		out->kind = OBSERVATION_PACKETS;
		return line_read_packets(line->detail, out->packets);
	}
	if (!line->action.len)
		return RESULT_MALFORMED;
	out->kind = OBSERVATION_NOTICE;
	out->notice.action = line->action;
	out->notice.origin = line->origin;
	out->notice.detail = line->detail;
	return RESULT_OK;
}

static bool is_refusal(struct span decision)
{
	for (unsigned i = DECISION_CHALLENGE; i < DECISION_COUNT; i++) {
		if (i != DECISION_QUEUE && span_equal(decision, format_decision((enum decision)i)))
			return true;
	}
	return false;
}

static enum result observe_request(const struct line_read *line, struct observation *out)
{
	out->kind = OBSERVATION_REQUEST;
	out->request.tenant = line->tenant;
	out->request.origin = line->origin;
	out->request.has_source = line->has_source;
	out->request.source = line->source;
	out->request.is_refused = is_refusal(line->decision);
	out->request.rule_count = line->rule_count;
	memcpy(out->request.rules, line->rules, sizeof(line->rules));
	return RESULT_OK;
}

static enum result observe_read(struct observe *observe, struct observation *out)
{
	const struct line_read *line = &observe->line;

	*out = (struct observation){ .at_s = line->at_s, .site = line->site };
	switch (line->dataset) {
	case LINE_COUNTS:
		return observe_counts(observe, out);
	case LINE_NOTICE:
	case LINE_JOURNAL:
		return observe_notice(line, out);
	case LINE_REQUEST:
		return observe_request(line, out);
	case LINE_OTHER:
		break;
	}
	return RESULT_NOT_FOUND;
}

enum result observe_line(struct observe *observe, struct span text, struct observation *out)
{
	enum result result = line_read(text, &observe->line);

	observe->has_taken = false;
	observe->sums.lines++;
	if (result == RESULT_OK)
		result = observe_read(observe, out);
	observe->sums.bad += result == RESULT_MALFORMED;
	observe->sums.beyond += result == RESULT_LIMIT;
	return result;
}

void observe_resume(struct observe *observe, uint32_t whole)
{
	observe->whole = whole;
}

enum result observe_recall(struct observe *observe, struct span text, bool is_next)
{
	const struct line_read *line = &observe->line;
	struct latest_counts *latest;
	enum result result = line_read(text, &observe->line);

	if (result != RESULT_OK || line->dataset != LINE_COUNTS)
		return RESULT_MALFORMED;
	result = meet_site(observe, line, hash_span(observe->seed, line->node), &latest);
	if (result != RESULT_OK)
		return result;
	grow(observe, latest, line);
	latest->is_recalled = observe->has_recalled = true;
	latest->is_old = !is_next;
	return RESULT_OK;
}

uint32_t observe_whole(const struct observe *observe)
{
	const struct known_node *newest = observe->node_count ? &observe->nodes[observe->node_count - 1] : NULL;

	return newest && newest->is_whole ? newest->since : 0;
}

bool observe_has_taken(const struct observe *observe)
{
	return observe->has_taken;
}
