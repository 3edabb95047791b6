/* What each transformation is called, who does it, and which bytes it can touch. */
#include "waf/transform/parts.h"

#include "base/banned.h"

/* Sets as constants: each macro below gives the bits of one of the four words. */
#define BYTE(word, byte) ((unsigned)(byte) >> 6 == (word) ? (uint64_t)1 << ((byte) & 63) : 0)
#define SET(name, bits) static const struct byte_set name = { { bits(0), bits(1), bits(2), bits(3) } }

#define ALL UINT64_MAX
#define UPPER(word) ((word) == 1 ? (uint64_t)0x7fffffe : 0)
#define LOWER(word) (UPPER(word) << 32)
#define DIGITS(word) ((word) == 0 ? (uint64_t)0x3ff << '0' : 0)
#define SPACES(word) ((word) == 0 ? (uint64_t)0x1f << '\t' | (uint64_t)1 << ' ' : 0)
#define SPACES_NBSP(word) (SPACES(word) | BYTE(word, 0xa0))
#define NUL(word) BYTE(word, 0)
#define BACKSLASH(word) BYTE(word, '\\')
#define SLASH(word) BYTE(word, '/')
#define AMPERSAND(word) BYTE(word, '&')
#define PATH(word) (SLASH(word) | BYTE(word, '.'))
#define PATH_WIN(word) (PATH(word) | BACKSLASH(word))
/* Every sign of a comment holds one of these. */
#define COMMENTS(word) (SLASH(word) | BYTE(word, '-') | BYTE(word, '#'))
#define SQL_HEX(word) (NUL(word) | BYTE(word, 'x') | BYTE(word, 'X'))
#define ENCODED(word) (BYTE(word, '%') | BYTE(word, '+'))
#define NOT_URL(word) (ALL ^ (UPPER(word) | LOWER(word) | DIGITS(word) | BYTE(word, '*')))
#define PHP(word) (BYTE(word, ' ') | BYTE(word, '.') | BYTE(word, '['))
#define COMMAND(word) \
	(UPPER(word) | NUL(word) | BACKSLASH(word) | BYTE(word, '"') | BYTE(word, '\'') | BYTE(word, '^') | BYTE(word, ',') | \
	 BYTE(word, ';') | BYTE(word, ' ') | BYTE(word, '\t') | BYTE(word, '\n') | BYTE(word, '\r'))
/* NUL is dropped; C0 to F7 begin a character of several bytes, good or bad. */
#define UTF8(word) ((word) == 3 ? ((uint64_t)1 << 56) - 1 : NUL(word))
/* Bytes whose lower seven bits hold an odd number of ones, or an even one: bit n of ODD_ONES is the parity of n. */
#define ODD_ONES ((uint64_t)0x6996966996696996)
#define ODD(word) ((word) % 2 == 0 ? ODD_ONES : ~ODD_ONES)
#define EVEN(word) (~ODD(word))
#define HIGH(word) ((word) >= 2 ? ALL : 0)

SET(upper, UPPER);
SET(lower, LOWER);
SET(spaces, SPACES);
SET(spaces_nbsp, SPACES_NBSP);
SET(nul, NUL);
SET(backslash, BACKSLASH);
SET(slash, SLASH);
SET(ampersand, AMPERSAND);
SET(path, PATH);
SET(path_win, PATH_WIN);
SET(comments, COMMENTS);
SET(sql_hex, SQL_HEX);
SET(encoded, ENCODED);
SET(not_url, NOT_URL);
SET(php, PHP);
SET(command, COMMAND);
SET(utf8, UTF8);
SET(odd, ODD);
SET(even, EVEN);
SET(high, HIGH);

const char *const transform_names[TRANSFORM_COUNT] = {
#define X(id, name) [TRANSFORM_##id] = (name),
	TRANSFORM_LIST(X)
#undef X
};

