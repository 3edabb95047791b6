/* Records as bytes. */
#include <endian.h>

#include "cli/backup/format.h"

#include "base/banned.h"

static bool is_plain_part(struct span part)
{
	for (size_t i = 0; i < part.len; i++) {
		if ((unsigned char)part.at[i] < ' ' || part.at[i] == 0x7f || part.at[i] == '/')
			return false;
	}
	return part.len && part.len < 256 && !span_equal(part, SPAN(".")) && !span_equal(part, SPAN(".."));
}

bool backup_path_is_plain(struct span path)
{
	unsigned depth = 0;

	if (!path.len || path.len > BACKUP_PATH_MAX)
		return false;
	do {
		if (!is_plain_part(span_cut(&path, '/')) || ++depth > BACKUP_DEPTH_MAX)
			return false;
	} while (path.at);
	return true;
}

bool backup_target_is_plain(struct span target)
{
	return is_plain_part(target);
}

static bool is_account(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];

		if (!is_digit(c) && !(ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') && c != '.' && c != '-' && c != '_')
			return false;
	}
	return name.len <= BACKUP_NAME_MAX;
}

static bool has_place(enum backup_root root)
{
	return root == BACKUP_CONFIG || root == BACKUP_STATE || root == BACKUP_HUB || root == BACKUP_ELSEWHERE;
}

/* A folder that is a root itself has no path. */
static enum result judge(const struct backup_record *record)
{
	struct span path = span_of(record->path);

	if (record->mode > 0777 || !is_account(span_of(record->user)) || !is_account(span_of(record->group)))
		return RESULT_MALFORMED;
	switch (record->kind) {
	case BACKUP_MANIFEST:
	case BACKUP_END:
		if (record->root != BACKUP_NOWHERE || path.len)
			return RESULT_MALFORMED;
		return record->kind == BACKUP_MANIFEST && record->size > BACKUP_SMALL_MAX ? RESULT_LIMIT : RESULT_OK;
	case BACKUP_FOLDER:
		return has_place(record->root) && (!path.len || backup_path_is_plain(path)) && !record->size ? RESULT_OK : RESULT_MALFORMED;
	case BACKUP_FILE:
		if (!has_place(record->root) || !backup_path_is_plain(path))
			return RESULT_MALFORMED;
		return record->size > BACKUP_FILE_MAX ? RESULT_LIMIT : RESULT_OK;
	case BACKUP_LINK:
		return has_place(record->root) && record->root != BACKUP_ELSEWHERE && backup_path_is_plain(path) && record->size && record->size < 256 ? RESULT_OK
		                                                                                                                    : RESULT_MALFORMED;
	}
	return RESULT_MALFORMED;
}

struct head {
	uint8_t kind, root;
	uint16_t path_len, mode;
	uint8_t user_len, group_len;
	uint64_t size, modified_s;
	uint16_t zero;
} __attribute__((packed));

_Static_assert(sizeof(struct head) == BACKUP_HEAD_LEN, "as the header says");

enum result backup_record_write(const struct backup_record *record, struct buffer *out)
{
	struct head head = { .kind = (uint8_t)record->kind, .root = (uint8_t)record->root, .path_len = htole16((uint16_t)strlen(record->path)),
		             .mode = htole16((uint16_t)record->mode), .user_len = (uint8_t)strlen(record->user), .group_len = (uint8_t)strlen(record->group),
		             .size = htole64(record->size), .modified_s = htole64(record->modified_s) };
	enum result result = judge(record);

	if (result == RESULT_OK)
		result = buffer_append(out, span_make((const char *)&head, sizeof(head)));
	if (result == RESULT_OK)
		result = buffer_append(out, span_of(record->path));
	if (result == RESULT_OK)
		result = buffer_append(out, span_of(record->user));
	return result == RESULT_OK ? buffer_append(out, span_of(record->group)) : result;
}

enum result backup_record_read(struct span input, struct backup_record *out, size_t *used)
{
	struct backup_record record = { .kind = BACKUP_END };
	size_t path_len, all;
	enum result result;
	struct head head;

	if (input.len < sizeof(head))
		return RESULT_MORE;
	memcpy(&head, input.at, sizeof(head));
	path_len = le16toh(head.path_len);
	if (head.zero || path_len > BACKUP_PATH_MAX || head.user_len > BACKUP_NAME_MAX || head.group_len > BACKUP_NAME_MAX)
		return RESULT_MALFORMED;
	all = sizeof(head) + path_len + head.user_len + head.group_len;
	if (input.len < all)
		return RESULT_MORE;
	record.kind = (enum backup_kind)head.kind;
	record.root = (enum backup_root)head.root;
	record.mode = le16toh(head.mode);
	record.size = le64toh(head.size);
	record.modified_s = le64toh(head.modified_s);
	input = span_skip(input, sizeof(head));
	/* A NUL inside would make a path another than it is. */
	result = span_to_text(span_take(input, path_len), record.path, sizeof(record.path));
	if (result == RESULT_OK)
		result = span_to_text(span_take(span_skip(input, path_len), head.user_len), record.user, sizeof(record.user));
	if (result == RESULT_OK)
		result = span_to_text(span_take(span_skip(input, path_len + head.user_len), head.group_len), record.group, sizeof(record.group));
	if (result == RESULT_OK)
		result = judge(&record);
	if (result != RESULT_OK)
		return result;
	*out = record;
	*used = all;
	return RESULT_OK;
}
