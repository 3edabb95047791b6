/* A load from its first text to its last: includes, blocks, and what is left when it fails. */
#include <stdlib.h>

#include "waf/language/directive.h"
#include "waf/language/draft.h"
#include "waf/operator/regex.h"

#include "base/banned.h"

#define SCRATCH_BYTES_MAX (512 * 1024 * 1024)
#define BLOCK_BYTES (64 * 1024)

/* One file being read; <IfModule> blocks do not reach beyond it. */
struct load {
	struct reader *reader;
	struct text text;
	struct block {
		struct place place;
		struct span name;    /* "IfModule" */
		bool is_taken;
	} blocks[BLOCK_DEPTH_MAX];
	unsigned depth;
};

static bool is_skipping(const struct load *load)
{
	return load->depth && !load->blocks[load->depth - 1].is_taken;
}

static enum result read_closing(struct load *load, const struct statement *statement, struct span name)
{
	struct block *block = load->depth ? &load->blocks[load->depth - 1] : NULL;

	name = span_make(name.at, name.len - (name.len && name.at[name.len - 1] == '>'));
	if (!block || !span_equal_nocase(name, block->name))
		return fault(load->reader, statement->place, SPAN_NONE, "</%.*s> closes nothing that is open", SPAN_ARG(name));
	load->depth--;
	return RESULT_OK;
}

/* Blocks of Apache's that say for which requests something holds: taken, they would hold for all; left out, for none. */
static enum result refuse_block(struct load *load, const struct statement *statement, struct span name)
{
	static const char *const scopes[] = { "Location", "LocationMatch", "Directory", "DirectoryMatch", "Files", "FilesMatch", "VirtualHost",
		                              "If", "ElseIf", "Else", "Limit", "LimitExcept", "Proxy", "ProxyMatch" };

	for (size_t i = 0; i < sizeof(scopes) / sizeof(*scopes); i++) {
		if (span_equal_nocase(name, span_of(scopes[i])))
			return fault(load->reader, statement->place,
			             SPAN("write it as an exclusion of the site, with path and rule, or as a SecRule with ctl"),
			             "<%s>: rules hold for all of a site here", scopes[i]);
	}
	return fault(load->reader, statement->place, SPAN_NONE, "<%.*s>: a block that is not known here", SPAN_ARG(name));
}

/* What a taken block is, and a skipped one. An unknown module's block is refused: nobody could tell which was meant. */
static enum result judge_module(struct load *load, const struct statement *statement, bool *is_taken)
{
	struct span module = statement->count == 1 ? statement->words[0].text : SPAN("");
	bool is_negated = module.len && module.at[0] == '!';

	module = span_skip(span_make(module.at, module.len - (module.len && module.at[module.len - 1] == '>')), is_negated);
	*is_taken = !is_negated;
	if (span_contains(module, SPAN("security2")) || span_equal(module, SPAN("unique_id_module")) ||
	    span_equal(module, SPAN("mod_unique_id.c")))
		return RESULT_OK;
	return fault(load->reader, statement->place, SPAN("take the block's two lines away if its rules are wanted, and all of it if not"),
	             "<IfModule %.*s>: only security2_module is known here", SPAN_ARG(module));
}

static enum result read_opening(struct load *load, const struct statement *statement, struct span name)
{
	bool is_taken = false;
	enum result result = RESULT_OK;

	name = span_make(name.at, name.len - (name.len && name.at[name.len - 1] == '>'));
	if (load->depth == BLOCK_DEPTH_MAX) {
		(void)fault(load->reader, statement->place, SPAN_NONE, "blocks nested deeper than is allowed (%u)", BLOCK_DEPTH_MAX);
		return RESULT_LIMIT;
	}
	if (!is_skipping(load))
		result = span_equal_nocase(name, SPAN("IfModule")) ? judge_module(load, statement, &is_taken) : refuse_block(load, statement, name);
	load->blocks[load->depth++] = (struct block){ statement->place, name, is_taken && result == RESULT_OK };
	return result;
}

static enum result read_statement(struct load *load, const struct statement *statement)
{
	struct span name = statement->name.text;

	if (span_starts(name, SPAN("</")))
		return read_closing(load, statement, span_skip(name, 2));
	if (span_starts(name, SPAN("<")))
		return read_opening(load, statement, span_skip(name, 1));
	return is_skipping(load) ? RESULT_OK : directive_read(load->reader, statement);
}

static void report(struct load *load, const struct text_fault *found)
{
	if (!load->reader->chain_end)
		load->reader->rule_id = 0;
	if (!is_skipping(load))
		(void)fault(load->reader, found->place, span_of(found->advice), "%s", found->what);
}

/* A directive's own trouble is told and passed by; RESULT_NO_MEMORY and RESULT_LIMIT end the load. */
static enum result read_lines(struct load *load)
{
	for (;;) {
		struct statement statement;
		struct text_fault found;
		enum result result = statement_read(&load->text, &load->reader->ruleset->arena, &statement, &found);

		if (result == RESULT_END)
			return RESULT_OK;
		if (result == RESULT_OK)
			result = read_statement(load, &statement);
		else if (result != RESULT_NO_MEMORY)
			report(load, &found), result = RESULT_MALFORMED;
		if (result == RESULT_NO_MEMORY || result == RESULT_LIMIT)
			return result;
		if (load->reader->complaints->errors >= COMPLAINTS_MAX)
			return RESULT_LIMIT;  /* no more would be shown; a file that is no rule file ends here */
	}
}

