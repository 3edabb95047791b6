#include "process/image.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

/* Raise VERSION whenever a record changes: a binary never reads another version's image, it asks its own check. */
#define MAGIC "BOUCIMG"
#define VERSION 3u
#define DRAIN_MS 30000u
#define DRAIN_MS_MAX 3600000u

struct header {
	char magic[8];
	uint32_t version, records;
	uint64_t bytes;
};

struct record_head {
	uint32_t kind, flags, number;
	int32_t error;
	uint32_t name_len, bytes_len;
};

struct settings_record {
	uint32_t workers, unused;
	uint64_t drain_ms;
};

struct listener_record {
	uint8_t address[16];
	uint16_t port, unused;
	uint32_t backlog, flags;
};

static size_t padded(size_t len)
{
	return (len + 7) & ~(size_t)7;
}

/* -- writing -- */

static void append(struct image_writer *writer, const void *bytes, size_t len)
{
	if (writer->failed == RESULT_OK && len)
		writer->failed = buffer_append(&writer->bytes, span_make(bytes, len));
}

void image_writer_init(struct image_writer *writer)
{
	static const struct header none;

	*writer = (struct image_writer){ 0 };
	buffer_init(&writer->bytes, IMAGE_BYTES_MAX);
	append(writer, &none, sizeof(none));
}

void image_writer_done(struct image_writer *writer)
{
	buffer_done(&writer->bytes);
}

static void write_record(struct image_writer *writer, const struct image_record *record)
{
	static const char zeros[8];
	size_t len = record->name.len + record->bytes.len;
	struct record_head head = {
		.kind = record->kind, .flags = record->flags, .number = record->number, .error = record->error,
		.name_len = (uint32_t)record->name.len, .bytes_len = (uint32_t)record->bytes.len,
	};

	if (writer->failed != RESULT_OK)
		return;
	if (record->name.len >= IMAGE_PATH_MAX || record->bytes.len > IMAGE_BYTES_MAX || writer->records == IMAGE_RECORDS_MAX) {
		writer->failed = RESULT_LIMIT;
		return;
	}
	append(writer, &head, sizeof(head));
	append(writer, record->name.at, record->name.len);
	append(writer, record->bytes.at, record->bytes.len);
	append(writer, zeros, padded(len) - len);
	writer->records++;
}

void image_write_complaints(struct image_writer *writer, struct span text)
{
	write_record(writer, &(struct image_record){ .kind = IMAGE_COMPLAINTS, .bytes = text });
}

void image_write_settings(struct image_writer *writer, const struct image_settings *settings)
{
	struct settings_record record = { .workers = settings->workers, .drain_ms = settings->drain_ms };

	write_record(writer, &(struct image_record){ .kind = IMAGE_SETTINGS, .name = settings->state_folder,
	                                             .bytes = span_make((const char *)&record, sizeof(record)) });
}

void image_write_admin(struct image_writer *writer, struct span path, unsigned mode)
{
	write_record(writer, &(struct image_record){ .kind = IMAGE_ADMIN, .name = path, .number = mode });
}

static void write_listener(struct image_writer *writer, enum image_kind kind, const struct image_listener *listener)
{
	struct listener_record record = { .port = listener->endpoint.port, .backlog = listener->backlog, .flags = listener->flags };

	memcpy(record.address, listener->endpoint.address.bytes, sizeof(record.address));
	write_record(writer, &(struct image_record){ .kind = kind, .bytes = span_make((const char *)&record, sizeof(record)) });
}

void image_write_listener(struct image_writer *writer, const struct image_listener *listener)
{
	write_listener(writer, IMAGE_LISTENER, listener);
}

void image_write_hub(struct image_writer *writer, struct span state_folder, struct span settings, const struct endpoint *listener)
{
	write_record(writer, &(struct image_record){ .kind = IMAGE_HUB, .name = state_folder, .bytes = settings });
	if (listener)
		write_listener(writer, IMAGE_HUB_LISTENER, &(struct image_listener){ .endpoint = *listener });
}

void image_write_hub_file(struct image_writer *writer, struct span path)
{
	write_record(writer, &(struct image_record){ .kind = IMAGE_HUB_FILE, .name = path });
}

void image_write_file(struct image_writer *writer, const struct image_file *file)
{
	write_record(writer, &(struct image_record){ .kind = IMAGE_FILE, .name = file->path, .bytes = file->bytes,
	                                             .number = file->kind, .flags = file->flags, .error = file->error });
}

