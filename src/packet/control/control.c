#include "packet/control/control.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"

#include "base/banned.h"

#define V6_MALFORMED_BITS 32u

struct reader {
	void (*each)(void *context, const struct packet_event *event);
	void *context;
	size_t count;
};

struct control {
	struct packet_maps maps;
	struct packet_settings *settings;  /* the map itself */
	struct ring_buffer *ring;
	struct packet_count *per_cpu;
	unsigned cpus;
	struct reader reader;
};

static size_t settings_bytes(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (sizeof(struct packet_settings) + page - 1) / page * page;
}

static int take_event(void *context, void *data, size_t size)
{
	struct control *control = context;

	if (size < sizeof(struct packet_event))
		return 0;
	control->reader.count++;
	if (control->reader.each)
		control->reader.each(control->reader.context, data);
	return 0;
}

static enum result control_open(struct control *control)
{
	int cpus = libbpf_num_possible_cpus();

	control->settings = mmap(NULL, settings_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, control->maps.fds[PACKET_MAP_SETTINGS], 0);
	if (control->settings == MAP_FAILED || cpus <= 0)
		return RESULT_IO;
	control->cpus = (unsigned)cpus;
	control->per_cpu = calloc(control->cpus, sizeof(*control->per_cpu));
	control->ring = ring_buffer__new(control->maps.fds[PACKET_MAP_EVENTS], take_event, control, NULL);
	return control->per_cpu ? RESULT_OK : RESULT_NO_MEMORY;
}

enum result control_new(struct packet_maps *maps, struct control **out)
{
	struct control *control = calloc(1, sizeof(*control));
	enum result result;

	if (!control)
		return RESULT_NO_MEMORY;
	control->maps = *maps;
	result = control_open(control);
	if (result == RESULT_OK) {
		packet_maps_init(maps);
		*out = control;
	} else {
		packet_maps_init(&control->maps);  /* they stay the caller's */
		control_free(control);
	}
	return result;
}

void control_free(struct control *control)
{
	if (!control)
		return;
	if (control->settings != MAP_FAILED && control->settings)
		munmap(control->settings, settings_bytes());
	ring_buffer__free(control->ring);
	free(control->per_cpu);
	packet_maps_close(&control->maps);
	free(control);
}

const struct packet_maps *control_maps(const struct control *control)
{
	return &control->maps;
}

struct packet_settings *control_settings(struct control *control)
{
	return control->settings;
}

void control_beat(struct control *control)
{
	__atomic_store_n(&control->settings->heartbeat_ns, clock_mono_ns(), __ATOMIC_RELAXED);
}

void control_open_port(struct control *control, enum control_ports which, uint16_t port)
{
	struct packet_settings *settings = control->settings;
	__u64 *words = which == CONTROL_EXPOSED_TCP ? settings->exposed_tcp : which == CONTROL_EXPOSED_UDP ? settings->exposed_udp : settings->protected_tcp;

	(void)__atomic_or_fetch(&words[port / 64], 1ull << port % 64, __ATOMIC_RELAXED);
}

void control_observe(struct control *control)
{
	(void)__atomic_or_fetch(&control->settings->flags, PACKET_OBSERVES, __ATOMIC_RELEASE);
}

/* -- bans -- */

enum result packet_source_of(const struct address *address, packet_source *out)
{
	packet_source source = 0;
	bool is_v4 = address_is_v4(address);

	for (unsigned i = is_v4 ? 12 : 0; i < (is_v4 ? 16u : 8u); i++)
		source = source << 8 | address->bytes[i];
	if (!is_v4 && source >> V6_MALFORMED_BITS == 0)
		return RESULT_REFUSED;
	*out = source;
	return RESULT_OK;
}

struct address packet_source_address(packet_source source)
{
	struct address address = { { 0 } };
	bool is_v4 = source >> 32 == 0;
	unsigned end = is_v4 ? 16 : 8;

