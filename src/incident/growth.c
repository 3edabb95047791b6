#include "incident/growth.h"

#include "base/banned.h"

static uint64_t of_class(const uint64_t *numbers, enum decision decision, unsigned class)
{
	return numbers[COUNTS_DECISIONS + (unsigned)decision * COUNTS_CLASSES + class];
}

static uint64_t requests(const uint64_t *numbers, enum decision decision)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < COUNTS_CLASSES; i++)
		sum += of_class(numbers, decision, i);
	return sum;
}

uint64_t growth_decision(const uint64_t *numbers, enum decision decision)
{
	return requests(numbers, decision) + numbers[COUNTS_CONNECTIONS + (unsigned)decision];
}

uint64_t growth_seen(const uint64_t *numbers)
{
	return numbers[COUNTS_EVENTS];
}

static uint64_t served(const uint64_t *numbers, enum decision decision)
{
	return of_class(numbers, decision, 2) + of_class(numbers, decision, 3) + of_class(numbers, decision, 4);
}

uint64_t growth_served(const uint64_t *numbers)
{
	return served(numbers, DECISION_ALLOW) + served(numbers, DECISION_LOG) + served(numbers, DECISION_QUEUE);
}

uint64_t growth_queued(const uint64_t *numbers)
{
	return served(numbers, DECISION_QUEUE);
}

uint64_t growth_refused(const uint64_t *numbers)
{
	return growth_decision(numbers, DECISION_CHALLENGE) + growth_decision(numbers, DECISION_LIMIT) + growth_decision(numbers, DECISION_BLOCK) +
	       growth_decision(numbers, DECISION_DROP);
}

static uint64_t reason(const uint64_t *numbers, enum reason which)
{
	return numbers[COUNTS_REASONS + (unsigned)which];
}

uint64_t growth_rules(const uint64_t *numbers)
{
	return reason(numbers, REASON_RULES) + reason(numbers, REASON_RULES_LIMIT) + reason(numbers, REASON_SCANNER) + numbers[COUNTS_AFTER_ATTACKS];
}

uint64_t growth_failed(const uint64_t *numbers)
{
	uint64_t said = reason(numbers, REASON_NO_ORIGIN) + reason(numbers, REASON_ORIGIN_CONNECT) + reason(numbers, REASON_ORIGIN_TIMEOUT) + reason(numbers, REASON_ORIGIN_BROKEN);
	uint64_t answered = of_class(numbers, DECISION_ALLOW, 5) + of_class(numbers, DECISION_LOG, 5) + of_class(numbers, DECISION_QUEUE, 5);

	return said > answered ? said : answered;
}

uint64_t growth_asked(const uint64_t *numbers)
{
	return growth_served(numbers) + growth_failed(numbers);
}

/* VECTOR_COUNT: of none. */
static enum incident_vector vector_of(enum reason reason)
{
	static const struct {
		enum reason reason;
		enum incident_vector vector;
	} table[] = {
		{ REASON_RATE_LIMIT, VECTOR_REQUEST_FLOOD }, { REASON_BUDGET, VECTOR_REQUEST_FLOOD }, { REASON_QUEUE_FULL, VECTOR_REQUEST_FLOOD },
		{ REASON_QUEUE_LATE, VECTOR_REQUEST_FLOOD }, { REASON_CHALLENGED, VECTOR_REQUEST_FLOOD }, { REASON_WAITING, VECTOR_REQUEST_FLOOD },
		{ REASON_QUARANTINE, VECTOR_APPLICATION }, { REASON_FAULT, VECTOR_MALFORMED }, { REASON_NO_SITE, VECTOR_MALFORMED },
		{ REASON_MISDIRECTED, VECTOR_MALFORMED }, { REASON_CODING, VECTOR_MALFORMED }, { REASON_CLIENT_SLOW, VECTOR_SLOW },
		{ REASON_BANNED, VECTOR_KNOWN_SOURCES }, { REASON_DENYLIST, VECTOR_KNOWN_SOURCES }, { REASON_CONNECTIONS, VECTOR_CONNECTION_FLOOD },
		{ REASON_HANDSHAKE, VECTOR_HANDSHAKE },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].reason == reason)
			return table[i].vector;
	}
	return VECTOR_COUNT;
}

void growth_vectors(const uint64_t *numbers, uint64_t second[VECTOR_COUNT])
{
	for (unsigned i = 0; i < REASON_COUNT; i++) {
		enum incident_vector vector = vector_of((enum reason)i);

		if (vector != VECTOR_COUNT)
			second[vector] += numbers[COUNTS_REASONS + i];
	}
	second[VECTOR_APPLICATION] += growth_rules(numbers);
}

void growth_packets(const uint64_t packets[PACKET_REASON_COUNT], uint64_t second[VECTOR_COUNT])
{
	second[VECTOR_OUT_OF_STATE] += packets[PACKET_OUT_OF_STATE];
	second[VECTOR_REFLECTED] += packets[PACKET_REFLECTED];
	second[VECTOR_PACKET_FLOOD] += packets[PACKET_OVER_BUDGET] + packets[PACKET_OVER_UDP_BUDGET];
	second[VECTOR_BAD_PACKETS] += packets[PACKET_MALFORMED] + packets[PACKET_BAD_FLAGS] + packets[PACKET_FRAGMENT];
	second[VECTOR_CLOSED_PORTS] += packets[PACKET_NOT_EXPOSED];
	second[VECTOR_KNOWN_NETWORKS] += packets[PACKET_DENIED] + packets[PACKET_BANNED];
}
