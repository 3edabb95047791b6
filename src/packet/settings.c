#include "packet/settings.h"

#include "base/banned.h"

static const struct key top_keys[] = {
	{ .name = "link", .type = KEY_MAP, .offset = offsetof(struct packet_top_settings, link), .table = &link_table,
	  .help = "The line to the internet: what it carries, whose it is, and what may be asked of its carrier when it is full." },
	{ 0 },
};

static const struct key_table top_table = {
	.name = "bouclier.yaml", .keys = top_keys, .size = sizeof(struct packet_top_settings),
};

const struct config_section packet_top_section = { ROOM_PACKET, SCOPE_TOP, &top_table };
