/* `bouclier packet bgp`: rules and routes for the carrier. Beside the other words of `packet`, for it needs none of the loader's rights.
 *
 * RESULT   a command's exit code; what went wrong was said on stderr
 */
#ifndef BOUCLIER_CLI_BGP_BGP_H
#define BOUCLIER_CLI_BGP_BGP_H

#include "cli/options.h"

/* arguments[0] is "bgp". */
int packet_bgp(const struct options *options);

#endif
