/* A configuration, from its texts to a snapshot.
 *
 * The main file is the administrator's: an error in it refuses the whole. Included files hold sites only; those in a
 * tenant's folder are held against that tenant's grants, each tenant apart: a broken tenant goes on with its last good
 * texts, or without its sites when there are none, and nobody else notices (availability: open, the confinement: closed).
 * A host or a name that two tenants claim is the first one's, in the order of their names.
 */
#ifndef BOUCLIER_CONFIG_READ_H
#define BOUCLIER_CONFIG_READ_H

#include "base/complaint.h"
#include "config/settings.h"
#include "config/snapshot.h"
#include "config/texts.h"

/* Reads everything, and says everything that is wrong, ordered by file and line.
 *
 * RESULT_OK         OUT is set, with one holder; warnings may have been added to COMPLAINTS, snapshot->problems lists broken tenants,
 *                   source->given holds the texts it was made of (the previous ones for a broken tenant): the last good from now on
 * RESULT_REFUSED    at least one error was added to COMPLAINTS
 * RESULT_NO_MEMORY
 * Threads           one reading at a time a source; any number side by side
 */
enum result config_read(struct config_source *source, config_sections sections, struct complaints *complaints,
                        struct snapshot **out) must_check;

#endif
