#include "packet/spared.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/read_file.h"
#include "packet/lists/file.h"
#include "packet/ssh_ports.h"

#include "base/banned.h"

#define TCP_IS_ESTABLISHED 1u
#define ROUTE_IS_GATEWAY 2u    /* RTF_GATEWAY */
#define SSH_PORT 22u
#define FIELDS_MAX 16u

const char *spared_why_name(enum spared_why why)
{
	static const char *const names[] = { "management", "origin", "ssh", "gateway", "resolver" };

	return names[why];
}

void spared_init(struct spared *spared)
{
	spared->count = spared->left_out = 0;
	spared->ssh_ports[0] = SSH_PORT;
	spared->ssh_port_count = 1;
	spared->has_more_ports = false;
}

void spared_add(struct spared *spared, const struct network *network, enum spared_why why)
{
	for (unsigned i = 0; i < spared->count; i++) {
		if (network->prefix == spared->list[i].network.prefix && address_equal(&network->address, &spared->list[i].network.address))
			return;
	}
	if (spared->count == SPARED_MAX)
		spared->left_out++;
	else
		spared->list[spared->count++] = (struct spared_one){ *network, why };
}

void spared_add_address(struct spared *spared, const struct address *address, enum spared_why why)
{
	const struct network alone = { *address, 128 };

	if (!address_is_any(address) && !address_is_loopback(address))
		spared_add(spared, &alone, why);
}

static void add_text(struct spared *spared, struct span text, enum spared_why why)
{
	struct address address;

	text = span_take(text, span_find(text, '%'));  /* fe80::1%eth0: the zone says through which interface */
	if (address_read(text, &address) == RESULT_OK)
		spared_add_address(spared, &address, why);
}

void spared_add_port(struct spared *spared, struct span text)
{
	uint64_t port;

	if (span_to_u64(text, 65535, &port) != RESULT_OK || !port)
		return;
	for (unsigned i = 0; i < spared->ssh_port_count; i++) {
		if (spared->ssh_ports[i] == port)
			return;
	}
	if (spared->ssh_port_count < SPARED_PORTS_MAX)
		spared->ssh_ports[spared->ssh_port_count++] = (uint16_t)port;
	else
		spared->has_more_ports = true;
}

/* -- words -- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The words of LINE, at most FIELDS_MAX. */
static unsigned split(struct span line, struct span out[FIELDS_MAX])
{
	unsigned count = 0;

	while (line.len && count < FIELDS_MAX) {
		size_t len = 0;

		while (line.len && is_blank(line.at[0]))
			line = span_skip(line, 1);
		while (len < line.len && !is_blank(line.at[len]))
			len++;
		if (len)
			out[count++] = span_take(line, len);
		line = span_skip(line, len);
	}
	return count;
}

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex_read(struct span text, uint64_t *out)
{
	uint64_t value = 0;

	if (!text.len || text.len > 16)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		int digit = hex_value(text.at[i]);

		if (digit < 0)
			return false;
		value = value << 4 | (uint64_t)digit;
	}
	*out = value;
	return true;
}

/* 8 digits a word, each word as the machine has it in memory: how the kernel writes addresses in /proc/net. */
static bool words_read(struct span text, struct address *out)
{
	uint32_t words[4];
	size_t count = text.len / 8;

	if (text.len != 8 && text.len != 32)
		return false;
	for (size_t i = 0; i < count; i++) {
		uint64_t word;

		if (!hex_read(span_take(span_skip(text, 8 * i), 8), &word))
			return false;
		words[i] = (uint32_t)word;
	}
	*out = (struct address){ { [10] = 0xff, [11] = 0xff } };
	memcpy(out->bytes + (count == 1 ? 12 : 0), words, 4 * count);
	return true;
}

/* -- SSH -- */

void spared_read_ssh_connection(struct spared *spared, struct span text)
{
	struct span fields[FIELDS_MAX];

	if (split(text, fields) != 4)
		return;
	add_text(spared, fields[0], SPARED_SSH);
	spared_add_port(spared, fields[3]);
}

/* "0100007F:0016" */
static bool end_read(struct span text, struct address *address, uint64_t *port)
{
	struct span first = span_cut(&text, ':');

	return words_read(first, address) && text.len <= 4 && hex_read(text, port);
}

static void read_connection(struct spared *spared, struct span line)
{
	struct span fields[FIELDS_MAX];
	struct address here, there;
	uint64_t port, other, state;

	if (split(line, fields) < 4 || !end_read(fields[1], &here, &port) || !end_read(fields[2], &there, &other) ||
	    !hex_read(fields[3], &state) || state != TCP_IS_ESTABLISHED)
		return;
	for (unsigned i = 0; i < spared->ssh_port_count; i++) {
		if (spared->ssh_ports[i] == port)
			spared_add_address(spared, &there, SPARED_SSH);
	}
}

void spared_read_tcp(struct spared *spared, struct span text)
{
	while (text.len)
		read_connection(spared, span_cut(&text, '\n'));
}

