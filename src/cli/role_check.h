/* The check process: reads a configuration with all its files, says what is wrong, and writes the image that keeper and
 * edge work with. Confined; exits when done. */
#ifndef BOUCLIER_CLI_ROLE_CHECK_H
#define BOUCLIER_CLI_ROLE_CHECK_H

#include "process/role.h"

enum result role_check(const struct check_start *start, struct image_writer *image) must_check;

/* What a listener's flags in the image mean. */
enum port_flag { PORT_REDIRECTS = 1, PORT_METRICS = 2 };

#endif