void image_write_text(struct image_writer *writer, struct span path, struct span bytes)
{
	write_record(writer, &(struct image_record){ .kind = IMAGE_TEXT, .name = path, .bytes = bytes });
}

void image_write_problem(struct image_writer *writer, const struct image_record *problem)
{
	write_record(writer, &(struct image_record){ .kind = IMAGE_PROBLEM, .name = problem->name, .bytes = problem->bytes,
	                                             .number = problem->number, .flags = problem->flags });
}

void image_write_rules(struct image_writer *writer, enum image_kind kind, struct span owner, struct span name, struct span bytes)
{
	struct buffer both;

	buffer_init(&both, owner.len + 1 + bytes.len);
	if (writer->failed == RESULT_OK)
		writer->failed = buffer_append(&both, owner);
	if (writer->failed == RESULT_OK)
		writer->failed = buffer_append_byte(&both, 0);
	if (writer->failed == RESULT_OK)
		writer->failed = buffer_append(&both, bytes);
	write_record(writer, &(struct image_record){ .kind = kind, .name = name, .bytes = buffer_span(&both) });
	buffer_done(&both);
}

void image_write_note(struct image_writer *writer, struct span note)
{
	write_record(writer, &(struct image_record){ .kind = IMAGE_NOTE, .bytes = note });
}

void image_write_base(struct image_writer *writer, struct span path, struct span bytes)
{
	write_record(writer, &(struct image_record){ .kind = IMAGE_BASE, .name = path, .bytes = bytes });
}

void image_write_view(struct image_writer *writer, struct span path, bool may_write)
{
	write_record(writer, &(struct image_record){ .kind = IMAGE_VIEW, .name = path, .number = may_write });
}

enum result image_finish_bytes(struct image_writer *writer, struct span *out)
{
	struct header header = { .magic = MAGIC, .version = VERSION, .records = writer->records };

	if (writer->failed != RESULT_OK)
		return writer->failed;
	header.bytes = buffer_len(&writer->bytes);
	memcpy(writer->bytes.bytes + writer->bytes.start, &header, sizeof(header));
	*out = buffer_span(&writer->bytes);
	return RESULT_OK;
}

enum result image_finish(struct image_writer *writer, int fd)
{
	struct span left;
	enum result result = image_finish_bytes(writer, &left);

	while (result == RESULT_OK && left.len) {
		ssize_t count = write(fd, left.at, left.len);

		if (count > 0)
			left = span_skip(left, (size_t)count);
		else if (count == 0 || errno != EINTR)
			result = RESULT_IO;
	}
	return result;
}

/* -- reading -- */

/* The record at AT, which is moved behind it. False when it does not lie inside the image. */
static bool read_record(struct span image, size_t *at, struct image_record *out)
{
	struct record_head head;
	size_t len;

	if (image.len - *at < sizeof(head))
		return false;
	memcpy(&head, image.at + *at, sizeof(head));
	if (head.kind == 0 || head.kind >= IMAGE_KIND_COUNT || head.name_len >= IMAGE_PATH_MAX || head.bytes_len > IMAGE_BYTES_MAX)
		return false;
	len = padded((size_t)head.name_len + head.bytes_len);
	if (image.len - *at - sizeof(head) < len)
		return false;
	*out = (struct image_record){
		.kind = (enum image_kind)head.kind, .flags = head.flags, .number = head.number, .error = head.error,
		.name = span_make(image.at + *at + sizeof(head), head.name_len),
	};
	out->bytes = span_make(out->name.at + head.name_len, head.bytes_len);
	*at += sizeof(head) + len;
	return true;
}

static bool is_path(struct span name)
{
	return name.len && name.at[0] == '/' && span_find(name, 0) == name.len;
}

static bool is_settings(const struct image_record *record)
{
	struct settings_record settings;

	if (record->bytes.len != sizeof(settings) || (record->name.len && !is_path(record->name)))
		return false;
	memcpy(&settings, record->bytes.at, sizeof(settings));
	return settings.workers >= 1 && settings.workers <= IMAGE_WORKERS_MAX && settings.drain_ms <= DRAIN_MS_MAX;
}

