/* What reads as an address, a network or an endpoint prints and reads back as the same; nothing is two of them at once that
 * may not be. */
#include <assert.h>

#include "base/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_make((const char *)data, size);
	struct address address, address_again;
	struct network network, network_again;
	struct endpoint endpoint, endpoint_again;
	struct sockaddr_storage socket;
	char text[ENDPOINT_TEXT_MAX];
	bool is_address = address_read(input, &address) == RESULT_OK;

	if (is_address) {
		address_write(&address, text);
		assert(address_read(span_of(text), &address_again) == RESULT_OK && address_equal(&address, &address_again));
	}
	if (network_read(input, &network) == RESULT_OK) {
		network_write(&network, text);
		assert(network_read(span_of(text), &network_again) == RESULT_OK && memcmp(&network, &network_again, sizeof(network)) == 0);
		assert(!is_address || (network.prefix == 128 && network_contains(&network, &address)));
		assert(network.prefix < 96 || network_contains(&network, &network.address));
	}
	if (endpoint_read(input, &endpoint) == RESULT_OK) {
		assert(!is_address && endpoint.port);
		endpoint_write(&endpoint, text);
		assert(endpoint_read(span_of(text), &endpoint_again) == RESULT_OK && endpoint_equal(&endpoint, &endpoint_again));
		assert(endpoint_to_socket(&endpoint, &socket) > 0);
		assert(endpoint_from_socket((struct sockaddr *)&socket, &endpoint_again) == RESULT_OK && endpoint_equal(&endpoint, &endpoint_again));
	}
	return 0;
}
