#include "event/prune.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

/* Size of the segment; its last change in AGE_MS. 0 when it is not there. */
static uint64_t look_at(int folder_fd, enum stream stream, uint64_t first, uint64_t wall_ns, uint64_t *age_ms)
{
	char name[SEGMENT_NAME_MAX];
	struct stat status;
	uint64_t changed_ns;

	*age_ms = 0;
	segment_name(stream, first, name);
	if (fstatat(folder_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	changed_ns = (uint64_t)status.st_mtim.tv_sec * 1000000000u + (uint64_t)status.st_mtim.tv_nsec;
	if (changed_ns < wall_ns)
		*age_ms = (wall_ns - changed_ns) / 1000000u;
	return (uint64_t)status.st_size;
}

static bool drop(int folder_fd, enum stream stream, uint64_t first)
{
	char name[SEGMENT_NAME_MAX];

	segment_name(stream, first, name);
	return unlinkat(folder_fd, name, 0) == 0;
}

/* Drops what is too old from the front of LIST, and returns the bytes that stay; FROM is where they begin. */
static uint64_t expire(int folder_fd, enum stream stream, const struct segment_list *list, uint64_t keep_ms, uint64_t wall_ns,
                       size_t *from, struct prune_outcome *out)
{
	uint64_t bytes = 0;

	*from = 0;
	for (size_t i = 0; i < list->count; i++) {
		uint64_t age_ms;
		uint64_t size = look_at(folder_fd, stream, list->firsts[i], wall_ns, &age_ms);

		if (i == *from && i + 1 < list->count && age_ms > keep_ms && drop(folder_fd, stream, list->firsts[i])) {
			out->expired++;
			(*from)++;
			continue;
		}
		bytes += size;
	}
	return bytes;
}

void prune_segments(int folder_fd, uint64_t disk_bytes, uint64_t keep_ms, uint64_t wall_ns, struct prune_outcome *out)
{
	struct segment_list lists[STREAM_MAX] = { { NULL, 0 } };
	const struct segment_list *detail = &lists[STREAM_DETAIL];
	size_t from[STREAM_MAX] = { 0 };
	uint64_t bytes = 0, age_ms;

	for (unsigned i = 0; i < STREAM_MAX; i++) {
		if (segment_list_read(folder_fd, (enum stream)i, &lists[i]) != RESULT_OK)
			goto done;
	}
	for (unsigned i = 0; i < STREAM_MAX; i++)
		bytes += expire(folder_fd, (enum stream)i, &lists[i], keep_ms, wall_ns, &from[i], out);
	for (size_t i = from[STREAM_DETAIL]; i + 1 < detail->count && bytes > disk_bytes; i++) {
		uint64_t size = look_at(folder_fd, STREAM_DETAIL, detail->firsts[i], wall_ns, &age_ms);

		if (!drop(folder_fd, STREAM_DETAIL, detail->firsts[i]))
			break;
		out->dropped++;
		out->dropped_lines += detail->firsts[i + 1] - detail->firsts[i];
		bytes -= size < bytes ? size : bytes;
	}
done:
	for (unsigned i = 0; i < STREAM_MAX; i++)
		free(lists[i].firsts);
}
