#include "waf/body/json.h"

#include "base/encode.h"
#include "message/scan.h"

#include "base/banned.h"

static enum result keep(struct json *json, struct span bytes)
{
	enum result result = buffer_append(&json->text, bytes);

	return result == RESULT_LIMIT ? json_fail(json, "token too long") : result;
}

/* Moves what the token has in the piece, before AT, to `text`. */
static enum result keep_run(struct json *json, const char *at)
{
	enum result result = keep(json, span_make(json->run, (size_t)(at - json->run)));

	json->run = at;
	return result;
}

static enum result end_token(struct json *json, enum json_token token, const char *at)
{
	struct span text = span_make(json->run, (size_t)(at - json->run));
	enum result result = RESULT_OK;

	if (buffer_len(&json->text)) {
		result = keep_run(json, at);
		text = buffer_span(&json->text);
	} else if (text.len > json->text.max_bytes) {
		result = json_fail(json, "token too long");
	}
	json->lex = LEX_BETWEEN;
	json->run = NULL;
	if (result == RESULT_OK)
		result = json_take(json, token, text);
	buffer_reset(&json->text);
	return result;
}

static enum result keep_character(struct json *json, uint32_t code)
{
	char out[4];
	size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const unsigned char leads[5] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = len; i-- > 1; code >>= 6)
		out[i] = (char)(0x80 | (code & 0x3f));
	out[0] = (char)(leads[len] | code);
	return keep(json, span_make(out, len));
}

/* A high surrogate stood alone. */
static enum result drop_high(struct json *json)
{
	if (!json->high)
		return RESULT_OK;
	json->high = 0;
	return keep(json, SPAN("?"));
}

static enum result end_hex(struct json *json)
{
	uint32_t code = json->hex, high = json->high;
	enum result result;

	json->lex = LEX_STRING;
	if (high && code >= 0xdc00 && code <= 0xdfff) {
		json->high = 0;
		return keep_character(json, 0x10000 + ((high - 0xd800) << 10) + (code - 0xdc00));
	}
	result = drop_high(json);
	if (result != RESULT_OK)
		return result;
	if (code >= 0xd800 && code <= 0xdbff) {
		json->high = code;
		return RESULT_OK;
	}
	return keep_character(json, code);
}

static enum result read_hex(struct json *json, char c)
{
	int digit = hex_digit(c);

	if (digit < 0)
		return json_lexical(json, "invalid (non-hex) character occurs after '\\u' inside string.");
	json->hex = json->hex << 4 | (uint32_t)digit;
	return ++json->hex_len == 4 ? end_hex(json) : RESULT_OK;
}

/* The byte behind a backslash. */
static enum result read_escape(struct json *json, char c)
{
	static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	const char *found = c ? strchr(letters, c) : NULL;
	enum result result;

	if (c == 'u') {
		json->lex = LEX_HEX;
		json->hex = json->hex_len = 0;
		return RESULT_OK;
	}
	if (!found)
		return json_lexical(json, "inside a string, '\\' occurs before a character which it may not.");
	result = drop_high(json);
	json->lex = LEX_STRING;
	return result == RESULT_OK ? keep(json, span_make(&bytes[found - letters], 1)) : result;
}

static size_t utf8_need(char lead)
{
	unsigned char byte = (unsigned char)lead;

	return byte < 0xc2 || byte > 0xf4 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
}

/* A character that the end of a piece cut. */
static enum result read_utf8(struct json *json, char c)
{
	json->utf8[json->utf8_len++] = c;
	if (json->utf8_len < utf8_need(json->utf8[0]))
		return RESULT_OK;
	json->lex = LEX_STRING;
	if (utf8_length(span_make(json->utf8, json->utf8_len)) != json->utf8_len)
		return json_lexical(json, "invalid bytes in UTF8 string.");
	return keep(json, span_make(json->utf8, json->utf8_len));
}

