#include "net/proxy_protocol.h"

#include <stdio.h>

#include "base/banned.h"

static const char signature[12] = "\r\n\r\n\0\r\nQUIT\n";

static bool is_prefix(struct span input, const char *whole, size_t len)
{
	return memcmp(input.at, whole, input.len < len ? input.len : len) == 0;
}

/* Ports without a leading zero, addresses of the announced family, nothing more. */
static bool port_read(struct span text, uint16_t *out)
{
	uint64_t value;
	if (text.len > 1 && text.at[0] == '0')
		return false;
	if (span_to_u64(text, 65535, &value) != RESULT_OK)
		return false;
	*out = (uint16_t)value;
	return true;
}

static bool v1_address_read(struct span text, bool is_v4, struct address *out)
{
	if (text.len == 0 || text.at[0] == '[' || address_read(text, out) != RESULT_OK)
		return false;
	return is_v4 == (span_find(text, ':') == text.len);
}

static enum result v1_line_read(struct span line, struct proxy_header *header)
{
	struct proxy_header read = { .is_local = true };
	struct span rest = span_skip(line, sizeof("PROXY ") - 1);
	struct span family = span_cut(&rest, ' ');
	if (span_equal(family, SPAN("UNKNOWN"))) {
		*header = read;
		return RESULT_OK;
	}
	bool is_v4 = span_equal(family, SPAN("TCP4"));
	if (!is_v4 && !span_equal(family, SPAN("TCP6")))
		return RESULT_MALFORMED;
	struct span client = span_cut(&rest, ' '), server = span_cut(&rest, ' '), client_port = span_cut(&rest, ' ');
	if (!v1_address_read(client, is_v4, &read.source.address) || !v1_address_read(server, is_v4, &read.destination.address) ||
	    !port_read(client_port, &read.source.port) || !port_read(rest, &read.destination.port))
		return RESULT_MALFORMED;
	read.is_local = false;
	*header = read;
	return RESULT_OK;
}

/* As far as the bytes are there, they must be "PROXY " and printable up to CRLF. */
static enum result v1_read(struct span input, struct proxy_header *header, size_t *used)
{
	static const char start[] = "PROXY ";
	if (!is_prefix(input, start, sizeof(start) - 1))
		return RESULT_MALFORMED;
	struct span seen = span_take(input, PROXY_V1_MAX);
	size_t end = span_find(seen, '\r');
	for (size_t i = 0; i < end; i++)
		if (seen.at[i] < ' ' || seen.at[i] > '~')
			return RESULT_MALFORMED;
	if (end + 1 >= seen.len)
		return seen.len == PROXY_V1_MAX ? RESULT_LIMIT : RESULT_MORE;
	if (seen.at[end + 1] != '\n')
		return RESULT_MALFORMED;
	enum result result = v1_line_read(span_take(seen, end), header);
	if (result == RESULT_OK)
		*used = end + 2;
	return result;
}

static uint16_t port_at(const char *at)
{
	return (uint16_t)((unsigned)(unsigned char)at[0] << 8 | (unsigned char)at[1]);
}

static struct address v4_at(const char *at)
{
	struct address address = { { 0 } };
	address.bytes[10] = address.bytes[11] = 0xff;
	memcpy(address.bytes + 12, at, 4);
	return address;
}

static struct address v6_at(const char *at)
{
	struct address address;
	memcpy(address.bytes, at, 16);
	return address;
}

/* FAMILY is "TCP over IPv4" (0x11) or "TCP over IPv6" (0x21): datagrams and unix sockets never come to a web server. */
static enum result v2_addresses_read(unsigned family, struct span body, struct proxy_header *read)
{
	if (family == 0x11 && body.len >= 12) {
		read->source = (struct endpoint){ v4_at(body.at), port_at(body.at + 8) };
		read->destination = (struct endpoint){ v4_at(body.at + 4), port_at(body.at + 10) };
	} else if (family == 0x21 && body.len >= 36) {
		read->source = (struct endpoint){ v6_at(body.at), port_at(body.at + 32) };
		read->destination = (struct endpoint){ v6_at(body.at + 16), port_at(body.at + 34) };
	} else {
		return RESULT_MALFORMED;
	}
	read->is_local = false;
	return RESULT_OK;
}

