/* `packet egress ledger`: every destination that was contacted. It needs no configuration: what names a destination is in the kernel, with the list. */
#include <stdio.h>

#include "base/clock.h"
#include "cli/packet/egress.h"
#include "cli/page.h"

#include "base/banned.h"

#define PAGE_MAX ((size_t)64 << 20)
#define PROCESS_WIDTH 16u

struct told {
	struct egress_list published;
	struct egress_ledger ledger;
	uint64_t boot_ns, wall_ns;               /* one moment */
	enum egress_mode mode;
	bool is_attached;
	uint64_t observing_since_ms;
};

/* What the list says now; the kernel's own verdict is of the last contact. */
struct row {
	const struct egress_line *line;
	const char *key;
	bool is_allowed;
	char place[EGRESS_RULE_TEXT];
	uint64_t first_ns, last_ns;              /* wall time */
};

static void row_set(const struct told *told, const struct egress_line *line, struct row *row)
{
	static const char *const unlisted[] = { "", "answers of a port that the list does not know", "headers in between: where it leads is not known" };
	const struct egress_rule *rule = egress_list_find(&told->published, &line->to);
	struct address address = egress_line_address(line);
	bool is_here = egress_line_verdict(line) == EGRESS_SPARED;

	*row = (struct row){ .line = line, .is_allowed = rule || is_here };
	row->key = rule ? rule->key : is_here ? "this machine" : line->to.kind <= EGRESS_HIDDEN ? unlisted[line->to.kind] : "";
	row->first_ns = egress_wall_ns(line->entry.first_ns, told->boot_ns, told->wall_ns);
	row->last_ns = egress_wall_ns(line->entry.last_ns, told->boot_ns, told->wall_ns);
	if (line->to.kind == EGRESS_ANSWER)
		snprintf(row->place, sizeof(row->place), "(own port %u)", line->to.port);
	else
		address_write(&address, row->place);
}

static void put_row(struct json_writer *json, const struct row *row)
{
	static const char *const kinds[] = { "out", "answer", "hidden" };
	const struct egress_line *line = row->line;
	char protocol[EGRESS_PROTOCOL_TEXT];

	egress_protocol_write(line->to.protocol, protocol);
	json_open(json, SPAN_NONE, '{');
	json_put_text(json, SPAN("destination"), line->to.kind == EGRESS_ANSWER ? SPAN_NONE : span_of(row->place));
	json_put_text(json, SPAN("kind"), span_of(line->to.kind <= EGRESS_HIDDEN ? kinds[line->to.kind] : "out"));
	json_put_number(json, SPAN("port"), line->to.port);
	json_put_text(json, SPAN("protocol"), span_of(protocol));
	json_put_number(json, SPAN("packets"), line->entry.packets);
	json_put_number(json, SPAN("bytes"), line->entry.bytes);
	json_put_number(json, SPAN("refused"), line->entry.refused);
	json_put_time(json, SPAN("first"), row->first_ns);
	json_put_time(json, SPAN("last"), row->last_ns);
	json_put_text(json, SPAN("process"), span_of(line->entry.process));
	json_put_number(json, SPAN("pid"), line->entry.pid);
	json_put_bool(json, SPAN("allowed"), row->is_allowed);
	json_put_text(json, SPAN("key"), span_of(row->key));
	json_close(json, '}');
}

static void put_other(struct json_writer *json, const struct egress_ledger *ledger)
{
	json_open(json, SPAN("other"), '{');
	json_put_number(json, SPAN("packets"), ledger->other.packets);
	json_put_number(json, SPAN("bytes"), ledger->other.bytes);
	json_put_number(json, SPAN("refused"), ledger->other.refused);
	json_close(json, '}');
}

