/* Pass 1, pass 2. stage.c has the files. */
#include "cli/backup/put.h"

#include <errno.h>
#include <stdio.h>

#include "cli/backup/stage.h"
#include "cli/command.h"

#include "base/banned.h"

int backup_complain(enum result result)
{
	switch ((int)result) {
	case RESULT_REFUSED:
		return command_failed("the passphrase is wrong: this is not the one that the backup was made with");
	case RESULT_MALFORMED:
		return command_failed("this is no whole backup of this version: it was cut off or changed, or is something else. Nothing was put in place");
	case RESULT_LIMIT:
		return command_failed("this says more of itself than a backup may: it was changed, or is something else. Nothing was put in place");
	case RESULT_IO:
		return command_failed("the backup cannot be read: %s", strerror(errno));
	default:
		return command_failed("the backup cannot be read: %s", result_name(result));
	}
}

static unsigned place_of(enum backup_root root)
{
	return root == BACKUP_CONFIG ? 0 : root == BACKUP_STATE ? 1 : root == BACKUP_HUB ? 2 : 3;
}

/* The content of what is small. */
static enum result read_small(struct backup_reader *reader, struct buffer *out)
{
	struct span bytes;
	enum result result;

	while ((result = backup_content(reader, &bytes)) == RESULT_OK) {
		result = buffer_append(out, bytes);
		if (result != RESULT_OK)
			return result;
	}
	return result == RESULT_END ? RESULT_OK : result;
}

static enum result look_at(struct putting *putting, const struct backup_record *record)
{
	struct contents *contents = &putting->contents;
	unsigned place = place_of(record->root);
	enum result result = RESULT_OK;
	struct buffer text;

	contents->has_hub |= record->root == BACKUP_HUB;
	if (record->kind == BACKUP_MANIFEST) {
		buffer_init(&text, BACKUP_SMALL_MAX);
		result = read_small(putting->reader, &text);
		if (result == RESULT_OK)
			result = manifest_read(buffer_span(&text), &contents->was, contents->at, &contents->has_events);
		buffer_done(&text);
	} else if (record->kind == BACKUP_FILE) {
		contents->files[place]++;
		contents->bytes[place] += record->size;
		if (place == 3 && (contents->files[place] > ELSEWHERE_MAX || record->size > ELSEWHERE_BYTES_MAX))
			result = RESULT_LIMIT;
	}
	return result;
}

int backup_look(struct putting *putting)
{
	struct backup_record record;
	enum result result = RESULT_OK;

	while (result == RESULT_OK && (result = backup_next(putting->reader, &record)) == RESULT_OK)
		result = look_at(putting, &record);
	return result == RESULT_END ? EXIT_DONE : backup_complain(result);
}

/* -- pass 2 -- */

static enum result put_file(struct stage *stage, struct backup_reader *reader, const struct backup_record *record)
{
	struct staged_file file;
	enum result result = stage_file(stage, record, &file), ended;
	struct span bytes;

	if (result != RESULT_OK)
		return result;
	while ((result = backup_content(reader, &bytes)) == RESULT_OK) {
		result = staged_write(&file, bytes);
		if (result != RESULT_OK)
			break;
	}
	ended = staged_end(&file, record);
	return result == RESULT_END ? ended : result;
}

static enum result put_link(struct stage *stage, struct backup_reader *reader, const struct backup_record *record)
{
	struct buffer target;
	enum result result;
	char text[257];

	buffer_init(&target, sizeof(text) - 1);
	result = read_small(reader, &target);
	if (result == RESULT_OK && !backup_target_is_plain(buffer_span(&target)))
		result = RESULT_MALFORMED;
	if (result == RESULT_OK)
		result = span_to_text(buffer_span(&target), text, sizeof(text));
	if (result == RESULT_OK)
		result = stage_link(stage, record, text);
	buffer_done(&target);
	return result;
}

static enum result put_one(struct stage *stage, struct backup_reader *reader, const struct backup_record *record)
{
	switch (record->kind) {
	case BACKUP_FOLDER:
		return stage_folder(stage, record);
	case BACKUP_FILE:
		return put_file(stage, reader, record);
	case BACKUP_LINK:
		return put_link(stage, reader, record);
	case BACKUP_MANIFEST:
	case BACKUP_END:
		break;
	}
	return RESULT_OK;
}

int backup_put_in_place(struct putting *putting)
{
	struct backup_record record = { .path = "" };
	struct stage stage;
	enum result result;
	int code;

	code = stage_begin(&stage, putting);
	if (code != EXIT_DONE)
		return code;
	result = backup_reader_rewind(putting->reader);
	while (result == RESULT_OK && (result = backup_next(putting->reader, &record)) == RESULT_OK)
		result = put_one(&stage, putting->reader, &record);
	if (result == RESULT_END)
		code = stage_take_place(&stage);
	else if (result == RESULT_IO)
		code = command_failed("%s cannot be written: %s. Nothing was put in place", record.path, strerror(errno));
	else
		code = backup_complain(result);
	stage_end(&stage);
	return code;
}
