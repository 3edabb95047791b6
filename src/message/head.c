#include "message/head.h"

#include "base/banned.h"

static const struct span method_names[METHOD_COUNT] = {
#define X(name) [METHOD_##name] = SPAN_INIT(#name),
	METHOD_LIST(X)
#undef X
};

enum method method_of(struct span name)
{
	for (unsigned i = METHOD_OTHER + 1; i < METHOD_COUNT; i++) {
		if (span_equal(method_names[i], name))
			return (enum method)i;
	}
	return METHOD_OTHER;
}

struct span method_name(enum method method)
{
	return (unsigned)method < METHOD_COUNT ? method_names[method] : SPAN_NONE;
}

bool method_is_safe(enum method method)
{
	switch (method) {
	case METHOD_GET: case METHOD_HEAD: case METHOD_OPTIONS: case METHOD_TRACE:
	case METHOD_PROPFIND: case METHOD_REPORT: case METHOD_SEARCH:
		return true;
	case METHOD_OTHER: case METHOD_POST: case METHOD_PUT: case METHOD_DELETE: case METHOD_CONNECT: case METHOD_PATCH:
	case METHOD_PROPPATCH: case METHOD_MKCOL: case METHOD_COPY: case METHOD_MOVE: case METHOD_LOCK: case METHOD_UNLOCK:
	case METHOD_COUNT:
		break;
	}
	return false;
}

/* As the IANA method registry has it: LOCK is not, the other WebDAV methods are. */
bool method_is_idempotent(enum method method)
{
	switch (method) {
	case METHOD_PUT: case METHOD_DELETE: case METHOD_PROPPATCH: case METHOD_MKCOL: case METHOD_COPY: case METHOD_MOVE:
	case METHOD_UNLOCK:
		return true;
	case METHOD_OTHER: case METHOD_GET: case METHOD_HEAD: case METHOD_POST: case METHOD_CONNECT: case METHOD_OPTIONS:
	case METHOD_TRACE: case METHOD_PATCH: case METHOD_PROPFIND: case METHOD_LOCK: case METHOD_REPORT: case METHOD_SEARCH:
	case METHOD_COUNT:
		break;
	}
	return method_is_safe(method);
}

/* The IANA status code registry, without the unassigned. */
#define STATUS_LIST(X) \
	X(100, "Continue") X(101, "Switching Protocols") X(102, "Processing") X(103, "Early Hints") \
	X(200, "OK") X(201, "Created") X(202, "Accepted") X(203, "Non-Authoritative Information") X(204, "No Content") \
	X(205, "Reset Content") X(206, "Partial Content") X(207, "Multi-Status") X(208, "Already Reported") X(226, "IM Used") \
	X(300, "Multiple Choices") X(301, "Moved Permanently") X(302, "Found") X(303, "See Other") X(304, "Not Modified") \
	X(305, "Use Proxy") X(307, "Temporary Redirect") X(308, "Permanent Redirect") \
	X(400, "Bad Request") X(401, "Unauthorized") X(402, "Payment Required") X(403, "Forbidden") X(404, "Not Found") \
	X(405, "Method Not Allowed") X(406, "Not Acceptable") X(407, "Proxy Authentication Required") \
	X(408, "Request Timeout") X(409, "Conflict") X(410, "Gone") X(411, "Length Required") X(412, "Precondition Failed") \
	X(413, "Content Too Large") X(414, "URI Too Long") X(415, "Unsupported Media Type") X(416, "Range Not Satisfiable") \
	X(417, "Expectation Failed") X(421, "Misdirected Request") X(422, "Unprocessable Content") X(423, "Locked") \
	X(424, "Failed Dependency") X(425, "Too Early") X(426, "Upgrade Required") X(428, "Precondition Required") \
	X(429, "Too Many Requests") X(431, "Request Header Fields Too Large") X(451, "Unavailable For Legal Reasons") \
	X(500, "Internal Server Error") X(501, "Not Implemented") X(502, "Bad Gateway") X(503, "Service Unavailable") \
	X(504, "Gateway Timeout") X(505, "HTTP Version Not Supported") X(506, "Variant Also Negotiates") \
	X(507, "Insufficient Storage") X(508, "Loop Detected") X(511, "Network Authentication Required")

struct span status_reason(unsigned status)
{
	switch (status) {
#define X(number, text) case number: return SPAN(text);
	STATUS_LIST(X)
#undef X
	default:
		return SPAN("");
	}
}
