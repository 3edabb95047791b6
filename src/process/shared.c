#include "process/shared.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

#define MAGIC "BOUCSHM"
#define VERSION 1u
#define PAGE ((size_t)4096)  /* of the layout, whatever the machine's */
#define REGION_ALIGN ((size_t)65536)  /* a page on every machine Debian runs on */

struct entry {
	char name[SHARED_NAME_MAX];
	uint32_t version, is_gone;  /* is_gone: a newer one of that name follows */
	uint64_t offset, size;
};

struct layout {
	char magic[8];
	uint32_t version, count;
	struct entry entries[SHARED_REGIONS_MAX];
};

_Static_assert(sizeof(struct layout) <= PAGE, "the layout is one page");

static bool is_bad(const struct region *region)
{
	return region->size == 0 || region->size > SHARED_BYTES_MAX || strlen(region->name) >= SHARED_NAME_MAX;
}

static struct entry *find_entry(struct layout *layout, const char *name)
{
	for (uint32_t i = 0; i < layout->count; i++) {
		if (!layout->entries[i].is_gone && strncmp(layout->entries[i].name, name, SHARED_NAME_MAX) == 0)
			return &layout->entries[i];
	}
	return NULL;
}

/* Adds REGION behind what there is; END is moved on. */
static enum result add_region(struct layout *layout, const struct region *region, uint64_t *end)
{
	struct entry *old = find_entry(layout, region->name);
	struct entry *entry = &layout->entries[layout->count];

	if (is_bad(region))
		return RESULT_LIMIT;
	if (old && old->version == region->version && old->size == region->size)
		return RESULT_OK;
	if (layout->count == SHARED_REGIONS_MAX || *end > SHARED_BYTES_MAX - region->size)
		return RESULT_LIMIT;
	if (old)
		old->is_gone = 1;
	*entry = (struct entry){ .version = region->version, .offset = *end, .size = region->size };
	memcpy(entry->name, region->name, strlen(region->name));
	layout->count++;
	*end = (*end + region->size + REGION_ALIGN - 1) & ~(uint64_t)(REGION_ALIGN - 1);
	return RESULT_OK;
}

static bool is_sound(const struct layout *layout, uint64_t bytes)
{
	if (memcmp(layout->magic, MAGIC, sizeof(layout->magic)) != 0 || layout->version != VERSION || layout->count > SHARED_REGIONS_MAX)
		return false;
	for (uint32_t i = 0; i < layout->count; i++) {
		const struct entry *entry = &layout->entries[i];

		if (!memchr(entry->name, 0, sizeof(entry->name)) || entry->offset % REGION_ALIGN != 0 || entry->offset == 0 ||
		    entry->offset > bytes || entry->size > bytes - entry->offset)
			return false;
	}
	return true;
}

static enum result write_layout(int fd, const struct layout *layout, uint64_t end)
{
	if (ftruncate(fd, (off_t)end) != 0)
		return RESULT_IO;
	return pwrite(fd, layout, sizeof(*layout), 0) == (ssize_t)sizeof(*layout) ? RESULT_OK : RESULT_IO;
}

static enum result add_regions(struct layout *layout, const struct region *regions, size_t count, uint64_t *end)
{
	enum result result = RESULT_OK;

	for (size_t i = 0; i < count && result == RESULT_OK; i++)
		result = add_region(layout, &regions[i], end);
	return result;
}

enum result shared_create(const struct region *regions, size_t count, int *out_fd)
{
	struct layout layout = { .magic = MAGIC, .version = VERSION };
	uint64_t end = REGION_ALIGN;
	enum result result = add_regions(&layout, regions, count, &end);
	int fd;

	if (result != RESULT_OK)
		return result;
	fd = memfd_create("bouclier-shared", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return RESULT_IO;
	result = write_layout(fd, &layout, end);
	/* An edge that could shrink it could kill the keeper (SIGBUS). Growing stays allowed: shared_extend does it. */
	if (result == RESULT_OK && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) != 0)
		result = RESULT_IO;
	if (result != RESULT_OK) {
		close(fd);
		return result;
	}
	*out_fd = fd;
	return RESULT_OK;
}

/* The first page by value: an edge may write into it while we look. */
static enum result read_layout(int fd, struct layout *out, uint64_t *bytes)
{
	struct stat status;

	if (fstat(fd, &status) != 0 || status.st_size < 0)
		return RESULT_IO;
	if (pread(fd, out, sizeof(*out), 0) != (ssize_t)sizeof(*out) || !is_sound(out, (uint64_t)status.st_size))
		return RESULT_MALFORMED;
	*bytes = (uint64_t)status.st_size;
	return RESULT_OK;
}

enum result shared_extend(int fd, const struct region *regions, size_t count)
{
	struct layout layout;
	uint64_t end;
	enum result result = read_layout(fd, &layout, &end);

	if (result != RESULT_OK)
		return result;
	end = (end + REGION_ALIGN - 1) & ~(uint64_t)(REGION_ALIGN - 1);
	result = add_regions(&layout, regions, count, &end);
	return result == RESULT_OK ? write_layout(fd, &layout, end) : result;
}

enum result shared_map(int fd, struct shared *out)
{
	struct layout layout;
	uint64_t bytes;
	enum result result = read_layout(fd, &layout, &bytes);
	void *base;

	if (result != RESULT_OK)
		return result;
	if (bytes > SHARED_BYTES_MAX * 2)
		return RESULT_LIMIT;
	base = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (base == MAP_FAILED)
		return RESULT_IO;
	*out = (struct shared){ .base = base, .size = (size_t)bytes };
	return RESULT_OK;
}

void shared_unmap(struct shared *shared)
{
	if (shared->base)
		munmap(shared->base, shared->size);
	*shared = (struct shared){ 0 };
}

void *shared_find(const struct shared *shared, const char *name, uint32_t version, size_t size)
{
	struct layout layout;
	struct entry *entry;

	if (shared->size < sizeof(layout))
		return NULL;
	memcpy(&layout, shared->base, sizeof(layout));
	if (!is_sound(&layout, shared->size))
		return NULL;
	entry = find_entry(&layout, name);
	return entry && entry->version == version && entry->size == size ? shared->base + entry->offset : NULL;
}