/* The end of the run of bytes that stand for themselves: 16 a step with SSE2. */
static const char *scan_plain(const char *at, const char *end)
{
#ifdef __SSE2__
	for (; end - at >= 16; at += 16) {
		__m128i v = scan_load(at);
		__m128i low = _mm_cmplt_epi8(v, _mm_set1_epi8(' '));  /* signed: beyond ASCII too */
		__m128i marks = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
		unsigned stops = (unsigned)_mm_movemask_epi8(_mm_or_si128(low, marks));

		if (stops)
			return at + __builtin_ctz(stops);
	}
#endif
	while (at < end && (signed char)*at >= ' ' && *at != '"' && *at != '\\')
		at++;
	return at;
}

/* From AT on, inside a string; answers where it got to in NEXT. */
static enum result read_string(struct json *json, const char *at, const char *end, const char **next)
{
	const char *stop = scan_plain(at, end);
	size_t length;
	enum result result;

	*next = stop;
	if (json->high && (stop > at || (stop < end && *stop != '\\'))) {
		result = drop_high(json);
		if (result != RESULT_OK)
			return result;
	}
	if (stop == end)
		return RESULT_OK;
	*next = stop + 1;
	if (*stop == '"')
		return end_token(json, TOKEN_STRING, stop);
	if (*stop == '\\') {
		json->lex = LEX_ESCAPE;
		return keep_run(json, stop);
	}
	if ((unsigned char)*stop < ' ') {
		result = keep_run(json, stop);  /* a token that is too long says so, however it was cut */
		return result == RESULT_OK ? json_lexical(json, "invalid character inside string.") : result;
	}
	length = utf8_length(span_make(stop, (size_t)(end - stop)));
	*next = stop + length;
	if (length)
		return RESULT_OK;
	*next = stop + 1;
	result = keep_run(json, stop);
	if (result == RESULT_OK && (size_t)(end - stop) >= utf8_need(*stop))
		return json_lexical(json, "invalid bytes in UTF8 string.");
	json->lex = LEX_UTF8;
	json->utf8[0] = *stop;
	json->utf8_len = 1;
	return result;
}

/* A byte behind LEX of a number. LEX_BETWEEN: the number ended before it; LEX_STRING: it may not stand there. */
static enum json_lex number_next(enum json_lex lex, char c)
{
	bool digit = is_digit(c), e = c == 'e' || c == 'E';

	switch ((int)lex) {
	case LEX_MINUS: return c == '0' ? LEX_ZERO : digit ? LEX_INTEGER : LEX_STRING;
	case LEX_ZERO: return c == '.' ? LEX_POINT : e ? LEX_E : LEX_BETWEEN;
	case LEX_INTEGER: return digit ? LEX_INTEGER : c == '.' ? LEX_POINT : e ? LEX_E : LEX_BETWEEN;
	case LEX_POINT: return digit ? LEX_FRACTION : LEX_STRING;
	case LEX_FRACTION: return digit ? LEX_FRACTION : e ? LEX_E : LEX_BETWEEN;
	case LEX_E: return digit ? LEX_EXPONENT : c == '+' || c == '-' ? LEX_E_SIGN : LEX_STRING;
	case LEX_E_SIGN: return digit ? LEX_EXPONENT : LEX_STRING;
	default: return digit ? LEX_EXPONENT : LEX_BETWEEN;
	}
}

static enum result number_fault(struct json *json, const char *at)
{
	enum result result = keep_run(json, at);

	if (result != RESULT_OK)
		return result;
	if (json->lex == LEX_MINUS)
		return json_lexical(json, "malformed number, a digit is required after the minus sign.");
	if (json->lex == LEX_POINT)
		return json_lexical(json, "malformed number, a digit is required after the decimal point.");
	return json_lexical(json, "malformed number, a digit is required after the exponent.");
}

