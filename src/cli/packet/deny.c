/* `packet deny load FILE`: the networks of a file are denied from now on, in place of those before. */
#include <stdio.h>

#include "cli/page.h"
#include "cli/packet/packet.h"
#include "packet/lists/file.h"

#include "base/banned.h"

static int print_json(const struct packet_asked *asked, const struct packet_prefixes *denied, const struct packet_outcome *outcome)
{
	struct packet_page page;

	packet_page_open(&page);
	json_put_bool(&page.json, SPAN("dry_run"), !outcome);
	json_put_number(&page.json, SPAN("ranges_v4"), denied->v4_count);
	json_put_number(&page.json, SPAN("networks_v6"), denied->v6_count);
	if (outcome) {
		json_put_number(&page.json, SPAN("undone_in_s"), asked->wish.undo_s);
		if (outcome->rung != RUNG_NFTABLES) {
			json_put_number(&page.json, SPAN("build_us"), outcome->published.build_ns / 1000);
			json_put_number(&page.json, SPAN("groups"), outcome->published.groups);
			json_put_number(&page.json, SPAN("more"), outcome->published.more);
		}
	}
	return packet_page_close(&page);
}

static int show(const struct packet_asked *asked, const struct packet_prefixes *denied, const struct packet_outcome *outcome, const struct options *options)
{
	if (options->is_json)
		return print_json(asked, denied, outcome);
	printf("%zu ranges of IPv4 and %zu networks of IPv6 %s denied", denied->v4_count, denied->v6_count, outcome ? "are" : "would be");
	if (!outcome)
		printf(". Nothing was changed.\n");
	else if (outcome->rung == RUNG_NFTABLES)
		printf(", by nftables.\n");
	else
		printf(", since %s.\n", short_us((double)outcome->published.build_ns / 1000).text);
	if (outcome)
		packet_print_undo(&asked->wish);
	return EXIT_DONE;
}

static int load(struct packet_asked *asked, const struct packet_prefixes *denied, const struct options *options)
{
	struct packet_outcome outcome;
	enum result result;
	int code;

	if (!asked->has_management)
		return command_failed("the configuration says nothing about who runs this machine, and he could be locked out: management: [192.0.2.0/24]");
	if (option_is_given(options, "dry-run"))
		return show(asked, denied, NULL, options);
	result = loader_deny(denied, &asked->wish, &asked->complaints, &outcome);
	code = packet_end(result, &asked->complaints);
	return result == RESULT_OK ? show(asked, denied, &outcome, options) : code;
}

int packet_deny(const struct options *options)
{
	struct packet_prefixes denied;
	struct packet_asked asked;
	int code;

	if (!span_equal(span_of(options->arguments[1]), SPAN("load")))
		return command_misused(command_find(SPAN("packet")), "wants deny load FILE");
	code = packet_ask(&asked, options);
	prefixes_init(&denied);
	if (code == EXIT_DONE && prefix_file_read(options->arguments[2], &asked.complaints, &denied) != RESULT_OK)
		code = packet_end(RESULT_REFUSED, &asked.complaints);
	if (code == EXIT_DONE)
		code = load(&asked, &denied, options);
	prefixes_done(&denied);
	packet_asked_done(&asked);
	return code;
}
