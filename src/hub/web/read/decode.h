/* Percent-encoded text, strictly: what is read has one meaning, for us and for whoever logs or compares it later.
 *
 * Shape    %XX with two hexadecimal digits, and bytes as they are; in DECODE_VALUE "+" is a space
 * Errors   RESULT_MALFORMED: a "%" without digits; what comes out is not UTF-8; a control character (in DECODE_VALUE tabs and line ends are text)
 * Owns     OUT lies in ARENA
 * Threads  any
 */
#ifndef BOUCLIER_HUB_WEB_READ_DECODE_H
#define BOUCLIER_HUB_WEB_READ_DECODE_H

#include "base/arena.h"

enum decode_kind { DECODE_SEGMENT, DECODE_VALUE };

/* RESULT_NO_MEMORY too. */
enum result percent_decode(struct span text, enum decode_kind kind, struct arena *arena, struct span *out) must_check;

#endif
