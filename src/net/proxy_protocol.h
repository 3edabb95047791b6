/* The PROXY protocol: who the client is, told by a proxy in front of us before the first byte of the connection; and the
 * same told by us to an origin. Strict: whoever asks for it on a listener gets nothing else (a connection without the
 * header is refused, or anyone could leave it out).
 *
 * Shape   v1: "PROXY TCP4 192.0.2.1 192.0.2.2 1234 443\r\n"   v2: 12 bytes of signature, version and command, family, length
 * Source  "The PROXY protocol, versions 1 & 2", haproxy.org, 2020/03/05
 * Limits  v1 at most PROXY_V1_MAX bytes; v2 at most 16 bytes and PROXY_V2_MAX of addresses and TLVs (which are skipped)
 * Threads pure functions
 */
#ifndef BOUCLIER_NET_PROXY_PROTOCOL_H
#define BOUCLIER_NET_PROXY_PROTOCOL_H

#include "base/address.h"
#include "base/buffer.h"
#include "base/span.h"

#define PROXY_V1_MAX 107u
#define PROXY_V2_HEADER 16u
#define PROXY_V2_MAX 4096u
/* What must be collected at most before proxy_header_read says something else than MORE. */
#define PROXY_INPUT_MAX (PROXY_V2_HEADER + PROXY_V2_MAX)

struct proxy_header {
	bool is_local;               /* LOCAL, UNKNOWN or UNSPEC: the connection's own addresses count (a health check) */
	struct endpoint source;      /* where the connection came from */
	struct endpoint destination; /* where it went to */
};

/* RESULT_OK         HEADER is set, USED are its bytes at the front of INPUT
 * RESULT_MORE       a proper prefix of a header
 * RESULT_LIMIT      longer than the limits
 * RESULT_MALFORMED  no PROXY header
 * HEADER and USED are untouched unless RESULT_OK. */
enum result proxy_header_read(struct span input, struct proxy_header *header, size_t *used) must_check;

/* Appends the bytes for HEADER; VERSION is 1 or 2. When one address is IPv4 and the other is not, both are written as IPv6
 * (v1: ::ffff:a.b.c.d). */
enum result proxy_header_write(int version, const struct proxy_header *header, struct buffer *out) must_check;

#endif
