/* `packet counters`: packets and bytes since the filter was attached, by the reason that ended their walk. */
#include <stdio.h>

#include "cli/page.h"
#include "cli/packet/packet.h"
#include "packet/loader/nft.h"

#include "base/banned.h"

enum verdict { PASS, ANSWER, DROP };

static const struct {
	const char *name, *text;
	enum verdict verdict;
} reasons[] = {
#define X(upper, lower, verdict, text) { #lower, text, verdict },
	PACKET_REASON_LIST(X)
#undef X
};
static const char *const verdicts[] = { "pass", "answer", "drop" };

/* -- of XDP -- */

static int print_json(const struct packet_count counts[PACKET_REASON_COUNT], bool is_observing)
{
	struct packet_page page;

	packet_page_open(&page);
	json_put_text(&page.json, SPAN("mode"), is_observing ? SPAN("observe") : SPAN("enforce"));
	json_open(&page.json, SPAN("reasons"), '{');
	for (unsigned i = 0; i < PACKET_REASON_COUNT; i++) {
		json_open(&page.json, span_of(reasons[i].name), '{');
		json_put_text(&page.json, SPAN("verdict"), span_of(verdicts[reasons[i].verdict]));
		json_put_number(&page.json, SPAN("packets"), counts[i].packets);
		json_put_number(&page.json, SPAN("bytes"), counts[i].bytes);
		json_close(&page.json, '}');
	}
	json_close(&page.json, '}');
	return packet_page_close(&page);
}

static int print_human(const struct packet_count counts[PACKET_REASON_COUNT], bool is_observing)
{
	printf("%14s %10s  %-6s  %s\n", "PACKETS", "BYTES", "", is_observing ? "REASON (observed: nothing is dropped)" : "REASON");
	for (unsigned i = 0; i < PACKET_REASON_COUNT; i++) {
		if (counts[i].packets)
			printf("%14llu %10s  %-6s  %s: %s\n", (unsigned long long)counts[i].packets, short_bytes(counts[i].bytes).text, verdicts[reasons[i].verdict],
			       reasons[i].name, reasons[i].text);
	}
	return EXIT_DONE;
}

static int show_xdp(struct packet_maps *maps, bool is_observing, const struct options *options)
{
	struct packet_count counts[PACKET_REASON_COUNT];
	struct control *control;
	enum result result;

	if (control_new(maps, &control) != RESULT_OK)
		return command_failed("the filter's maps cannot be read");
	result = control_count(control, counts);
	control_free(control);
	if (result != RESULT_OK)
		return command_failed("the filter's counters cannot be read");
	return options->is_json ? print_json(counts, is_observing) : print_human(counts, is_observing);
}

/* -- of nftables -- */

static void print_counter(const struct json *counter)
{
	if (!counter)
		return;
	printf("%14llu %10s  %.*s\n", (unsigned long long)json_number_of(json_find(counter, "packets")), short_bytes(json_number_of(json_find(counter, "bytes"))).text,
	       SPAN_ARG(json_text_of(json_find(counter, "name"))));
}

static int show_nft(const struct options *options)
{
	struct json *root = NULL;
	struct buffer text;
	int code = EXIT_DONE;

	buffer_init(&text, (size_t)1 << 20);
	if (nft_run("list counters table netdev bouclier", true, &text, NULL) != RESULT_OK || json_read(buffer_span(&text), &root) != RESULT_OK) {
		code = command_failed("nftables does not tell its counters");
	} else if (options->is_json) {
		printf("%.*s\n", SPAN_ARG(span_trim(buffer_span(&text))));
	} else {
		const struct json *list = json_find(root, "nftables");

		printf("%14s %10s  REASON (nftables)\n", "PACKETS", "BYTES");
		for (size_t i = 0; i < json_length(list); i++)
			print_counter(json_find(json_item(list, i), "counter"));
	}
	json_drop(root);
	buffer_done(&text);
	return code;
}

int packet_counters(const struct options *options)
{
	struct packet_state state;
	int code;

	if (option_is_given(options, "top"))
		return packet_show_top(options);
	code = packet_look(&state);
	if (code == EXIT_DONE && state.maps.fds[0] >= 0)
		code = show_xdp(&state.maps, state.is_observing, options);
	else if (code == EXIT_DONE && state.has_nft)
		code = show_nft(options);
	else if (code == EXIT_DONE)
		code = command_failed("no filter is attached: bouclier packet attach does it");
	packet_maps_close(&state.maps);
	return code;
}
