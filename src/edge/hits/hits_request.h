/* One request as hits.h counts it.
 *
 * Limits   HITS_OF_REQUEST different hits; the rest of a request that met more is not kept
 */
#ifndef BOUCLIER_EDGE_HITS_REQUEST_H
#define BOUCLIER_EDGE_HITS_REQUEST_H

#include "edge/hits/hits.h"
#include "edge/request.h"

#define HITS_OF_REQUEST 64u

/* When it is over, after the last rule. A probe, what the reader refused, what no rule was asked of, and what a
 * client left before an origin answered, are not counted. */
void hits_of_request(const struct request *request);

#endif
