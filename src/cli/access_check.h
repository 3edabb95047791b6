/* Whether the user that the shield becomes may enter and read what its configuration names.
 *
 * Root's shell proves nothing: the keeper's children have given its rights up. Keys are not asked about: the keeper opens
 * those while it still may.
 */
#ifndef BOUCLIER_CLI_ACCESS_CHECK_H
#define BOUCLIER_CLI_ACCESS_CHECK_H

#include "config/read.h"
#include "edge/rules/rule_files.h"

/* Warns of challenge folders (acme) that this process's user may not enter: the rest serves without them. */
void access_check_folders(const struct snapshot *snapshot, struct complaints *complaints);
/* For a command that root typed: the texts of the configuration and of rules, and SNAPSHOT's folders (NULL: none), asked about as the
 * user that the shield will be. Anybody else than root has just read them as itself. Changes nothing that lasts. */
void access_check_as_account(const struct config_texts *texts, const struct rule_files *rules, const struct snapshot *snapshot, struct complaints *complaints);

#endif
