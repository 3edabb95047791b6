/* Packets from a line of words, so that tables of examples can be read.
 *
 *   from ADDRESS, to ADDRESS   before the IP header; otherwise 198.51.100.7 to 192.0.2.1, 2001:db8:7::7 to 2001:db8::1
 *   tag, stag                  a VLAN tag, a service tag
 *   v4, v6, type HEX           an IP header; some other EtherType
 *   hops N, words N            TTL or hop limit; IPv4 options of N words
 *   part OFFSET MORE           of IPv4: a fragment; of IPv6: its header
 *   hop, dst, route TYPE, ah   extension headers of IPv6
 *   tcp FROM TO FLAGS          FLAGS of "FSRPAU" or "-"; seq N and ack N behind it
 *   mss N, scale N, sack, time N, nop, eol, option HEX   options of that TCP header, padded to words at the end
 *   udp FROM TO, icmp TYPE CODE, proto N
 *   body N, hex HEX            what is carried
 *   end                        lengths and the checksum of the IP header are set (otherwise at the end of the line); then
 *   pad N, cut N               bytes behind the packet, bytes less of the frame
 *   poke n|t|f AT HEX          bytes of the network header, of the transport header, of the frame
 */
#ifndef BOUCLIER_TESTS_PACKET_RECIPE_H
#define BOUCLIER_TESTS_PACKET_RECIPE_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"

#define RECIPE_MAX 2048

struct recipe {
	uint8_t byte[RECIPE_MAX];
	size_t len, network, transport;
	size_t type_at, next_at;          /* where the next header's type goes: EtherType, protocol */
	int version;
	bool is_ended, has_own_addresses[2];
	uint8_t protocol;
	struct address address[2];
};

static inline void recipe_put(struct recipe *recipe, size_t at, unsigned width, uint64_t value)
{
	assert(at + width <= RECIPE_MAX);
	for (unsigned i = 0; i < width; i++)
		recipe->byte[at + i] = (uint8_t)(value >> (8 * (width - 1 - i)));
}

static inline size_t recipe_add(struct recipe *recipe, size_t bytes)
{
	size_t at = recipe->len;

	assert(at + bytes <= RECIPE_MAX);
	memset(recipe->byte + at, 0, bytes);
	recipe->len += bytes;
	return at;
}

static inline void recipe_hex(struct recipe *recipe, size_t at, const char *hex)
{
	for (; hex[0] && hex[1]; hex += 2, at++) {
		char two[3] = { hex[0], hex[1], 0 };

		recipe_put(recipe, at, 1, strtoul(two, NULL, 16));
	}
}

static inline void recipe_start(struct recipe *recipe)
{
	memset(recipe, 0, sizeof(*recipe));
	recipe_add(recipe, 14);
	recipe_hex(recipe, 0, "020000000001" "020000000002");
	recipe->type_at = 12;
}

static inline uint16_t recipe_checksum(const uint8_t *at, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)at[i] << 8 | (i + 1 < len ? at[i + 1] : 0);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static inline void recipe_pad_options(struct recipe *recipe)
{
	if (recipe->protocol != 6 || !recipe->transport)
		return;
	while ((recipe->len - recipe->transport) % 4)
		recipe_add(recipe, 1);
	recipe_put(recipe, recipe->transport + 12, 1, (recipe->len - recipe->transport) / 4 << 4);
	recipe->protocol = 0;
}

static inline void recipe_end(struct recipe *recipe)
{
	uint8_t *ip = recipe->byte + recipe->network;
	size_t transport = recipe->len - recipe->transport;

	if (recipe->is_ended || !recipe->version)
		return;
	recipe->is_ended = true;
	if (recipe->protocol == 17)
		recipe_put(recipe, recipe->transport + 4, 2, transport);
	recipe_pad_options(recipe);
	if (recipe->version == 6) {
		recipe_put(recipe, recipe->network + 4, 2, recipe->len - recipe->network - 40);
		return;
	}
	recipe_put(recipe, recipe->network + 2, 2, recipe->len - recipe->network);
	recipe_put(recipe, recipe->network + 10, 2, recipe_checksum(ip, (ip[0] & 15u) * 4, 0));
}