	if (is_v4)
		address.bytes[10] = address.bytes[11] = 0xff;
	for (unsigned i = 0; i < (is_v4 ? 4u : 8u); i++)
		address.bytes[end - 1 - i] = (uint8_t)(source >> (8 * i));
	return address;
}

enum result control_ban(struct control *control, packet_source source, const struct packet_ban *ban)
{
	if (bpf_map_update_elem(control->maps.fds[PACKET_MAP_BANS], &source, ban, BPF_ANY) == 0)
		return RESULT_OK;
	return errno == E2BIG ? RESULT_LIMIT : errno == ENOMEM ? RESULT_NO_MEMORY : RESULT_IO;
}

enum result control_unban(struct control *control, packet_source source)
{
	if (bpf_map_delete_elem(control->maps.fds[PACKET_MAP_BANS], &source) == 0)
		return RESULT_OK;
	return errno == ENOENT ? RESULT_NOT_FOUND : RESULT_IO;
}

enum result control_ban_find(struct control *control, packet_source source, struct packet_ban *out)
{
	if (bpf_map_lookup_elem(control->maps.fds[PACKET_MAP_BANS], &source, out) == 0)
		return RESULT_OK;
	return errno == ENOENT ? RESULT_NOT_FOUND : RESULT_IO;
}

/* Calls EACH for what the map has, also after it took out what it was called for. */
static void walk_bans(const struct control *control, void (*each)(void *context, packet_source source, const struct packet_ban *ban), void *context)
{
	int fd = control->maps.fds[PACKET_MAP_BANS];
	packet_source source, next;
	bool is_there = bpf_map_get_next_key(fd, NULL, &source) == 0;

	/* Bounded: who writes meanwhile could keep us walking for ever. */
	for (size_t i = 0; is_there && i < 2u * PACKET_BANS_MAX; i++) {
		struct packet_ban ban;

		is_there = bpf_map_get_next_key(fd, &source, &next) == 0;
		if (bpf_map_lookup_elem(fd, &source, &ban) == 0)
			each(context, source, &ban);
		source = next;
	}
}

struct living {
	uint64_t now_ns;
	size_t count;
	void (*each)(void *context, packet_source source, const struct packet_ban *ban);
	void *context;
};

static void tell_living(void *context, packet_source source, const struct packet_ban *ban)
{
	struct living *living = context;

	if (ban->until_ns <= living->now_ns)
		return;
	living->count++;
	living->each(living->context, source, ban);
}

size_t control_bans(struct control *control, void (*each)(void *context, packet_source source, const struct packet_ban *ban), void *context)
{
	struct living living = { clock_mono_ns(), 0, each, context };

	walk_bans(control, tell_living, &living);
	return living.count;
}

static void take_out_ended(void *context, packet_source source, const struct packet_ban *ban)
{
	const struct control *control = context;

	if (ban->until_ns <= clock_mono_ns())
		(void)bpf_map_delete_elem(control->maps.fds[PACKET_MAP_BANS], &source);
}

void control_sweep(struct control *control)
{
	walk_bans(control, take_out_ended, control);
}

/* -- what the program tells -- */

enum result control_count(struct control *control, struct packet_count out[PACKET_REASON_COUNT])
{
	for (__u32 reason = 0; reason < PACKET_REASON_COUNT; reason++) {
		out[reason] = (struct packet_count){ 0, 0 };
		if (bpf_map_lookup_elem(control->maps.fds[PACKET_MAP_COUNTERS], &reason, control->per_cpu) != 0)
			return RESULT_IO;
		for (unsigned i = 0; i < control->cpus; i++) {
			out[reason].packets += control->per_cpu[i].packets;
			out[reason].bytes += control->per_cpu[i].bytes;
		}
	}
	return RESULT_OK;
}

int control_events_fd(struct control *control)
{
	return control->ring ? ring_buffer__epoll_fd(control->ring) : -1;
}

size_t control_events_read(struct control *control, void (*each)(void *context, const struct packet_event *event), void *context)
{
	control->reader = (struct reader){ each, context, 0 };
	if (control->ring)
		(void)ring_buffer__consume(control->ring);
	return control->reader.count;
}
