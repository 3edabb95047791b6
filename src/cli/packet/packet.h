/* `bouclier packet`: the first word of its arguments says what of it; one file each.
 *
 * RESULT   each is a command's exit code; what went wrong was said on stderr
 */
#ifndef BOUCLIER_CLI_PACKET_PACKET_H
#define BOUCLIER_CLI_PACKET_PACKET_H

#include "cli/options.h"

/* arguments[0] is "bgp". */
int packet_bgp(const struct options *options);

#endif
