#include "packet/carrier/attack.h"

#include <stdlib.h>

#include "base/banned.h"

void attack_init(struct attack *attack)
{
	memset(attack, 0, sizeof(*attack));
}

bool attack_add_target(struct attack *attack, const struct network *network)
{
	for (unsigned i = 0; i < attack->target_count; i++) {
		if (attack->targets[i].prefix == network->prefix && address_equal(&attack->targets[i].address, &network->address))
			return false;
	}
	if (attack->target_count == ATTACK_TARGETS_MAX || address_is_private(&network->address))
		return false;
	attack->targets[attack->target_count++] = *network;
	return true;
}

bool attack_add_port(struct attack *attack, uint16_t port)
{
	for (unsigned i = 0; i < attack->port_count; i++) {
		if (attack->ports[i] == port)
			return false;
	}
	if (attack->port_count == ATTACK_PORTS_MAX)
		return false;
	attack->ports[attack->port_count++] = port;
	return true;
}

static struct attack_part *find_part(struct attack *attack, enum attack_vector vector, uint16_t port)
{
	for (unsigned i = 0; i < attack->part_count; i++) {
		if (attack->parts[i].vector == vector && attack->parts[i].port == port)
			return &attack->parts[i];
	}
	if (attack->part_count == ATTACK_VECTORS_MAX)
		return &attack->parts[ATTACK_VECTORS_MAX - 1];
	attack->parts[attack->part_count] = (struct attack_part){ .vector = vector, .port = port };
	return &attack->parts[attack->part_count++];
}

void attack_add(struct attack *attack, enum attack_vector vector, uint16_t port, uint64_t packets, uint64_t bytes)
{
	struct attack_part *part;

	if (!packets)
		return;
	part = find_part(attack, vector, port);
	part->packets += packets;
	part->bytes += bytes;
}

/* No single address: /24 of IPv4, /48 of IPv6; what is wider stays as it is. */
static struct network truncate(const struct network *network)
{
	unsigned most = address_is_v4(&network->address) && network->prefix >= 96 ? 96 + 24 : 48;
	struct network out = *network;

	if (out.prefix > most) {
		out.address = address_truncate(out.address);
		out.prefix = (uint8_t)most;
	}
	return out;
}

void attack_add_source(struct attack *attack, const struct network *network, uint64_t packets)
{
	struct network cut = truncate(network);
	struct attack_source *least = NULL;

	attack->source_packets += packets;
	for (unsigned i = 0; i < attack->source_count; i++) {
		struct attack_source *each = &attack->sources[i];

		if (each->network.prefix == cut.prefix && address_equal(&each->network.address, &cut.address)) {
			each->packets += packets;
			return;
		}
		if (!least || each->packets < least->packets)
			least = each;
	}
	if (attack->source_count < ATTACK_SOURCES_MAX)
		least = &attack->sources[attack->source_count++];
	*least = (struct attack_source){ cut, packets };  /* its own packets alone: what is said of a network was measured of it */
}

/* What a reason of the kernel filter says of the packets; ATTACK_VECTORS: no attack. */
static enum attack_vector vector_of(enum packet_reason reason)
{
	switch (reason) {
	case PACKET_COOKIE_SENT: return ATTACK_SYN;
	case PACKET_OUT_OF_STATE: return ATTACK_OUT_OF_STATE;
	case PACKET_MALFORMED: case PACKET_BAD_FLAGS: return ATTACK_BAD_TCP;
	case PACKET_FRAGMENT: return ATTACK_FRAGMENT;
	case PACKET_REFLECTED: return ATTACK_REFLECTED;
	case PACKET_OVER_UDP_BUDGET: return ATTACK_UNPROVEN;
	case PACKET_NOT_EXPOSED: return ATTACK_OTHER_PORT;
	case PACKET_DENIED: case PACKET_BANNED: return ATTACK_LISTED;
	case PACKET_OVER_BUDGET: return ATTACK_GREEDY;
	case PACKET_PASSED: case PACKET_OTHER_PROTOCOL: case PACKET_NEEDED: case PACKET_ALLOWED: case PACKET_COOKIE_VALID: case PACKET_FAILED:
	case PACKET_REASON_COUNT: break;
	}
	return ATTACK_VECTORS;
}

void attack_add_reason(struct attack *attack, enum packet_reason reason, const struct packet_count *count)
{
	enum attack_vector vector = vector_of(reason);

	if (vector < ATTACK_VECTORS)
		attack_add(attack, vector, 0, count->packets, count->bytes);
}