/* What each kind promises. */
static bool is_sound(const struct image_record *record)
{
	switch (record->kind) {
	case IMAGE_COMPLAINTS:
		return record->name.len == 0;
	case IMAGE_SETTINGS:
		return is_settings(record);
	case IMAGE_ADMIN:
		return is_path(record->name) && record->number <= 0777;
	case IMAGE_LISTENER:
	case IMAGE_HUB_LISTENER:
		return record->bytes.len == sizeof(struct listener_record);
	case IMAGE_HUB:
		return is_path(record->name) && record->bytes.len;
	case IMAGE_PROBLEM:
		return record->name.len && span_find(record->name, 0) == record->name.len;
	case IMAGE_RULE_TEXT:
	case IMAGE_RULE_SET:
		return record->name.len && span_find(record->name, 0) == record->name.len && span_find(record->bytes, 0) < record->bytes.len;
	case IMAGE_VIEW:
		return is_path(record->name) && record->number <= 1;
	case IMAGE_NOTE:
		return record->name.len == 0 && record->bytes.len <= IMAGE_NOTE_MAX;
	case IMAGE_FILE:
	case IMAGE_HUB_FILE:
	case IMAGE_TEXT:
	case IMAGE_BASE:
		return is_path(record->name);
	case IMAGE_KIND_COUNT:
		break;
	}
	return false;
}

/* Two listeners on one address would fight for it. */
static bool has_double_listener(const struct image *image)
{
	struct image_listener seen[IMAGE_LISTENERS_MAX];
	size_t at = 0;

	for (size_t count = 0; image_next_listener(image, &at, &seen[count]); count++) {
		for (size_t i = 0; i < count; i++) {
			if (endpoint_equal(&seen[i].endpoint, &seen[count].endpoint))
				return true;
		}
		if (count + 1 == IMAGE_LISTENERS_MAX)
			break;
	}
	return false;
}

enum result image_read(struct span bytes, struct image *out)
{
	unsigned counts[IMAGE_KIND_COUNT] = { 0 };
	struct image_record record;
	struct header header;
	struct image image = { .bytes = bytes };
	size_t at = sizeof(header);

	if (bytes.len > IMAGE_BYTES_MAX)
		return RESULT_LIMIT;
	if (bytes.len < sizeof(header))
		return RESULT_MALFORMED;
	memcpy(&header, bytes.at, sizeof(header));
	if (memcmp(header.magic, MAGIC, sizeof(header.magic)) != 0 || header.version != VERSION || header.bytes != bytes.len)
		return RESULT_MALFORMED;
	if (header.records > IMAGE_RECORDS_MAX)
		return RESULT_LIMIT;
	for (uint32_t i = 0; i < header.records; i++) {
		if (!read_record(bytes, &at, &record) || !is_sound(&record))
			return RESULT_MALFORMED;
		counts[record.kind]++;
	}
	if (at != bytes.len || counts[IMAGE_SETTINGS] > 1 || counts[IMAGE_COMPLAINTS] > 1 || counts[IMAGE_ADMIN] > 1 ||
	    counts[IMAGE_HUB] > 1 || counts[IMAGE_HUB_LISTENER] > 1 || counts[IMAGE_NOTE] > 1)
		return RESULT_MALFORMED;
	if (counts[IMAGE_LISTENER] > IMAGE_LISTENERS_MAX)
		return RESULT_LIMIT;
	if (has_double_listener(&image))
		return RESULT_MALFORMED;
	*out = image;
	return RESULT_OK;
}

enum result image_open(int fd, struct image *out)
{
	const int needed = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	int seals = fcntl(fd, F_GET_SEALS);
	enum result result;
	struct stat status;
	void *base;

	if (seals < 0 || (seals & needed) != needed)
		return RESULT_REFUSED;
	if (fstat(fd, &status) != 0)
		return RESULT_IO;
	if (status.st_size == 0)
		return RESULT_MALFORMED;
	if ((uint64_t)status.st_size > IMAGE_BYTES_MAX)
		return RESULT_LIMIT;
	base = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED)
		return RESULT_IO;
	result = image_read(span_make(base, (size_t)status.st_size), out);
	if (result != RESULT_OK)
		munmap(base, (size_t)status.st_size);
	else
		out->is_mapped = true;
	return result;
}

void image_close(struct image *image)
{
	union { const char *at; void *base; } mapped = { .at = image->bytes.at };  /* munmap asks for a pointer without const */

	if (image->is_mapped)
		munmap(mapped.base, image->bytes.len);
	*image = (struct image){ 0 };
}

