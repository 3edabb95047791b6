/* A code page (SecUnicodeMapFile): which byte a server that knows no Unicode makes of a character that was sent as %uXXXX.
 * With one, urlDecodeUni decodes as that server does: with Windows' best fit to ASCII, %u0107 is "c".
 *
 * Shape    lines of "NUMBER (name)", then "CODE:BYTE CODE:BYTE ..." in hexadecimal; "#" begins a comment
 * Source   ModSecurity 2.9.7's unicode.mapping
 * Owns     the ruleset's arena has it
 */
#ifndef BOUCLIER_WAF_CODE_PAGE_H
#define BOUCLIER_WAF_CODE_PAGE_H

#include "base/arena.h"

struct code_page {
	unsigned char bytes[65536];
	unsigned char has[65536 / 8];
};

static inline bool code_page_has(const struct code_page *page, unsigned code)
{
	return page->has[code >> 3] >> (code & 7) & 1;
}

/* Page NUMBER of TEXT. RESULT_NOT_FOUND: it is not in it; RESULT_MALFORMED: a pair in it that is none. */
enum result code_page_read(struct span text, uint64_t number, struct arena *arena, const struct code_page **out) must_check;

/* urlDecodeUni with PAGE. */
enum result transform_url_decode_with(const struct code_page *page, struct span in, struct arena *arena, struct span *out) must_check;

#endif
