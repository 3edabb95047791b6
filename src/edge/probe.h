/* A request as a probe of the shield by itself, which goes as far as the rules and no further: probe.c has the story.
 *
 * Owns     nothing
 * Threads  its worker's
 */
#ifndef BOUCLIER_EDGE_PROBE_H
#define BOUCLIER_EDGE_PROBE_H

#include <stdbool.h>

struct request;
struct site;

bool request_is_probe(const struct request *request);
/* It carries a good key: a field that rules do not see. */
bool request_has_probe_key(const struct request *request);
/* ... and makes its connection one for probing. */
bool request_begins_probing(const struct request *request);
/* The site by which such a connection is judged; NULL: there is none any more. */
const struct site *request_probed_site(const struct request *request);

#endif
