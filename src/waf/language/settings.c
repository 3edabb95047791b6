#include "waf/language/settings.h"

#include <stddef.h>

#include "waf/language/directive.h"
#include "waf/transform/code_page.h"

#include "base/banned.h"

enum setting_kind { KIND_NUMBER, KIND_LETTER, KIND_CHOICE, KIND_SWITCH, KIND_TEXT, KIND_MODE, KIND_PARTS, KIND_EXPRESSION,
                    KIND_LIST, KIND_CLEAR, KIND_MAP };

struct setting_row {
	struct span name;
	enum setting_kind kind;
	size_t offset;
	uint64_t low, high;
	const char *choices;     /* each with a NUL behind it, and one more at the end */
};

static const struct setting_row table[SETTING_COUNT] = {
#define X(id, name, kind, field, low, high, choices) \
	[SETTING_##id] = { SPAN_INIT(name), KIND_##kind, offsetof(struct settings, field), low, high, choices },
	SETTING_LIST(X)
#undef X
};

/* Settings that are read and that nobody asks for: what happens instead, told with the warning. */
static const struct {
	enum setting setting;
	const char *sentence;
} unserved[] = {
	{ SETTING_AUDIT_LOG, "the shield writes audit logs into its own state folder, below audit/, for sites that say audit_log" },
	{ SETTING_AUDIT_LOG_2, "there is one audit log a site" },
	{ SETTING_AUDIT_LOG_STORAGE_DIR, "the shield writes audit logs into its own state folder, below audit/, for sites that say audit_log" },
	{ SETTING_AUDIT_LOG_DIR_MODE, "folders of audit logs are for the shield's own account alone (0700)" },
	{ SETTING_AUDIT_LOG_FILE_MODE, "audit logs are for the shield's own account alone (0600)" },
	{ SETTING_DATA_DIR, "what rules store lies in memory, shared by all workers" },
	{ SETTING_GEO_LOOKUP_DB, "@geoLookup asks no database that a rule file names" },
	{ SETTING_INTERCEPT_ON_ERROR, "a rule that fails is a refusal where the site blocks, always" },
	{ SETTING_REQUEST_BODY_IN_MEMORY_LIMIT, "bodies that wait are held by the shield, 128 KiB of each in memory" },
	{ SETTING_TMP_DIR, "bodies that wait are held without a name, in the shield's own state folder" },
	{ SETTING_TMP_SAVE_UPLOADED_FILES, "uploads are judged as they come, and never become files" },
	{ SETTING_UPLOAD_DIR, "uploads are judged as they come, and never become files" },
	{ SETTING_UPLOAD_FILE_MODE, "uploads are judged as they come, and never become files" },
	{ SETTING_UPLOAD_KEEP_FILES, "uploads are judged as they come, and never become files" },
};

void settings_init(struct settings *settings)
{
	static struct span types[] = { SPAN_INIT("text/plain"), SPAN_INIT("text/html") };

	*settings = (struct settings){ .argument_separator = '&', .cookie_v0_separator = ';', .arguments_limit = 1000,
		.collection_timeout = 3600, .pcre_match_limit = 100000, .pcre_match_limit_recursion = 100000,
		.request_body_limit = 134217728, .request_body_no_files_limit = 1048576, .request_body_in_memory_limit = 131072,
		.request_body_json_depth_limit = 10000, .response_body_limit = 524288, .unicode_code_page = 20127,
		.upload_file_limit = 100, .audit_log_parts = SPAN("ABCFHZ"), .response_body_mime_types = { types, 2, 0 } };
}

/* One directive being applied. */
struct setter {
	struct reader *reader;
	const struct statement *statement;
	const struct setting_row *row;
	void *field;
};

static const struct word *first_word(const struct setter *setter)
{
	return &setter->statement->words[0];
}

static enum result refuse(struct setter *setter, const char *wanted)
{
	return fault(setter->reader, word_place(first_word(setter), 0), SPAN_NONE, "%.*s is %s, not \"%.*s\"",
	             SPAN_ARG(setter->row->name), wanted, SPAN_ARG(first_word(setter)->text));
}

static enum result read_number(struct setter *setter)
{
	const struct setting_row *row = setter->row;
	uint64_t number;

	if (span_to_u64(first_word(setter)->text, row->high, &number) != RESULT_OK || number < row->low)
		return fault(setter->reader, word_place(first_word(setter), 0), SPAN_NONE, "%.*s is a number from %llu to %llu, not \"%.*s\"",
		             SPAN_ARG(row->name), (unsigned long long)row->low, (unsigned long long)row->high,
		             SPAN_ARG(first_word(setter)->text));
	*(uint64_t *)setter->field = number;
	return RESULT_OK;
}

static enum result read_choice(struct setter *setter, unsigned *out)
{
	char list[128] = "";
	size_t len = 0;
	unsigned index = 0;

	for (const char *choice = setter->row->choices; *choice; choice += strlen(choice) + 1, index++) {
		size_t bytes = strlen(choice);

		if (span_equal_nocase(first_word(setter)->text, span_make(choice, bytes))) {
			*out = index;
			return RESULT_OK;
		}
		if (len + bytes + 2 < sizeof(list)) {
			memcpy(list + len, choice, bytes);
			memcpy(list + len + bytes, ", ", 2);
			len += bytes + 2;
		}
	}
	return fault(setter->reader, word_place(first_word(setter), 0), SPAN_NONE, "%.*s is one of %.*s, not \"%.*s\"",
	             SPAN_ARG(setter->row->name), (int)(len ? len - 2 : 0), list, SPAN_ARG(first_word(setter)->text));
}

static enum result read_mode(struct setter *setter)
{
	struct span text = first_word(setter)->text;
	uint64_t mode = 0;

	if (span_equal_nocase(text, SPAN("default")))
		text = SPAN("0");
	if (!text.len || text.len > 5)
		return refuse(setter, "a mode in octal digits or \"default\"");
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '7')
			return refuse(setter, "a mode in octal digits or \"default\"");
		mode = mode << 3 | (uint64_t)(text.at[i] - '0');
	}
	if (mode > 07777)
		return refuse(setter, "a mode in octal digits or \"default\"");
	*(uint64_t *)setter->field = mode;
	return RESULT_OK;
}

