/* What is usual of a site, as a document.
 *
 * Shape    {"mean": [thousandths of requests a minute, by hour of the week], "minutes": [learned, likewise]}
 * Errors   reading is strict: RESULT_MALFORMED, RESULT_NO_MEMORY; OUT is untouched unless RESULT_OK
 */
#ifndef BOUCLIER_HUB_KEEP_USUAL_H
#define BOUCLIER_HUB_KEEP_USUAL_H

#include "base/buffer.h"
#include "incident/citizens.h"

enum result usual_write(const struct citizens_usual *usual, struct buffer *out) must_check;
enum result usual_read(struct span text, struct citizens_usual *out) must_check;

#endif
