#include "packet/loader/machine.h"

#include "base/read_file.h"

#include "base/banned.h"

#define FILE_BYTES 256u
#define WINDOW_SCALE_MAX 14u
#define MSS_MAX 1460u
#define MSS_MIN 536u
#define V4_HEADS 40u  /* IPv4 and TCP, without options */
#define V6_HEADS 60u

/* The number at INDEX of what PATH holds; OTHERWISE where there is none. */
static uint64_t number_at(const char *path, unsigned index, uint64_t otherwise)
{
	uint64_t number = otherwise;
	struct buffer text;

	buffer_init(&text, FILE_BYTES);
	if (read_file(path, &text) == RESULT_OK) {
		struct span rest = span_trim(buffer_span(&text)), word = SPAN_NONE;

		if (span_ends(rest, SPAN("\n")))
			rest = span_take(rest, rest.len - 1);
		for (unsigned i = 0; i <= index; i++)
			word = span_trim(span_cut(&rest, '\t'));
		if (span_to_u64(word, UINT64_MAX, &number) != RESULT_OK)
			number = otherwise;
	}
	buffer_done(&text);
	return number;
}

__u8 machine_window_scale(uint64_t bytes)
{
	__u8 scale = 0;

	while (bytes > 65535 && scale < WINDOW_SCALE_MAX) {
		bytes >>= 1;
		scale++;
	}
	return scale;
}

void machine_look(struct machine *out)
{
	uint64_t tcp_bytes = number_at("/proc/sys/net/ipv4/tcp_rmem", 2, 0), core_bytes = number_at("/proc/sys/net/core/rmem_max", 0, 0);

	*out = (struct machine){
		.forwards = number_at("/proc/sys/net/ipv4/ip_forward", 0, 1) || number_at("/proc/sys/net/ipv6/conf/all/forwarding", 0, 0),
		.has_timestamps = number_at("/proc/sys/net/ipv4/tcp_timestamps", 0, 0) == 2,
		.has_cookies = number_at("/proc/sys/net/ipv4/tcp_syncookies", 0, 0) != 0,
		.window_scale = machine_window_scale(tcp_bytes > core_bytes ? tcp_bytes : core_bytes),
	};
	/* In a network namespace core/rmem_max is not to be seen, and the kernel uses the first namespace's. Less is always right. */
	if (!core_bytes)
		out->window_scale = machine_window_scale(tcp_bytes);
}

static __u16 mss_of(unsigned mtu, unsigned heads)
{
	unsigned mss = mtu > heads + MSS_MIN ? mtu - heads : MSS_MIN;
	unsigned most = MSS_MAX + V4_HEADS - heads;

	return (__u16)(mss < most ? mss : most);
}

void machine_apply(const struct machine *machine, unsigned mtu, struct packet_settings *out)
{
	const unsigned ours = PACKET_ANSWERS_SYN | PACKET_KNOWS_STATE | PACKET_IS_END_HOST | PACKET_HAS_TIMESTAMPS;

	out->flags = (out->flags & ~ours) | (machine->has_timestamps ? PACKET_HAS_TIMESTAMPS : 0u);
	if (!machine->forwards)
		out->flags |= PACKET_IS_END_HOST | PACKET_KNOWS_STATE | (machine->has_cookies && !machine->has_vlans ? PACKET_ANSWERS_SYN : 0u);
	out->window_scale = machine->window_scale;
	out->mss_v4 = mss_of(mtu, V4_HEADS);
	out->mss_v6 = mss_of(mtu, V6_HEADS);
}

void machine_ephemeral(uint16_t *first, uint16_t *last)
{
	*first = (uint16_t)number_at("/proc/sys/net/ipv4/ip_local_port_range", 0, 1024);
	*last = (uint16_t)number_at("/proc/sys/net/ipv4/ip_local_port_range", 1, UINT16_MAX);
}
