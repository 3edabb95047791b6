/* Interfaces out of rtnetlink's messages, whole and cut; and what a program is attached to for the names that a person writes. */
#include "../base/check.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "packet/loader/target.h"

#include "base/banned.h"

struct message {
	_Alignas(8) char bytes[4096];
	size_t len, head;
};

static struct links_seen links;

static void start(struct message *message, int index)
{
	struct nlmsghdr head = { .nlmsg_type = RTM_NEWLINK };
	struct ifinfomsg info = { .ifi_index = index, .ifi_flags = IFF_UP | (index == 1 ? IFF_LOOPBACK : 0u) };

	message->head = message->len;
	memcpy(message->bytes + message->len, &head, sizeof(head));
	memcpy(message->bytes + message->len + NLMSG_HDRLEN, &info, sizeof(info));
	message->len += NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(info));
}

static void end(struct message *message)
{
	unsigned len = (unsigned)(message->len - message->head);

	memcpy(message->bytes + message->head, &len, sizeof(len));
}

static void add(struct message *message, unsigned short type, const void *value, size_t len)
{
	struct rtattr head = { (unsigned short)(sizeof(head) + len), type };

	memcpy(message->bytes + message->len, &head, sizeof(head));
	memcpy(message->bytes + message->len + sizeof(head), value, len);
	message->len += RTA_ALIGN(sizeof(head) + len);
}

static void add_number(struct message *message, unsigned short type, uint32_t number)
{
	add(message, type, &number, sizeof(number));
}

static void add_link(struct message *message, int index, const char *name, const char *kind, unsigned parent, unsigned master)
{
	struct message inner = { .len = 0 };

	start(message, index);
	add(message, IFLA_IFNAME, name, strlen(name) + 1);
	add_number(message, IFLA_MTU, 1400);
	if (parent)
		add_number(message, IFLA_LINK, parent);
	if (master)
		add_number(message, IFLA_MASTER, master);
	if (kind) {
		add(&inner, IFLA_INFO_KIND, kind, strlen(kind));  /* without a NUL, as the kernel may */
		add(message, IFLA_LINKINFO | NLA_F_NESTED, inner.bytes, inner.len);
	}
	end(message);
}

static void make_machine(struct message *message)
{
	struct message inner = { .len = 0 };
	char mode = XDP_ATTACHED_SKB;

	*message = (struct message){ .len = 0 };
	add_link(message, 1, "lo", NULL, 0, 0);
	add_link(message, 2, "eth0", NULL, 0, 4);
	add_link(message, 3, "eth1", NULL, 0, 4);
	add_link(message, 4, "bond0", "bond", 0, 0);
	add_link(message, 5, "bond0.7", "vlan", 4, 0);
	add_link(message, 6, "eth2.9", "vlan", 77, 0);  /* its parent is in another namespace */
	start(message, 7);
	add(message, IFLA_IFNAME, "eth3", 5);
	add(&inner, IFLA_XDP_ATTACHED, &mode, 1);
	add_number(&inner, IFLA_XDP_PROG_ID, 42);
	add(message, IFLA_XDP, inner.bytes, inner.len);
	end(message);
	links.count = 0;
}

static void what_is_there(void **state)
{
	const struct link_seen *link;
	struct message message;

	(void)state;
	make_machine(&message);
	assert_result(links_read(&links, message.bytes, message.len), RESULT_MORE);
	assert_int_equal(links.count, 7);
	link = links_find(&links, SPAN("bond0.7"));
	assert_true(link && link->parent == 4 && strcmp(link->kind, "vlan") == 0 && link->mtu == 1400 && link->is_up && link->xdp == LINK_XDP_NONE);
	link = links_find_index(&links, 7);
	assert_true(link && link->xdp == LINK_XDP_GENERIC && link->program == 42);
	assert_true(!links_find(&links, SPAN("eth")) && !links_find_index(&links, 0));
}

/* Cut anywhere, a message is refused or skipped, and never read beyond. */
static void cut_messages(void **state)
{
	struct message message;

	(void)state;
	make_machine(&message);
	for (size_t len = 0; len < message.len; len++) {
		_Alignas(8) char exact[sizeof(message.bytes)];
		enum result result;

		memcpy(exact, message.bytes, len);
		links.count = 0;
		result = links_read(&links, exact, len);
		assert_true(result == RESULT_MALFORMED || result == RESULT_MORE);
		assert_true(links.count < 7);
	}
	message.bytes[0] = 8;  /* shorter than its head */
	memset(message.bytes + 1, 0, 3);
	links.count = 0;
	assert_result(links_read(&links, message.bytes, message.len), RESULT_MALFORMED);
}

