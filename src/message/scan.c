#include "message/scan.h"

#include "base/banned.h"

#define HOST_ (BYTE_TOKEN | BYTE_TEXT | BYTE_TARGET | BYTE_HOST)  /* letters, digits, - . _ are in every class */
#define TOK (BYTE_TOKEN | BYTE_TEXT | BYTE_TARGET)
#define URI (BYTE_TEXT | BYTE_TARGET)                             /* separators */
#define TXT BYTE_TEXT

const uint8_t byte_classes[256] = {
	['\t'] = TXT, [' '] = TXT,
	['!'] = TOK, ['"'] = URI, ['#'] = TOK & ~BYTE_TARGET,  /* a token may hold '#', a target never does */
	['$' ... '\''] = TOK, ['(' ... ')'] = URI, ['*' ... '+'] = TOK, [','] = URI,
	['-' ... '.'] = HOST_, ['/'] = URI, ['0' ... '9'] = HOST_, [':' ... '@'] = URI,
	['A' ... 'Z'] = HOST_, ['[' ... ']'] = URI, ['^'] = TOK, ['_'] = HOST_, ['`'] = TOK,
	['a' ... 'z'] = HOST_, ['{'] = URI, ['|'] = TOK, ['}'] = URI, ['~'] = TOK,
	[0x80 ... 0xff] = TXT,
};
