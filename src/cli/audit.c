/* `bouclier audit`: the hub's audit log, read from its files. Nothing needs to run. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "cli/command.h"
#include "cli/loaded.h"
#include "cli/page.h"
#include "event/json.h"
#include "hub/audit/list.h"
#include "hub/audit/verify.h"

#include "base/banned.h"

#define SHOWN_LINES 50u
#define LINES_MAX 1000000u

static const struct command *self(void)
{
	return command_find(SPAN("audit"));
}

/* --folder, or what the configuration says. EXIT_DONE, or it was said. */
static int open_folder(const struct options *options, int *out)
{
	char hub[PATH_TEXT_MAX], path[PATH_TEXT_MAX + 16];
	const char *folder = option_text(options, "folder", NULL);

	if (!folder) {
		find_hub_state(options, hub);
		snprintf(path, sizeof(path), "%s/audit", hub);
		folder = path;
	}
	*out = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *out >= 0 ? EXIT_DONE : command_failed("the audit log in %s cannot be opened: %s", folder, strerror(errno));
}

/* -- verify -- */

static void tell_verdict(const struct options *options, const struct audit_verify *verify)
{
	char hex[2 * AUDIT_HASH_LEN];

	hex_write(verify->newest.hash, AUDIT_HASH_LEN, hex);
	if (options->is_json)
		printf("{\"intact\":%s,\"entries\":%" PRIu64 ",\"first\":%" PRIu64 ",\"last\":%" PRIu64 ",\"head\":\"%.*s\",\"broken\":%" PRIu64 "}\n", verify->broken ? "false" : "true",
		       verify->entries, verify->first, verify->newest.number, (int)sizeof(hex), hex, verify->broken);
	else if (verify->broken)
		printf("The chain is broken in %" PRIu64 " place%s; %" PRIu64 " entries could be read.\n", verify->broken, verify->broken == 1 ? "" : "s", verify->entries);
	else if (!verify->entries)
		printf("There is no entry yet.\n");
	else
		printf("The chain is intact: entries %" PRIu64 " to %" PRIu64 ".%s\n", verify->first, verify->newest.number,
		       verify->head ? " The hash that was kept is in it." : " That its end was not cut off shows only against a hash kept elsewhere (--head).");
}

static enum result read_files(const struct options *options, struct audit_verify *verify)
{
	enum result result = RESULT_OK;

	for (unsigned i = 1; i < options->argument_count && result == RESULT_OK; i++)
		result = audit_verify_file(verify, AT_FDCWD, options->arguments[i]);
	return result;
}

static int verify_log(const struct options *options)
{
	const char *head = option_text(options, "head", NULL);
	unsigned char hash[AUDIT_HASH_LEN];
	struct complaints complaints;
	struct audit_verify verify;
	enum result result = RESULT_OK;
	int folder, code = EXIT_DONE;

	if (head && hex_read(span_of(head), hash, sizeof(hash)) != RESULT_OK)
		return command_misused(self(), "--head is a hash of %u hexadecimal digits, as `bouclier audit head` says it", 2 * AUDIT_HASH_LEN);
	complaints_init(&complaints);
	audit_verify_begin(&verify, head ? hash : NULL, &complaints);
	if (options->argument_count > 1) {
		result = read_files(options, &verify);
	} else {
		code = open_folder(options, &folder);
		if (code == EXIT_DONE) {
			result = audit_verify_folder(&verify, folder);
			close(folder);
		}
	}
	if (code == EXIT_DONE) {
		code = audit_verify_end(&verify) && result == RESULT_OK ? EXIT_DONE : EXIT_FAILED;
		command_complain(&complaints);
		tell_verdict(options, &verify);
	}
	complaints_done(&complaints);
	return code;
}

/* -- show, head -- */

struct showing {
	const struct options *options;
	uint64_t left;
	struct buffer text;
	enum result result;
	unsigned char hash[AUDIT_HASH_LEN];
	uint64_t number;
};

static void print_entry(struct showing *showing, const struct audit_entry *entry)
{
	struct page page = { .out = &showing->text, .has_color = showing->options->has_color };
	char time[CLOCK_ISO_LEN + 1];

	clock_write_iso_ms(entry->wall_ms, time);
	page_color(&page, PAGE_DIM, "%6" PRIu64 " %s ", entry->number, time);
	page_text(&page, span_of(entry->who), 24);
	page_print(&page, " ");
	page_color(&page, PAGE_BOLD, "%-20s ", entry->what);
	page_text(&page, span_of(entry->object), 0);
	page_print(&page, entry->detail[0] ? ": " : "");
	page_text(&page, span_of(entry->detail), 0);
	page_print(&page, "\n");
	showing->result = page.result;
}

static bool show_entry(void *context, const struct audit_entry *entry)
{
	struct showing *showing = context;
	struct audit_entry copy = *entry;

	buffer_reset(&showing->text);
	if (showing->options->is_json)
		showing->result = audit_line_write(&copy, &showing->text);
	else
		print_entry(showing, entry);
	if (showing->result == RESULT_OK)
		command_print(stdout, buffer_span(&showing->text));
	return showing->result == RESULT_OK && --showing->left;
}

static bool keep_hash(void *context, const struct audit_entry *entry)
{
	struct showing *showing = context;

	showing->number = entry->number;
	memcpy(showing->hash, entry->hash, sizeof(showing->hash));
	return false;
}

static int tell_head(const struct showing *showing)
{
	char hex[2 * AUDIT_HASH_LEN];

	if (!showing->number)
		return command_failed("there is no entry yet");
	hex_write(showing->hash, sizeof(showing->hash), hex);
	printf("%.*s\n", (int)sizeof(hex), hex);
	return EXIT_DONE;
}

static int read_log(const struct options *options, bool is_head)
{
	struct showing showing = { .options = options, .left = SHOWN_LINES };
	const char *lines = option_text(options, "lines", NULL);
	enum result result;
	int folder, code;

	if (lines && (span_to_u64(span_of(lines), LINES_MAX, &showing.left) != RESULT_OK || !showing.left))
		return command_misused(self(), "--lines is a number from 1 to %u, not %s", LINES_MAX, lines);
	code = open_folder(options, &folder);
	if (code != EXIT_DONE)
		return code;
	buffer_init(&showing.text, 2 * AUDIT_LINE_MAX);
	result = audit_list_folder(folder, 0, is_head ? keep_hash : show_entry, &showing);
	buffer_done(&showing.text);
	close(folder);
	if (result != RESULT_OK || showing.result != RESULT_OK)
		return command_failed("the audit log cannot be read: %s", result == RESULT_IO ? strerror(errno) : result_name(result != RESULT_OK ? result : showing.result));
	return is_head ? tell_head(&showing) : EXIT_DONE;
}

int audit_command(const struct options *options)
{
	struct span order = span_of(options->arguments[0]);

	if (span_equal(order, SPAN("verify")))
		return verify_log(options);
	if (option_is_given(options, "head"))
		return command_misused(self(), "--head goes with verify");
	if (options->argument_count > 1)
		return command_misused(self(), "files go with verify");
	if (span_equal(order, SPAN("show")))
		return read_log(options, false);
	if (span_equal(order, SPAN("head")))
		return read_log(options, true);
	return command_misused(self(), "audit takes verify, show or head, not %s", options->arguments[0]);
}
