#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "folder.h"
#include "hub/audit/files.h"
#include "hub/audit/verify.h"

#define WALL_NS 1796025600000000000u
#define FIRST_FILE "audit-00000000000000000001.jsonl"

struct stage {
	char folder[40], path[64];
	struct audit *audit;
	struct complaints complaints;
};

static void stage_open(struct stage *stage)
{
	assert_ok(audit_open(span_of(stage->path), &stage->complaints, &stage->audit));
}

static void stage_init(struct stage *stage)
{
	*stage = (struct stage){ 0 };
	folder_make(stage->folder);
	snprintf(stage->path, sizeof(stage->path), "%s/audit", stage->folder);
	complaints_init(&stage->complaints);
	stage_open(stage);
}

static void stage_done(struct stage *stage)
{
	audit_close(stage->audit);
	complaints_done(&stage->complaints);
	folder_remove(stage->folder);
}

static enum result add(struct stage *stage, const char *object)
{
	const struct audit_action action = { SPAN("agnes"), SPAN("ban.add"), span_of(object), .detail = SPAN("") };

	return audit_add(stage->audit, &action, WALL_NS);
}

static bool is_intact(struct stage *stage, uint64_t entries)
{
	struct audit_verify verify;

	audit_verify_begin(&verify, NULL, NULL);
	assert_ok(audit_verify_folder(&verify, audit_folder_fd(stage->audit)));
	assert_int_equal(verify.entries, entries);
	assert_int_equal(verify.newest.number, audit_newest(stage->audit).number);
	assert_memory_equal(verify.newest.hash, audit_newest(stage->audit).hash, AUDIT_HASH_LEN);
	return audit_verify_end(&verify);
}

static bool collect(void *context, const struct audit_entry *entry)
{
	struct buffer *out = context;

	assert_ok(buffer_print(out, "%llu %s %s|", (unsigned long long)entry->number, entry->what, entry->object));
	return buffer_len(out) < 60;
}

static void entries_are_chained_over_restarts(void **unused)
{
	struct stage stage;
	struct buffer told;

	(void)unused;
	stage_init(&stage);
	assert_int_equal(audit_newest(stage.audit).number, 0);
	for (unsigned i = 0; i < 3; i++) {
		assert_ok(add(&stage, "a"));
		assert_ok(add(&stage, "b"));
		audit_close(stage.audit);
		stage_open(&stage);
		assert_int_equal(audit_newest(stage.audit).number, 2 * i + 2);
	}
	assert_int_equal(stage.complaints.count, 0);
	assert_true(is_intact(&stage, 6));
	buffer_init(&told, 4096);
	assert_ok(audit_list(stage.audit, 0, collect, &told));
	assert_span(buffer_span(&told), "6 ban.add b|5 ban.add a|4 ban.add b|3 ban.add a|2 ban.add b|");
	buffer_reset(&told);
	assert_ok(audit_list(stage.audit, 3, collect, &told));
	assert_span(buffer_span(&told), "2 ban.add b|1 ban.add a|");
	buffer_done(&told);
	stage_done(&stage);
}

static bool keep_newest(void *context, const struct audit_entry *entry)
{
	*(struct audit_entry *)context = *entry;
	return false;
}

/* What an older hub wrote, without a code, is followed by what this one says. */
static void a_chain_has_entries_with_codes_and_without(void **unused)
{
	struct audit_action said = { SPAN("hub"), SPAN("store.delete"), SPAN("events"), .detail = SPAN("not this"), .words = AUDIT_SAY(DELETED, SPAN("3"), SPAN("a"), SPAN("b")) };
	struct audit_entry newest;
	struct stage stage;

	(void)unused;
	stage_init(&stage);
	assert_ok(add(&stage, "a"));
	assert_ok(audit_add(stage.audit, &said, WALL_NS));
	assert_ok(audit_list(stage.audit, 0, keep_newest, &newest));
	assert_string_equal(newest.detail, "3 rows, from a to b");
	assert_string_equal(newest.said, "deleted");
	assert_int_equal(newest.argument_count, 3);
	assert_string_equal(newest.arguments[2], "b");
	assert_ok(add(&stage, "b"));
	audit_close(stage.audit);
	stage_open(&stage);
	assert_ok(audit_list(stage.audit, 0, keep_newest, &newest));
	assert_string_equal(newest.said, "");
	assert_int_equal(newest.argument_count, 0);
	assert_true(is_intact(&stage, 3));
	stage_done(&stage);
}

