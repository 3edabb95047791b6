#include "packet/loader/links.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "packet/loader/netlink.h"

#include "base/banned.h"

#define TYPE_BITS 0x3fffu   /* NLA_TYPE_MASK, without its sign */

/* -- attributes: {length, type of which two bits are flags, bytes}, padded to 4 -- */

struct attributes {
	const char *at;
	size_t left;
};

struct attribute {
	unsigned type;
	struct span value;
};

static bool attribute_next(struct attributes *attributes, struct attribute *out)
{
	struct rtattr head;
	size_t padded;

	if (attributes->left < sizeof(head))
		return false;
	memcpy(&head, attributes->at, sizeof(head));
	if (head.rta_len < sizeof(head) || head.rta_len > attributes->left)
		return false;
	*out = (struct attribute){ head.rta_type & TYPE_BITS, span_make(attributes->at + sizeof(head), head.rta_len - sizeof(head)) };
	padded = RTA_ALIGN(head.rta_len);
	padded = padded < attributes->left ? padded : attributes->left;
	attributes->at += padded;
	attributes->left -= padded;
	return true;
}

static uint32_t number_of(struct span value)
{
	uint32_t number = 0;

	if (value.len == sizeof(number))
		memcpy(&number, value.at, sizeof(number));
	return number;
}

static void text_of(struct span value, char *out, size_t size)
{
	size_t len = value.len ? strnlen(value.at, value.len) : 0;

	len = len < size - 1 ? len : size - 1;
	if (len)
		memcpy(out, value.at, len);
	out[len] = '\0';
}

static void read_info(struct span value, struct link_seen *link)
{
	struct attributes inner = { value.at, value.len };
	struct attribute attribute;

	while (attribute_next(&inner, &attribute)) {
		if (attribute.type == IFLA_INFO_KIND)
			text_of(attribute.value, link->kind, sizeof(link->kind));
	}
}

static void read_xdp(struct span value, struct link_seen *link)
{
	struct attributes inner = { value.at, value.len };
	struct attribute attribute;

	while (attribute_next(&inner, &attribute)) {
		if (attribute.type == IFLA_XDP_PROG_ID)
			link->program = number_of(attribute.value);
		else if (attribute.type == IFLA_XDP_ATTACHED && attribute.value.len == 1)
			link->xdp = attribute.value.at[0] == XDP_ATTACHED_NONE  ? LINK_XDP_NONE
			            : attribute.value.at[0] == XDP_ATTACHED_DRV ? LINK_XDP_NATIVE
			            : attribute.value.at[0] == XDP_ATTACHED_SKB ? LINK_XDP_GENERIC
			                                                        : LINK_XDP_OTHER;
	}
}

static void read_link(struct links_seen *links, const char *at, size_t left)
{
	struct link_seen link = { .index = 0 };
	struct attributes attributes;
	struct attribute attribute;
	struct ifinfomsg info;

	if (left < sizeof(info) || links->count == LINKS_MAX)
		return;
	memcpy(&info, at, sizeof(info));
	link.index = info.ifi_index > 0 ? (unsigned)info.ifi_index : 0;
	link.is_up = info.ifi_flags & IFF_UP;
	link.is_loopback = info.ifi_flags & IFF_LOOPBACK;
	attributes = (struct attributes){ at + NLMSG_ALIGN(sizeof(info)), left - NLMSG_ALIGN(sizeof(info)) };
	while (attribute_next(&attributes, &attribute)) {
		switch (attribute.type) {
		case IFLA_IFNAME: text_of(attribute.value, link.name, sizeof(link.name)); break;
		case IFLA_MTU: link.mtu = number_of(attribute.value); break;
		case IFLA_LINK: link.parent = number_of(attribute.value); break;
		case IFLA_MASTER: link.master = number_of(attribute.value); break;
		case IFLA_LINKINFO: read_info(attribute.value, &link); break;
		case IFLA_XDP: read_xdp(attribute.value, &link); break;
		default: break;
		}
	}
	if (link.index && link.name[0])
		links->list[links->count++] = link;
}

static void take_link(void *context, unsigned type, struct span payload)
{
	if (type == RTM_NEWLINK)
		read_link(context, payload.at, payload.len);
}

enum result links_read(struct links_seen *links, const void *bytes, size_t count)
{
	return netlink_read(bytes, count, take_link, links);
}

static enum result ask(int fd, struct links_seen *out)
{
	const struct {
		struct nlmsghdr head;
		struct ifinfomsg info;
	} question = { { sizeof(question), RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 }, { .ifi_family = AF_UNSPEC } };

	return netlink_dump(fd, span_make((const char *)&question, sizeof(question)), take_link, out);
}

enum result links_look(struct links_seen *out)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	enum result result;

	out->count = 0;
	if (fd < 0)
		return RESULT_IO;
	result = ask(fd, out);
	close(fd);
	return result;
}

const struct link_seen *links_find(const struct links_seen *links, struct span name)
{
	for (unsigned i = 0; i < links->count; i++) {
		if (span_equal(span_of(links->list[i].name), name))
			return &links->list[i];
	}
	return NULL;
}

const struct link_seen *links_find_index(const struct links_seen *links, unsigned index)
{
	for (unsigned i = 0; i < links->count; i++) {
		if (links->list[i].index == index)
			return &links->list[i];
	}
	return NULL;
}