static enum result v2_read(struct span input, struct proxy_header *header, size_t *used)
{
	struct proxy_header read = { .is_local = true };
	if (!is_prefix(input, signature, sizeof(signature)))
		return RESULT_MALFORMED;
	unsigned command = input.len > 12 ? (unsigned char)input.at[12] : 0x20;
	if (command != 0x20 && command != 0x21)
		return RESULT_MALFORMED;
	if (input.len < PROXY_V2_HEADER)
		return RESULT_MORE;
	size_t length = port_at(input.at + 14);
	if (length > PROXY_V2_MAX)
		return RESULT_LIMIT;
	if (input.len < PROXY_V2_HEADER + length)
		return RESULT_MORE;
	unsigned family = (unsigned char)input.at[13];
	/* LOCAL: whatever follows is to be skipped. UNSPEC (0x00): the same. */
	if (command == 0x21 && family != 0) {
		enum result result = v2_addresses_read(family, span_make(input.at + PROXY_V2_HEADER, length), &read);
		if (result != RESULT_OK)
			return result;
	}
	*header = read;
	*used = PROXY_V2_HEADER + length;
	return RESULT_OK;
}

enum result proxy_header_read(struct span input, struct proxy_header *header, size_t *used)
{
	if (input.len == 0)
		return RESULT_MORE;
	return input.at[0] == 'P' ? v1_read(input, header, used) : v2_read(input, header, used);
}

static bool is_v4(const struct proxy_header *header)
{
	return address_is_v4(&header->source.address) && address_is_v4(&header->destination.address);
}

/* address_write shortens ::ffff:a.b.c.d to a.b.c.d, which would not be an address of TCP6. */
static void v6_text(const struct address *address, char out[ADDRESS_TEXT_MAX + 8])
{
	char text[ADDRESS_TEXT_MAX];
	address_write(address, text);
	(void)snprintf(out, ADDRESS_TEXT_MAX + 8, "%s%s", address_is_v4(address) ? "::ffff:" : "", text);
}

static enum result v1_write(const struct proxy_header *header, struct buffer *out)
{
	char source[ADDRESS_TEXT_MAX + 8], destination[ADDRESS_TEXT_MAX + 8];
	if (header->is_local)
		return buffer_append(out, SPAN("PROXY UNKNOWN\r\n"));
	if (is_v4(header)) {
		address_write(&header->source.address, source);
		address_write(&header->destination.address, destination);
	} else {
		v6_text(&header->source.address, source);
		v6_text(&header->destination.address, destination);
	}
	return buffer_print(out, "PROXY %s %s %s %u %u\r\n", is_v4(header) ? "TCP4" : "TCP6", source, destination,
	                    header->source.port, header->destination.port);
}

static enum result v2_write(const struct proxy_header *header, struct buffer *out)
{
	char bytes[PROXY_V2_HEADER + 36], *at = bytes + PROXY_V2_HEADER;
	size_t address = is_v4(header) ? 4 : 16, length = header->is_local ? 0 : address * 2 + 4;
	memcpy(bytes, signature, sizeof(signature));
	bytes[12] = header->is_local ? 0x20 : 0x21;
	bytes[13] = (char)(header->is_local ? 0 : is_v4(header) ? 0x11 : 0x21);
	bytes[14] = 0;
	bytes[15] = (char)length;
	memcpy(at, header->source.address.bytes + 16 - address, address);
	memcpy(at + address, header->destination.address.bytes + 16 - address, address);
	at += address * 2;
	at[0] = (char)(header->source.port >> 8);
	at[1] = (char)header->source.port;
	at[2] = (char)(header->destination.port >> 8);
	at[3] = (char)header->destination.port;
	return buffer_append(out, span_make(bytes, PROXY_V2_HEADER + length));
}

enum result proxy_header_write(int version, const struct proxy_header *header, struct buffer *out)
{
	return version == 1 ? v1_write(header, out) : v2_write(header, out);
}