/* -- routes and resolvers -- */

/* Iface Destination Gateway Flags RefCnt Use Metric Mask ... */
void spared_read_route(struct spared *spared, struct span text)
{
	while (text.len) {
		uint64_t destination, flags, mask;
		struct span fields[FIELDS_MAX];
		struct address gateway;

		if (split(span_cut(&text, '\n'), fields) < 8)
			continue;
		if (hex_read(fields[1], &destination) && hex_read(fields[3], &flags) && hex_read(fields[7], &mask) && !destination && !mask &&
		    (flags & ROUTE_IS_GATEWAY) && fields[2].len == 8 && words_read(fields[2], &gateway))
			spared_add_address(spared, &gateway, SPARED_GATEWAY);
	}
}

/* 32 digits, byte by byte: how the kernel writes addresses in ipv6_route. */
static bool bytes_read(struct span text, struct address *out)
{
	if (text.len != 32)
		return false;
	for (size_t i = 0; i < 16; i++) {
		uint64_t byte;

		if (!hex_read(span_take(span_skip(text, 2 * i), 2), &byte))
			return false;
		out->bytes[i] = (uint8_t)byte;
	}
	return true;
}

/* Destination, its prefix, source, its prefix, next hop, metric, ... */
void spared_read_route6(struct spared *spared, struct span text)
{
	while (text.len) {
		struct address destination, gateway;
		struct span fields[FIELDS_MAX];
		uint64_t prefix;

		if (split(span_cut(&text, '\n'), fields) < 5)
			continue;
		if (bytes_read(fields[0], &destination) && hex_read(fields[1], &prefix) && !prefix && bytes_read(fields[4], &gateway))
			spared_add_address(spared, &gateway, SPARED_GATEWAY);
	}
}

void spared_read_resolv(struct spared *spared, struct span text)
{
	while (text.len) {
		struct span fields[FIELDS_MAX];

		if (split(span_cut(&text, '\n'), fields) >= 2 && span_equal(fields[0], SPAN("nameserver")))
			add_text(spared, fields[1], SPARED_RESOLVER);
	}
}

/* -- the machine -- */

static void take_file(struct spared *spared, const char *given, const char *path, bool is_needed, void (*read)(struct spared *, struct span),
                      struct complaints *complaints)
{
	const char *file = given ? given : path;
	struct buffer text;
	enum result result;

	buffer_init(&text, SPARED_FILE_BYTES);
	result = read_file(file, &text);
	if (result == RESULT_OK || result == RESULT_LIMIT)
		read(spared, buffer_span(&text));
	if (result == RESULT_LIMIT || (is_needed && result != RESULT_OK))
		complain(complaints, COMPLAINT_WARNING, (struct place){ .file = span_of(file) }, SPAN_NONE, "%s: who is in it may not be spared",
		         result == RESULT_LIMIT ? "it is longer than what is read" : result == RESULT_IO || result == RESULT_NOT_FOUND ? strerror(errno) : result_name(result));
	buffer_done(&text);
}

void spared_look(struct spared *spared, const struct spared_files *files, struct complaints *complaints)
{
	static const struct spared_files none;
	const char *connection;

	if (!files)
		files = &none;
	connection = files->ssh_connection ? files->ssh_connection : getenv("SSH_CONNECTION");
	if (connection)
		spared_read_ssh_connection(spared, span_of(connection));
	ssh_ports_look(spared, files, complaints);
	take_file(spared, files->tcp, "/proc/net/tcp", true, spared_read_tcp, complaints);
	take_file(spared, files->tcp6, "/proc/net/tcp6", false, spared_read_tcp, complaints);
	take_file(spared, files->route, "/proc/net/route", true, spared_read_route, complaints);
	take_file(spared, files->route6, "/proc/net/ipv6_route", false, spared_read_route6, complaints);
	take_file(spared, files->resolv, "/etc/resolv.conf", false, spared_read_resolv, complaints);
	/* What a stub resolver asks in its turn. */
	if (!files->resolv)
		take_file(spared, NULL, "/run/systemd/resolve/resolv.conf", false, spared_read_resolv, complaints);
	if (spared->left_out)
		complain(complaints, COMPLAINT_WARNING, (struct place){ .line = 0 }, SPAN_NONE, "%u addresses more than the %u that can be spared are left out",
		         spared->left_out, SPARED_MAX);
	if (spared->has_more_ports)
		complain(complaints, COMPLAINT_WARNING, (struct place){ .line = 0 }, SPAN("write them into packet.expose, or they are hidden"), "sshd has more ports than the %u that are kept open: the rest is left out",
		         SPARED_PORTS_MAX);
}

enum result spared_prefixes(const struct spared *spared, struct packet_prefixes *out)
{
	enum result result = RESULT_OK;

	for (unsigned i = 0; i < spared->count && result == RESULT_OK; i++)
		result = prefixes_add(out, &spared->list[i].network);
	return result;
}