bool image_next(const struct image *image, enum image_kind kind, size_t *at, struct image_record *out)
{
	struct image_record record;

	if (*at == 0)
		*at = sizeof(struct header);
	while (*at < image->bytes.len && read_record(image->bytes, at, &record)) {
		if (record.kind == kind) {
			*out = record;
			return true;
		}
	}
	return false;
}

static bool next_listener(const struct image *image, enum image_kind kind, size_t *at, struct image_listener *out)
{
	struct listener_record listener;
	struct image_record record;

	if (!image_next(image, kind, at, &record))
		return false;
	memcpy(&listener, record.bytes.at, sizeof(listener));
	*out = (struct image_listener){ .backlog = listener.backlog, .flags = listener.flags };
	out->endpoint.port = listener.port;
	memcpy(out->endpoint.address.bytes, listener.address, sizeof(listener.address));
	return true;
}

bool image_next_listener(const struct image *image, size_t *at, struct image_listener *out)
{
	return next_listener(image, IMAGE_LISTENER, at, out);
}

bool image_hub_listener(const struct image *image, struct endpoint *out)
{
	struct image_listener listener;
	size_t at = 0;

	if (!next_listener(image, IMAGE_HUB_LISTENER, &at, &listener))
		return false;
	*out = listener.endpoint;
	return true;
}

enum result image_hub(const struct image *image, struct span *state_folder, struct span *settings)
{
	struct image_record record;
	size_t at = 0;

	if (!image_next(image, IMAGE_HUB, &at, &record))
		return RESULT_NOT_FOUND;
	*state_folder = record.name;
	*settings = record.bytes;
	return RESULT_OK;
}

bool image_next_file(const struct image *image, size_t *at, struct image_file *out)
{
	struct image_record record;

	if (!image_next(image, IMAGE_FILE, at, &record))
		return false;
	*out = (struct image_file){ .path = record.name, .bytes = record.bytes, .kind = record.number, .flags = record.flags,
	                            .error = record.error };
	return true;
}

struct span image_rules_owner(const struct image_record *record)
{
	return span_take(record->bytes, span_find(record->bytes, 0));
}

struct span image_rules_bytes(const struct image_record *record)
{
	return span_skip(record->bytes, span_find(record->bytes, 0) + 1);
}

struct span image_note(const struct image *image)
{
	struct image_record record;
	size_t at = 0;

	return image_next(image, IMAGE_NOTE, &at, &record) ? record.bytes : SPAN_NONE;
}

struct span image_complaints(const struct image *image)
{
	struct image_record record;
	size_t at = 0;

	return image_next(image, IMAGE_COMPLAINTS, &at, &record) ? record.bytes : SPAN_NONE;
}

struct image_settings image_settings(const struct image *image)
{
	struct image_settings out = { .workers = 1, .drain_ms = DRAIN_MS };
	struct settings_record settings;
	struct image_record record;
	size_t at = 0;

	if (!image_next(image, IMAGE_SETTINGS, &at, &record))
		return out;
	memcpy(&settings, record.bytes.at, sizeof(settings));
	return (struct image_settings){ .state_folder = record.name, .workers = settings.workers, .drain_ms = settings.drain_ms };
}

enum result image_admin(const struct image *image, struct span *path, unsigned *mode)
{
	struct image_record record;
	size_t at = 0;

	if (!image_next(image, IMAGE_ADMIN, &at, &record))
		return RESULT_NOT_FOUND;
	*path = record.name;
	*mode = record.number;
	return RESULT_OK;
}

enum result image_find_text(const struct image *image, struct span path, struct span *bytes)
{
	struct image_record record;
	size_t at = 0;

	while (image_next(image, IMAGE_TEXT, &at, &record)) {
		if (span_equal(record.name, path)) {
			*bytes = record.bytes;
			return RESULT_OK;
		}
	}
	return RESULT_NOT_FOUND;
}

enum result image_find_file(const struct image *image, struct span path, struct image_file *out)
{
	struct image_file file;
	size_t at = 0;

	while (image_next_file(image, &at, &file)) {
		if (span_equal(file.path, path)) {
			*out = file;
			return RESULT_OK;
		}
	}
	return RESULT_NOT_FOUND;
}
