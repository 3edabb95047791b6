#include "cli/protect/own_address.h"

#include <ifaddrs.h>

#include "base/banned.h"

bool is_own_address(const struct address *address)
{
	struct ifaddrs *all = NULL;
	bool found = address_is_loopback(address);

	if (found || getifaddrs(&all) < 0)
		return found;
	for (const struct ifaddrs *each = all; each && !found; each = each->ifa_next) {
		struct endpoint own;

		found = each->ifa_addr && endpoint_from_socket(each->ifa_addr, &own) == RESULT_OK && address_equal(&own.address, address);
	}
	freeifaddrs(all);
	return found;
}