static inline void recipe_ip(struct recipe *recipe, int version)
{
	static const char *const ours[2][2] = { { "198.51.100.7", "192.0.2.1" }, { "2001:db8:7::7", "2001:db8::1" } };
	size_t at = recipe_add(recipe, version == 4 ? 20 : 40);

	for (int i = 0; i < 2; i++)
		if (!recipe->has_own_addresses[i] && address_read(span_of(ours[version == 6][i]), &recipe->address[i]) != RESULT_OK)
			abort();
	recipe_put(recipe, recipe->type_at, 2, version == 4 ? 0x0800 : 0x86dd);
	recipe->version = version;
	recipe->network = at;
	recipe->next_at = at + (version == 4 ? 9 : 6);
	recipe_put(recipe, at, 1, version == 4 ? 0x45 : 0x60);
	recipe_put(recipe, at + (version == 4 ? 8 : 7), 1, 64);
	for (int i = 0; i < 2; i++) {
		if (version == 4)
			memcpy(recipe->byte + at + 12 + i * 4, recipe->address[i].bytes + 12, 4);
		else
			memcpy(recipe->byte + at + 8 + i * 16, recipe->address[i].bytes, 16);
	}
}

/* The header that follows is of PROTOCOL; it has BYTES. */
static inline size_t recipe_next(struct recipe *recipe, uint8_t protocol, size_t bytes)
{
	recipe_put(recipe, recipe->next_at, 1, protocol);
	return recipe_add(recipe, bytes);
}

static inline void recipe_extension(struct recipe *recipe, uint8_t kind, size_t bytes)
{
	recipe->next_at = recipe_next(recipe, kind, bytes);
}

static inline void recipe_transport(struct recipe *recipe, uint8_t protocol, size_t bytes)
{
	recipe->transport = recipe_next(recipe, protocol, bytes);
	recipe->protocol = protocol;
}

static inline uint8_t recipe_flags(const char *text)
{
	static const char letters[] = "FSRPAU";
	uint8_t flags = 0;

	for (; *text && *text != '-'; text++) {
		assert(strchr(letters, *text));
		flags = (uint8_t)(flags | 1u << (strchr(letters, *text) - letters));
	}
	return flags;
}

static inline void recipe_part(struct recipe *recipe, uint64_t offset, uint64_t more)
{
	if (recipe->version == 4) {
		recipe_put(recipe, recipe->network + 6, 2, more << 13 | offset / 8);
		return;
	}
	recipe_extension(recipe, 44, 8);
	recipe_put(recipe, recipe->next_at + 2, 2, offset | more);
}

struct recipe_words {
	char text[512], *rest;
};

static inline const char *recipe_word(struct recipe_words *words)
{
	char *word = words->rest + strspn(words->rest, " ");
	size_t len = strcspn(word, " ");

	words->rest = word + len + (word[len] != 0);
	word[len] = 0;
	return *word ? word : NULL;
}

static inline const char *recipe_argument(struct recipe_words *words)
{
	const char *word = recipe_word(words);

	assert(word);
	return word;
}

static inline uint64_t recipe_number(struct recipe_words *words)
{
	return strtoull(recipe_argument(words), NULL, 0);
}

static inline void recipe_address(struct recipe *recipe, int which, const char *text)
{
	recipe->has_own_addresses[which] = true;
	if (address_read(span_of(text), &recipe->address[which]) != RESULT_OK)
		abort();
}

static inline void recipe_option(struct recipe *recipe, const char *head, unsigned width, uint64_t value)
{
	size_t at = recipe_add(recipe, strlen(head) / 2 + width);

	recipe_hex(recipe, at, head);
	recipe_put(recipe, at + strlen(head) / 2, width, value);
}

static inline bool recipe_below(struct recipe *recipe, const char *word, struct recipe_words *words)
{
	if (!strcmp(word, "from") || !strcmp(word, "to"))
		recipe_address(recipe, word[0] == 't', recipe_argument(words));
	else if (!strcmp(word, "tag") || !strcmp(word, "stag")) {
		recipe_put(recipe, recipe->type_at, 2, word[0] == 's' ? 0x88a8 : 0x8100);
		recipe->type_at = recipe_add(recipe, 4) + 2;
	} else if (!strcmp(word, "type"))
		recipe_put(recipe, recipe->type_at, 2, strtoul(recipe_argument(words), NULL, 16));
	else if (!strcmp(word, "v4") || !strcmp(word, "v6"))
		recipe_ip(recipe, word[1] - '0');
	else if (!strcmp(word, "hops"))
		recipe_put(recipe, recipe->network + (recipe->version == 4 ? 8 : 7), 1, recipe_number(words));
	else if (!strcmp(word, "words")) {
		size_t count = recipe_number(words);

		memset(recipe->byte + recipe_add(recipe, count * 4), 1, count * 4);
		recipe->byte[recipe->network] = (uint8_t)(0x45 + count);
	} else if (!strcmp(word, "part")) {
		uint64_t offset = recipe_number(words);

		recipe_part(recipe, offset, recipe_number(words));
	} else if (!strcmp(word, "hop") || !strcmp(word, "dst"))
		recipe_extension(recipe, word[0] == 'h' ? 0 : 60, 8);
	else if (!strcmp(word, "ah")) {
		recipe_extension(recipe, 51, 24);
		recipe_put(recipe, recipe->next_at + 1, 1, 4);
	} else if (!strcmp(word, "route")) {
		recipe_extension(recipe, 43, 8);
		recipe_put(recipe, recipe->next_at + 2, 1, recipe_number(words));
	} else
		return false;
	return true;
}