static enum result text_read(struct reader *reader, struct place place, struct span name, struct span bytes)
{
	struct load *load = arena_new(&reader->scratch, struct load);
	struct span kept = arena_copy(&reader->ruleset->arena, name);
	enum result result;

	if (!load || !kept.at)
		return RESULT_NO_MEMORY;
	if (bytes.len > TEXT_BYTES_MAX)
		return fault(reader, place, SPAN_NONE, "%.*s has %zu bytes; 4 MiB are allowed", SPAN_ARG(name), bytes.len);
	if (++reader->text_count > TEXTS_MAX) {
		(void)fault(reader, place, SPAN_NONE, "more files than are allowed (%d)", TEXTS_MAX);
		return RESULT_LIMIT;
	}
	load->reader = reader;
	text_init(&load->text, kept, bytes);
	result = read_lines(load);
	for (unsigned i = 0; i < load->depth && result == RESULT_OK; i++)
		(void)fault(reader, load->blocks[i].place, SPAN_NONE, "<%.*s> is not closed in its file", SPAN_ARG(load->blocks[i].name));
	return result;
}

/* All texts that PATTERN names. COUNT: how many there were. */
static enum result texts_read(struct reader *reader, struct place place, struct span pattern, size_t *count)
{
	const struct language_ports *ports = reader->birth->ports;
	enum result result = RESULT_OK;

	for (*count = 0; result == RESULT_OK || result == RESULT_MALFORMED; ++*count) {
		struct span name, bytes;

		result = ports->text_find(ports->context, place.file, pattern, *count, &name, &bytes);
		if (result == RESULT_NOT_FOUND)
			return RESULT_OK;
		if (result != RESULT_OK)
			return fault(reader, place, SPAN_NONE, "\"%.*s\" cannot be read: %s", SPAN_ARG(pattern), result_name(result));
		result = text_read(reader, place, name, bytes);
	}
	return result;
}

enum result include_read(struct reader *reader, const struct statement *statement, bool is_optional)
{
	struct place place = word_place(&statement->words[0], 0);
	enum result result;
	size_t count;

	if (reader->depth == INCLUDE_DEPTH_MAX) {
		(void)fault(reader, place, SPAN("does a file include itself?"), "files include each other deeper than is allowed (%d)", INCLUDE_DEPTH_MAX);
		return RESULT_LIMIT;
	}
	reader->depth++;
	result = texts_read(reader, place, statement->words[0].text, &count);
	reader->depth--;
	if (result == RESULT_OK && !count && !is_optional)
		return fault(reader, place, SPAN("IncludeOptional takes what is there, be it nothing"), "no file is named \"%.*s\"",
		             SPAN_ARG(statement->words[0].text));
	return result;
}

static enum result read_all(struct reader *reader, struct span name)
{
	struct place nowhere = { SPAN_NONE, 0, 0 };
	size_t count = 0;
	enum result result = names_init(&reader->ruleset->names, &reader->ruleset->arena);

	if (result == RESULT_OK)
		result = texts_read(reader, nowhere, name, &count);
	if (result == RESULT_OK && !count)
		result = fault(reader, nowhere, SPAN_NONE, "no file is named \"%.*s\"", SPAN_ARG(name));
	if (result == RESULT_OK && reader->chain_end)
		(void)fault(reader, reader->chain_end->place, SPAN_NONE, "the chain ends here: no rule follows for it");
	reader->rule_id = 0;
	if (result == RESULT_OK)
		result = drafts_finish(reader);
	if (result == RESULT_NO_MEMORY && !reader->has_failed)
		(void)fault(reader, nowhere, SPAN_NONE, "the rules need more memory than is allowed (%zu bytes)", reader->birth->limit_bytes);
	return result == RESULT_OK && reader->has_failed ? RESULT_MALFORMED : result;
}

static struct ruleset *ruleset_new(const struct language_birth *birth)
{
	struct ruleset *ruleset = calloc(1, sizeof(*ruleset));

	if (!ruleset)
		return NULL;
	arena_init(&ruleset->arena, birth->limit_bytes, BLOCK_BYTES);
	settings_init(&ruleset->settings);
	ruleset->operator_limits = (struct operator_limits){ (uint32_t)ruleset->settings.pcre_match_limit,
		                                             (uint32_t)ruleset->settings.pcre_match_limit_recursion };
	return ruleset;
}

enum result ruleset_read(const struct language_birth *birth, struct span name, struct ruleset **out)
{
	struct reader reader = { .birth = birth, .ruleset = ruleset_new(birth), .complaints = birth->complaints };
	enum result result;

	if (!reader.ruleset)
		return RESULT_NO_MEMORY;
	reader.last = &reader.first;
	arena_init(&reader.scratch, SCRATCH_BYTES_MAX, BLOCK_BYTES);
	result = read_all(&reader, name);
	arena_done(&reader.scratch);
	if (reader.matching)
		operator_scratch_free(reader.matching);
	if (result == RESULT_OK)
		*out = reader.ruleset;
	else
		ruleset_free(reader.ruleset);
	return result;
}

void ruleset_free(struct ruleset *ruleset)
{
	struct operator **operators = ruleset->operators.items;
	struct regex **expressions = ruleset->expressions.items;

	for (size_t i = 0; i < ruleset->operators.count; i++) {
		if (operators[i])
			operator_done(operators[i]);
	}
	for (size_t i = 0; i < ruleset->expressions.count; i++)
		regex_done(expressions[i]);
	arena_done(&ruleset->arena);
	free(ruleset);
}
