/* JSON as it arrives: bytes -> tokens (json_lex.c) -> names and values (json.c). Names are those of 2.9.7: the keys on the way,
 * joined by '.'; what lies in an array repeats the array's own name; an array at the top is called "array".
 *
 *     {"a":{"b":1,"c":[2]}}   a.b=1  a.c.c=2           [[3]]   array.array.array=3           4   =4
 *
 * This header is for the files json*.c.
 *
 * Source   RFC 8259; ModSecurity 2.9.7 (names, limits), YAJL 2.1 (texts of errors). As YAJL, form feed and vertical tab are white
 *          space. Stricter than YAJL: UTF-8 must be well-formed; a low surrogate is required behind a high one, which is '?' otherwise
 */
#ifndef BOUCLIER_WAF_BODY_JSON_H
#define BOUCLIER_WAF_BODY_JSON_H

#include "waf/body/inside.h"

enum json_token {
	TOKEN_OPEN_MAP, TOKEN_CLOSE_MAP, TOKEN_OPEN_ARRAY, TOKEN_CLOSE_ARRAY, TOKEN_COLON, TOKEN_COMMA,
	TOKEN_STRING,  /* unescaped */
	TOKEN_SCALAR,  /* a number as written, true, false; null is empty */
};

/* Where in a token the bytes end. */
enum json_lex {
	LEX_BETWEEN, LEX_STRING, LEX_ESCAPE, LEX_HEX, LEX_UTF8, LEX_LITERAL,
	LEX_MINUS, LEX_ZERO, LEX_INTEGER, LEX_POINT, LEX_FRACTION, LEX_E, LEX_E_SIGN, LEX_EXPONENT,
};

/* What may come. */
enum json_state {
	JSON_VALUE, JSON_FIRST_KEY, JSON_KEY, JSON_COLON, JSON_MAP_VALUE, JSON_AFTER_MAP_VALUE, JSON_FIRST_ELEMENT, JSON_ELEMENT,
	JSON_AFTER_ELEMENT, JSON_DONE,
};

struct json {
	struct reader base;
	enum json_lex lex;
	struct buffer text;      /* of a token that is cut, or has escapes */
	const char *run;         /* in the piece: from here on the token's bytes are not in `text` yet; NULL outside a token */
	const char *literal;     /* "true" ...; `matched` of its bytes have come */
	size_t matched;
	uint32_t hex, hex_len;   /* of \uXXXX */
	uint32_t high;           /* a high surrogate that waits for its other half; 0: none */
	char utf8[4];
	size_t utf8_len;
	bool is_ending;          /* another prefix in messages */

	enum json_state state;
	uint32_t depth;          /* open maps and arrays */
	uint32_t counted_depth;  /* as 2.9.7 counts: a map at the top is not counted */
	uint8_t *open;           /* a bit for each: set for a map */
	struct buffer prefix, key;
	struct buffer name;      /* prefix '.' key, for a call */
	bool has_prefix, has_key;
};

/* Reads PIECE; each token goes to json_take. */
enum result json_lex(struct json *json, struct span piece) must_check;
enum result json_take(struct json *json, enum json_token token, struct span text) must_check;

#define json_fail(json, why) reader_fail(&(json)->base, "JSON pars%s error: %s", (json)->is_ending ? "er" : "ing", why)
/* YAJL ends its messages with a line feed. */
#define json_lexical(json, why) json_fail(json, "lexical error: " why "\n")
#define json_grammar(json, why) json_fail(json, "parse error: " why "\n")

#endif
