#include "cli/report/report.h"

#include "cli/command.h"

#include "base/banned.h"

int report_command(const struct options *options)
{
	static const struct { struct span name; int (*run)(const struct options *options); } reports[] = {
		{ SPAN_INIT("carrier"), report_carrier },
	};

	for (size_t i = 0; i < sizeof(reports) / sizeof(*reports); i++) {
		if (span_equal(reports[i].name, span_of(options->arguments[0])))
			return reports[i].run(options);
	}
	return command_misused(command_find(SPAN("report")), "there is no report %s: carrier is one", options->arguments[0]);
}
