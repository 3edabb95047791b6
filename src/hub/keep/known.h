/* What made the incidents of the last six months alike (incident/fingerprint.h), so that a new one knows those before it.
 *
 * Limits   the KNOWN_MAX newest
 * Threads  one at a time
 */
#ifndef BOUCLIER_HUB_KEEP_KNOWN_H
#define BOUCLIER_HUB_KEEP_KNOWN_H

#include "incident/incident.h"
#include "store/document.h"

#define KNOWN_MAX 4096u

struct known;

/* Reads the documents that there are. RESULT_NO_MEMORY, or as the store. */
enum result known_new(struct store *store, uint64_t now_s, struct complaints *complaints, struct known **out) must_check;
/* NULL is nothing. */
void known_free(struct known *known);
/* Relates INCIDENT to those before it that are like it, and knows it from now on. */
void known_relate(struct known *known, struct incident *incident);

#endif
