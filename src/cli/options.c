#include "cli/options.h"

#include <assert.h>

#include "base/suggest.h"

#include "base/banned.h"

static const struct option *find_name(const struct option *table, struct span name)
{
	for (; table->name; table++) {
		if (span_equal(span_of(table->name), name))
			return table;
	}
	return NULL;
}

static const struct option *find_letter(const struct option *table, char letter)
{
	for (; table->name; table++) {
		if (table->letter == letter)
			return table;
	}
	return NULL;
}

/* The sentence is for a person: when it cannot be made, RESULT_MALFORMED alone must do. */
static enum result complain_with(struct buffer *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
static enum result complain_with(struct buffer *error, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	if (buffer_print_list(error, format, list) != RESULT_OK)
		buffer_reset(error);
	va_end(list);
	return RESULT_MALFORMED;
}

static enum result complain_unknown_option(const struct option *table, struct span name, struct buffer *error)
{
	struct suggestion suggestion;
	struct span sentence;

	suggestion_init(&suggestion, name);
	for (; table->name; table++)
		suggestion_offer(&suggestion, span_of(table->name));
	sentence = suggestion_sentence(&suggestion);
	return complain_with(error, "there is no option --%.*s%s%.*s%s", SPAN_ARG(name), sentence.len ? " (" : "", SPAN_ARG(sentence),
	                     sentence.len ? ")" : "");
}

static bool is_given(const struct options *options, const struct option *option)
{
	for (unsigned i = 0; i < options->given_count; i++) {
		if (options->given[i].option == option)
			return true;
	}
	return false;
}

static enum result give(struct options *options, const struct option *option, const char *value, struct buffer *error)
{
	if (is_given(options, option) && !option->repeats && option->value)
		return complain_with(error, "--%s is given twice", option->name);
	if (options->given_count == OPTIONS_MAX)
		return complain_with(error, "more than %u options", OPTIONS_MAX);
	options->given[options->given_count++] = (struct given_option){ option, value };
	return RESULT_OK;
}

struct words {
	char *const *list;
	int count, at;
};

/* The value of OPTION: what stood behind '=', or the next word. */
static enum result take_value(struct options *options, const struct option *option, const char *attached, struct words *words,
                              struct buffer *error)
{
	if (!option->value && attached)
		return complain_with(error, "--%s takes no value", option->name);
	if (!option->value)
		return give(options, option, NULL, error);
	if (attached)
		return give(options, option, attached, error);
	if (words->at == words->count)
		return complain_with(error, "--%s wants a value: --%s %s", option->name, option->name, option->value);
	return give(options, option, words->list[words->at++], error);
}

static enum result read_long(struct options *options, const char *word, struct words *words, struct buffer *error)
{
	struct span rest = span_of(word + 2), name = span_cut(&rest, '=');
	const struct option *option = find_name(options->table, name);

	if (!option)
		return complain_unknown_option(options->table, name, error);
	return take_value(options, option, rest.at, words, error);
}

static enum result read_short(struct options *options, const char *word, struct words *words, struct buffer *error)
{
	const struct option *option = find_letter(options->table, word[1]);

	if (!option)
		return complain_with(error, "there is no option -%c", word[1]);
	if (!option->value && word[2])
		return complain_with(error, "one letter a dash: found %s", word);
	return take_value(options, option, word[2] ? word + 2 : NULL, words, error);
}

static enum result read_argument(struct options *options, const char *word, struct buffer *error)
{
	if (options->argument_count == ARGUMENTS_MAX)
		return complain_with(error, "more than %u arguments", ARGUMENTS_MAX);
	options->arguments[options->argument_count++] = word;
	return RESULT_OK;
}

enum result options_read(const struct option *table, char *const *list, int count, struct options *out, struct buffer *error)
{
	struct options options = { .table = table };
	struct words words = { .list = list, .count = count };
	bool has_ended = false;

	while (words.at < words.count) {
		const char *word = words.list[words.at++];
		enum result result;

		if (has_ended || word[0] != '-' || !word[1]) {
			result = read_argument(&options, word, error);
		} else if (word[1] != '-') {
			result = read_short(&options, word, &words, error);
		} else if (word[2]) {
			result = read_long(&options, word, &words, error);
		} else {
			has_ended = true;
			result = RESULT_OK;
		}
		if (result != RESULT_OK)
			return result;
	}
	*out = options;
	return RESULT_OK;
}

const char *option_next(const struct options *options, const char *name, unsigned *at)
{
	while (*at < options->given_count) {
		const struct given_option *given = &options->given[(*at)++];

		if (span_equal(span_of(given->option->name), span_of(name)))
			return given->value;
	}
	return NULL;
}

const char *option_text(const struct options *options, const char *name, const char *fallback)
{
	const char *found = NULL, *next;
	unsigned at = 0;

	assert(find_name(options->table, span_of(name)));
	while ((next = option_next(options, name, &at)))
		found = next;
	return found ? found : fallback;
}

bool option_is_given(const struct options *options, const char *name)
{
	const struct option *option = find_name(options->table, span_of(name));

	assert(option);
	return is_given(options, option);
}
