/* IP addresses, networks and endpoints as values. IPv4 is kept as ::ffff:a.b.c.d, so that one comparison serves both.
 *
 * Source   RFC 4291, 4632, 5952 (text form)
 * Threads  values; safe anywhere
 */
#ifndef BOUCLIER_BASE_ADDRESS_H
#define BOUCLIER_BASE_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/span.h"

struct address {
	uint8_t bytes[16];
};

struct network {
	struct address address;  /* host bits are zero */
	uint8_t prefix;          /* 0..128, of the 16-byte form: an IPv4 /8 is 104 */
};

struct endpoint {
	struct address address;
	uint16_t port;           /* host order */
};

#define ADDRESS_TEXT_MAX 46   /* with NUL */
#define ENDPOINT_TEXT_MAX 54  /* "[address]:port" with NUL */
#define NETWORK_TEXT_MAX 50

bool address_is_v4(const struct address *address);
bool address_equal(const struct address *a, const struct address *b);
bool address_is_loopback(const struct address *address);
/* Of no network outside: RFC 1918, 6598 (shared), 3927 and 4291 (of the link), 4193; loopback too. */
bool address_is_private(const struct address *address);
/* 0.0.0.0 or :: */
bool address_is_any(const struct address *address);

/* "192.0.2.1", "2001:db8::1", also "[2001:db8::1]". No zone, no port. */
enum result address_read(struct span text, struct address *out) must_check;
void address_write(const struct address *address, char out[ADDRESS_TEXT_MAX]);
/* Keeps the first bits: /24 of IPv4, /48 of IPv6 (what "truncated" means in a log). */
struct address address_truncate(struct address address);

/* "10.0.0.0/8", "2001:db8::/32", or one address. Host bits that are set are RESULT_MALFORMED. */
enum result network_read(struct span text, struct network *out) must_check;
void network_write(const struct network *network, char out[NETWORK_TEXT_MAX]);
/* A network of one family holds nothing of the other: ::/0 is all of IPv6, 0.0.0.0/0 all of IPv4. */
bool network_contains(const struct network *network, const struct address *address);
/* They share an address. */
bool networks_overlap(const struct network *a, const struct network *b);

/* "127.0.0.1:443", "[::1]:443". The port is mandatory, 1..65535. */
enum result endpoint_read(struct span text, struct endpoint *out) must_check;
void endpoint_write(const struct endpoint *endpoint, char out[ENDPOINT_TEXT_MAX]);
bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);

/* Length of what was written to OUT. IPv4 comes out as AF_INET. */
socklen_t endpoint_to_socket(const struct endpoint *endpoint, struct sockaddr_storage *out);
/* RESULT_MALFORMED for anything but AF_INET and AF_INET6. */
enum result endpoint_from_socket(const struct sockaddr *from, struct endpoint *out) must_check;

#endif
