/* `packet counters --top`: which networks and UDP ports the last minute's dropped packets came from, as the controller knows it. */
#include <stdio.h>

#include "cli/packet/packet.h"

#include "base/banned.h"

#define NS_PER_S 1000000000u

static const char *const names[] = {
#define X(upper, lower, verdict, text) #lower,
	PACKET_REASON_LIST(X)
#undef X
};

static unsigned percent_of(uint32_t part, uint32_t whole)
{
	return whole ? (unsigned)(((uint64_t)part * 100 + whole / 2) / whole) : 0;
}

static void write_network(const struct packet_top_network *from, char out[NETWORK_TEXT_MAX])
{
	struct network network = { .prefix = (uint8_t)from->prefix };

	memcpy(network.address.bytes, from->address, sizeof(network.address.bytes));
	network_write(&network, out);
}

static void put_reason(struct json_writer *json, const struct packet_top_reason *reason)
{
	json_put_number(json, SPAN("packets"), reason->packets);
	json_put_number(json, SPAN("bytes"), reason->bytes);
	json_put_number(json, SPAN("samples"), reason->samples);
	json_open(json, SPAN("networks"), '[');
	for (unsigned i = 0; i < reason->network_count; i++) {
		char text[NETWORK_TEXT_MAX];

		write_network(&reason->networks[i], text);
		json_open(json, SPAN_NONE, '{');
		json_put_text(json, SPAN("network"), span_of(text));
		json_put_number(json, SPAN("samples"), reason->networks[i].samples);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_put_number(json, SPAN("udp_samples"), reason->udp_samples);
	json_open(json, SPAN("udp_ports"), '[');
	for (unsigned i = 0; i < reason->port_count; i++) {
		json_open(json, SPAN_NONE, '{');
		json_put_number(json, SPAN("port"), reason->ports[i].port);
		json_put_number(json, SPAN("samples"), reason->ports[i].samples);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static int print_json(const struct packet_top *top)
{
	struct packet_page page;

	packet_page_open(&page);
	json_put_number(&page.json, SPAN("for_s"), top->for_ns / NS_PER_S);
	json_open(&page.json, SPAN("reasons"), '{');
	for (unsigned i = 0; i < PACKET_REASON_COUNT; i++) {
		if (!top->of[i].samples)
			continue;
		json_open(&page.json, span_of(names[i]), '{');
		put_reason(&page.json, &top->of[i]);
		json_close(&page.json, '}');
	}
	json_close(&page.json, '}');
	return packet_page_close(&page);
}

static void print_reason(const char *name, const struct packet_top_reason *reason)
{
	printf("%s: %llu packets\n", name, (unsigned long long)reason->packets);
	for (unsigned i = 0; i < reason->network_count; i++) {
		char text[NETWORK_TEXT_MAX];

		write_network(&reason->networks[i], text);
		printf("  %3u %%  from %s\n", percent_of(reason->networks[i].samples, reason->samples), text);
	}
	for (unsigned i = 0; i < reason->port_count; i++)
		printf("  %3u %%  of UDP from port %u\n", percent_of(reason->ports[i].samples, reason->udp_samples), reason->ports[i].port);
}

static int print_human(const struct packet_top *top)
{
	unsigned shown = 0;

	printf("In the last %llu s; packets are counted, shares are of samples (%u of each reason a second and processor).\n", (unsigned long long)(top->for_ns / NS_PER_S),
	       PACKET_EVENTS_S);
	for (unsigned i = 0; i < PACKET_REASON_COUNT; i++) {
		if (top->of[i].samples)
			print_reason(names[i], &top->of[i]);
		shown += top->of[i].samples > 0;
	}
	if (!shown)
		printf("Nothing was dropped or answered.\n");
	return EXIT_DONE;
}

enum result packet_ask_controller(const struct options *options, struct packet_top *out)
{
	char path[PATH_TEXT_MAX];

	config_peek(options, "packet", "socket", PACKET_SOCKET, path);
	return packet_ask_top(span_of(path), PACKET_ASK_MS, out);
}

int packet_show_top(const struct options *options)
{
	struct packet_top top;
	enum result result = packet_ask_controller(options, &top);

	if (result == RESULT_NOT_FOUND)
		return command_failed("no controller of the kernel filter answers, and it alone reads samples: systemctl start bouclier-packet");
	if (result == RESULT_REFUSED)
		return command_failed("the controller of the kernel filter does not answer this question: it is of another version; systemctl restart bouclier-packet");
	if (result != RESULT_OK)
		return command_failed("the controller of the kernel filter does not answer: %s", result_name(result));
	return options->is_json ? print_json(&top) : print_human(&top);
}
