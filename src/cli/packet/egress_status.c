/* `packet egress status`: the mode, since when, and what was refused although the shield needs it. */
#include <stdio.h>

#include "base/clock.h"
#include "cli/packet/egress.h"
#include "cli/page.h"

#include "base/banned.h"

#define NS_PER_S 1000000000u

struct status {
	struct packet_asked asked;
	struct egress_state state;
	struct egress_list published, needed;
	struct egress_ledger ledger;
	struct egress_alarms alarms;
	size_t unlisted;                         /* destinations that are, or would be, refused */
};

static const char *mode_name(const struct status *status)
{
	return status->state.mode == EGRESS_ENFORCE ? "enforce" : status->state.mode == EGRESS_OBSERVE ? "observe" : "off";
}

static int print_json(const struct status *status)
{
	const struct egress_state *state = &status->state;
	struct packet_page page;

	packet_page_open(&page);
	json_put_text(&page.json, SPAN("mode"), span_of(mode_name(status)));
	json_put_bool(&page.json, SPAN("attached"), state->is_attached);
	if (state->mode != EGRESS_OFF) {
		json_put_time_ms(&page.json, SPAN("observing_since"), state->observing_since_ms);
		json_put_bool(&page.json, SPAN("enforce_advised"), egress_is_advised(state, clock_wall_ns() / 1000000));
		json_put_number(&page.json, SPAN("allowed"), status->published.count);
		json_put_number(&page.json, SPAN("destinations"), status->ledger.count);
		json_put_number(&page.json, SPAN("unlisted"), status->unlisted);
		json_put_bool(&page.json, SPAN("complete"), egress_ledger_is_complete(&status->ledger));
	}
	json_put_bool(&page.json, SPAN("waits"), state->waits);
	if (state->waits)
		json_put_number(&page.json, SPAN("undone_in_s"), (state->left_ns + NS_PER_S - 1) / NS_PER_S);
	json_open(&page.json, SPAN("alarms"), '[');
	for (unsigned i = 0; i < status->alarms.count; i++) {
		char text[EGRESS_ALARM_TEXT];

		egress_alarm_write(&status->alarms.list[i], text);
		json_open(&page.json, SPAN_NONE, '{');
		json_put_text(&page.json, SPAN("kind"), span_of(egress_alarm_name(status->alarms.list[i].kind)));
		json_put_text(&page.json, SPAN("text"), span_of(text));
		json_close(&page.json, '}');
	}
	json_close(&page.json, ']');
	json_put_number(&page.json, SPAN("alarms_left_out"), status->alarms.left_out);
	return packet_page_close(&page);
}

static int print_human(const struct status *status)
{
	const struct egress_state *state = &status->state;
	uint64_t wall_ms = clock_wall_ns() / 1000000;
	char since[CLOCK_ISO_LEN + 1];

	if (state->mode == EGRESS_OFF) {
		printf("egress: off. Nobody looks at whom the shield contacts: bouclier packet egress observe begins\n");
		return EXIT_DONE;
	}
	clock_write_iso_ms(state->observing_since_ms, since);
	printf("egress: %s (%s)\n", mode_name(status), state->mode == EGRESS_ENFORCE ? "what is not in the list is refused" : "everything is written down, and nothing refused");
	printf("observed since %s%s\n", since, state->mode == EGRESS_ENFORCE || egress_is_advised(state, wall_ms) ? "" : "; enforce is advised after 14 days");
	printf("%zu destinations in the ledger, %zu of them not in the list of %u\n", status->ledger.count, status->unlisted, status->published.count);
	if (!egress_ledger_is_complete(&status->ledger))
		printf("the ledger is full: to further destinations went %llu packets, and %llu were refused\n", (unsigned long long)status->ledger.other.packets,
		       (unsigned long long)status->ledger.other.refused);
	if (state->waits)
		printf("enforce is undone in %llu s, unless: bouclier packet confirm\n", (unsigned long long)((state->left_ns + NS_PER_S - 1) / NS_PER_S));
	for (unsigned i = 0; i < status->alarms.count; i++) {
		char text[EGRESS_ALARM_TEXT];

		egress_alarm_write(&status->alarms.list[i], text);
		printf("ALARM: %s\n", text);
	}
	if (status->alarms.left_out)
		printf("and %u alarms more\n", status->alarms.left_out);
	return EXIT_DONE;
}

static int look(struct status *status)
{
	struct egress_state *state = &status->state;

	if (egress_look(&status->asked.complaints, state) != RESULT_OK)
		return packet_end(RESULT_REFUSED, &status->asked.complaints);
	if (state->mode == EGRESS_OFF)
		return EXIT_DONE;
	if (egress_list_init(&status->published) != RESULT_OK || egress_list_init(&status->needed) != RESULT_OK)
		return command_failed("no memory");
	if (egress_published(state->control, &status->published) != RESULT_OK || egress_ledger_read(state->control, &status->ledger) != RESULT_OK)
		return command_failed("the ledger cannot be read");
	egress_gather(&status->asked, NULL, &status->needed);
	for (size_t i = 0; i < status->ledger.count; i++)
		status->unlisted += !egress_list_find(&status->published, &status->ledger.lines[i].to) && egress_line_verdict(&status->ledger.lines[i]) == EGRESS_UNLISTED;
	egress_alarms_find(&status->ledger, &status->published, state->published_ns, &status->needed, &status->alarms);
	return EXIT_DONE;
}

/* What somebody must know at once is a failure: 1, for whoever looks by a timer. */
static int judge(const struct status *status)
{
	if (status->state.mode == EGRESS_OFF)
		return EXIT_DONE;
	if (!status->state.is_attached)
		return command_failed("the programs are attached to a control group that is no more, and nothing is seen or refused: bouclier packet egress refresh");
	return status->alarms.count ? EXIT_FAILED : EXIT_DONE;
}

int egress_status(const struct options *options)
{
	struct status status = { .unlisted = 0 };
	int code = packet_read(&status.asked, options);

	if (code == EXIT_DONE)
		code = look(&status);
	if (code == EXIT_DONE) {
		command_complain(&status.asked.complaints);
		code = options->is_json ? print_json(&status) : print_human(&status);
	}
	if (code == EXIT_DONE)
		code = judge(&status);
	egress_control_free(status.state.control);
	egress_ledger_done(&status.ledger);
	egress_list_done(&status.published);
	egress_list_done(&status.needed);
	packet_asked_done(&status.asked);
	return code;
}
