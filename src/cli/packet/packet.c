#include "cli/packet/packet.h"

#include <stdio.h>

#include "cli/bgp/bgp.h"

#include "base/banned.h"

int packet_end(enum result result, const struct complaints *complaints)
{
	command_complain(complaints);
	return result == RESULT_OK ? EXIT_DONE : EXIT_FAILED;
}

int packet_look(struct packet_state *out)
{
	struct complaints complaints;
	int code;

	complaints_init(&complaints);
	code = packet_end(loader_look(&complaints, out), &complaints);
	complaints_done(&complaints);
	return code;
}

void packet_page_open(struct packet_page *page)
{
	buffer_init(&page->text, (size_t)64 << 20);  /* a ledger of 65,536 lines is the longest */
	json_writer_init(&page->json, &page->text);
	json_open(&page->json, SPAN_NONE, '{');
}

int packet_page_close(struct packet_page *page)
{
	int code = EXIT_DONE;

	json_close(&page->json, '}');
	if (page->json.result == RESULT_OK)
		printf("%.*s\n", SPAN_ARG(buffer_span(&page->text)));
	else
		code = command_failed("no memory for the answer");
	buffer_done(&page->text);
	return code;
}

void packet_put_targets(struct json_writer *json, const struct packet_targets *targets)
{
	json_open(json, SPAN("interfaces"), '[');
	for (unsigned i = 0; i < targets->count; i++) {
		const struct packet_target *target = &targets->list[i];

		json_open(json, SPAN_NONE, '{');
		json_put_text(json, SPAN("name"), span_of(target->name));
		json_put_text(json, SPAN("rung"), span_of(packet_rung_name(target->rung)));
		json_put_bool(json, SPAN("was_there"), target->was_there);
		if (target->why[0])
			json_put_text(json, SPAN("why"), span_of(target->why));
		json_close(json, '}');
	}
	json_close(json, ']');
}

void packet_print_targets(const struct packet_targets *targets)
{
	for (unsigned i = 0; i < targets->count; i++) {
		const struct packet_target *target = &targets->list[i];

		printf("%-16s %s%s\n", target->name, packet_rung_name(target->rung), target->was_there ? ", replaced in place" : "");
		if (target->why[0])
			printf("%-16s   %s\n", "", target->why);
		if (target->rung != RUNG_NATIVE)
			printf("%-16s   %s\n", "", packet_rung_loss(target->rung));
	}
}

void packet_print_undo(const struct packet_wish *wish)
{
	printf("\nThis is undone in %u s, unless: bouclier packet confirm\n", wish->undo_s);
}

int packet_command(const struct options *options)
{
	static const struct {
		const char *word;
		unsigned arguments;
		int (*run)(const struct options *options);
	} words[] = {
		{ "status", 1, packet_status }, { "attach", 1, packet_attach },     { "confirm", 1, packet_confirm },
		{ "detach", 1, packet_detach }, { "counters", 1, packet_counters }, { "deny", 3, packet_deny },
		{ "run", 1, packet_run },       { "egress", 2, packet_egress },
	};

	if (span_equal(span_of(options->arguments[0]), SPAN("bgp")))
		return packet_bgp(options);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!span_equal(span_of(options->arguments[0]), span_of(words[i].word)) || options->argument_count != words[i].arguments)
			continue;
		/* The controller gives all of them up, when it has opened what it serves with. */
		if (words[i].run != packet_run && loader_limit_rights() != RESULT_OK)
			return command_failed("rights that are not needed cannot be given up");  /* security, fails closed */
		return words[i].run(options);
	}
	return command_misused(command_find(SPAN("packet")), "wants status, attach, confirm, detach, counters, run, deny load FILE, egress and a word, or bgp");
}
