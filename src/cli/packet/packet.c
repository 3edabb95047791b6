#include "cli/packet/packet.h"

#include "cli/command.h"

#include "base/banned.h"

int packet_command(const struct options *options)
{
	static const struct { struct span name; int (*run)(const struct options *options); } parts[] = {
		{ SPAN_INIT("bgp"), packet_bgp },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (span_equal(parts[i].name, span_of(options->arguments[0])))
			return parts[i].run(options);
	}
	return command_misused(command_find(SPAN("packet")), "does not know what %s is", options->arguments[0]);
}
