/* message/: what an HTTP message is, whatever version carried it. The readers of http/ fill these structures, the
 * rules of waf/ look at them, the writers of http/ print them. Nothing here reads a socket or knows a site.
 *
 * A field: one header or trailer line. Known names carry an id, so that no one compares text twice.
 *
 * Shape    name: token of RFC 9110, section 5.6.2, as it came (HTTP/2 sends lower case); value: OWS removed
 * Limits   the list is born with its maximum
 * Owns     the list lives in the arena given at birth; spans point where the reader says
 */
#ifndef BOUCLIER_MESSAGE_FIELD_H
#define BOUCLIER_MESSAGE_FIELD_H

#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

/* Every name the house looks at. X(ID, "name") in alphabetical order. */
#define FIELD_LIST(X) \
	X(ACCEPT, "accept") \
	X(ACCEPT_ENCODING, "accept-encoding") \
	X(ACCEPT_LANGUAGE, "accept-language") \
	X(AGE, "age") \
	X(AUTHORIZATION, "authorization") \
	X(CACHE_CONTROL, "cache-control") \
	X(CACHE_STATUS, "cache-status") \
	X(CACHE_TAG, "cache-tag") \
	X(CDN_LOOP, "cdn-loop") \
	X(CLIENT_CERT, "client-cert") \
	X(CLIENT_CERT_CHAIN, "client-cert-chain") \
	X(CONNECTION, "connection") \
	X(CONTENT_ENCODING, "content-encoding") \
	X(CONTENT_LENGTH, "content-length") \
	X(CONTENT_RANGE, "content-range") \
	X(CONTENT_SECURITY_POLICY, "content-security-policy") \
	X(CONTENT_TYPE, "content-type") \
	X(COOKIE, "cookie") \
	X(DATE, "date") \
	X(ETAG, "etag") \
	X(EXPECT, "expect") \
	X(EXPIRES, "expires") \
	X(FORWARDED, "forwarded") \
	X(HOST, "host") \
	X(HTTP2_SETTINGS, "http2-settings") \
	X(IF_MATCH, "if-match") \
	X(IF_MODIFIED_SINCE, "if-modified-since") \
	X(IF_NONE_MATCH, "if-none-match") \
	X(IF_RANGE, "if-range") \
	X(IF_UNMODIFIED_SINCE, "if-unmodified-since") \
	X(KEEP_ALIVE, "keep-alive") \
	X(LAST_MODIFIED, "last-modified") \
	X(LOCATION, "location") \
	X(ORIGIN, "origin") \
	X(PRAGMA, "pragma") \
	X(PRIORITY, "priority") \
	X(PROXY_AUTHENTICATE, "proxy-authenticate") \
	X(PROXY_AUTHORIZATION, "proxy-authorization") \
	X(PROXY_CONNECTION, "proxy-connection") \
	X(RANGE, "range") \
	X(REFERER, "referer") \
	X(REFERRER_POLICY, "referrer-policy") \
	X(RETRY_AFTER, "retry-after") \
	X(SEC_WEBSOCKET_ACCEPT, "sec-websocket-accept") \
	X(SEC_WEBSOCKET_KEY, "sec-websocket-key") \
	X(SEC_WEBSOCKET_VERSION, "sec-websocket-version") \
	X(SERVER, "server") \
	X(SET_COOKIE, "set-cookie") \
	X(STRICT_TRANSPORT_SECURITY, "strict-transport-security") \
	X(SURROGATE_KEY, "surrogate-key") \
	X(TE, "te") \
	X(TRAILER, "trailer") \
	X(TRANSFER_ENCODING, "transfer-encoding") \
	X(UPGRADE, "upgrade") \
	X(USER_AGENT, "user-agent") \
	X(VARY, "vary") \
	X(VIA, "via") \
	X(X_CONTENT_TYPE_OPTIONS, "x-content-type-options") \
	X(X_FORWARDED_FOR, "x-forwarded-for") \
	X(X_FORWARDED_HOST, "x-forwarded-host") \
	X(X_FORWARDED_PORT, "x-forwarded-port") \
	X(X_FORWARDED_PROTO, "x-forwarded-proto") \
	X(X_FRAME_OPTIONS, "x-frame-options") \
	X(X_REAL_IP, "x-real-ip") \
	X(X_REQUEST_ID, "x-request-id")

enum field_id {
	FIELD_OTHER,
#define X(id, text) FIELD_##id,
	FIELD_LIST(X)
#undef X
	FIELD_COUNT,
};

struct field {
	struct span name, value;
	enum field_id id;
};

struct fields {
	struct arena *arena;
	struct field *list;
	unsigned count, size, max;
};

/* The id of NAME, in any case; FIELD_OTHER when it is not in the list. */
enum field_id field_id_of(struct span name);
/* Lower-case name of a known id; empty for FIELD_OTHER. */
struct span field_name(enum field_id id);

void fields_init(struct fields *fields, struct arena *arena, unsigned max);
/* RESULT_LIMIT past the maximum, RESULT_NO_MEMORY past the arena. */
enum result fields_add(struct fields *fields, enum field_id id, struct span name, struct span value) must_check;
/* Makes room for one more; what fields_add does when the list is full. */
enum result fields_grow(struct fields *fields) must_check;
/* fields_add for the readers' inner loop. */
static inline enum result fields_add_inline(struct fields *fields, enum field_id id, struct span name, struct span value)
{
	if (__builtin_expect(fields->count == fields->size, 0)) {
		enum result result = fields_grow(fields);

		if (result != RESULT_OK)
			return result;
	}
	fields->list[fields->count++] = (struct field){ name, value, id };
	return RESULT_OK;
}
/* The first with this id, or NULL. */
const struct field *fields_find(const struct fields *fields, enum field_id id);
/* The same by name, any case. */
const struct field *fields_find_name(const struct fields *fields, struct span name);
/* How many have this id. */
unsigned fields_count(const struct fields *fields, enum field_id id);
/* Is TOKEN, any case, a member of the comma-separated list that all fields with this id form (RFC 9110, 5.6.1)? */
bool fields_has_token(const struct fields *fields, enum field_id id, struct span token);
/* The same in one list. */
bool list_has_token(struct span list, struct span token);

#endif
