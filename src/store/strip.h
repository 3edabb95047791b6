/* A line without what says who it was: source.ip, source.port, bouclier.client_key, user_agent.original, url.query; and without its checksum, which
 * would not be true any more.
 *
 * Shape    everything else stays as it is and where it is. What is no JSON object becomes {}: it fails closed
 * Limits   OUT has room for the line; the text is never longer
 */
#ifndef BOUCLIER_STORE_STRIP_H
#define BOUCLIER_STORE_STRIP_H

#include "base/span.h"

/* The line, in OUT unless nothing was to be taken out of it. OUT has room for LINE.len + 2 bytes. */
struct span strip_line(struct span line, char *out);

#endif
