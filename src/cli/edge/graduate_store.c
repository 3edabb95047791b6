/* Who has moved to block, in the state folder: {"sites":[{"site":NAME,"since":...}]}, times in seconds since 1970. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/read_file.h"
#include "cli/edge/graduate.h"
#include "event/json.h"

#include "base/banned.h"

#define PART_NAME GRADUATES_FILE ".part"
#define FILE_BYTES_MAX ((size_t)32 << 20)

static const struct member {
	const char *name;
	size_t offset;
} members[] = {
	{ "since", offsetof(struct graduation, since_s) }, { "bad", offsetof(struct graduation, bad_s) },
	{ "visitors", offsetof(struct graduation, visitors) }, { "announced", offsetof(struct graduation, announced_s) },
	{ "moves", offsetof(struct graduation, moves_s) }, { "moved", offsetof(struct graduation, moved_s) },
	{ "undone", offsetof(struct graduation, undone_s) },
};

struct graduate *graduate_new(struct span name)
{
	struct graduate *graduate = calloc(1, sizeof(*graduate));

	if (!graduate)
		return NULL;
	graduate->name = strndup(name.at, name.len);
	graduate->key = plan_site_key(name);
	if (graduate->name)
		return graduate;
	free(graduate);
	return NULL;
}

void graduates_drop(struct graduate *list)
{
	while (list) {
		struct graduate *graduate = list;

		list = graduate->next;
		free(graduate->name);
		free(graduate);
	}
}

static enum result take_site(const struct json *site, struct graduate **list)
{
	struct span name = json_text_of(json_find(site, "site"));
	struct graduate *graduate;

	if (!name.len)
		return RESULT_MALFORMED;
	graduate = graduate_new(name);
	if (!graduate)
		return RESULT_NO_MEMORY;
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		uint64_t number = json_number_of(json_find(site, members[i].name));
		uint32_t value = number > UINT32_MAX ? 0 : (uint32_t)number;

		memcpy((char *)&graduate->graduation + members[i].offset, &value, sizeof(value));
	}
	graduate->kept_bad_s = graduate->graduation.bad_s;
	graduate->next = *list;
	*list = graduate;
	return RESULT_OK;
}

static enum result take(struct span text, struct graduate **list)
{
	struct json *root = NULL;
	enum result result = json_read(text, &root);
	const struct json *sites;

	if (result != RESULT_OK)
		return result;
	sites = json_find(root, "sites");
	for (size_t i = 0; i < json_length(sites) && i < GRADUATES_MAX && result == RESULT_OK; i++)
		result = take_site(json_item(sites, i), list);
	json_drop(root);
	return result;
}

enum result graduates_read(int state_fd, struct graduate **list)
{
	struct buffer text;
	enum result result;

	if (state_fd < 0)
		return RESULT_NOT_FOUND;
	buffer_init(&text, FILE_BYTES_MAX);
	result = read_file_at(state_fd, GRADUATES_FILE, &text);
	if (result == RESULT_OK)
		result = take(buffer_span(&text), list);
	buffer_done(&text);
	return result;
}

enum result graduates_set_aside(int state_fd)
{
	bool is_gone = state_fd >= 0 && (renameat(state_fd, GRADUATES_FILE, state_fd, GRADUATES_ASIDE) == 0 || errno == ENOENT);

	return is_gone ? RESULT_OK : RESULT_IO;
}

static enum result print(const struct graduate *list, struct buffer *out)
{
	struct json_writer json;

	json_writer_init(&json, out);
	json_open(&json, SPAN_NONE, '{');
	json_open(&json, SPAN("sites"), '[');
	for (; list; list = list->next) {
		if (!list->graduation.since_s)
			continue;  /* nothing is known of it any more */
		json_open(&json, SPAN_NONE, '{');
		json_put_text(&json, SPAN("site"), span_of(list->name));
		for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
			uint32_t value;

			memcpy(&value, (const char *)&list->graduation + members[i].offset, sizeof(value));
			json_put_number(&json, span_of(members[i].name), value);
		}
		json_close(&json, '}');
	}
	json_close(&json, ']');
	json_close(&json, '}');
	return json.result;
}

/* On the disk before it has the name: a power failure leaves the old file, or the new one. */
static bool write_file(int state_fd, struct span text)
{
	int fd = openat(state_fd, PART_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool is_good = fd >= 0 && write(fd, text.at, text.len) == (ssize_t)text.len && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	is_good = is_good && renameat(state_fd, PART_NAME, state_fd, GRADUATES_FILE) == 0;
	if (!is_good)
		(void)!unlinkat(state_fd, PART_NAME, 0);
	return is_good;
}

enum result graduates_write(int state_fd, const struct graduate *list)
{
	struct buffer text;
	enum result result;

	if (state_fd < 0)
		return RESULT_IO;
	buffer_init(&text, FILE_BYTES_MAX);
	result = print(list, &text);
	if (result == RESULT_OK && !write_file(state_fd, buffer_span(&text)))
		result = RESULT_IO;
	buffer_done(&text);
	return result;
}
