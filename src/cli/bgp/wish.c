#include "cli/bgp/wish.h"

#include "cli/command.h"

#include "base/banned.h"

static const struct command *self(void)
{
	return command_find(SPAN("packet"));
}

static int read_ports(const struct options *options, const char *name, struct bgp_ports *out)
{
	unsigned at = 0;
	const char *text;

	while ((text = option_next(options, name, &at))) {
		if (bgp_rule_ports_read(span_of(text), out) != RESULT_OK)
			return command_misused(self(), "--%s is up to %u ports (53 or 53,123), not %s", name, RULE_PORTS, text);
	}
	return EXIT_DONE;
}

static int read_networks(const struct options *options, struct bgp_rule *rule)
{
	const char *from = option_text(options, "from", NULL);

	if (network_read(span_of(options->arguments[2]), &rule->to) != RESULT_OK)
		return command_misused(self(), "bgp add wants an address or a network whose bits behind the prefix are zero, not %s", options->arguments[2]);
	rule->has_from = from != NULL;
	if (from && network_read(span_of(from), &rule->from) != RESULT_OK)
		return command_misused(self(), "--from is an address or a network whose bits behind the prefix are zero, not %s", from);
	return EXIT_DONE;
}

static int read_rest(const struct options *options, struct bgp_rule *rule)
{
	const char *protocol = option_text(options, "protocol", NULL), *length = option_text(options, "length", NULL);
	uint64_t bytes = 0;
	int code;

	if (protocol && bgp_rule_protocol_read(span_of(protocol), &rule->to, &rule->protocol) != RESULT_OK)
		return command_misused(self(), "--protocol is tcp, udp, icmp or a number from 1 to 255, not %s", protocol);
	if (length && (span_to_u64(span_of(length), UINT16_MAX, &bytes) != RESULT_OK || !bytes))
		return command_misused(self(), "--length is a number of bytes, from 1 to 65535, not %s", length);
	rule->length = (uint16_t)bytes;
	rule->is_fragment = option_is_given(options, "fragments");
	code = read_ports(options, "source-port", &rule->from_ports);
	return code == EXIT_DONE ? read_ports(options, "port", &rule->to_ports) : code;
}

static bool says_more(const struct bgp_rule *rule)
{
	return rule->has_from || rule->protocol || rule->from_ports.count || rule->to_ports.count || rule->length || rule->is_fragment;
}

static int read_length(const struct options *options, const struct bounds *bounds, struct bgp_wish *wish)
{
	static const struct duration_limits limits = { 1000, 24 * 3600000, "from 1s to 24h (30m)" };
	const struct bgp_settings *bgp = &bounds->link->bgp;
	int64_t for_ms = bounds_make_unreachable(bounds, &wish->rule) ? bgp->unreachable_ms : bgp->flow_ms;
	int code = command_duration(self(), options, "for", &limits, &for_ms);

	wish->for_ms = (uint64_t)for_ms;
	return code;
}

int bgp_wish_read(const struct options *options, const struct bounds *bounds, struct bgp_wish *out)
{
	struct bgp_wish wish = { .by = span_of(option_text(options, "by", "")) };
	int code = read_networks(options, &wish.rule);

	if (code == EXIT_DONE)
		code = read_rest(options, &wish.rule);
	if (code != EXIT_DONE)
		return code;
	if (option_is_given(options, "unreachable")) {
		if (says_more(&wish.rule))
			return command_misused(self(), "--unreachable drops all that is sent to an address: nothing else goes with it but --for and --by");
		wish.rule.kind = RULE_UNREACHABLE;
	} else if (!says_more(&wish.rule)) {
		return command_misused(self(), "which packets? --protocol, --source-port, --port, --from, --length, --fragments; or --unreachable for all of them");
	}
	code = read_length(options, bounds, &wish);
	if (code == EXIT_DONE)
		*out = wish;
	return code;
}