static enum result read_parts(struct setter *setter)
{
	struct span text = first_word(setter)->text;

	if (!audit_parts_are_valid(text))
		return refuse(setter, "a list of parts: letters A to K, and Z");
	*(struct span *)setter->field = text;
	return RESULT_OK;
}

static enum result read_expression(struct setter *setter)
{
	struct span text = first_word(setter)->text;

	*(struct span *)setter->field = text;
	return reader_compile(setter->reader, text, false, word_place(first_word(setter), 0),
	                          &setter->reader->ruleset->settings.relevant_status);
}

/* The first list that is given replaces the list of defaults; the next ones add to it. */
static enum result read_list(struct setter *setter, bool is_first)
{
	struct span_list *list = setter->field;
	struct bag bag = { is_first ? NULL : list->list, is_first ? 0 : list->count, is_first ? 0 : list->room };

	for (size_t i = 0; i < setter->statement->count; i++) {
		struct span *kept = bag_add(&bag, &setter->reader->ruleset->arena, sizeof(*kept));

		if (!kept)
			return RESULT_NO_MEMORY;
		*kept = setter->statement->words[i].text;
	}
	*list = (struct span_list){ bag.items, bag.count, bag.room };
	return RESULT_OK;
}

/* Page NUMBER of the file that the directive names. Without the file %uXXXX is decoded as by a server without such a page, and
 * whoever loads the rules is told. */
static enum result load_map(struct setter *setter, uint64_t number)
{
	const struct operator_ports *ports = setter->reader->birth->operator_ports;
	struct settings *settings = &setter->reader->ruleset->settings;
	struct span text, path = first_word(setter)->text;
	enum result result = RESULT_NOT_FOUND;

	if (ports && ports->file_read)
		result = ports->file_read(ports->context, setter->statement->place.file, path, &text);
	if (result == RESULT_NO_MEMORY)
		return result;
	if (result != RESULT_OK) {
		remark(setter->reader, word_place(first_word(setter), 0), SPAN_NONE,
		       "the file \"%.*s\" cannot be read: %%uXXXX is decoded without a code page", SPAN_ARG(path));
		return RESULT_OK;
	}
	result = code_page_read(text, number, &setter->reader->ruleset->arena, &settings->code_page);
	if (result == RESULT_NOT_FOUND)
		return fault(setter->reader, word_place(first_word(setter), 0), SPAN_NONE, "\"%.*s\" has no code page %llu", SPAN_ARG(path),
		             (unsigned long long)number);
	if (result == RESULT_MALFORMED)
		return fault(setter->reader, word_place(first_word(setter), 0), SPAN_NONE,
		             "\"%.*s\": its code page %llu has something that is no pair such as 0107:63", SPAN_ARG(path), (unsigned long long)number);
	return result;
}

