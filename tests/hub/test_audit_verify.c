#include "folder.h"
#include "hub/audit/files.h"
#include "hub/audit/verify.h"

#define ENTRIES 6u
#define FIRST_FILE "audit-00000000000000000001.jsonl"

struct lines {
	struct buffer text;
	struct span line[ENTRIES];       /* with their newlines */
	unsigned char hash[ENTRIES][AUDIT_HASH_LEN];
};

static void lines_init(struct lines *lines)
{
	struct audit_entry entry = { .wall_ms = 1796025600123, .who = "agnes", .what = "ban.add", .object = "x", .detail = "y" };
	size_t ends[ENTRIES + 1] = { 0 };

	buffer_init(&lines->text, ENTRIES * AUDIT_LINE_MAX);
	for (unsigned i = 0; i < ENTRIES; i++) {
		entry.number = i + 1;
		memcpy(entry.previous, i ? lines->hash[i - 1] : entry.previous, AUDIT_HASH_LEN);
		assert_ok(audit_line_write(&entry, &lines->text));
		memcpy(lines->hash[i], entry.hash, AUDIT_HASH_LEN);
		ends[i + 1] = buffer_len(&lines->text);
	}
	for (unsigned i = 0; i < ENTRIES; i++)
		lines->line[i] = span_take(span_skip(buffer_span(&lines->text), ends[i]), ends[i + 1] - ends[i]);
}

/* ORDER: digits of entries, '|' begins the next file, '/' cuts the line that came before it in the middle, '!' flips a bit of it. HEAD: an entry, 0: none. */
struct row {
	const char *order;
	unsigned head;
	unsigned broken, broken_at;
	const char *where;               /* file:line of the first complaint */
};

static const struct row rows[] = {
	{ "123456", 0, 0, 0, NULL },
	{ "123|456", 0, 0, 0, NULL },
	{ "|123456", 0, 0, 0, NULL },
	{ "123456", 6, 0, 0, NULL },
	{ "123456", 3, 0, 0, NULL },              /* a hash that was kept some time ago */
	{ "1234", 6, 1, 4, "" },                  /* cut off */
	{ "1234", 0, 0, 0, NULL },                /* which nobody sees without one */
	{ "12456", 0, 1, 4, "1:3" },              /* one is missing */
	{ "124356", 0, 3, 4, "1:3" },             /* in another order */
	{ "1233456", 0, 1, 3, "1:4" },            /* twice */
	{ "123!456", 0, 1, 3, "1:3" },
	{ "123456!", 0, 1, 6, "1:6" },
	{ "1!23456", 0, 1, 1, "1:1" },
	{ "123/456", 0, 2, 3, "1:3" },            /* two lines became one: neither is there */
	{ "123/|456", 0, 1, 3, "1:3" },
	{ "123456/", 0, 1, 6, "1:6" },
	{ "12|3!|456", 0, 1, 3, "2:1" },
	{ "12|456", 0, 1, 4, "2:1" },
	{ "", 0, 0, 0, NULL },
	{ "", 2, 1, 0, "" },
};

static void write_files(const struct lines *lines, const char *folder, const char *order)
{
	struct buffer text;
	unsigned file = 1;
	char name[16];

	buffer_init(&text, 2 * ENTRIES * AUDIT_LINE_MAX);
	for (; *order; order++) {
		if (is_digit(*order))
			assert_ok(buffer_append(&text, lines->line[*order - '1']));
		else if (*order == '/')
			buffer_drop_end(&text, 40);
		else if (*order == '!')
			text.bytes[text.end - 100] ^= 4;
		if (*order == '|' || !order[1]) {
			snprintf(name, sizeof(name), "%u", file++);
			folder_write(folder, name, buffer_span(&text));
			buffer_reset(&text);
		}
	}
	buffer_done(&text);
}

