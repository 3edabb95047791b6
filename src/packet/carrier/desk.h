/* The message for the carrier's desk: plain text, ready for mail and for reading aloud on the telephone. Nothing is sent.
 *
 * Shape    telephone and contract, subject, what is measured, what is asked, what must not happen; in one language
 * Limits   DESK_SOURCES sources, DESK_ASKS requests; the text is as long as OUT may be
 * Owns     nothing
 * Threads  values
 *
 * What is asked follows from what was measured: a vector of less than DESK_SHARE_LEAST percent is told, and nothing is asked about it.
 */
#ifndef BOUCLIER_PACKET_CARRIER_DESK_H
#define BOUCLIER_PACKET_CARRIER_DESK_H

#include "base/buffer.h"
#include "packet/carrier/attack.h"
#include "packet/carrier/settings.h"

#define DESK_SOURCES 10u
#define DESK_SHARE_LEAST 5u

/* RESULT_LIMIT, RESULT_NO_MEMORY: OUT holds a part of it. */
enum result desk_write(const struct attack *attack, const struct provider_settings *provider, enum desk_language language, struct buffer *out) must_check;
/* "en" */
const char *desk_language_name(enum desk_language language);
/* "812.4 Mbit/s", with the language's comma. */
enum result desk_write_bits(uint64_t bits_s, enum desk_language language, struct buffer *out) must_check;

#endif
