/* From names to addresses, now. */
#include <netdb.h>

#include "base/clock.h"
#include "cli/packet/egress_gather.h"

#include "base/banned.h"

void gather_endpoint(const struct egress_gathering *gathering, const struct address *address, uint16_t port, uint8_t protocol, const char *key)
{
	const struct network alone = { *address, 128 };
	struct egress_rule rule;

	egress_rule_set(&rule, &alone, port, protocol);
	rule.seen_ns = gathering->now_ns;
	egress_list_add(gathering->list, &rule, true, span_of(key));
}

void gather_failed(const struct egress_gathering *gathering, const char *key, const char *why)
{
	unsigned carried = gathering->before ? egress_list_carry(gathering->list, gathering->before, span_of(key), gathering->now_ns) : 0;

	complain(&gathering->asked->complaints, COMPLAINT_WARNING, (struct place){ .line = 0 }, SPAN_NONE, carried ? "%s: %s; what it led to before stays in the list" :
	         "%s is not in the list: %s", key, why);
}

static void add_found(const struct egress_gathering *gathering, const struct addrinfo *found, uint16_t port, const char *key)
{
	unsigned count = 0;

	for (const struct addrinfo *each = found; each; each = each->ai_next) {
		struct endpoint endpoint;

		if (endpoint_from_socket(each->ai_addr, &endpoint) != RESULT_OK)
			continue;
		if (count++ == EGRESS_NAME_ADDRESSES_MAX) {
			complain(&gathering->asked->complaints, COMPLAINT_WARNING, (struct place){ .line = 0 }, SPAN_NONE, "%s: of its name's addresses %u are in the list, and there are more",
			         key, EGRESS_NAME_ADDRESSES_MAX);
			return;
		}
		gather_endpoint(gathering, &endpoint.address, port, IPPROTO_TCP, key);
	}
}

static void look_up(const struct egress_gathering *gathering, const char *name, uint16_t port, const char *key)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
	int error = getaddrinfo(name, NULL, &hints, &found);

	if (error) {
		gather_failed(gathering, key, gai_strerror(error));
		return;
	}
	add_found(gathering, found, port, key);
	freeaddrinfo(found);
}

static bool is_asked(const struct egress_gathering *gathering, struct span host, uint16_t port)
{
	for (unsigned i = 0; i < gathering->name_count; i++) {
		if (gathering->names[i].port == port && span_equal(gathering->names[i].host, host))
			return true;
	}
	return false;
}

void gather_host(struct egress_gathering *gathering, struct span host, uint16_t port, const char *key)
{
	struct address address;
	char name[256];

	if (address_read(host, &address) == RESULT_OK) {
		gather_endpoint(gathering, &address, port, IPPROTO_TCP, key);
		return;
	}
	if (is_asked(gathering, host, port) || span_to_text(host, name, sizeof(name)) != RESULT_OK)
		return;
	if (gathering->name_count == EGRESS_NAMES_MAX) {
		gather_failed(gathering, key, "more names than are looked up; packet.egress.allow takes its addresses");
		return;
	}
	gathering->names[gathering->name_count].host = host;
	gathering->names[gathering->name_count++].port = port;
	if (clock_mono_ms() < gathering->end_ms)
		look_up(gathering, name, port, key);
	else
		gather_failed(gathering, key, "the names before it took too long to look up");
}
