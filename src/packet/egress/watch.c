#include "packet/egress/watch.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

#define FULL_PAUSE_NS ((uint64_t)10 * 1000000000)
#define NUMBER_PAUSE_NS ((uint64_t)60 * 1000000000)

struct told {
	struct egress_destination to;
	uint64_t told_ns;                        /* 0: a free place */
	bool is_alarm;
};

struct egress_watch {
	struct egress_control *control;
	uint64_t refused;                        /* the number when it was looked at last */
	uint64_t published_ns;                   /* of the list that TOLD is about */
	uint64_t seen_ns;                        /* refusals until then were looked at, and told or counted */
	uint64_t next_ns, next_number_ns;
	struct told told[EGRESS_TOLD_MAX];
};

struct looking {
	struct egress_watch *watch;
	uint64_t now_ns;
	egress_hear each;
	void *context;
	uint64_t last_ns;                        /* of all refusals */
	unsigned said, left_out, without_place;  /* left_out: the next look has room for them */
};

enum result egress_watch_new(struct egress_control *control, struct egress_watch **out)
{
	struct egress_watch *watch = calloc(1, sizeof(*watch));

	if (!watch) {
		egress_control_free(control);
		return RESULT_NO_MEMORY;
	}
	watch->control = control;
	*out = watch;
	return RESULT_OK;
}

void egress_watch_free(struct egress_watch *watch)
{
	if (!watch)
		return;
	egress_control_free(watch->control);
	free(watch);
}

static bool is_old(const struct told *place, uint64_t now_ns)
{
	return !place->told_ns || now_ns - place->told_ns >= EGRESS_TELL_AGAIN_NS;
}

/* NULL: it was told within the hour, or there is no room. Only what nothing names gives way within the hour, and to an alarm alone. */
static struct told *place_for(struct looking *looking, const struct egress_line *line, bool is_alarm)
{
	struct told *places = looking->watch->told, *found = NULL;

	for (unsigned i = 0; i < EGRESS_TOLD_MAX; i++) {
		struct told *one = &places[i];
		bool is_mine = one->told_ns && memcmp(&one->to, &line->to, sizeof(one->to)) == 0;

		if (is_mine)
			return is_old(one, looking->now_ns) && line->entry.refused_ns > one->told_ns ? one : NULL;
		if ((is_old(one, looking->now_ns) || (is_alarm && !one->is_alarm)) && (!found || one->told_ns < found->told_ns))
			found = one;
	}
	looking->without_place += !found;
	return found;
}

static bool is_new(struct looking *looking, const struct egress_line *line, bool is_alarm)
{
	struct told *place = place_for(looking, line, is_alarm);

	if (!place)
		return false;
	if (looking->said == EGRESS_TELL_MAX) {
		looking->left_out++;
		return false;
	}
	*place = (struct told){ line->to, looking->now_ns, is_alarm };
	return true;
}

/* Names of processes are theirs to choose. */
static void write_process(const struct egress_entry *entry, char out[EGRESS_PROCESS_BYTES])
{
	size_t i = 0;

	for (; i < EGRESS_PROCESS_BYTES - 1 && entry->process[i]; i++)
		out[i] = entry->process[i] > ' ' && entry->process[i] < 0x7f ? entry->process[i] : '?';
	out[i] = '\0';
}

static void write_refusal(const struct egress_line *line, char out[EGRESS_ALARM_TEXT])
{
	char place[EGRESS_RULE_TEXT], process[EGRESS_PROCESS_BYTES];

	egress_destination_write(&line->to, place);
	write_process(&line->entry, process);
	snprintf(out, EGRESS_ALARM_TEXT, "%s was refused (%llu times), which nothing in the list names; first contacted by %s, process %u. Where a name leads there now: bouclier packet egress refresh",
	         place, (unsigned long long)line->entry.refused, process[0] ? process : "?", line->entry.pid);
}

