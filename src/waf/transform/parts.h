/* One function a transformation, by family of files, and what they all use. Private to this folder.
 *
 * Each gets a value of at least one byte unless it has no set of bytes in transform_table.c, and answers as
 * transform_apply does.
 */
#ifndef BOUCLIER_WAF_TRANSFORM_PARTS_H
#define BOUCLIER_WAF_TRANSFORM_PARTS_H

#include "base/arena.h"
#include "waf/byte_set.h"
#include "waf/transform/transform.h"

typedef enum result transform_function(struct span in, struct arena *arena, struct span *out);

struct transform_row {
	transform_function *apply;
	const struct byte_set *touches;  /* NULL: may change any value */
};

extern const struct transform_row transform_table[TRANSFORM_COUNT];
extern const char *const transform_names[TRANSFORM_COUNT];

transform_function transform_base64_decode, transform_base64_decode_ext, transform_base64_encode;
transform_function transform_remove_comments, transform_remove_comments_char, transform_replace_comments;
transform_function transform_css_decode, transform_js_decode, transform_escape_seq_decode;
transform_function transform_md5, transform_sha1;
transform_function transform_hex_decode, transform_hex_encode, transform_sql_hex_decode;
transform_function transform_html_entity_decode;
transform_function transform_normalize_path, transform_normalize_path_win;
transform_function transform_php_args_names;
transform_function transform_cmd_line, transform_compress_whitespace, transform_remove_whitespace;
transform_function transform_trim, transform_trim_left, transform_trim_right;
transform_function transform_length, transform_lowercase, transform_uppercase, transform_remove_nulls, transform_replace_nulls;
transform_function transform_parity_even_7bit, transform_parity_odd_7bit, transform_parity_zero_7bit;
transform_function transform_url_decode, transform_url_decode_uni, transform_url_encode;
transform_function transform_utf8_to_unicode;

/* IN, whose first SAME bytes stay: OUT is IN where that is all of it, and COPY is NULL; else COPY has room for as many bytes as IN, and those are in it. */
static inline enum result transform_begin(struct span in, size_t same, struct arena *arena, struct span *out, char **copy)
{
	*copy = NULL;
	if (same == in.len) {
		*out = in;
		return RESULT_OK;
	}
	*copy = arena_take(arena, in.len);
	if (!*copy)
		return RESULT_NO_MEMORY;
	memcpy(*copy, in.at, same);
	return RESULT_OK;
}

/* A hexadecimal digit's value; HEX_NONE for every other byte. */
#define HEX_NONE 16
extern const unsigned char hex_values[256];

static inline bool is_hex(char c)
{
	return hex_values[(unsigned char)c] < HEX_NONE;
}

/* Two digits at AT are a byte; -1 when they are none. */
static inline int hex_pair(const char *at)
{
	unsigned high = hex_values[(unsigned char)at[0]], low = hex_values[(unsigned char)at[1]];

	return (high | low) < HEX_NONE ? (int)(high << 4 | low) : -1;
}

/* As isspace in the C locale, whatever the locale. */
static inline bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A 16-bit character as the one byte that a server which knows no wide characters makes of it: the low one, and ASCII for
 * the full-width forms U+FF01 to U+FF5E. */
static inline unsigned char narrow(unsigned high, unsigned low)
{
	return (unsigned char)(high == 0xff && low > 0 && low < 0x5f ? low + 0x20 : low);
}

/* Index of the first byte at or behind FROM that MARKS marks; IN's length when there is none. */
static inline size_t find_marked(struct span in, size_t from, const unsigned char marks[256])
{
	while (from < in.len && !marks[(unsigned char)in.at[from]])
		from++;
	return from;
}

/* The same for one byte, at the speed of memchr. */
static inline size_t find_byte(struct span in, size_t from, char byte)
{
	const char *found = from < in.len ? memchr(in.at + from, byte, in.len - from) : NULL;

	return found ? (size_t)(found - in.at) : in.len;
}

#endif
