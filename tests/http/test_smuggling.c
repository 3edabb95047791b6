/* The catalogue of raw requests that request smuggling and its kin are made of, each with the fault that refuses it. Each
 * is read whole, in every two pieces, and one byte at a time: the answer is the same. */
#include "laws.h"

#define H "Host: a.example\r\n"
#define POST "POST / HTTP/1.1\r\n" H

struct attack {
	const char *name;
	struct span raw;
	enum http_fault fault;
};

#define A(name, raw, fault) { name, SPAN_INIT(raw), HTTP_FAULT_##fault }

static const struct attack attacks[] = {
	/* Two lengths */
	A("CL.TE", POST "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG", LENGTH_AND_CHUNKED),
	A("TE.CL", POST "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n", LENGTH_AND_CHUNKED),
	A("TE and two CL", POST "Transfer-Encoding: chunked\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\n", LENGTH_AND_CHUNKED),
	A("TE and bad CL", POST "Transfer-Encoding: chunked\r\nContent-Length: x\r\n\r\n", LENGTH_AND_CHUNKED),
	A("bad TE and CL", POST "Transfer-Encoding: xchunked\r\nContent-Length: 4\r\n\r\n", LENGTH_AND_CHUNKED),
	A("CL twice, equal", POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", LENGTH_REPEATED),
	A("CL twice, differing", POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", LENGTH_REPEATED),
	A("CL twice, other case", POST "Content-Length: 5\r\ncontent-LENGTH: 0\r\n\r\nhello", LENGTH_REPEATED),
	A("CL list, equal", POST "Content-Length: 5, 5\r\n\r\nhello", LENGTH_REPEATED),
	A("CL list, differing", POST "Content-Length: 5,6\r\n\r\nhello", LENGTH_REPEATED),
	A("CL list with empty member", POST "Content-Length: 5,\r\n\r\nhello", LENGTH_REPEATED),
	/* A length that is read in two ways */
	A("CL plus", POST "Content-Length: +5\r\n\r\nhello", LENGTH_INVALID),
	A("CL minus", POST "Content-Length: -5\r\n\r\nhello", LENGTH_INVALID),
	A("CL minus zero", POST "Content-Length: -0\r\n\r\n", LENGTH_INVALID),
	A("CL hexadecimal", POST "Content-Length: 0x5\r\n\r\nhello", LENGTH_INVALID),
	A("CL underscore", POST "Content-Length: 1_0\r\n\r\n0123456789", LENGTH_INVALID),
	A("CL exponent", POST "Content-Length: 5e0\r\n\r\nhello", LENGTH_INVALID),
	A("CL fraction", POST "Content-Length: 5.0\r\n\r\nhello", LENGTH_INVALID),
	A("CL two words", POST "Content-Length: 5 6\r\n\r\nhello", LENGTH_INVALID),
	A("CL quoted", POST "Content-Length: \"5\"\r\n\r\nhello", LENGTH_INVALID),
	A("CL empty", POST "Content-Length: \r\n\r\nhello", LENGTH_INVALID),
	A("CL semicolon", POST "Content-Length: 5;a=b\r\n\r\nhello", LENGTH_INVALID),
	A("CL 2^63", POST "Content-Length: 9223372036854775808\r\n\r\n", LENGTH_INVALID),
	A("CL 2^64", POST "Content-Length: 18446744073709551616\r\n\r\n", LENGTH_INVALID),
	A("CL 2^64 + 5", POST "Content-Length: 18446744073709551621\r\n\r\nhello", LENGTH_INVALID),
	A("CL many zeros", POST "Content-Length: 00000000000000000005\r\n\r\nhello", LENGTH_INVALID),
	A("CL superscript", POST "Content-Length: \xc2\xb2\r\n\r\n", LENGTH_INVALID),
	A("CL no-break space", POST "Content-Length: \xa0" "5\r\n\r\nhello", LENGTH_INVALID),
	A("CL vertical tab", POST "Content-Length: \v5\r\n\r\nhello", FIELD_VALUE),
	A("CL form feed", POST "Content-Length: 5\f\r\n\r\nhello", FIELD_VALUE),
	/* Transfer codings */
	A("TE identity", POST "Transfer-Encoding: identity\r\n\r\n", TRANSFER_ENCODING),
	A("TE xchunked", POST "Transfer-Encoding: xchunked\r\n\r\n", TRANSFER_ENCODING),
	A("TE chunkedx", POST "Transfer-Encoding: chunkedx\r\n\r\n", TRANSFER_ENCODING),
	A("TE chunk", POST "Transfer-Encoding: chunk\r\n\r\n", TRANSFER_ENCODING),
	A("TE empty", POST "Transfer-Encoding:\r\n\r\n", TRANSFER_ENCODING),
	A("TE quoted", POST "Transfer-Encoding: \"chunked\"\r\n\r\n", TRANSFER_ENCODING),
	A("TE single-quoted", POST "Transfer-Encoding: 'chunked'\r\n\r\n", TRANSFER_ENCODING),
	A("TE gzip, chunked", POST "Transfer-Encoding: gzip, chunked\r\n\r\n", TRANSFER_ENCODING),
	A("TE chunked, gzip", POST "Transfer-Encoding: chunked, gzip\r\n\r\n", TRANSFER_ENCODING),
	A("TE chunked, chunked", POST "Transfer-Encoding: chunked, chunked\r\n\r\n", TRANSFER_ENCODING),
	A("TE chunked, identity", POST "Transfer-Encoding: chunked, identity\r\n\r\n", TRANSFER_ENCODING),
	A("TE comma chunked", POST "Transfer-Encoding: , chunked\r\n\r\n", TRANSFER_ENCODING),
	A("TE chunked comma", POST "Transfer-Encoding: chunked,\r\n\r\n", TRANSFER_ENCODING),
	A("TE parameter", POST "Transfer-Encoding: chunked;q=1\r\n\r\n", TRANSFER_ENCODING),
	A("TE two words", POST "Transfer-Encoding: chunked cow\r\n\r\n", TRANSFER_ENCODING),
	A("TE twice", POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", TRANSFER_ENCODING),
	A("TE then TE cow", POST "Transfer-Encoding: chunked\r\nTransfer-encoding: cow\r\n\r\n", TRANSFER_ENCODING),
	A("TE no-break space", POST "Transfer-Encoding: \xa0" "chunked\r\n\r\n", TRANSFER_ENCODING),
	A("TE 0xff", POST "Transfer-Encoding: chunked\xff\r\n\r\n", TRANSFER_ENCODING),
	A("TE vertical tab", POST "Transfer-Encoding: \vchunked\r\n\r\n", FIELD_VALUE),
	A("TE backspace", POST "Transfer-Encoding: chunked\b\r\n\r\n", FIELD_VALUE),
	A("TE DEL", POST "Transfer-Encoding: chunked\x7f\r\n\r\n", FIELD_VALUE),
	A("TE in 1.0", "POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n", TRANSFER_ENCODING_1_0),
	A("TE and CL in 1.0", "POST / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", TRANSFER_ENCODING_1_0),
	/* Names that some reader trims */
	A("TE space colon", POST "Transfer-Encoding : chunked\r\n\r\n", FIELD_NAME_SPACE),
	A("TE tab colon", POST "Transfer-Encoding\t: chunked\r\n\r\n", FIELD_NAME_SPACE),
	A("CL space colon", POST "Content-Length : 5\r\n\r\nhello", FIELD_NAME_SPACE),
	A("CL spaces colon", POST "Content-Length  \t : 5\r\n\r\nhello", FIELD_NAME_SPACE),
	A("name with space", POST "Content Length: 5\r\n\r\nhello", FIELD_NAME),
	A("name with slash", POST "Content/Length: 5\r\n\r\nhello", FIELD_NAME),
	A("name with DEL", POST "Content-Length\x7f: 5\r\n\r\nhello", FIELD_NAME),
	A("name with 0x80", POST "Content-Length\x80: 5\r\n\r\nhello", FIELD_NAME),
	A("name with brackets", POST "Content-Length[]: 5\r\n\r\nhello", FIELD_NAME),
	A("name quoted", POST "\"Host\": b.example\r\n\r\n", FIELD_NAME),
	A("name with backspace", POST "Foo\b: b\r\n\r\n", FIELD_NAME),
	A("name with vertical tab before it", POST "\vTransfer-Encoding: chunked\r\n\r\n", FIELD_NAME),
	A("empty name", POST ": 5\r\n\r\n", FIELD_NAME),
	A("colon first", POST ":Transfer-Encoding: chunked\r\n\r\n", FIELD_NAME),
	A("no colon", POST "Transfer-Encoding\r\n\r\n", FIELD_MISSING_COLON),
	A("request as a header", POST "GET /admin HTTP/1.1\r\nX: y\r\n\r\n", FIELD_NAME),
	/* Folded lines */
	A("fold", POST "Transfer-Encoding:\r\n chunked\r\n\r\n", OBS_FOLD),
	A("fold with tab", POST "Transfer-Encoding:\r\n\tchunked\r\n\r\n", OBS_FOLD),
	A("fold of an innocent field", POST "X: a\r\n b\r\nContent-Length: 0\r\n\r\n", OBS_FOLD),
	A("space before the first field", "POST / HTTP/1.1\r\n Transfer-Encoding: chunked\r\n" H "\r\n", OBS_FOLD),
	A("line of a space", POST " \r\n\r\n", OBS_FOLD),
	/* Line ends */
	A("LF after the request line", "GET / HTTP/1.1\n" H "\r\n", BARE_LF),
	A("LF after a field", "GET / HTTP/1.1\r\nHost: a.example\nX: y\r\n\r\n", BARE_LF),
	A("LF LF", "GET / HTTP/1.1\r\nHost: a.example\n\nGET /b HTTP/1.1\r\n\r\n", BARE_LF),
	A("CRLF LF", "GET / HTTP/1.1\r\n" H "\nX: y\r\n\r\n", BARE_LF),
	A("LF hides a TE", POST "X: y\nTransfer-Encoding: chunked\r\n\r\n", BARE_LF),
	A("LF in a name", POST "X\nTransfer-Encoding: chunked\r\n\r\n", BARE_LF),
	A("LF in the target", "GET /\nHost:a HTTP/1.1\r\n" H "\r\n", BARE_LF),
	A("LF first", "\nGET / HTTP/1.1\r\n" H "\r\n", BARE_LF),
	A("CR in a value", POST "X: y\rTransfer-Encoding: chunked\r\n\r\n", BARE_CR),
	A("CR CR LF", POST "X: y\r\r\n\r\n", BARE_CR),
	A("CR in a name", POST "Transfer\r-Encoding: chunked\r\n\r\n", BARE_CR),
	A("CR as the end of the head", POST "\rX: y\r\n\r\n", BARE_CR),
	A("CR in the target", "GET /\rX HTTP/1.1\r\n" H "\r\n", BARE_CR),
	A("CR after the version", "GET / HTTP/1.1\rHost: a\r\n\r\n", BARE_CR),
	A("CR first", "\rGET / HTTP/1.1\r\n" H "\r\n", BARE_CR),
	/* NUL */
	A("NUL in a value", POST "Transfer-Encoding: chunked\0\r\n\r\n", NUL),
	A("NUL in a name", POST "Transfer\0-Encoding: chunked\r\n\r\n", NUL),
	A("NUL in the target", "GET /a\0b HTTP/1.1\r\n" H "\r\n", NUL),
	A("NUL in the method", "GE\0T / HTTP/1.1\r\n" H "\r\n", NUL),
	A("NUL in the version", "GET / HTTP/1.\0\r\n" H "\r\n", NUL),
	/* Host */
	A("no Host", "GET / HTTP/1.1\r\nX: y\r\n\r\n", HOST_MISSING),
	A("no field at all", "GET / HTTP/1.1\r\n\r\n", HOST_MISSING),
	A("two Hosts", "GET / HTTP/1.1\r\n" H "Host: b.example\r\n\r\n", HOST_REPEATED),
	A("two equal Hosts", "GET / HTTP/1.1\r\n" H H "\r\n", HOST_REPEATED),
	A("two Hosts in 1.0", "GET / HTTP/1.0\r\n" H "hOST: b.example\r\n\r\n", HOST_REPEATED),
	A("empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", HOST_INVALID),
	A("Host list", "GET / HTTP/1.1\r\nHost: a.example, b.example\r\n\r\n", HOST_INVALID),
	A("Host with user", "GET / HTTP/1.1\r\nHost: a.example@b.example\r\n\r\n", HOST_INVALID),
	A("Host with path", "GET / HTTP/1.1\r\nHost: a.example/b\r\n\r\n", HOST_INVALID),
	A("Host with space", "GET / HTTP/1.1\r\nHost: a.example b.example\r\n\r\n", HOST_INVALID),
	A("Host with percent", "GET / HTTP/1.1\r\nHost: a%2eexample\r\n\r\n", HOST_INVALID),
	A("Host with 0xff", "GET / HTTP/1.1\r\nHost: a\xff\r\n\r\n", HOST_INVALID),
	A("Host with port 0", "GET / HTTP/1.1\r\nHost: a:0\r\n\r\n", HOST_INVALID),
	A("Host with port 65536", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", HOST_INVALID),
	A("Host with port of letters", "GET / HTTP/1.1\r\nHost: a:http\r\n\r\n", HOST_INVALID),
	A("absolute form, other Host", "GET http://b.example/ HTTP/1.1\r\n" H "\r\n", HOST_MISMATCH),
	A("absolute form, other port", "GET http://a.example:8080/ HTTP/1.1\r\n" H "\r\n", HOST_MISMATCH),
	A("absolute form, no Host", "GET http://a.example/ HTTP/1.1\r\n\r\n", HOST_MISSING),
	A("absolute form with user", "GET http://u@a.example/ HTTP/1.1\r\n" H "\r\n", HOST_INVALID),
	A("absolute form without host", "GET http:///x HTTP/1.1\r\n" H "\r\n", HOST_INVALID),
	/* Request line */
	A("CONNECT", "CONNECT a.example:443 HTTP/1.1\r\n" H "\r\n", CONNECT),
	A("asterisk for GET", "GET * HTTP/1.1\r\n" H "\r\n", TARGET_FORM),
	A("authority form for GET", "GET a.example:80 HTTP/1.1\r\n" H "\r\n", TARGET_FORM),
	A("no slash", "GET index.html HTTP/1.1\r\n" H "\r\n", TARGET_FORM),
	A("gopher", "GET gopher://a.example/ HTTP/1.1\r\n" H "\r\n", TARGET_FORM),
	A("scheme with one slash", "GET http:/a.example/ HTTP/1.1\r\n" H "\r\n", TARGET_FORM),
	A("fragment", "GET /a#b HTTP/1.1\r\n" H "\r\n", TARGET),
	A("target with 0x80", "GET /\xc3\xa9 HTTP/1.1\r\n" H "\r\n", TARGET),
	A("target with DEL", "GET /\x7f HTTP/1.1\r\n" H "\r\n", TARGET),
	A("target with tab", "GET /\tx HTTP/1.1\r\n" H "\r\n", TARGET),
	A("target with escape", "GET /\x1b[2J HTTP/1.1\r\n" H "\r\n", TARGET),
	A("target with space", "GET /a b HTTP/1.1\r\n" H "\r\n", REQUEST_LINE),
	A("two spaces", "GET  / HTTP/1.1\r\n" H "\r\n", REQUEST_LINE),
	A("no target", "GET  HTTP/1.1\r\n" H "\r\n", REQUEST_LINE),
	A("two spaces before the version", "GET /  HTTP/1.1\r\n" H "\r\n", REQUEST_LINE),
	A("space after the version", "GET / HTTP/1.1 \r\n" H "\r\n", REQUEST_LINE),
	A("space first", " GET / HTTP/1.1\r\n" H "\r\n", REQUEST_LINE),
	A("HTTP/0.9", "GET /\r\n\r\n", REQUEST_LINE),
	A("HTTP/0.9 with space", "GET / \r\n\r\n", REQUEST_LINE),
	A("method alone", "GET\r\n\r\n", REQUEST_LINE),
	A("lower-case version", "GET / http/1.1\r\n" H "\r\n", REQUEST_LINE),
	A("version 1.10", "GET / HTTP/1.10\r\n" H "\r\n", REQUEST_LINE),
	A("version 11", "GET / HTTP/11\r\n" H "\r\n", REQUEST_LINE),
	A("no version number", "GET / HTTP/\r\n" H "\r\n", REQUEST_LINE),
	A("two request lines in one", "GET / HTTP/1.1 GET / HTTP/1.1\r\n" H "\r\n", REQUEST_LINE),
	A("two empty lines first", "\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n", REQUEST_LINE),
	A("tab after the method", "GET\t/ HTTP/1.1\r\n" H "\r\n", METHOD),
	A("method with colon", "GET: / HTTP/1.1\r\n" H "\r\n", METHOD),
	A("method with braces", "{GET} / HTTP/1.1\r\n" H "\r\n", METHOD),
	A("method of 33 bytes", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1\r\n" H "\r\n", METHOD),
	A("TLS on a plain port", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", METHOD),
	A("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", VERSION),
	A("HTTP/1.2", "GET / HTTP/1.2\r\n" H "\r\n", VERSION),
	A("HTTP/0.9 said", "GET / HTTP/0.9\r\n" H "\r\n", VERSION),
	A("HTTP/3.0", "GET / HTTP/3.0\r\n" H "\r\n", VERSION),
	/* Wishes */
	A("Expect of another kind", POST "Expect: 200-ok\r\n\r\n", EXPECT),
	A("Expect list", POST "Expect: 100-continue, x\r\nContent-Length: 1\r\n\r\n", EXPECT),
	A("Expect misspelt", POST "Expect: 100-continueee\r\nContent-Length: 1\r\n\r\n", EXPECT),
	A("Expect twice, one unknown", POST "Expect: 100-continue\r\nExpect: x\r\n\r\n", EXPECT),
	A("Upgrade without Connection", "GET / HTTP/1.1\r\n" H "Upgrade: websocket\r\n\r\n", UPGRADE),
	A("Upgrade with Connection: close", "GET / HTTP/1.1\r\n" H "Upgrade: websocket\r\nConnection: close\r\n\r\n", UPGRADE),
	A("Upgrade empty", "GET / HTTP/1.1\r\n" H "Upgrade:\r\nConnection: upgrade\r\n\r\n", UPGRADE),
	A("Upgrade not a token", "GET / HTTP/1.1\r\n" H "Upgrade: web socket\r\nConnection: upgrade\r\n\r\n", UPGRADE),
	A("Upgrade with an empty version", "GET / HTTP/1.1\r\n" H "Upgrade: a/\r\nConnection: upgrade\r\n\r\n", UPGRADE),
};

static void test_every_attack_is_refused(void **state)
{
	(void)state;
	assert_true(sizeof(attacks) / sizeof(*attacks) >= 80);
	for (size_t i = 0; i < sizeof(attacks) / sizeof(*attacks); i++)
		assert_fault(attacks[i].name, attacks[i].raw, &ample, METHOD_OTHER, attacks[i].fault);
}

/* In any byte position of a good head, one bad byte is a fault or part of a value, never a new line. */
static void test_a_bad_byte_anywhere(void **state)
{
	static const char good[] = "GET /a?b HTTP/1.1\r\nHost: a.example\r\nX: y z\r\n\r\n";
	static const char bad[] = { 0, '\n', '\r', 1, 0x7f, 0x0b };

	(void)state;
	for (size_t at = 0; at < sizeof(good) - 3; at++) {
		for (size_t i = 0; i < sizeof(bad); i++) {
			char raw[sizeof(good)];
			struct outcome outcome;

			memcpy(raw, good, at);
			raw[at] = bad[i];
			memcpy(raw + at + 1, good + at, sizeof(good) - 1 - at);
			outcome = answer(span_make(raw, sizeof(good)), sizeof(good), 1, &ample, METHOD_OTHER);
			assert_int_equal(outcome.result, RESULT_MALFORMED);
			buffer_done(&outcome.text);
			assert_splits(span_make(raw, sizeof(good)), &ample, METHOD_OTHER);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_attack_is_refused),
		cmocka_unit_test(test_a_bad_byte_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
