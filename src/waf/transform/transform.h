/* Transformations (SecLang's t:...): what a value looks like once an encoding, a case or white space is taken away.
 *
 * Source   ModSecurity 2.9.7, whose behaviour is the reference down to its corner cases; the reference manual's chapter
 *          "Transformation functions"
 * Limits   no output is longer than four times its input plus 64 bytes
 * Owns     an output that differs from its input lies in the arena that was passed, or is a part of its input
 * Threads  pure functions
 */
#ifndef BOUCLIER_WAF_TRANSFORM_H
#define BOUCLIER_WAF_TRANSFORM_H

#include "base/arena.h"
#include "waf/byte_set.h"

/* X(ID, "name"). What each does is a row of transform_table.c, old spellings (normalisePath ...) are rows of its table of
 * aliases. uppercase and phpArgsNames are newer than 2.9.7: they follow the vectors. */
#define TRANSFORM_LIST(X) \
	X(BASE64_DECODE, "base64Decode") \
	X(BASE64_DECODE_EXT, "base64DecodeExt") \
	X(BASE64_ENCODE, "base64Encode") \
	X(CMD_LINE, "cmdLine") \
	X(COMPRESS_WHITESPACE, "compressWhitespace") \
	X(CSS_DECODE, "cssDecode") \
	X(ESCAPE_SEQ_DECODE, "escapeSeqDecode") \
	X(HEX_DECODE, "hexDecode") \
	X(HEX_ENCODE, "hexEncode") \
	X(HTML_ENTITY_DECODE, "htmlEntityDecode") \
	X(JS_DECODE, "jsDecode") \
	X(LENGTH, "length") \
	X(LOWERCASE, "lowercase") \
	X(MD5, "md5") \
	X(NORMALIZE_PATH, "normalizePath") \
	X(NORMALIZE_PATH_WIN, "normalizePathWin") \
	X(PARITY_EVEN_7BIT, "parityEven7bit") \
	X(PARITY_ODD_7BIT, "parityOdd7bit") \
	X(PARITY_ZERO_7BIT, "parityZero7bit") \
	X(PHP_ARGS_NAMES, "phpArgsNames") \
	X(REMOVE_COMMENTS, "removeComments") \
	X(REMOVE_COMMENTS_CHAR, "removeCommentsChar") \
	X(REMOVE_NULLS, "removeNulls") \
	X(REMOVE_WHITESPACE, "removeWhitespace") \
	X(REPLACE_COMMENTS, "replaceComments") \
	X(REPLACE_NULLS, "replaceNulls") \
	X(SHA1, "sha1") \
	X(SQL_HEX_DECODE, "sqlHexDecode") \
	X(TRIM, "trim") \
	X(TRIM_LEFT, "trimLeft") \
	X(TRIM_RIGHT, "trimRight") \
	X(UPPERCASE, "uppercase") \
	X(URL_DECODE, "urlDecode") \
	X(URL_DECODE_UNI, "urlDecodeUni") \
	X(URL_ENCODE, "urlEncode") \
	X(UTF8_TO_UNICODE, "utf8toUnicode")

enum transform {
#define X(id, name) TRANSFORM_##id,
	TRANSFORM_LIST(X)
#undef X
	TRANSFORM_COUNT,
};

/* By any spelling SecLang knows, any case. RESULT_NOT_FOUND. "none" is not a transformation: it empties a list. */
enum result transform_find(struct span name, enum transform *out) must_check;
const char *transform_name(enum transform transform);
/* The nearest name, for "did you mean"; NULL when none is near. */
const char *transform_suggest(struct span name);

/* Bytes without one of which TRANSFORM leaves a value as it is; NULL when that cannot be told. A cheap first question. */
const struct byte_set *transform_touches(enum transform transform);

/* RESULT_OK: OUT is the transformed value; the very same span as IN when nothing changed. RESULT_NO_MEMORY: the arena's
 * limit, and whoever asked fails closed. */
enum result transform_apply(enum transform transform, struct span in, struct arena *arena, struct span *out) must_check;

#endif
