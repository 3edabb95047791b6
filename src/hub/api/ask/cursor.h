/* Where a page ended, as an opaque text: a letter for the list it is of, and two numbers in hexadecimal digits.
 *
 * It names a place and gives no right: whoever makes one up gets a page of his own tenants from there. So it is checked strictly, and not signed.
 *
 * Shape    "i00000190a1b2c3d4-0000000000000017", nothing else
 * Threads  pure functions
 */
#ifndef BOUCLIER_HUB_API_ASK_CURSOR_H
#define BOUCLIER_HUB_API_ASK_CURSOR_H

#include <stdint.h>

#include "base/span.h"

#define CURSOR_LEN 34u

enum cursor_kind { CURSOR_EVENTS = 'e', CURSOR_INCIDENTS = 'i' };

struct cursor {
	uint64_t sort, key;
};

/* With a NUL. */
void cursor_write(enum cursor_kind kind, struct cursor cursor, char out[CURSOR_LEN + 1]);
/* RESULT_MALFORMED: none of that kind. */
enum result cursor_read(enum cursor_kind kind, struct span text, struct cursor *out) must_check;

#endif
