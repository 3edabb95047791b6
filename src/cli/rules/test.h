/* `bouclier rules test`: regression tests of rules, asked of the running shield. */
#ifndef BOUCLIER_CLI_RULES_TEST_H
#define BOUCLIER_CLI_RULES_TEST_H

#include "cli/options.h"

/* The arguments behind the word `test` are files and folders. Exit code: 0, or 1 where a test failed or nothing could be asked. */
int rules_test(const struct options *options);

#endif
