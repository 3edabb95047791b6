/* An incident as a document of the store, by its id.
 *
 * Errors   of the store; RESULT_NOT_FOUND; RESULT_MALFORMED: somebody else wrote there
 * Threads  with the store
 */
#ifndef BOUCLIER_HUB_KEEP_KEPT_H
#define BOUCLIER_HUB_KEEP_KEPT_H

#include "incident/incident.h"
#include "store/document.h"

enum result kept_read(struct store *store, uint64_t id, struct incident *out, struct complaints *complaints) must_check;
/* Whatever was there. */
enum result kept_write(struct store *store, const struct incident *incident, struct complaints *complaints) must_check;

#endif