static void check_row(const struct lines *lines, const struct row *row)
{
	struct complaints complaints;
	struct audit_verify verify;
	char folder[40], name[16], where[64] = "";
	int fd;

	folder_make(folder);
	write_files(lines, folder, row->order);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	complaints_init(&complaints);
	audit_verify_begin(&verify, row->head ? lines->hash[row->head - 1] : NULL, &complaints);
	for (unsigned i = 1; i < 5; i++) {
		snprintf(name, sizeof(name), "%u", i);
		if (faccessat(fd, name, F_OK, 0) == 0)
			assert_ok(audit_verify_file(&verify, fd, name));
	}
	assert_int_equal(audit_verify_end(&verify), !row->broken);
	assert_int_equal(verify.broken, row->broken);
	assert_int_equal(verify.broken_at, row->broken_at);
	assert_int_equal(complaints.errors, row->broken);
	if (row->broken && complaints.list[0].line)
		snprintf(where, sizeof(where), "%.*s:%u", SPAN_ARG(complaints.list[0].file), complaints.list[0].line);
	if (row->broken)
		assert_string_equal(where, row->where);
	close(fd);
	complaints_done(&complaints);
	folder_remove(folder);
}

static void a_broken_chain_is_found(void **unused)
{
	struct lines lines;

	(void)unused;
	lines_init(&lines);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		print_message("%s\n", rows[i].order);
		check_row(&lines, &rows[i]);
	}
	buffer_done(&lines.text);
}

static void what_is_missing_in_front_is_said(void **unused)
{
	struct lines lines;
	struct complaints complaints;
	struct audit_verify verify;
	char folder[40];
	int fd;

	(void)unused;
	lines_init(&lines);
	folder_make(folder);
	write_files(&lines, folder, "3456");
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	complaints_init(&complaints);
	audit_verify_begin(&verify, NULL, &complaints);
	assert_ok(audit_verify_file(&verify, fd, "1"));
	assert_true(audit_verify_end(&verify));
	assert_int_equal(verify.first, 3);
	assert_int_equal(complaints.count, 1);
	assert_result(audit_verify_file(&verify, fd, "2"), RESULT_IO);
	assert_int_equal(verify.broken, 1);
	/* Of the whole log it is not intact. */
	assert_int_equal(renameat(fd, "1", fd, "audit-00000000000000000003.jsonl"), 0);
	audit_verify_begin(&verify, NULL, &complaints);
	assert_ok(audit_verify_folder(&verify, fd));
	assert_false(audit_verify_end(&verify));
	close(fd);
	complaints_done(&complaints);
	folder_remove(folder);
	buffer_done(&lines.text);
}

#define MANY 3000u

/* A log that is longer than a piece, in two files: no step reads more than a piece of it. */
static void a_long_log_is_read_in_pieces(void **unused)
{
	struct audit_entry entry = { .wall_ms = 1796025600123, .who = "agnes", .what = "ban.add", .object = "x", .detail = "y" };
	struct audit_verify verify;
	struct audit_walk walk;
	struct buffer text;
	char folder[40], name[AUDIT_FILE_NAME_BYTES];
	unsigned steps;
	int fd;

	(void)unused;
	folder_make(folder);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	buffer_init(&text, MANY * 1024);
	for (unsigned i = 1; i <= 2 * MANY; i++) {
		entry.number = i;
		memcpy(entry.previous, i > 1 ? entry.hash : entry.previous, AUDIT_HASH_LEN);
		assert_ok(audit_line_write(&entry, &text));
		if (i % MANY)
			continue;
		audit_file_name(i - MANY + 1, name);
		folder_write(folder, name, buffer_span(&text));
		buffer_reset(&text);
	}
	for (unsigned round = 0; round < 2; round++) {
		enum result result;

		audit_verify_begin(&verify, NULL, NULL);
		assert_ok(audit_walk_begin(&walk, &verify, fd));
		for (steps = 0; (result = audit_walk_step(&walk)) == RESULT_MORE; steps++)
			assert_true(verify.entries < (steps + 1) * AUDIT_PIECE / 200);
		assert_ok(result);
		audit_walk_done(&walk);
		assert_true(steps > 2 * MANY * 200 / AUDIT_PIECE);
		assert_int_equal(audit_verify_end(&verify), !round);
		assert_int_equal(verify.entries, 2 * MANY - round);
		assert_int_equal(verify.broken_at, round ? MANY + 1 : 0);
		/* The first line of the second file. */
		folder_read(folder, name, &text);
		text.bytes[text.start + 100] ^= 4;
		folder_write(folder, name, buffer_span(&text));
		buffer_reset(&text);
	}
	close(fd);
	buffer_done(&text);
	folder_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_broken_chain_is_found), cmocka_unit_test(what_is_missing_in_front_is_said), cmocka_unit_test(a_long_log_is_read_in_pieces) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
