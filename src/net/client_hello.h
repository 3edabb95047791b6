/* Reads a TLS ClientHello from the first bytes of a connection, before any TLS object exists: who is asked for (SNI), which
 * protocols are offered (ALPN), and the JA4 fingerprint.
 *
 * Shape   one or more handshake records (type 22) that together hold one ClientHello message
 * Source  RFC 8446, sections 4.1.2, 4.2 and 5.1; RFC 6066, section 3 (SNI); RFC 7301 (ALPN); RFC 8701 (GREASE);
 *         JA4: the published description "JA4: TLS Client Fingerprinting" (BSD 3-Clause)
 * Limits  the message is at most CLIENT_HELLO_MAX bytes in at most CLIENT_HELLO_RECORDS_MAX records
 * Owns    nothing: spans point into INPUT, or into SCRATCH when the message was cut over several records
 * Threads pure functions
 */
#ifndef BOUCLIER_NET_CLIENT_HELLO_H
#define BOUCLIER_NET_CLIENT_HELLO_H

#include "base/buffer.h"
#include "base/span.h"

#define CLIENT_HELLO_MAX 65536u
#define CLIENT_HELLO_RECORDS_MAX 32u
/* The most bytes that may have to be collected before client_hello_read can say OK. */
#define CLIENT_HELLO_INPUT_MAX (CLIENT_HELLO_MAX + 4 + CLIENT_HELLO_RECORDS_MAX * 5)

struct client_hello {
	struct span sni;             /* host name as sent, at most 255 bytes; empty: none */
	bool has_sni;                /* the extension is there, whatever it holds */
	struct span alpn;            /* list of (length byte, name); empty: none */
	uint16_t legacy_version;
	uint16_t version;            /* the highest of supported_versions, or legacy_version without it */
	struct span ciphers;         /* two bytes each, as sent */
	struct span extensions;      /* (type 2, length 2, bytes), in order */
	struct span signature_algorithms; /* two bytes each */
};

/* RESULT_OK         HELLO is set; it stays valid as long as INPUT and SCRATCH
 * RESULT_MORE       INPUT is a proper prefix: call again with all of it and more
 * RESULT_LIMIT      larger than the limits allow
 * RESULT_MALFORMED  not a ClientHello
 * RESULT_NO_MEMORY  SCRATCH could not grow
 * HELLO is untouched unless RESULT_OK. SCRATCH needs a maximum of CLIENT_HELLO_MAX + 4; it stays empty for the usual
 * message in one record. */
enum result client_hello_read(struct span input, struct buffer *scratch, struct client_hello *hello) must_check;

/* RFC 8701 values, which clients send so that nobody relies on a fixed list. */
static inline bool tls_is_grease(unsigned value)
{
	return (value & 0x0f0f) == 0x0a0a && (value >> 8) == (value & 0xff);
}

#define JA4_LEN 36u
/* "t13d1516h2_8daaf6152771_e5627efa2ab1", no NUL. RESULT_LIMIT for more than 1,024 ciphers or extensions (no client
 * sends so many: no fingerprint then); RESULT_NO_MEMORY when hashing fails. */
enum result ja4_write(const struct client_hello *hello, char out[JA4_LEN]) must_check;

#endif
