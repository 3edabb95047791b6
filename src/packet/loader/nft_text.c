#include "packet/loader/nft_text.h"

#include <stdio.h>

#include "packet/layout.h"

#include "base/banned.h"

#define PRINT(...) \
	do { \
		enum result printed_result = buffer_print(out, __VA_ARGS__); \
		if (printed_result != RESULT_OK) \
			return printed_result; \
	} while (0)

static enum result write_mask(unsigned length, bool is_v4, struct buffer *out)
{
	struct address mask = { { [10] = is_v4 ? 0xff : 0, [11] = is_v4 ? 0xff : 0 } };
	char text[ADDRESS_TEXT_MAX];

	for (unsigned i = 0; i < length; i++)
		mask.bytes[(is_v4 ? 12 : 0) + i / 8] |= (uint8_t)(0x80 >> i % 8);
	address_write(&mask, text);
	return buffer_append(out, span_of(text));
}

/* What a set is made of: networks of one length. */
struct of_length {
	const struct packet_prefixes *prefixes;
	unsigned length;      /* in the family's own bits */
	bool is_v4;
};

/* Calls for each network of that length; with OUT NULL it only counts. */
static enum result write_elements(const struct of_length *of, struct buffer *out, size_t *count)
{
	char text[ADDRESS_TEXT_MAX];
	enum result result = RESULT_OK;
	struct network network;

	*count = 0;
	for (size_t i = 0; of->is_v4 && i < of->prefixes->v4_count && result == RESULT_OK; i++) {
		struct packet_range range = of->prefixes->v4[i];
		bool goes_on = true;

		while (goes_on && result == RESULT_OK) {
			goes_on = range_cut(&range, &network);
			if (network.prefix != 96 + of->length)
				continue;
			address_write(&network.address, text);
			if (out)
				result = buffer_print(out, "%s%s", *count ? "," : "", text);
			++*count;
		}
	}
	for (size_t i = 0; !of->is_v4 && i < of->prefixes->v6_count && result == RESULT_OK; i++) {
		if (of->prefixes->v6[i].prefix != of->length)
			continue;
		address_write(&of->prefixes->v6[i].address, text);
		if (out)
			result = buffer_print(out, "%s%s", *count ? "," : "", text);
		++*count;
	}
	return result;
}

static enum result write_sets(const char *name, const struct packet_prefixes *prefixes, struct buffer *out)
{
	for (unsigned is_v4 = 0; is_v4 < 2; is_v4++) {
		for (unsigned length = 0; length <= (is_v4 ? 32u : 128u); length++) {
			const struct of_length of = { prefixes, length, is_v4 };
			enum result result;
			size_t count;

			result = write_elements(&of, NULL, &count);
			if (result != RESULT_OK)
				return result;
			if (!count)
				continue;
			PRINT("\tset %s%u_%u {\n\t\ttype %s\n\t\telements = { ", name, is_v4 ? 4 : 6, length, is_v4 ? "ipv4_addr" : "ipv6_addr");
			result = write_elements(&of, out, &count);
			if (result != RESULT_OK)
				return result;
			PRINT(" }\n\t}\n");
		}
	}
	return RESULT_OK;
}

static enum result write_lookups(const char *name, const struct packet_prefixes *prefixes, const char *verdict, struct buffer *out)
{
	for (unsigned is_v4 = 0; is_v4 < 2; is_v4++) {
		for (unsigned length = 0; length <= (is_v4 ? 32u : 128u); length++) {
			const struct of_length of = { prefixes, length, is_v4 };
			enum result result;
			size_t count;

			result = write_elements(&of, NULL, &count);
			if (result != RESULT_OK || !count)
				continue;
			PRINT("\t\t%s saddr & ", is_v4 ? "ip" : "ip6");
			result = write_mask(length, is_v4, out);
			if (result != RESULT_OK)
				return result;
			PRINT(" @%s%u_%u %s\n", name, is_v4 ? 4 : 6, length, verdict);
		}
	}
	return RESULT_OK;
}

static enum result write_ports(const uint64_t *words, struct buffer *out)
{
	bool is_first = true;

	PRINT("{ ");
	for (unsigned port = 1; port < 65536; port++) {
		if (!(words[port / 64] >> port % 64 & 1))
			continue;
		PRINT("%s%u", is_first ? "" : ", ", port);
		is_first = false;
	}
	PRINT(" }");
	return RESULT_OK;
}

static bool has_port(const uint64_t *words)
{
	for (unsigned i = 0; i < PACKET_PORT_WORDS; i++) {
		if (words[i])
			return true;
	}
	return false;
}

static enum result write_port_rules(const struct nft_wish *wish, const char *end, struct buffer *out)
{
	enum result result = RESULT_OK;

	if (has_port(wish->reflectors)) {
		PRINT("\t\tudp sport ");
		result = write_ports(wish->reflectors, out);
		PRINT(" counter name reflected %s\n", end);
	}
	if (wish->exposed_tcp && has_port(wish->exposed_tcp) && result == RESULT_OK) {
		PRINT("\t\ttcp flags & (syn | ack) == syn tcp dport != ");
		result = write_ports(wish->exposed_tcp, out);
		PRINT(" counter name not_exposed %s\n", end);
	}
	return result;
}

static enum result write_chain(const struct nft_wish *wish, struct buffer *out)
{
	const char *end = wish->observes ? "accept" : "drop";
	char denied[64];
	enum result result;

	PRINT("\tchain ingress {\n\t\ttype filter hook ingress devices = { ");
	for (unsigned i = 0; i < wish->interface_count; i++)
		PRINT("%s\"%s\"", i ? ", " : "", wish->interfaces[i]);
	PRINT(" } priority -500; policy accept;\n");
	PRINT("\t\ticmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept\n"
	      "\t\tudp sport 67 udp dport 68 accept\n\t\tudp sport 547 udp dport 546 accept\n");
	result = write_lookups("allowed", wish->allowed, "counter name allowed accept", out);
	if (result != RESULT_OK)
		return result;
	snprintf(denied, sizeof(denied), "counter name denied %s", end);
	result = write_lookups("denied", wish->denied, denied, out);
	if (result != RESULT_OK)
		return result;
	result = write_port_rules(wish, end, out);
	if (result == RESULT_OK)
		PRINT("\t}\n");
	return result;
}

enum result nft_text_write(const struct nft_wish *wish, struct buffer *out)
{
	enum result result;

	/* "add" first, so that there is one to delete. */
	PRINT("add table netdev bouclier\ndelete table netdev bouclier\ntable netdev bouclier {\n");
	PRINT("\tcounter allowed { }\n\tcounter denied { }\n\tcounter reflected { }\n\tcounter not_exposed { }\n");
	result = write_sets("allowed", wish->allowed, out);
	if (result == RESULT_OK)
		result = write_sets("denied", wish->denied, out);
	if (result == RESULT_OK)
		result = write_chain(wish, out);
	if (result == RESULT_OK)
		PRINT("}\n");
	return result;
}