static inline bool recipe_above(struct recipe *recipe, const char *word, struct recipe_words *words)
{
	if (!strcmp(word, "tcp") || !strcmp(word, "udp")) {
		recipe_transport(recipe, word[0] == 't' ? 6 : 17, word[0] == 't' ? 20 : 8);
		recipe_put(recipe, recipe->transport, 2, recipe_number(words));
		recipe_put(recipe, recipe->transport + 2, 2, recipe_number(words));
		if (word[0] == 't') {
			recipe_put(recipe, recipe->transport + 4, 4, 1000);
			recipe_put(recipe, recipe->transport + 12, 1, 0x50);
			recipe_put(recipe, recipe->transport + 13, 1, recipe_flags(recipe_argument(words)));
			recipe_put(recipe, recipe->transport + 14, 2, 64240);
		}
	} else if (!strcmp(word, "icmp")) {
		recipe_transport(recipe, recipe->version == 4 ? 1 : 58, 8);
		recipe_put(recipe, recipe->transport, 1, recipe_number(words));
		recipe_put(recipe, recipe->transport + 1, 1, recipe_number(words));
	} else if (!strcmp(word, "proto"))
		recipe_transport(recipe, (uint8_t)recipe_number(words), 0);
	else if (!strcmp(word, "seq") || !strcmp(word, "ack"))
		recipe_put(recipe, recipe->transport + (word[0] == 's' ? 4 : 8), 4, recipe_number(words));
	else if (!strcmp(word, "mss"))
		recipe_option(recipe, "0204", 2, recipe_number(words));
	else if (!strcmp(word, "scale"))
		recipe_option(recipe, "0303", 1, recipe_number(words));
	else if (!strcmp(word, "sack"))
		recipe_option(recipe, "0402", 0, 0);
	else if (!strcmp(word, "time"))
		recipe_option(recipe, "080a", 8, recipe_number(words) << 32);
	else if (!strcmp(word, "nop") || !strcmp(word, "eol"))
		recipe_option(recipe, word[0] == 'n' ? "01" : "00", 0, 0);
	else if (!strcmp(word, "option"))
		recipe_option(recipe, recipe_argument(words), 0, 0);
	else
		return false;
	return true;
}

static inline bool recipe_around(struct recipe *recipe, const char *word, struct recipe_words *words)
{
	if (!strcmp(word, "body") || !strcmp(word, "hex")) {
		recipe_pad_options(recipe);
		if (word[0] == 'b') {
			recipe_add(recipe, recipe_number(words));
		} else {
			const char *hex = recipe_argument(words);

			recipe_hex(recipe, recipe_add(recipe, strlen(hex) / 2), hex);
		}
	} else if (!strcmp(word, "end")) {
		recipe_end(recipe);
	} else if (!strcmp(word, "pad")) {
		recipe_end(recipe);
		recipe_add(recipe, recipe_number(words));
	} else if (!strcmp(word, "cut")) {
		recipe_end(recipe);
		recipe->len -= recipe_number(words);
	} else if (!strcmp(word, "poke")) {
		const char *where = recipe_argument(words);
		size_t at = recipe_number(words) + (*where == 'n' ? recipe->network : *where == 't' ? recipe->transport : 0);

		recipe_end(recipe);
		recipe_hex(recipe, at, recipe_argument(words));
	} else {
		return false;
	}
	return true;
}

/* Words that nobody knows end the test. */
static inline void recipe_read(struct recipe *recipe, const char *line)
{
	struct recipe_words words;
	const char *word;

	assert(strlen(line) < sizeof(words.text));
	memcpy(words.text, line, strlen(line) + 1);
	words.rest = words.text;
	recipe_start(recipe);
	while ((word = recipe_word(&words)))
		if (!recipe_below(recipe, word, &words) && !recipe_above(recipe, word, &words) && !recipe_around(recipe, word, &words))
			abort();
	recipe_end(recipe);
}

#endif
