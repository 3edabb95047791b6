#include "config/snapshot.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/address.h"
#include "config/host_table.h"

#include "base/banned.h"

void snapshot_hold(struct snapshot *snapshot)
{
	__atomic_add_fetch(&snapshot->holders, 1, __ATOMIC_RELAXED);
}

void snapshot_drop(struct snapshot *snapshot)
{
	if (!snapshot || __atomic_sub_fetch(&snapshot->holders, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	for (int room = ROOM_COUNT - 1; room >= 0; room--) {
		if (snapshot->release[room])
			snapshot->release[room](snapshot);
	}
	arena_done(&snapshot->arena);
	free(snapshot);
}

bool snapshot_is_held_once(const struct snapshot *snapshot)
{
	return __atomic_load_n(&snapshot->holders, __ATOMIC_ACQUIRE) == 1;
}

/* A wildcard is filed under what follows its star: ".commune.example". */
static struct span filed_name(struct span host)
{
	return span_starts(host, SPAN("*.")) ? span_skip(host, 1) : host;
}

enum result host_table_build(struct snapshot *snapshot)
{
	size_t hosts = 0, count = 16;

	for (size_t i = 0; i < snapshot->site_count; i++)
		hosts += snapshot->sites[i].host_count;
	while (count < hosts * 2)
		count *= 2;
	snapshot->host_slots = arena_new_array(&snapshot->arena, struct host_slot, count);
	if (!snapshot->host_slots)
		return RESULT_NO_MEMORY;
	snapshot->host_slot_count = count;
	snapshot->seed = hash_process_seed();
	for (size_t i = 0; i < snapshot->site_count; i++) {
		for (size_t j = 0; j < snapshot->sites[i].host_count; j++) {
			struct span host = snapshot->sites[i].hosts[j];
			size_t at = hash_span_nocase(snapshot->seed, filed_name(host)) & (count - 1);

			while (snapshot->host_slots[at].site)
				at = (at + 1) & (count - 1);
			snapshot->host_slots[at] = (struct host_slot){ filed_name(host), &snapshot->sites[i] };
		}
	}
	return RESULT_OK;
}

static const struct site *look_up(const struct snapshot *snapshot, struct span name)
{
	size_t at = hash_span_nocase(snapshot->seed, name) & (snapshot->host_slot_count - 1);

	for (; snapshot->host_slots[at].site; at = (at + 1) & (snapshot->host_slot_count - 1)) {
		if (span_equal_nocase(snapshot->host_slots[at].name, name))
			return snapshot->host_slots[at].site;
	}
	return NULL;
}

/* IPv6 can be written in many ways ("[2001:db8:0::01]"); hosts are filed in one. */
static const struct site *find_by_address(const struct snapshot *snapshot, struct span host)
{
	char text[ADDRESS_TEXT_MAX], name[ADDRESS_TEXT_MAX + 2];
	struct address address;
	int len;

	if (address_read(host, &address) != RESULT_OK)
		return NULL;
	address_write(&address, text);
	len = snprintf(name, sizeof(name), "[%s]", text);
	return look_up(snapshot, span_make(name, (size_t)len));
}

const struct site *config_find_site(const struct snapshot *snapshot, struct span host)
{
	const struct site *site;

	if (host.len && host.at[host.len - 1] == '.')
		host.len--;
	if (host.len == 0 || host.len > 255 || host.at[0] == '.')
		return NULL;
	if (host.at[0] == '[')
		return find_by_address(snapshot, host);
	site = look_up(snapshot, host);
	while (!site && host.len) {
		size_t dot = span_find(host, '.');

		if (dot == host.len)
			break;
		host = span_skip(host, dot);
		site = look_up(snapshot, host);
		host = span_skip(host, 1);
	}
	return site;
}

bool route_covers(struct span prefix, struct span path)
{
	if (prefix.len == 1)  /* "/" */
		return true;
	return span_starts(path, prefix) && (path.len == prefix.len || path.at[prefix.len] == '/');
}

static const struct route *find_from(const struct site *site, size_t first, struct span path)
{
	for (size_t i = first; i < site->route_count; i++) {
		if (route_covers(site->routes[i].path, path))
			return &site->routes[i];
	}
	return NULL;
}

const struct route *config_find_route(const struct site *site, struct span path)
{
	return find_from(site, 0, path);
}

const struct route *config_next_route(const struct site *site, const struct route *route, struct span path)
{
	return find_from(site, route->index + (size_t)1, path);
}

void config_files(const struct snapshot *snapshot, void (*each)(const struct config_file *file, void *context), void *context)
{
	for (size_t i = 0; i < snapshot->file_count; i++)
		each(&snapshot->files[i], context);
}
