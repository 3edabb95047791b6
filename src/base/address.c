#include "base/address.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/banned.h"

#define V4_PREFIX_BITS 96u

static const uint8_t v4_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

bool address_is_v4(const struct address *address)
{
	return memcmp(address->bytes, v4_prefix, sizeof(v4_prefix)) == 0;
}

bool address_equal(const struct address *a, const struct address *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool address_is_loopback(const struct address *address)
{
	static const uint8_t v6_loopback[16] = { [15] = 1 };

	if (address_is_v4(address))
		return address->bytes[12] == 127;
	return memcmp(address->bytes, v6_loopback, sizeof(v6_loopback)) == 0;
}

bool address_is_private(const struct address *address)
{
	const uint8_t *b = address->bytes, *v4 = b + 12;

	if (address_is_loopback(address))
		return true;
	if (!address_is_v4(address))
		return (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80);
	return v4[0] == 10 || (v4[0] == 172 && (v4[1] & 0xf0) == 16) || (v4[0] == 192 && v4[1] == 168) || (v4[0] == 100 && (v4[1] & 0xc0) == 64) ||
	       (v4[0] == 169 && v4[1] == 254);
}

bool address_is_any(const struct address *address)
{
	static const uint8_t zero[16];

	return memcmp(address->bytes + 12, zero, 4) == 0 && (address_is_v4(address) || memcmp(address->bytes, zero, 16) == 0);
}

enum result address_read(struct span text, struct address *out)
{
	char copy[ADDRESS_TEXT_MAX];
	struct address read;

	if (text.len >= 2 && text.at[0] == '[' && text.at[text.len - 1] == ']') {
		text = span_make(text.at + 1, text.len - 2);
		if (span_find(text, ':') == text.len)
			return RESULT_MALFORMED;
	}
	if (span_to_text(text, copy, sizeof(copy)) != RESULT_OK)
		return RESULT_MALFORMED;
	if (inet_pton(AF_INET6, copy, read.bytes) != 1) {
		memcpy(read.bytes, v4_prefix, sizeof(v4_prefix));
		if (inet_pton(AF_INET, copy, read.bytes + 12) != 1)
			return RESULT_MALFORMED;
	}
	*out = read;
	return RESULT_OK;
}

void address_write(const struct address *address, char out[ADDRESS_TEXT_MAX])
{
	size_t at = 0;

	if (!address_is_v4(address)) {
		inet_ntop(AF_INET6, address->bytes, out, ADDRESS_TEXT_MAX);
		return;
	}
	for (unsigned i = 12; i < 16; i++) {  /* with every request: inet_ntop would ask printf */
		at += decimal_write(address->bytes[i], out + at);
		out[at++] = i < 15 ? '.' : 0;
	}
}

/* Clears every bit from PREFIX on. */
static struct address keep_bits(struct address address, unsigned prefix)
{
	for (unsigned i = 0; i < 16; i++) {
		if (prefix >= (i + 1) * 8)
			continue;
		address.bytes[i] &= (uint8_t)(prefix <= i * 8 ? 0 : 0xff00u >> (prefix - i * 8));
	}
	return address;
}

struct address address_truncate(struct address address)
{
	return keep_bits(address, address_is_v4(&address) ? 96 + 24 : 48);
}

enum result network_read(struct span text, struct network *out)
{
	size_t slash = span_find(text, '/');
	struct network read;
	struct address kept;
	uint64_t prefix = 128;
	bool is_v4;

	if (address_read(span_take(text, slash), &read.address) != RESULT_OK)
		return RESULT_MALFORMED;
	is_v4 = address_is_v4(&read.address) && span_find(span_take(text, slash), ':') == slash;
	if (slash < text.len) {
		if (span_to_u64(span_skip(text, slash + 1), is_v4 ? 32 : 128, &prefix) != RESULT_OK)
			return RESULT_MALFORMED;
		prefix += is_v4 ? 96 : 0;
	}
	kept = keep_bits(read.address, (unsigned)prefix);
	if (!address_equal(&kept, &read.address))
		return RESULT_MALFORMED;
	read.prefix = (uint8_t)prefix;
	*out = read;
	return RESULT_OK;
}

void network_write(const struct network *network, char out[NETWORK_TEXT_MAX])
{
	char address[ADDRESS_TEXT_MAX];
	bool is_v4 = address_is_v4(&network->address) && network->prefix >= 96;

	address_write(&network->address, address);
	snprintf(out, NETWORK_TEXT_MAX, "%s/%u", address, network->prefix - (is_v4 ? 96u : 0u));
}

bool network_contains(const struct network *network, const struct address *address)
{
	unsigned whole = network->prefix / 8;
	unsigned rest = network->prefix % 8;

	if (network->prefix < V4_PREFIX_BITS && address_is_v4(address))
		return false;  /* IPv4 lies within ::/0 only because of how this house writes it down */
	if (memcmp(network->address.bytes, address->bytes, whole) != 0)
		return false;
	return rest == 0 || ((network->address.bytes[whole] ^ address->bytes[whole]) & (0xff00u >> rest) & 0xffu) == 0;
}

bool networks_overlap(const struct network *a, const struct network *b)
{
	return a->prefix <= b->prefix ? network_contains(a, &b->address) : network_contains(b, &a->address);
}

enum result endpoint_read(struct span text, struct endpoint *out)
{
	size_t colon = span_find_last(text, ':');
	struct span host = span_take(text, colon);
	struct endpoint read;
	uint64_t port;

	if (colon == text.len || host.len == 0)
		return RESULT_MALFORMED;
	if (host.at[0] != '[' && span_find(host, ':') < host.len)  /* ::1:443 says nothing about where the port starts */
		return RESULT_MALFORMED;
	if (address_read(host, &read.address) != RESULT_OK)
		return RESULT_MALFORMED;
	if (span_to_u64(span_skip(text, colon + 1), 65535, &port) != RESULT_OK || port == 0)
		return RESULT_MALFORMED;
	read.port = (uint16_t)port;
	*out = read;
	return RESULT_OK;
}

void endpoint_write(const struct endpoint *endpoint, char out[ENDPOINT_TEXT_MAX])
{
	char address[ADDRESS_TEXT_MAX];

	address_write(&endpoint->address, address);
	snprintf(out, ENDPOINT_TEXT_MAX, address_is_v4(&endpoint->address) ? "%s:%u" : "[%s]:%u", address, endpoint->port);
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && address_equal(&a->address, &b->address);
}

socklen_t endpoint_to_socket(const struct endpoint *endpoint, struct sockaddr_storage *out)
{
	memset(out, 0, sizeof(*out));
	if (address_is_v4(&endpoint->address)) {
		struct sockaddr_in *v4 = (struct sockaddr_in *)out;

		v4->sin_family = AF_INET;
		v4->sin_port = htons(endpoint->port);
		memcpy(&v4->sin_addr, endpoint->address.bytes + 12, 4);
		return sizeof(*v4);
	}
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(endpoint->port);
	memcpy(&v6->sin6_addr, endpoint->address.bytes, 16);
	return sizeof(*v6);
}

enum result endpoint_from_socket(const struct sockaddr *from, struct endpoint *out)
{
	if (from->sa_family == AF_INET) {
		const struct sockaddr_in *v4 = (const void *)from;

		memcpy(out->address.bytes, v4_prefix, sizeof(v4_prefix));
		memcpy(out->address.bytes + 12, &v4->sin_addr, 4);
		out->port = ntohs(v4->sin_port);
		return RESULT_OK;
	}
	if (from->sa_family == AF_INET6) {
		const struct sockaddr_in6 *v6 = (const void *)from;

		memcpy(out->address.bytes, &v6->sin6_addr, 16);
		out->port = ntohs(v6->sin6_port);
		return RESULT_OK;
	}
	return RESULT_MALFORMED;
}
