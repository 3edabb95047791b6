#include "packet/control/top.h"

#include <stdlib.h>
#include <string.h>

#include "base/address.h"

#include "base/banned.h"

#define SLOT_NS (TOP_SLOT_S * 1000000000ull)
#define UDP 17u
#define V4_PREFIX 24u
#define V6_PREFIX 48u

struct counted {
	uint64_t key;
	uint32_t samples;            /* 0: a free one */
};

struct tally {
	uint32_t samples, ports_samples;
	struct counted networks[TOP_NETWORKS], ports[TOP_PORTS];
};

struct slot {
	uint64_t start_ns;
	struct packet_count before[PACKET_REASON_COUNT];
	struct tally of[PACKET_REASON_COUNT];
};

struct top {
	struct slot slots[TOP_SLOTS];
	unsigned at, count;          /* the slot that is written, and how many are in use */
};

/* -- slots -- */

static void slot_begin(struct top *top, uint64_t now_ns, const struct packet_count counts[PACKET_REASON_COUNT])
{
	struct slot *slot = &top->slots[top->at];

	memset(slot, 0, sizeof(*slot));
	slot->start_ns = now_ns;
	memcpy(slot->before, counts, sizeof(slot->before));
}

struct top *top_new(uint64_t now_ns, const struct packet_count counts[PACKET_REASON_COUNT])
{
	struct top *top = calloc(1, sizeof(*top));

	if (!top)
		return NULL;
	top->count = 1;
	slot_begin(top, now_ns, counts);
	return top;
}

void top_free(struct top *top)
{
	free(top);
}

void top_turn(struct top *top, uint64_t now_ns, const struct packet_count counts[PACKET_REASON_COUNT])
{
	if (now_ns < top->slots[top->at].start_ns + SLOT_NS)
		return;
	top->at = (top->at + 1) % TOP_SLOTS;
	top->count += top->count < TOP_SLOTS;
	slot_begin(top, now_ns, counts);
}

/* -- samples -- */

static void count(struct counted *list, unsigned size, uint64_t key, uint32_t samples)
{
	struct counted *least = &list[0];

	for (unsigned i = 0; i < size; i++) {
		if (list[i].samples && list[i].key == key) {
			list[i].samples += samples;
			return;
		}
		if (list[i].samples < least->samples)
			least = &list[i];
	}
	*least = (struct counted){ key, least->samples + samples };
}

/* Its network as one number: of IPv4 below 2^32. False: it says none, as a frame that could not be read. */
static bool network_key(const uint8_t source[16], uint64_t *out)
{
	struct address address;
	uint64_t key = 0;

	memcpy(address.bytes, source, sizeof(address.bytes));
	if (address_is_v4(&address)) {
		*out = (uint64_t)source[12] << 24 | (uint64_t)source[13] << 16 | (uint64_t)source[14] << 8;
		return *out != 0;
	}
	for (unsigned i = 0; i < V6_PREFIX / 8; i++)
		key = key << 8 | source[i];
	*out = key << 16;
	return *out >> 32 != 0;
}

static struct network network_of(uint64_t key)
{
	struct network network = { .prefix = V6_PREFIX };

	for (unsigned i = 0; i < 8; i++)
		network.address.bytes[i] = (uint8_t)(key >> (56 - 8 * i));
	if (key >> 32 == 0) {
		network = (struct network){ .prefix = 96 + V4_PREFIX, .address = { { [10] = 0xff, [11] = 0xff } } };
		for (unsigned i = 0; i < 4; i++)
			network.address.bytes[12 + i] = (uint8_t)(key >> (24 - 8 * i));
	}
	return network;
}

void top_add(struct top *top, const struct packet_event *event)
{
	struct tally *tally = &top->slots[top->at].of[event->reason < PACKET_REASON_COUNT ? event->reason : 0];
	uint64_t key;

	if (event->reason >= PACKET_REASON_COUNT)
		return;
	tally->samples++;
	if (network_key(event->source, &key))
		count(tally->networks, TOP_NETWORKS, key, 1);
	if (event->protocol == UDP && event->source_port) {
		tally->ports_samples++;
		count(tally->ports, TOP_PORTS, event->source_port, 1);
	}
}

/* -- told -- */

static int by_samples(const void *one, const void *other)
{
	const struct counted *a = one, *b = other;

	return a->samples != b->samples ? (a->samples < b->samples ? 1 : -1) : a->key < b->key ? -1 : a->key > b->key;
}

/* What the slots have, each key once: room for all of them, so nobody takes over anything here. */
struct gathered {
	struct counted networks[TOP_SLOTS * TOP_NETWORKS], ports[TOP_SLOTS * TOP_PORTS];
};

static void gather(struct counted *out, unsigned size, const struct counted *list, unsigned count_of_list)
{
	for (unsigned i = 0; i < count_of_list; i++) {
		if (list[i].samples)
			count(out, size, list[i].key, list[i].samples);
	}
}

static void tell_reason(const struct top *top, unsigned reason, struct packet_top_reason *out)
{
	struct gathered all = { 0 };

	for (unsigned i = 0; i < top->count; i++) {
		const struct tally *tally = &top->slots[i].of[reason];

		out->samples += tally->samples;
		out->udp_samples += tally->ports_samples;
		gather(all.networks, TOP_SLOTS * TOP_NETWORKS, tally->networks, TOP_NETWORKS);
		gather(all.ports, TOP_SLOTS * TOP_PORTS, tally->ports, TOP_PORTS);
	}
	qsort(all.networks, TOP_SLOTS * TOP_NETWORKS, sizeof(all.networks[0]), by_samples);
	qsort(all.ports, TOP_SLOTS * TOP_PORTS, sizeof(all.ports[0]), by_samples);
	for (unsigned i = 0; i < PACKET_TOP_MAX && all.networks[i].samples; i++) {
		const struct network network = network_of(all.networks[i].key);

		out->networks[i] = (struct packet_top_network){ .prefix = network.prefix, .samples = all.networks[i].samples };
		memcpy(out->networks[i].address, network.address.bytes, sizeof(out->networks[i].address));
		out->network_count = i + 1;
	}
	for (unsigned i = 0; i < PACKET_TOP_MAX && all.ports[i].samples; i++) {
		out->ports[i] = (struct packet_top_port){ (uint32_t)all.ports[i].key, all.ports[i].samples };
		out->port_count = i + 1;
	}
}

void top_tell(const struct top *top, uint64_t now_ns, const struct packet_count counts[PACKET_REASON_COUNT], struct packet_top *out)
{
	const struct slot *oldest = &top->slots[top->count < TOP_SLOTS ? 0 : (top->at + 1) % TOP_SLOTS];

	*out = (struct packet_top){ .layout = PACKET_LAYOUT_VERSION, .reasons = PACKET_REASON_COUNT, .for_ns = now_ns - oldest->start_ns };
	for (unsigned i = 0; i < PACKET_REASON_COUNT; i++) {
		out->of[i].packets = counts[i].packets - oldest->before[i].packets;
		out->of[i].bytes = counts[i].bytes - oldest->before[i].bytes;
		tell_reason(top, i, &out->of[i]);
	}
}
