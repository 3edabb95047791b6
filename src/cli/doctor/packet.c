/* What the kernel filter can have on this machine: which rungs of the ladder, and what keeps it from the upper ones. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/ethtool.h>
#include <linux/magic.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cli/doctor/doctor.h"
#include "cli/loaded.h"
#include "packet/loader/bound.h"
#include "packet/loader/links.h"
#include "packet/loader/nft.h"
#include "packet/settings.h"
#include "process/sandbox.h"

#include "base/banned.h"

#define WHAT "kernel filter"

/* Warnings only: without it portals are served all the same. */
static void look_kernel(struct doctor *doctor)
{
	unsigned long major, minor;
	struct utsname name;
	char *end;

	if (uname(&name) < 0)
		return;
	major = strtoul(name.release, &end, 10);
	minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
	if (major < 6 || (major == 6 && minor < 1))
		doctor_say(doctor, DOCTOR_WARNING, WHAT, "Linux %s: XDP needs 6.1 or later here; nftables remains", name.release);
	else if (libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_XDP, NULL) == 1)
		doctor_say(doctor, DOCTOR_OK, WHAT, "the kernel takes XDP programs (it needs no BTF of its own)");
	else if (!sandbox_has_capability(CAP_BPF) || !sandbox_has_capability(CAP_NET_ADMIN))
		doctor_say(doctor, DOCTOR_WARNING, WHAT, "whether the kernel takes XDP programs is seen only with CAP_BPF and CAP_NET_ADMIN: run doctor as root");
	else
		doctor_say(doctor, DOCTOR_WARNING, WHAT, "the kernel takes no XDP programs (%s); nftables remains", strerror(errno));
}

static void look_bpffs(struct doctor *doctor)
{
	struct statfs status;

	if (statfs("/sys/fs/bpf", &status) < 0 || status.f_type != BPF_FS_MAGIC)
		doctor_say(doctor, DOCTOR_WARNING, WHAT, "no BPF file system at /sys/fs/bpf: mount -t bpf -o mode=0700 bpf /sys/fs/bpf (systemd does so by itself)");
	else
		doctor_say(doctor, DOCTOR_OK, WHAT, "BPF file system at /sys/fs/bpf");
}

static void look_nft(struct doctor *doctor)
{
	if (nft_is_there())
		doctor_say(doctor, DOCTOR_OK, WHAT, "libnftables is there, for where there is no XDP");
	else
		doctor_say(doctor, DOCTOR_OK, WHAT, "no libnftables: where there is no XDP, nothing is filtered (apt-get install libnftables1)");
}

/* Drivers that have native XDP in Linux 6.1; later kernels have more. What one really takes is known when something is attached to it. */
static bool has_native(const char *driver)
{
	static const char *const drivers[] = {
		"atlantic", "bnxt_en", "ena", "fsl_dpaa2_eth", "fsl_enetc", "gve", "hv_netvsc", "i40e", "ice", "igb", "igc", "ixgbe", "ixgbevf", "mlx4_en", "mlx5_core", "mvneta",
		"mvpp2", "nfp", "qede", "sfc", "stmmac", "thunder-nic", "tun", "veth", "virtio_net", "vmxnet3", "xen_netfront", "bond",
	};

	for (size_t i = 0; i < sizeof(drivers) / sizeof(*drivers); i++) {
		if (strcmp(driver, drivers[i]) == 0)
			return true;
	}
	return false;
}

/* Empty: it does not tell. */
static void find_driver(const struct link_seen *link, char out[ETHTOOL_BUSINFO_LEN])
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq question = { .ifr_data = (char *)&info };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	out[0] = '\0';
	if (fd < 0)
		return;
	snprintf(question.ifr_name, sizeof(question.ifr_name), "%s", link->name);
	if (ioctl(fd, SIOCETHTOOL, &question) == 0)
		snprintf(out, ETHTOOL_BUSINFO_LEN, "%.31s", info.driver);
	close(fd);
}