void attack_add_sampled_source(struct attack *attack, enum packet_reason reason, const struct network *from, uint64_t packets)
{
	enum attack_vector vector = vector_of(reason);

	if (vector != ATTACK_VECTORS && vector != ATTACK_SYN)
		attack_add_source(attack, from, packets);
}

void attack_add_sampled_port(struct attack *attack, enum packet_reason reason, uint16_t port, uint64_t packets)
{
	if (vector_of(reason) == ATTACK_REFLECTED && port)
		attack_add(attack, ATTACK_REFLECTED, port, packets, 0);
}

void attack_add_sampled_udp(struct attack *attack, enum packet_reason reason, uint64_t udp, uint64_t others)
{
	if (vector_of(reason) != ATTACK_UNPROVEN)
		return;
	attack->sampled_udp += udp;
	attack->sampled_icmp += others;
}

/* The reflections whose ports were sampled share out what was counted of all of them. */
static void share_out_ports(struct attack *attack)
{
	struct attack_part *all = NULL;
	uint64_t sampled = 0;

	for (unsigned i = 0; i < attack->part_count; i++) {
		if (attack->parts[i].vector == ATTACK_REFLECTED && !attack->parts[i].port)
			all = &attack->parts[i];
		else if (attack->parts[i].vector == ATTACK_REFLECTED)
			sampled += attack->parts[i].packets;
	}
	if (!all || !sampled)
		return;
	for (unsigned i = 0; i < attack->part_count; i++) {
		struct attack_part *each = &attack->parts[i];
		double share;

		if (each->vector != ATTACK_REFLECTED || !each->port)
			continue;
		share = (double)each->packets / (double)sampled;
		each->packets = (uint64_t)((double)all->packets * share);
		each->bytes = (uint64_t)((double)all->bytes * share);
	}
	all->packets = all->bytes = 0;
}

/* One reason counts both. Where none were sampled, it stays unsaid which they are. */
static void share_out_unproven(struct attack *attack)
{
	struct attack_part *both = find_part(attack, ATTACK_UNPROVEN, 0);
	uint64_t sampled = attack->sampled_udp + attack->sampled_icmp, packets, bytes;
	double share;

	if (both->vector != ATTACK_UNPROVEN || !sampled)
		return;  /* the list was full of others */
	share = (double)attack->sampled_icmp / (double)sampled;
	packets = (uint64_t)((double)both->packets * share);
	bytes = (uint64_t)((double)both->bytes * share);
	attack_add(attack, ATTACK_UDP, 0, both->packets - packets, both->bytes - bytes);
	attack_add(attack, ATTACK_ICMP, 0, packets, bytes);
	both->packets = both->bytes = 0;
}

static int compare_parts(const void *a, const void *b)
{
	uint64_t first = ((const struct attack_part *)a)->packets, second = ((const struct attack_part *)b)->packets;

	return first < second ? 1 : first > second ? -1 : 0;
}

static int compare_sources(const void *a, const void *b)
{
	uint64_t first = ((const struct attack_source *)a)->packets, second = ((const struct attack_source *)b)->packets;

	return first < second ? 1 : first > second ? -1 : 0;
}

void attack_settle(struct attack *attack)
{
	share_out_ports(attack);
	share_out_unproven(attack);
	qsort(attack->parts, attack->part_count, sizeof(*attack->parts), compare_parts);
	qsort(attack->sources, attack->source_count, sizeof(*attack->sources), compare_sources);
	while (attack->part_count && !attack->parts[attack->part_count - 1].packets)
		attack->part_count--;
	while (attack->source_count && !attack->sources[attack->source_count - 1].packets)
		attack->source_count--;
}

unsigned attack_share(const struct attack *attack, uint64_t packets)
{
	double came = (double)attack->link.packets_s * (double)attack->measured_ms / 1000, sum = 0;

	for (unsigned i = 0; i < attack->part_count; i++)
		sum += (double)attack->parts[i].packets;
	came = came > sum ? came : sum;  /* what the line did not count, its parts did */
	return came > 0 ? (unsigned)((double)packets * 100 / came + 0.5) : 0;
}

const char *attack_vector_name(enum attack_vector vector)
{
	static const char *const names[] = {
#define ATTACK_VECTOR_NAME(upper, lower, text) #lower,
		ATTACK_VECTOR_LIST(ATTACK_VECTOR_NAME)
#undef ATTACK_VECTOR_NAME
	};

	return names[vector];
}

const char *attack_vector_text(enum attack_vector vector)
{
	static const char *const texts[] = {
#define ATTACK_VECTOR_TEXT(upper, lower, text) text,
		ATTACK_VECTOR_LIST(ATTACK_VECTOR_TEXT)
#undef ATTACK_VECTOR_TEXT
	};

	return texts[vector];
}