/* What is of the other kind waits for its turn. */
static void tell(struct looking *looking, const struct egress_line *line, const struct egress_list *published, bool is_alarm)
{
	char sentence[EGRESS_ALARM_TEXT];
	struct egress_alarm alarm;

	if (egress_alarm_judge(line, published, NULL, &alarm) != is_alarm || !is_new(looking, line, is_alarm))
		return;
	if (is_alarm)
		egress_alarm_write(&alarm, sentence);
	else
		write_refusal(line, sentence);
	looking->said++;
	looking->each(looking->context, &line->to, is_alarm, sentence);
}

static void tell_number(struct looking *looking)
{
	unsigned count = looking->left_out + looking->without_place;
	char sentence[EGRESS_ALARM_TEXT];

	if (!count || looking->now_ns < looking->watch->next_number_ns)
		return;
	looking->watch->next_number_ns = looking->now_ns + NUMBER_PAUSE_NS;
	snprintf(sentence, sizeof(sentence), "%u destinations more were refused: bouclier packet egress ledger has them", count);
	looking->each(looking->context, NULL, false, sentence);
}

static void tell_all(struct looking *looking, const struct egress_ledger *ledger, const struct egress_list *published)
{
	struct egress_watch *watch = looking->watch;
	uint64_t since_ns = watch->seen_ns > watch->published_ns ? watch->seen_ns : watch->published_ns;

	for (int turn = 0; turn < 2; turn++) {  /* alarms first */
		for (size_t i = 0; i < ledger->count; i++) {
			uint64_t refused_ns = ledger->lines[i].entry.refused_ns;

			if (refused_ns > since_ns)
				tell(looking, &ledger->lines[i], published, turn == 0);
			if (refused_ns > looking->last_ns)
				looking->last_ns = refused_ns;
		}
	}
	tell_number(looking);
	if (ledger->count > EGRESS_WATCH_LINES || looking->left_out || looking->without_place)
		watch->next_ns = looking->now_ns + FULL_PAUSE_NS;
}

/* Another list ends what the one before raised. */
static void begin_list(struct egress_watch *watch)
{
	const struct egress_settings *settings = egress_control_settings(watch->control);
	uint64_t published_ns = settings->copies[settings->generation & 1].published_ns;

	if (published_ns != watch->published_ns) {
		memset(watch->told, 0, sizeof(watch->told));
		watch->seen_ns = 0;
	}
	watch->published_ns = published_ns;
}

static enum result read_all(struct looking *looking)
{
	struct egress_ledger ledger = { .lines = NULL };
	struct egress_list published;
	enum result result = egress_list_init(&published);

	if (result == RESULT_OK)
		result = egress_published(looking->watch->control, &published);
	if (result == RESULT_OK)
		result = egress_ledger_read(looking->watch->control, &ledger);
	if (result == RESULT_OK)
		tell_all(looking, &ledger, &published);
	egress_ledger_done(&ledger);
	egress_list_done(&published);
	return result;
}

enum result egress_watch_look(struct egress_watch *watch, uint64_t now_ns, egress_hear each, void *context)
{
	struct looking looking = { .watch = watch, .now_ns = now_ns, .each = each, .context = context };
	uint64_t refused;
	enum result result = egress_control_count(watch->control, EGRESS_REFUSED, &refused);

	if (result != RESULT_OK || refused == watch->refused || now_ns < watch->next_ns)
		return result;
	begin_list(watch);
	result = read_all(&looking);
	if (result == RESULT_OK && !looking.left_out) {
		watch->refused = refused;
		watch->seen_ns = looking.last_ns < now_ns ? looking.last_ns : now_ns;  /* what came while the ledger was read is looked at again */
	}
	return result;
}

enum result egress_news_read(const void *bytes, size_t len, struct egress_news *out)
{
	struct egress_news news;

	if (len != sizeof(news))
		return RESULT_MALFORMED;
	memcpy(&news, bytes, sizeof(news));
	if (news.kind != EGRESS_NEWS || !memchr(news.text, '\0', sizeof(news.text)))
		return RESULT_MALFORMED;
	*out = news;
	return RESULT_OK;
}
