/* http/: HTTP/1.1 and HTTP/2, the server half and the client half. It knows messages and bytes, no site, no socket.
 * What is read strictly is printed canonically: what an origin reads is what we read.
 *
 * A fault: one reason why a message is not accepted. Closed list; each has a name that goes to the event, and the
 * status that answers it. All of it fails closed: a faulty message is never forwarded.
 */
#ifndef BOUCLIER_HTTP_FAULT_H
#define BOUCLIER_HTTP_FAULT_H

/* X(ID, status, "name", "what it is, for a person") */
#define HTTP_FAULT_LIST(X) \
	X(NONE, 200, "none", "no fault") \
	X(REQUEST_LINE, 400, "request-line", "the request line is not method, target, version") \
	X(METHOD, 400, "method", "the method is not a token") \
	X(CONNECT, 405, "connect-refused", "CONNECT is not offered here") \
	X(TARGET, 400, "target", "the target has a character that no URI has") \
	X(TARGET_FORM, 400, "target-form", "the form of the target does not fit the method") \
	X(TARGET_LONG, 414, "target-long", "the target is longer than the limit") \
	X(VERSION, 505, "version", "the HTTP version is not 1.0 or 1.1") \
	X(BARE_LF, 400, "bare-lf", "a line ends in LF without CR") \
	X(BARE_CR, 400, "bare-cr", "a CR without LF") \
	X(NUL, 400, "nul", "a NUL byte in the head") \
	X(OBS_FOLD, 400, "obs-fold", "a folded header line") \
	X(FIELD_NAME, 400, "field-name", "a field name is not a token") \
	X(FIELD_NAME_SPACE, 400, "space-before-colon", "white space between field name and colon") \
	X(FIELD_VALUE, 400, "field-value", "a control character in a field value") \
	X(FIELD_MISSING_COLON, 400, "missing-colon", "a header line without a colon") \
	X(HEAD_LONG, 431, "head-long", "the head is longer than the limit") \
	X(FIELDS_MANY, 431, "fields-many", "more header fields than the limit") \
	X(HOST_MISSING, 400, "host-missing", "no Host in HTTP/1.1") \
	X(HOST_REPEATED, 400, "host-repeated", "more than one Host") \
	X(HOST_INVALID, 400, "host-invalid", "Host is not a host name or address") \
	X(HOST_MISMATCH, 400, "host-mismatch", "Host differs from the absolute target") \
	X(LENGTH_INVALID, 400, "length-invalid", "Content-Length is not digits") \
	X(LENGTH_REPEATED, 400, "length-repeated", "more than one Content-Length, or a list") \
	X(LENGTH_AND_CHUNKED, 400, "length-and-chunked", "both Content-Length and Transfer-Encoding") \
	X(TRANSFER_ENCODING, 400, "transfer-encoding", "Transfer-Encoding is not just chunked") \
	X(TRANSFER_ENCODING_1_0, 400, "transfer-encoding-1.0", "Transfer-Encoding in HTTP/1.0") \
	X(BODY_LONG, 413, "body-long", "the body is longer than the limit") \
	X(CHUNK_SIZE, 400, "chunk-size", "the chunk size is not hexadecimal, or overflows") \
	X(CHUNK_EXTENSION, 400, "chunk-extension", "chunk extensions are longer than the limit, or malformed") \
	X(CHUNK_END, 400, "chunk-end", "chunk data is not followed by CRLF") \
	X(TRAILER, 400, "trailer", "a trailer field is malformed or not allowed") \
	X(BODY_SHORT, 400, "body-short", "the connection closed before the body ended") \
	X(EXPECT, 417, "expect", "an expectation other than 100-continue") \
	X(UPGRADE, 400, "upgrade", "Upgrade without Connection: upgrade, or malformed") \
	X(STATUS_LINE, 502, "status-line", "the origin's status line is malformed") \
	X(H2_PSEUDO, 400, "h2-pseudo", "pseudo-header fields missing, repeated, unknown or after others") \
	X(H2_FIELD, 400, "h2-field", "a field that HTTP/2 forbids: upper case, connection-specific, TE other than trailers") \
	X(H2_PROTOCOL, 400, "h2-protocol", "the peer broke HTTP/2 framing") \
	X(H2_RAPID_RESET, 429, "h2-rapid-reset", "too many streams reset by the client (CVE-2023-44487)") \
	X(H2_PROVOKED_RESET, 429, "h2-provoked-reset", "too many resets provoked by the client (CVE-2025-8671)") \
	X(H2_CONTINUATION, 429, "h2-continuation", "too many CONTINUATION frames") \
	X(H2_CONTROL_FLOOD, 429, "h2-control-flood", "too many SETTINGS, PING, PRIORITY or WINDOW_UPDATE frames") \
	X(H2_EMPTY_FRAMES, 429, "h2-empty-frames", "too many empty frames") \
	X(H2_STALLED, 408, "h2-stalled", "the window stayed closed while responses waited") \
	X(NO_MEMORY, 503, "no-memory", "this request would pass the memory limit")

enum http_fault {
#define X(id, status, name, text) HTTP_FAULT_##id,
	HTTP_FAULT_LIST(X)
#undef X
	HTTP_FAULT_COUNT,
};

/* Never NULL. */
const char *http_fault_name(enum http_fault fault);
const char *http_fault_text(enum http_fault fault);
unsigned http_fault_status(enum http_fault fault);

#endif
