/* `bouclier report`: texts for others about what was measured here. One file a report.
 *
 * RESULT   each is a command's exit code; what went wrong was said on stderr
 */
#ifndef BOUCLIER_CLI_REPORT_REPORT_H
#define BOUCLIER_CLI_REPORT_REPORT_H

#include "cli/options.h"

int report_carrier(const struct options *options);

#endif