static void look_free(struct doctor *doctor, const struct link_seen *link)
{
	char driver[ETHTOOL_BUSINFO_LEN];

	find_driver(link, driver);
	if (strcmp(link->kind, "vlan") == 0)
		doctor_say(doctor, DOCTOR_OK, WHAT, "%s: a VLAN; the filter goes before the interface below it", link->name);
	else if (has_native(driver))
		doctor_say(doctor, DOCTOR_OK, WHAT, "%s: its driver, %s, has native XDP", link->name, driver);
	else
		doctor_say(doctor, DOCTOR_OK, WHAT, "%s: its driver%s%s is not known to have native XDP; generic XDP remains", link->name, driver[0] ? ", " : "", driver);
}

static void look_interface(struct doctor *doctor, const struct links_seen *links, struct span name)
{
	const struct link_seen *link = links_find(links, name);

	if (!link)
		doctor_say(doctor, DOCTOR_WARNING, WHAT, "packet.interfaces: there is no %.*s", SPAN_ARG(name));
	else if (link->xdp == LINK_XDP_NONE)
		look_free(doctor, link);
	else if (link->xdp == LINK_XDP_OTHER)
		doctor_say(doctor, DOCTOR_WARNING, WHAT, "%s: several programs, or one in the card, are attached: the filter would have no place", link->name);
	else
		doctor_say(doctor, DOCTOR_OK, WHAT, "%s: a program is attached, as %s XDP", link->name, link->xdp == LINK_XDP_NATIVE ? "native" : "generic");
}

/* NAME is a VLAN, or the interface below the VLAN is. */
static bool is_filtered_below(const struct link_seen *vlan, const struct links_seen *links, const struct list_value *names)
{
	const struct link_seen *below = links_find_index(links, vlan->parent);
	const struct span *list = names->items;

	for (size_t i = 0; i < names->count; i++) {
		if (span_equal(list[i], span_of(vlan->name)) || (below && span_equal(list[i], span_of(below->name))))
			return true;
	}
	return false;
}

/* The program stands before the interface below, and looks for sockets from there. */
static void look_bound(struct doctor *doctor, const struct links_seen *links, const struct list_value *names)
{
	struct bound_sockets bound;

	if (!names->count || bound_look(&bound) != RESULT_OK)
		return;  /* a kernel that does not tell: nothing to warn of */
	for (unsigned i = 0; i < bound.count; i++) {
		const struct link_seen *link = links_find_index(links, bound.list[i].interface);

		if (link && strcmp(link->kind, "vlan") == 0 && is_filtered_below(link, links, names))
			doctor_say(doctor, DOCTOR_WARNING, WHAT, "%s: TCP sockets that are bound to this VLAN (%u, one on port %u) are not seen by the filter: what they await is dropped where ports are hidden, "
			           "unless it comes from management", link->name, bound.list[i].sockets, bound.list[i].port);
	}
}

static void look_interfaces(struct doctor *doctor)
{
	struct links_seen *links = malloc(sizeof(*links));
	struct loaded loaded;

	if (loaded_read(&loaded, doctor->options, 0) == RESULT_OK && links && links_look(links) == RESULT_OK) {
		const struct list_value *names = &packet_settings_of(loaded.snapshot)->interfaces;

		for (size_t i = 0; i < names->count; i++)
			look_interface(doctor, links, ((const struct span *)names->items)[i]);
		look_bound(doctor, links, names);
	}
	loaded_done(&loaded);
	free(links);
}

static int hear_nothing(enum libbpf_print_level level, const char *format, va_list list)
{
	(void)level;
	(void)format;
	(void)list;
	return 0;
}

void doctor_look_packet(struct doctor *doctor)
{
	libbpf_set_print(hear_nothing);
	look_kernel(doctor);
	look_bpffs(doctor);
	look_nft(doctor);
	look_interfaces(doctor);
}
