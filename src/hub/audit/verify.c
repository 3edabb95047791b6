#include "hub/audit/verify.h"

#include <errno.h>
#include <inttypes.h>

#include "base/encode.h"
#include "hub/audit/files.h"

#include "base/banned.h"

void audit_verify_begin(struct audit_verify *verify, const unsigned char *head, struct complaints *complaints)
{
	*verify = (struct audit_verify){ .complaints = complaints, .head = head };
}

static void break_at(struct audit_verify *verify, struct place place, uint64_t number, const char *text)
{
	if (!verify->broken++)
		verify->broken_at = number;
	if (verify->complaints)
		complain(verify->complaints, COMPLAINT_ERROR, place, SPAN_NONE, "%s (entry %" PRIu64 ")", text, number);
}

/* Does ENTRY follow what was read before it? */
static void check_place(struct audit_verify *verify, struct place place, const struct audit_entry *entry)
{
	uint64_t due = verify->newest.number + 1;
	bool is_begin = !verify->entries && !verify->is_lost;

	if (is_begin && entry->number == 1 && memcmp(entry->previous, verify->newest.hash, AUDIT_HASH_LEN) != 0)
		break_at(verify, place, entry->number, "the first entry names one before it");
	if (is_begin)
		return;
	if (entry->number != due)
		break_at(verify, place, entry->number, entry->number > due ? "entries are missing before this one" : "this entry stands in another place than it was written");
	else if (!verify->is_lost && memcmp(entry->previous, verify->newest.hash, AUDIT_HASH_LEN) != 0)
		break_at(verify, place, entry->number, "this entry was written after another one than that before it");
}

static enum result check_line(struct audit_verify *verify, struct place place, struct span line)
{
	struct audit_entry entry;
	enum result result = audit_line_read(line, &entry);

	if (result == RESULT_NO_MEMORY)
		return result;
	if (result != RESULT_OK) {
		break_at(verify, place, verify->newest.number + 1, "this line is not as it was written");
		verify->newest.number++;
		verify->is_lost = true;
		return RESULT_OK;
	}
	check_place(verify, place, &entry);
	if (!verify->entries++)
		verify->first = entry.number;
	verify->is_lost = false;
	verify->newest.number = entry.number;
	memcpy(verify->newest.hash, entry.hash, AUDIT_HASH_LEN);
	verify->has_head |= verify->head && memcmp(verify->head, entry.hash, AUDIT_HASH_LEN) == 0;
	return RESULT_OK;
}

static enum result check_text(struct audit_verify *verify, struct span name, struct span rest)
{
	struct place place = { .file = name };
	enum result result = RESULT_OK;

	while (rest.len && result == RESULT_OK) {
		size_t len = span_find(rest, '\n');

		place.line++;
		if (len == rest.len) {
			break_at(verify, place, verify->newest.number + 1, "the file ends in the middle of an entry");
			verify->newest.number++;
			verify->is_lost = true;
			return RESULT_OK;
		}
		result = check_line(verify, place, span_take(rest, len));
		rest = span_skip(rest, len + 1);
	}
	return result;
}

enum result audit_verify_file(struct audit_verify *verify, int folder, const char *name)
{
	const struct place place = { .file = span_of(name) };
	struct buffer text;
	enum result result;

	buffer_init(&text, AUDIT_READ_MAX);
	result = audit_file_read(folder, name, &text);
	if (result == RESULT_OK)
		result = check_text(verify, place.file, buffer_span(&text));
	if (result != RESULT_OK) {
		verify->broken++;
		if (verify->complaints)
			complain(verify->complaints, COMPLAINT_ERROR, place, SPAN_NONE, "cannot be read: %s", result == RESULT_IO ? strerror(errno) : result_name(result));
	}
	buffer_done(&text);
	return result;
}

bool audit_verify_end(struct audit_verify *verify)
{
	if (verify->head && !verify->has_head)
		break_at(verify, (struct place){ 0 }, verify->newest.number, "no entry has the hash that was kept: the end was cut off, or all of it was written anew");
	if (verify->first > 1 && verify->complaints)
		complain(verify->complaints, COMPLAINT_WARNING, (struct place){ 0 }, SPAN_NONE, "what was read begins with entry %" PRIu64 ": nothing is said of those before it", verify->first);
	return !verify->broken;
}

enum result audit_verify_folder(struct audit_verify *verify, int folder)
{
	struct audit_files files;
	enum result result = audit_files_list(folder, &files);
	char name[AUDIT_FILE_NAME_BYTES];

	if (result != RESULT_OK)
		return result;
	if (files.count && files.list[0] != 1)
		break_at(verify, (struct place){ 0 }, 1, "the first file is missing");
	for (size_t i = 0; i < files.count && result == RESULT_OK; i++) {
		audit_file_name(files.list[i], name);
		result = audit_verify_file(verify, folder, name);
	}
	audit_files_done(&files);
	return result;
}
