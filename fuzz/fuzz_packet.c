/* Nothing is read outside a frame, the same frame has the same answer, every offset is inside the packet, and bytes behind it change nothing. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "packet/kernel/needed.h"
#include "packet/kernel/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct packet_head *head, size_t size)
{
	assert((head->version == 4 || head->version == 6) && head->network >= 14 && head->network <= 22);
	assert(head->transport >= head->network + 20 && head->transport <= head->end && head->end <= size);
	assert(head->transport <= head->network + PACKET_NETWORK_MAX);
	assert(head->piece != PACKET_LATER || !(head->source_port | head->destination_port | head->tcp_flags));
	assert(head->protocol != PACKET_TCP || head->piece == PACKET_LATER || (head->destination_port && flags_are_possible(head->tcp_flags)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct packet_head head = { 0 }, again = { 0 };
	enum packet_reason reason = packet_parse(data, data + size, &head);
	uint8_t *longer = malloc(size + 8);

	assert(longer && (reason == PACKET_GOES_ON || reason == PACKET_MALFORMED || reason == PACKET_OTHER_PROTOCOL || reason == PACKET_BAD_FLAGS));
	assert(packet_parse(data, data + size, &again) == reason && !memcmp(&head, &again, sizeof(head)));
	if (reason == PACKET_GOES_ON) {
		check(&head, size);
		memcpy(longer, data, size);
		memset(longer + size, 0x41, 8);
		memset(&again, 0, sizeof(again));
		assert(packet_parse(longer, longer + size + 8, &again) == reason && !memcmp(&head, &again, sizeof(head)));
		assert(!packet_is_needed(data, data + size, &head) || head.protocol == PACKET_ICMP6 || head.protocol == PACKET_UDP);
	}
	free(longer);
	return 0;
}
