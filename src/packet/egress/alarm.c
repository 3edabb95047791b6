#include "packet/egress/alarm.h"

#include <stdio.h>

#include "base/banned.h"

bool egress_alarm_judge(const struct egress_line *line, const struct egress_list *published, const struct egress_list *needed, struct egress_alarm *out)
{
	const struct egress_rule *rule = egress_list_find(published, &line->to);

	*out = (struct egress_alarm){ EGRESS_ALARM_ANSWERS, line, NULL };
	if (line->to.kind == EGRESS_ANSWER)
		return true;
	if (rule) {
		*out = (struct egress_alarm){ EGRESS_ALARM_LISTED, line, rule };
		return true;
	}
	rule = needed ? egress_list_find(needed, &line->to) : NULL;
	if (rule && rule->is_needed) {
		*out = (struct egress_alarm){ EGRESS_ALARM_MOVED, line, rule };
		return true;
	}
	*out = (struct egress_alarm){ EGRESS_ALARM_HOST, line, egress_list_find_host(published, &line->to) };
	return out->rule != NULL;
}

void egress_alarms_find(const struct egress_ledger *ledger, const struct egress_list *published, uint64_t published_ns, const struct egress_list *needed,
                        struct egress_alarms *out)
{
	*out = (struct egress_alarms){ .count = 0 };
	for (size_t i = 0; i < ledger->count; i++) {
		struct egress_alarm alarm;

		if (ledger->lines[i].entry.refused_ns <= published_ns || !egress_alarm_judge(&ledger->lines[i], published, needed, &alarm))
			continue;
		if (out->count == EGRESS_ALARMS_MAX)
			out->left_out++;
		else
			out->list[out->count++] = alarm;
	}
}

const char *egress_alarm_name(enum egress_alarm_kind kind)
{
	static const char *const names[] = { "moved", "host", "listed", "answers" };

	return names[kind];
}

void egress_alarm_write(const struct egress_alarm *alarm, char out[EGRESS_ALARM_TEXT])
{
	const struct egress_line *line = alarm->line;
	char place[EGRESS_RULE_TEXT], rule[EGRESS_RULE_TEXT] = "";
	unsigned long long times = line->entry.refused;

	egress_destination_write(&line->to, place);
	if (alarm->rule)
		egress_rule_write(alarm->rule, rule);
	switch (alarm->kind) {
	case EGRESS_ALARM_MOVED:
		snprintf(out, EGRESS_ALARM_TEXT, "%s was refused (%llu times), and %s leads there now: bouclier packet egress refresh", place, times, alarm->rule->key);
		break;
	case EGRESS_ALARM_HOST:
		snprintf(out, EGRESS_ALARM_TEXT, "%s was refused (%llu times); of that host the list has %s (%s): packet.egress.allow takes more", place, times, rule,
		         alarm->rule->key);
		break;
	case EGRESS_ALARM_LISTED:
		snprintf(out, EGRESS_ALARM_TEXT, "%s was refused (%llu times) although %s (%s) is in the list: bouclier packet egress observe, and tell its makers", place, times,
		         rule, alarm->rule->key);
		break;
	case EGRESS_ALARM_ANSWERS:
		snprintf(out, EGRESS_ALARM_TEXT, "who came to port %u was not answered (%llu times): the list was made before the shield listened there: bouclier packet egress refresh",
		         line->to.port, times);
		break;
	}
}
