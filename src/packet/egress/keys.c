#include "packet/egress/keys.h"

#include "packet/egress/rule.h"

#include "base/banned.h"

#define AT(type, member) offsetof(struct type, member)

static const char *const mode_words[] = { "off", "observe", "enforce", NULL };

static const struct key egress_keys[] = {
	{ .name = "mode", .type = KEY_CHOICE, .offset = AT(packet_egress_settings, mode), .fallback = "off", .choices = mode_words,
	  .help = "What the shield's unit (`bouclier packet egress follow`) makes of a machine that has just started, without anybody's confirming it. observe: every destination is written down, and none refused. enforce: "
	          "one that is not in the list is refused; after 14 days of observe." },
	{ .name = "cgroup", .type = KEY_TEXT, .offset = AT(packet_egress_settings, cgroup), .fallback = "system.slice/bouclier.service", .min = 1, .max = EGRESS_CGROUP_MAX,
	  .help = "Whose connections are looked at: a control group (v2) and all below it, named from its mount on. The one of the service, where systemd started the shield." },
	{ .name = "allow", .type = KEY_TEXT, .flags = KEY_LIST, .offset = AT(packet_egress_settings, allow), .min = 1, .max = EGRESS_RULE_TEXT,
	  .help = "Who may be contacted beyond what the configuration names by itself (origins, resolvers, clamd, OCSP responders): 10.0.0.0/8:443/tcp, [2001:db8::1]:514/udp, "
	          "192.0.2.0/24:*/tcp, or a network alone for all of it." },
	{ 0 },
};

/* A path below a mount stays below it. */
static bool is_below(struct span path)
{
	if (span_starts(path, SPAN("/")))
		return false;
	while (path.len) {
		struct span part = span_cut(&path, '/');

		if (!part.len || span_equal(part, SPAN(".")) || span_equal(part, SPAN("..")))
			return false;
	}
	return true;
}

static void check_egress(const void *values, struct key_check *check)
{
	const struct packet_egress_settings *settings = values;
	const struct span *allow = settings->allow.items;
	struct egress_rule rule;

	if (!is_below(settings->cgroup))
		key_complain(check, "cgroup", SPAN_NONE, "cgroup: found \"%.*s\", expected a path below the mount of cgroup v2, like system.slice/bouclier.service",
		             SPAN_ARG(settings->cgroup));
	if (settings->allow.count > EGRESS_ALLOW_MAX)
		key_complain(check, "allow", SPAN_NONE, "allow: found %zu, expected at most %u", settings->allow.count, EGRESS_ALLOW_MAX);
	for (size_t i = 0; i < settings->allow.count; i++) {
		if (egress_rule_read(allow[i], &rule) != RESULT_OK)
			key_complain_item(check, "allow", i, SPAN_NONE,
			                  "allow: found \"%.*s\", expected a network, a port and a protocol: 10.0.0.0/8:443/tcp, [2001:db8::/32]:53/udp, 192.0.2.1:*/tcp", SPAN_ARG(allow[i]));
	}
}

const struct key_table packet_egress_table = {
	.name = "egress", .keys = egress_keys, .size = sizeof(struct packet_egress_settings), .check = check_egress,
	.help = "Who the shield's own processes may contact, seen and enforced by the kernel.",
};