static enum result read_number(struct json *json, const char *at, const char *end, const char **next)
{
	for (; at < end; at++) {
		enum json_lex lex = number_next(json->lex, *at);

		*next = at;
		if (lex == LEX_BETWEEN)
			return end_token(json, TOKEN_SCALAR, at);
		if (lex == LEX_STRING)
			return number_fault(json, at);
		json->lex = lex;
	}
	*next = end;
	return RESULT_OK;
}

static enum result read_literal(struct json *json, char c)
{
	if (c != json->literal[json->matched])
		return json_lexical(json, "invalid string in json text.");
	if (json->literal[++json->matched])
		return RESULT_OK;
	json->lex = LEX_BETWEEN;
	return json_take(json, TOKEN_SCALAR, *json->literal == 'n' ? SPAN("") : span_of(json->literal));
}

static enum result begin_literal(struct json *json, const char *literal)
{
	json->lex = LEX_LITERAL;
	json->literal = literal;
	json->matched = 1;
	return RESULT_OK;
}

/* Between tokens: AT begins one, or is white space. */
static enum result begin_token(struct json *json, const char *at)
{
	if (is_space(*at))
		return RESULT_OK;
	if (json->state == JSON_DONE)  /* whatever comes, also what is no token */
		return json_grammar(json, "trailing garbage");
	switch (*at) {
	case '{': return json_take(json, TOKEN_OPEN_MAP, SPAN_NONE);
	case '}': return json_take(json, TOKEN_CLOSE_MAP, SPAN_NONE);
	case '[': return json_take(json, TOKEN_OPEN_ARRAY, SPAN_NONE);
	case ']': return json_take(json, TOKEN_CLOSE_ARRAY, SPAN_NONE);
	case ':': return json_take(json, TOKEN_COLON, SPAN_NONE);
	case ',': return json_take(json, TOKEN_COMMA, SPAN_NONE);
	case 't': return begin_literal(json, "true");
	case 'f': return begin_literal(json, "false");
	case 'n': return begin_literal(json, "null");
	case '"':
		json->lex = LEX_STRING;
		json->run = at + 1;
		return RESULT_OK;
	case '/': return json_lexical(json, "probable comment found in input text, comments are not enabled.");
	default: break;
	}
	if (*at != '-' && !is_digit(*at))
		return json_lexical(json, "invalid char in json text.");
	json->lex = *at == '-' ? LEX_MINUS : *at == '0' ? LEX_ZERO : LEX_INTEGER;
	json->run = at;
	return RESULT_OK;
}

/* One byte, or a run of them. */
static enum result step(struct json *json, const char *at, const char *end, const char **next)
{
	enum result result;

	*next = at + 1;
	switch (json->lex) {
	case LEX_BETWEEN: return begin_token(json, at);
	case LEX_STRING: return read_string(json, at, end, next);
	case LEX_LITERAL: return read_literal(json, *at);
	case LEX_ESCAPE: result = read_escape(json, *at); break;
	case LEX_HEX: result = read_hex(json, *at); break;
	case LEX_UTF8: result = read_utf8(json, *at); break;
	case LEX_MINUS: case LEX_ZERO: case LEX_INTEGER: case LEX_POINT: case LEX_FRACTION: case LEX_E: case LEX_E_SIGN: case LEX_EXPONENT:
	default: return read_number(json, at, end, next);
	}
	json->run = *next;  /* the byte was read, and is not text itself */
	return result;
}

/* What was read and not kept is the token's text: not so an escape, or a character that is not whole. */
static bool has_run(const struct json *json)
{
	return json->lex == LEX_STRING || json->lex >= LEX_MINUS;
}

enum result json_lex(struct json *json, struct span piece)
{
	const char *at = piece.at, *end = piece.at + piece.len;
	enum result result = RESULT_OK;

	if (json->lex != LEX_BETWEEN && json->lex != LEX_LITERAL)
		json->run = at;
	while (result == RESULT_OK && at < end)
		result = step(json, at, end, &at);
	if (result == RESULT_OK && has_run(json))
		result = keep_run(json, end);
	return result;
}