static enum result read_map(struct setter *setter)
{
	struct settings *settings = &setter->reader->ruleset->settings;

	*(struct span *)setter->field = first_word(setter)->text;
	if (setter->statement->count == 2 && span_to_u64(setter->statement->words[1].text, 65535, &settings->unicode_code_page) != RESULT_OK)
		return fault(setter->reader, word_place(&setter->statement->words[1], 0), SPAN_NONE,
		             "a code page is a number, such as 20127, not \"%.*s\"", SPAN_ARG(setter->statement->words[1].text));
	return load_map(setter, settings->unicode_code_page);
}

static enum result apply(struct setter *setter, bool is_first)
{
	unsigned choice;
	enum result result;

	switch (setter->row->kind) {
	case KIND_NUMBER:
		return read_number(setter);
	case KIND_LETTER:
		if (first_word(setter)->text.len != 1)
			return refuse(setter, "one character");
		*(char *)setter->field = first_word(setter)->text.at[0];
		return RESULT_OK;
	case KIND_CHOICE:
		return read_choice(setter, setter->field);
	case KIND_SWITCH:
		result = read_choice(setter, &choice);
		if (result == RESULT_OK)
			*(bool *)setter->field = choice;
		return result;
	case KIND_TEXT:
		*(struct span *)setter->field = first_word(setter)->text;
		return RESULT_OK;
	case KIND_MODE:
		return read_mode(setter);
	case KIND_PARTS:
		return read_parts(setter);
	case KIND_EXPRESSION:
		return read_expression(setter);
	case KIND_LIST:
		return read_list(setter, is_first);
	case KIND_CLEAR:
		*(struct span_list *)setter->field = (struct span_list){ NULL, 0, 0 };
		setter->reader->ruleset->settings.given |= (uint64_t)1 << SETTING_RESPONSE_BODY_MIME_TYPE;
		return RESULT_OK;
	case KIND_MAP:
		return read_map(setter);
	}
	return RESULT_MALFORMED;
}

static void tell_unserved(struct setter *setter, enum setting setting)
{
	struct span text = first_word(setter)->text;
	bool says_off = span_equal_nocase(text, SPAN("off")) || span_equal_nocase(text, SPAN("default"));

	for (size_t i = 0; !says_off && i < sizeof(unserved) / sizeof(*unserved); i++) {
		if (unserved[i].setting == setting)
			remark(setter->reader, setter->statement->place, SPAN_NONE, "%.*s does nothing here: %s", SPAN_ARG(setter->row->name), unserved[i].sentence);
	}
}

/* What would bring an audit log to somewhere that is no file of ours. */
static enum result check_audit(struct setter *setter, enum setting setting)
{
	struct span text = setter->statement->count ? first_word(setter)->text : SPAN_NONE;

	if ((setting == SETTING_AUDIT_LOG || setting == SETTING_AUDIT_LOG_2) && span_starts(text, SPAN("|")))
		return fault(setter->reader, word_place(first_word(setter), 0), SPAN_NONE,
		             "%.*s: a program in a pipe sees every request; read the files below audit/ instead", SPAN_ARG(setter->row->name));
	if (setting == SETTING_AUDIT_LOG_TYPE && span_equal_nocase(text, SPAN("HTTPS")))
		return fault(setter->reader, word_place(first_word(setter), 0), SPAN_NONE,
		             "SecAuditLogType: nothing is sent to a server; Serial and Concurrent write files");
	return RESULT_OK;
}

enum result setting_read(struct reader *reader, const struct statement *statement, enum setting setting)
{
	struct settings *settings = &reader->ruleset->settings;
	struct setter setter = { reader, statement, &table[setting], (char *)settings + table[setting].offset };
	enum result result = check_audit(&setter, setting);

	if (result == RESULT_OK)
		result = apply(&setter, !settings_has(settings, setting));
	if (result == RESULT_OK && setter.statement->count)
		tell_unserved(&setter, setting);
	settings->given |= (uint64_t)1 << setting;
	reader->ruleset->operator_limits = (struct operator_limits){ (uint32_t)settings->pcre_match_limit,
	                                                            (uint32_t)settings->pcre_match_limit_recursion };
	return result;
}

const char *setting_name(enum setting setting)
{
	return table[setting].name.at;
}

void setting_arity(enum setting setting, size_t *least, size_t *most)
{
	enum setting_kind kind = table[setting].kind;

	*least = kind != KIND_CLEAR;
	*most = kind == KIND_CLEAR ? 0 : kind == KIND_LIST ? WORDS_MAX : kind == KIND_MAP ? 2 : 1;
}