/* docs/packet-egress.md has what each member means: reports read it. */
static int print_json(const struct told *told)
{
	struct packet_page page;

	packet_page_open(&page);
	json_put_number(&page.json, SPAN("version"), 1);
	json_put_text(&page.json, SPAN("mode"), told->mode == EGRESS_ENFORCE ? SPAN("enforce") : SPAN("observe"));
	json_put_bool(&page.json, SPAN("attached"), told->is_attached);
	json_put_time_ms(&page.json, SPAN("observing_since"), told->observing_since_ms);
	json_put_time(&page.json, SPAN("read_at"), told->wall_ns);
	json_put_bool(&page.json, SPAN("complete"), egress_ledger_is_complete(&told->ledger));
	put_other(&page.json, &told->ledger);
	json_open(&page.json, SPAN("ledger"), '[');
	for (size_t i = 0; i < told->ledger.count; i++) {
		struct row row;

		row_set(told, &told->ledger.lines[i], &row);
		put_row(&page.json, &row);
	}
	json_close(&page.json, ']');
	return packet_page_close(&page);
}

/* Names of processes are theirs to choose: no control character of them reaches the terminal. */
static void print_row(struct page *page, const struct row *row)
{
	const struct egress_line *line = row->line;
	char protocol[EGRESS_PROTOCOL_TEXT], first[CLOCK_ISO_LEN + 1], last[CLOCK_ISO_LEN + 1];

	egress_protocol_write(line->to.protocol, protocol);
	clock_write_iso(row->first_ns, first);
	clock_write_iso(row->last_ns, last);
	page_print(page, "%-39s %5u %-6s %9llu %10s %8llu  %.19s  %.19s  ", row->place, line->to.port, protocol, (unsigned long long)line->entry.packets,
	           short_bytes(line->entry.bytes).text, (unsigned long long)line->entry.refused, first, last);
	page_text(page, line->entry.pid ? span_of(line->entry.process) : SPAN("?"), PROCESS_WIDTH);
	page_print(page, " %s%s%s\n", row->is_allowed ? "allowed" : "NOT ALLOWED", row->key[0] ? ": " : "", row->key);
}

static int print_human(const struct told *told)
{
	struct buffer text;
	struct page page = { .out = &text };

	buffer_init(&text, PAGE_MAX);
	page_print(&page, "%-39s %5s %-6s %9s %10s %8s  %-19s  %-19s  %-16s\n", "DESTINATION", "PORT", "", "PACKETS", "BYTES", "REFUSED", "FIRST (UTC)", "LAST", "PROCESS");
	for (size_t i = 0; i < told->ledger.count; i++) {
		struct row row;

		row_set(told, &told->ledger.lines[i], &row);
		print_row(&page, &row);
	}
	if (!egress_ledger_is_complete(&told->ledger))
		page_print(&page, "%-39s %5s %-6s %9llu %10s %8llu  destinations for which there was no room here\n", "(other)", "", "", (unsigned long long)told->ledger.other.packets,
		           short_bytes(told->ledger.other.bytes).text, (unsigned long long)told->ledger.other.refused);
	command_print(stdout, buffer_span(&text));
	buffer_done(&text);
	return page.result == RESULT_OK ? EXIT_DONE : command_failed("no memory for the page");
}

static int tell(struct egress_state *state, struct told *told, const struct options *options)
{
	if (state->mode == EGRESS_OFF)
		return command_failed("egress is off, and has no ledger: bouclier packet egress observe begins one");
	if (egress_list_init(&told->published) != RESULT_OK)
		return command_failed("no memory");
	if (egress_published(state->control, &told->published) != RESULT_OK || egress_ledger_read(state->control, &told->ledger) != RESULT_OK)
		return command_failed("the ledger cannot be read");
	told->mode = state->mode;
	told->is_attached = state->is_attached;
	told->observing_since_ms = state->observing_since_ms;
	told->boot_ns = pending_now_ns();
	told->wall_ns = clock_wall_ns();
	return options->is_json ? print_json(told) : print_human(told);
}

int egress_ledger(const struct options *options)
{
	struct told told = { .boot_ns = 0 };
	struct complaints complaints;
	struct egress_state state;
	enum result result;
	int code;

	complaints_init(&complaints);
	result = egress_look(&complaints, &state);
	code = packet_end(result, &complaints);
	complaints_done(&complaints);
	if (result == RESULT_OK)
		code = tell(&state, &told, options);
	egress_control_free(state.control);
	egress_ledger_done(&told.ledger);
	egress_list_done(&told.published);
	return code;
}