/* Killed in the middle of writing: at every byte of the last line. */
static void an_unfinished_line_is_taken_out_and_said(void **unused)
{
	struct stage stage;
	struct buffer text, told;
	size_t whole;

	(void)unused;
	stage_init(&stage);
	assert_ok(add(&stage, "a"));
	buffer_init(&text, AUDIT_READ_MAX);
	buffer_init(&told, 4096);
	folder_read(stage.path, FIRST_FILE, &text);
	whole = buffer_len(&text);
	for (size_t torn = 1; torn < whole; torn += 13) {
		char name[] = FIRST_FILE;

		assert_ok(buffer_append(&text, span_take(buffer_span(&text), torn)));
		audit_close(stage.audit);
		folder_write(stage.path, name, buffer_span(&text));
		buffer_drop_end(&text, torn);
		complaints_done(&stage.complaints);
		stage_open(&stage);
		assert_int_equal(stage.complaints.count, 1);
		assert_int_equal(stage.complaints.errors, 0);
		assert_true(is_intact(&stage, 1));
		assert_ok(add(&stage, "b"));
		assert_true(is_intact(&stage, 3));
		buffer_reset(&told);
		assert_ok(audit_list(stage.audit, 0, collect, &told));
		assert_span(buffer_span(&told), "3 ban.add b|2 audit.repaired audit|1 ban.add a|");
	}
	buffer_done(&text);
	buffer_done(&told);
	stage_done(&stage);
}

