/* What the kernel filter can have on this machine: which rungs of the ladder, and what keeps it from the upper ones. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statfs.h>
#include <sys/utsname.h>

#include "cli/doctor/doctor.h"
#include "cli/loaded.h"
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
		doctor_say(doctor, DOCTOR_WARNING, WHAT, "no BPF file system at /sys/fs/bpf: mount -t bpf bpf /sys/fs/bpf (systemd does so by itself)");
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

/* What a driver takes is known for sure only when something is attached to it; who has a program already knows. */
static void look_interface(struct doctor *doctor, const struct links_seen *links, struct span name)
{
	static const char *const attached[] = {
		[LINK_XDP_NONE] = "nothing is attached", [LINK_XDP_NATIVE] = "a program is attached, native", [LINK_XDP_GENERIC] = "a program is attached, generic",
		[LINK_XDP_OTHER] = "programs of others are attached",
	};
	const struct link_seen *link = links_find(links, name);

	if (!link)
		doctor_say(doctor, DOCTOR_WARNING, WHAT, "packet.interfaces: there is no %.*s", SPAN_ARG(name));
	else if (link->xdp == LINK_XDP_OTHER)
		doctor_say(doctor, DOCTOR_WARNING, WHAT, "%s: %s", link->name, attached[link->xdp]);
	else
		doctor_say(doctor, DOCTOR_OK, WHAT, "%s%s%s%s: %s%s", link->name, link->kind[0] ? " (" : "", link->kind, link->kind[0] ? ")" : "", attached[link->xdp],
		           link->xdp == LINK_XDP_NONE ? "; bouclier packet attach says whether its driver has native XDP" : "");
}

static void look_interfaces(struct doctor *doctor)
{
	struct links_seen *links = malloc(sizeof(*links));
	struct loaded loaded;

	if (loaded_read(&loaded, doctor->options, 0) == RESULT_OK && links && links_look(links) == RESULT_OK) {
		const struct list_value *names = &packet_settings_of(loaded.snapshot)->interfaces;

		for (size_t i = 0; i < names->count; i++)
			look_interface(doctor, links, ((const struct span *)names->items)[i]);
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