const struct transform_row transform_table[TRANSFORM_COUNT] = {
	[TRANSFORM_BASE64_DECODE] = { transform_base64_decode, NULL },
	[TRANSFORM_BASE64_DECODE_EXT] = { transform_base64_decode_ext, NULL },
	[TRANSFORM_BASE64_ENCODE] = { transform_base64_encode, NULL },
	[TRANSFORM_CMD_LINE] = { transform_cmd_line, &command },
	[TRANSFORM_COMPRESS_WHITESPACE] = { transform_compress_whitespace, &spaces_nbsp },
	[TRANSFORM_CSS_DECODE] = { transform_css_decode, &backslash },
	[TRANSFORM_ESCAPE_SEQ_DECODE] = { transform_escape_seq_decode, &backslash },
	[TRANSFORM_HEX_DECODE] = { transform_hex_decode, NULL },
	[TRANSFORM_HEX_ENCODE] = { transform_hex_encode, NULL },
	[TRANSFORM_HTML_ENTITY_DECODE] = { transform_html_entity_decode, &ampersand },
	[TRANSFORM_JS_DECODE] = { transform_js_decode, &backslash },
	[TRANSFORM_LENGTH] = { transform_length, NULL },
	[TRANSFORM_LOWERCASE] = { transform_lowercase, &upper },
	[TRANSFORM_MD5] = { transform_md5, NULL },
	[TRANSFORM_NORMALIZE_PATH] = { transform_normalize_path, &path },
	[TRANSFORM_NORMALIZE_PATH_WIN] = { transform_normalize_path_win, &path_win },
	[TRANSFORM_PARITY_EVEN_7BIT] = { transform_parity_even_7bit, &odd },
	[TRANSFORM_PARITY_ODD_7BIT] = { transform_parity_odd_7bit, &even },
	[TRANSFORM_PARITY_ZERO_7BIT] = { transform_parity_zero_7bit, &high },
	[TRANSFORM_PHP_ARGS_NAMES] = { transform_php_args_names, &php },
	[TRANSFORM_REMOVE_COMMENTS] = { transform_remove_comments, &comments },
	[TRANSFORM_REMOVE_COMMENTS_CHAR] = { transform_remove_comments_char, &comments },
	[TRANSFORM_REMOVE_NULLS] = { transform_remove_nulls, &nul },
	[TRANSFORM_REMOVE_WHITESPACE] = { transform_remove_whitespace, &spaces_nbsp },
	[TRANSFORM_REPLACE_COMMENTS] = { transform_replace_comments, &slash },
	[TRANSFORM_REPLACE_NULLS] = { transform_replace_nulls, &nul },
	[TRANSFORM_SHA1] = { transform_sha1, NULL },
	[TRANSFORM_SQL_HEX_DECODE] = { transform_sql_hex_decode, &sql_hex },
	[TRANSFORM_TRIM] = { transform_trim, &spaces },
	[TRANSFORM_TRIM_LEFT] = { transform_trim_left, &spaces },
	[TRANSFORM_TRIM_RIGHT] = { transform_trim_right, &spaces },
	[TRANSFORM_UPPERCASE] = { transform_uppercase, &lower },
	[TRANSFORM_URL_DECODE] = { transform_url_decode, &encoded },
	[TRANSFORM_URL_DECODE_UNI] = { transform_url_decode_uni, &encoded },
	[TRANSFORM_URL_ENCODE] = { transform_url_encode, &not_url },
	[TRANSFORM_UTF8_TO_UNICODE] = { transform_utf8_to_unicode, &utf8 },
};

/* Digits, then letters: everything between and around them is HEX_NONE. */
const unsigned char hex_values[256] = {
	[0 ... '0' - 1] = HEX_NONE, ['0'] = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, [':' ... 'A' - 1] = HEX_NONE,
	['A'] = 10, 11, 12, 13, 14, 15, ['G' ... 'a' - 1] = HEX_NONE,
	['a'] = 10, 11, 12, 13, 14, 15, ['g' ... 255] = HEX_NONE,
};