/* A file that ends where the disk is full, as a limit of the process: nothing counts that is not whole, and what comes after is. */
static void what_the_disk_refuses_is_refused(void **unused)
{
	struct rlimit limit, old;
	struct stage stage;
	struct stat file;
	char path[128];

	(void)unused;
	stage_init(&stage);
	assert_ok(add(&stage, "a"));
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	snprintf(path, sizeof(path), "%s/" FIRST_FILE, stage.path);
	assert_int_equal(stat(path, &file), 0);
	limit = (struct rlimit){ (rlim_t)file.st_size + 100, old.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_result(add(&stage, "refused"), RESULT_IO);
	assert_result(add(&stage, "refused"), RESULT_IO);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_ok(add(&stage, "b"));
	assert_true(is_intact(&stage, 2));
	stage_done(&stage);
}

static void a_folder_that_is_gone_refuses(void **unused)
{
	struct stage stage;

	(void)unused;
	stage_init(&stage);
	folder_remove(stage.path);
	assert_result(add(&stage, "a"), RESULT_IO);
	stage_done(&stage);
}

/* Whoever changes the file beside us cannot have it look as if nothing had been. */
static void a_file_that_was_changed_meanwhile_is_left(void **unused)
{
	static const off_t sizes[] = { 0, 100, 100000 };

	(void)unused;
	for (unsigned i = 0; i <= sizeof(sizes) / sizeof(*sizes) + 1; i++) {
		char path[128], aside[136];
		struct stage stage;
		struct audit_verify verify;

		stage_init(&stage);
		assert_ok(add(&stage, "a"));
		assert_ok(add(&stage, "b"));
		snprintf(path, sizeof(path), "%s/" FIRST_FILE, stage.path);
		snprintf(aside, sizeof(aside), "%s.aside", path);
		assert_int_equal(i < 3 ? truncate(path, sizes[i]) : i == 3 ? unlink(path) : rename(path, aside), 0);
		assert_ok(add(&stage, "c"));
		assert_int_equal(audit_newest(stage.audit).number, 4);
		audit_verify_begin(&verify, NULL, NULL);
		assert_ok(audit_verify_folder(&verify, audit_folder_fd(stage.audit)));
		assert_false(i == 0 ? verify.first == 1 && audit_verify_end(&verify) : audit_verify_end(&verify));
		stage_done(&stage);
	}
}

static void a_full_file_is_followed_by_the_next(void **unused)
{
	static char object[300];
	struct audit_files files;
	struct stage stage;
	struct audit_action action = { SPAN("agnes"), SPAN("x"), SPAN_NONE, .detail = SPAN_NONE };
	static char detail[AUDIT_DETAIL_BYTES];
	uint64_t count = 0;

	(void)unused;
	stage_init(&stage);
	memset(object, '"', sizeof(object) - 1);
	memset(detail, '"', sizeof(detail) - 1);
	action.object = span_of(object);
	action.detail = span_of(detail);
	while (count < AUDIT_FILE_BYTES / 4000 + 100) {
		assert_ok(audit_add(stage.audit, &action, WALL_NS));
		count++;
	}
	assert_true(is_intact(&stage, count));
	assert_ok(audit_files_list(audit_folder_fd(stage.audit), &files));
	assert_int_equal(files.count, 2);
	audit_files_done(&files);
	audit_close(stage.audit);
	stage_open(&stage);
	assert_ok(add(&stage, "a"));
	assert_true(is_intact(&stage, count + 1));
	stage_done(&stage);
}

/* A damaged end stays for whoever verifies; the log goes on in a new file that says so. */
static void nothing_is_appended_behind_damage(void **unused)
{
	struct stage stage;
	struct buffer text;
	struct audit_verify verify;

	(void)unused;
	stage_init(&stage);
	assert_ok(add(&stage, "a"));
	assert_ok(add(&stage, "b"));
	audit_close(stage.audit);
	buffer_init(&text, AUDIT_READ_MAX);
	folder_read(stage.path, FIRST_FILE, &text);
	text.bytes[text.end - 10] ^= 1;
	folder_write(stage.path, FIRST_FILE, buffer_span(&text));
	stage_open(&stage);
	assert_ok(add(&stage, "c"));
	audit_verify_begin(&verify, NULL, NULL);
	assert_ok(audit_verify_folder(&verify, audit_folder_fd(stage.audit)));
	assert_false(audit_verify_end(&verify));
	assert_int_equal(verify.broken, 1);
	assert_int_equal(verify.broken_at, 2);
	assert_int_equal(verify.entries, 3);
	assert_int_equal(verify.newest.number, 4);
	buffer_done(&text);
	stage_done(&stage);
}

static void one_process_writes(void **unused)
{
	struct stage stage;
	struct audit *second = NULL;

	(void)unused;
	stage_init(&stage);
	assert_result(audit_open(span_of(stage.path), &stage.complaints, &second), RESULT_REFUSED);
	assert_int_equal(stage.complaints.errors, 1);
	assert_null(second);
	stage_done(&stage);
}

/* Killed at any moment: what was said to be written is there. */
static void killed_it_loses_nothing_that_counted(void **unused)
{
	struct stage stage;
	int told[2];
	uint64_t count = 0, read_count;
	pid_t child;

	(void)unused;
	stage_init(&stage);
	audit_close(stage.audit);
	assert_int_equal(pipe(told), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		stage_open(&stage);
		for (uint64_t i = 1;; i++) {
			if (add(&stage, "a") != RESULT_OK || write(told[1], &i, sizeof(i)) != sizeof(i))
				_exit(1);
		}
	}
	close(told[1]);
	while (count < 20)
		assert_int_equal(read(told[0], &count, sizeof(count)), sizeof(count));
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	while (read(told[0], &read_count, sizeof(read_count)) == sizeof(read_count))
		count = read_count;
	close(told[0]);
	stage_open(&stage);
	assert_true(audit_newest(stage.audit).number >= count);
	assert_true(is_intact(&stage, audit_newest(stage.audit).number));
	stage_done(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_chained_over_restarts), cmocka_unit_test(a_chain_has_entries_with_codes_and_without), cmocka_unit_test(an_unfinished_line_is_taken_out_and_said), cmocka_unit_test(what_the_disk_refuses_is_refused),
		cmocka_unit_test(a_folder_that_is_gone_refuses), cmocka_unit_test(a_file_that_was_changed_meanwhile_is_left), cmocka_unit_test(a_full_file_is_followed_by_the_next), cmocka_unit_test(nothing_is_appended_behind_damage),
		cmocka_unit_test(one_process_writes), cmocka_unit_test(killed_it_loses_nothing_that_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
