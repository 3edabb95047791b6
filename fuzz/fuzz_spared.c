/* The first byte chooses a parser; whatever it is given, who is spared is an address, and never everybody. */
#include <assert.h>

#include "packet/ssh_ports.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void include(void *context, struct span pattern)
{
	assert(pattern.len && !context);
}

static void read_sshd_config(struct spared *spared, struct span text)
{
	ssh_config_read(spared, text, include, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const parsers[])(struct spared *, struct span) = {
		spared_read_ssh_connection, read_sshd_config, spared_read_tcp, spared_read_route, spared_read_route6, spared_read_resolv, ssh_unit_read,
	};
	static struct spared spared;

	if (!size)
		return 0;
	spared_init(&spared);
	parsers[data[0] % 7](&spared, span_make((const char *)data + 1, size - 1));
	assert(spared.count <= SPARED_MAX && spared.ssh_port_count >= 1 && spared.ssh_port_count <= SPARED_PORTS_MAX);
	for (unsigned i = 0; i < spared.count; i++) {
		const struct spared_one *one = &spared.list[i];

		assert(one->network.prefix == 128 && !address_is_any(&one->network.address) && !address_is_loopback(&one->network.address));
		for (unsigned j = 0; j < i; j++)
			assert(!address_equal(&spared.list[j].network.address, &one->network.address));
	}
	for (unsigned i = 0; i < spared.ssh_port_count; i++)
		assert(spared.ssh_ports[i]);
	return 0;
}