static void assert_targets(const char *name, const char *expected, const char *why)
{
	struct span span = span_of(name);
	const struct list_value names = { &span, 1 };
	struct packet_targets targets;
	struct complaints complaints;

	complaints_init(&complaints);
	if (!expected) {
		assert_result(targets_find(&names, &links, &targets, &complaints), RESULT_NOT_FOUND);
		assert_true(complaints.errors == 1 && span_contains(complaints.list[0].text, span));
	} else {
		assert_ok(targets_find(&names, &links, &targets, &complaints));
		assert_int_equal(targets.count, 1);
		assert_string_equal(targets.list[0].name, expected);
		if (!span_contains(span_of(targets.list[0].why), span_of(why)))
			fail_msg("%s: %s", name, targets.list[0].why);
	}
	complaints_done(&complaints);
}

static void what_is_attached_to(void **state)
{
	struct span both[] = { SPAN("bond0.7"), SPAN("bond0"), SPAN("eth3") };
	const struct list_value names = { both, 3 };
	struct packet_targets targets;
	struct complaints complaints;
	struct message message;

	(void)state;
	make_machine(&message);
	assert_result(links_read(&links, message.bytes, message.len), RESULT_MORE);
	assert_targets("eth3", "eth3", "");
	assert_targets("bond0.7", "bond0", "below the VLAN bond0.7");
	assert_targets("eth2.9", NULL, "");
	assert_targets("eth9", NULL, "");
	assert_targets("lo", NULL, "");
	complaints_init(&complaints);
	assert_ok(targets_find(&names, &links, &targets, &complaints));
	assert_int_equal(targets.count, 2);  /* the VLAN and its bond are one */
	assert_true(targets.list[0].is_bond && !targets.list[1].is_bond);
	assert_true(targets_split_bond(&targets, 0, &links));
	assert_int_equal(targets.count, 3);
	assert_string_equal(targets.list[0].name, "eth3");
	assert_string_equal(targets.list[1].name, "eth0");
	assert_string_equal(targets.list[2].name, "eth1");
	assert_true(span_contains(span_of(targets.list[1].why), SPAN("a member of the bond bond0")));
	assert_true(!targets_split_bond(&targets, 0, &links));
	complaints_done(&complaints);
}

/* What NAME is attached to when a bridge and one more interface are there. */
static void find_with(const char *kind, unsigned parent, unsigned master, const char *name, struct packet_targets *targets)
{
	struct span span = span_of(name);
	const struct list_value names = { &span, 1 };
	struct complaints complaints;
	struct message message;

	complaints_init(&complaints);
	make_machine(&message);
	add_link(&message, 8, "br0", "bridge", 0, 0);
	add_link(&message, 9, "more", kind, parent, master);
	assert_result(links_read(&links, message.bytes, message.len), RESULT_MORE);
	assert_ok(targets_find(&names, &links, targets, &complaints));
	complaints_done(&complaints);
}

static bool carry_others(const char *kind, unsigned parent, unsigned master, const char *name)
{
	struct packet_targets targets;

	find_with(kind, parent, master, name, &targets);
	return targets_carry_others(&targets, &links);
}

static bool have_vlan(const char *kind, unsigned parent, const char *name)
{
	struct packet_targets targets;

	find_with(kind, parent, 0, name, &targets);
	return targets_have_vlan(&targets, &links);
}

static void what_may_be_tagged(void **state)
{
	(void)state;
	assert_true(have_vlan(NULL, 0, "bond0"));               /* bond0.7 */
	assert_true(have_vlan(NULL, 0, "bond0.7"));
	assert_true(have_vlan(NULL, 0, "eth1"));                /* a member of it */
	assert_false(have_vlan(NULL, 0, "eth3"));
	assert_false(have_vlan("macvlan", 7, "eth3"));
	assert_true(have_vlan("vlan", 7, "eth3"));
}

static void who_is_behind_it(void **state)
{
	(void)state;
	assert_false(carry_others("veth", 0, 8, "bond0"));      /* a bridge of its own */
	assert_false(carry_others("macvlan", 7, 0, "bond0"));
	assert_false(carry_others("vlan", 4, 0, "bond0"));
	assert_true(carry_others("vlan", 4, 8, "bond0"));       /* a VLAN in the bridge */
	assert_true(carry_others("vlan", 4, 8, "eth0"));        /* over the bond that it is a member of */
	assert_true(carry_others("macvtap", 4, 0, "eth1"));
	assert_true(carry_others("ipvlan", 5, 0, "bond0"));     /* above a VLAN */
	assert_true(carry_others(NULL, 0, 8, "more"));
	assert_false(carry_others(NULL, 0, 8, "eth3"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_is_there), cmocka_unit_test(cut_messages), cmocka_unit_test(what_is_attached_to), cmocka_unit_test(who_is_behind_it), cmocka_unit_test(what_may_be_tagged) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
