/* Every @rx of the Core Rule Set that Debian installs, PCRE2 as the judge: no subject matches without what the pattern's
 * factors ask for. Prints how many patterns have factors, and how often ordinary text has what they ask for; with
 * PREFILTER_LIST=1 in the environment, each pattern's too. */
#include "../base/check.h"

#include <time.h>

#include "crs_rules.h"
#include "regex.h"
#include "waf/prefilter/scanner.h"

#define WALKS 12
#define MUTATIONS 60

static struct crs_rules *rules;

struct seen {
	struct factors factors;
	bool is_found;
};

static bool is_rx(const struct crs_rule *rule)
{
	return span_equal(rule->name, SPAN("rx")) && !span_contains(rule->parameter, SPAN("%{"));
}

static bool has_package(void)
{
	rules = crs_rules_new();
	if (!rules)
		print_message("skipped: no " CRS_FOLDER " (Debian's modsecurity-crs)\n");
	return rules;
}

static struct seen look_at(const struct crs_rule *rule)
{
	struct seen seen = { 0 };

	seen.is_found = factors_find(rule->parameter, &rules->arena, &seen.factors) == RESULT_OK;
	return seen;
}

static void fail_with(const struct crs_rule *rule, struct span subject)
{
	print_error("rule %.*s: /%.*s/ matches, without a factor: \"%.*s\"\n", SPAN_ARG(rule->id), SPAN_ARG(rule->parameter), SPAN_ARG(subject));
	fail();
}

/* A byte more, less, another one, or one in the other case. */
static size_t mutate(struct draws *draws, struct span pattern, char *subject, size_t len)
{
	size_t at = draw_below(draws, len + 1);
	char other = pattern.len && draw_below(draws, 2) ? pattern.at[draw_below(draws, pattern.len)] : (char)draw_below(draws, 256);

	switch (draw_below(draws, 4)) {
	case 0:
		memmove(subject + at + 1, subject + at, len - at);
		subject[at] = other;
		return len + 1;
	case 1:
		if (at < len)
			memmove(subject + at, subject + at + 1, len - at - 1);
		return len - (at < len);
	case 2:
		if (at < len)
			subject[at] = other;
		return len;
	default:
		if (at < len && ((subject[at] >= 'a' && subject[at] <= 'z') || (subject[at] >= 'A' && subject[at] <= 'Z')))
			subject[at] = (char)(subject[at] ^ 0x20);
		return len;
	}
}

/* SUBJECT matches; what becomes of it, step by step, for as long as it does. How many did. */
static unsigned check_mutated(const struct crs_rule *rule, const struct regex *regex, const struct factors *factors, struct draws *draws,
                              struct span subject)
{
	char now[GROWN_MAX + MUTATIONS], next[GROWN_MAX + MUTATIONS + 1];
	size_t len = subject.len, next_len;
	unsigned matched = 0;

	memcpy(now, subject.at, len);
	for (unsigned step = 0; step < MUTATIONS; step++) {
		memcpy(next, now, len);
		next_len = mutate(draws, rule->parameter, next, len);
		if (!regex_matches(regex, span_make(next, next_len)))
			continue;
		matched++;
		if (!factors_hold(factors, span_make(next, next_len)))
			fail_with(rule, span_make(next, next_len));
		memcpy(now, next, next_len);
		len = next_len;
	}
	return matched;
}

/* How many subjects were grown. */
static unsigned check_grown(const struct crs_rule *rule, const struct factors *factors, struct draws *draws, unsigned *mutated)
{
	unsigned grown = 0;
	struct regex regex;
	char subject[GROWN_MAX];
	size_t len;

	assert_true(regex_init(&regex, rule->parameter, false));
	for (unsigned walk = 0; walk < WALKS; walk++) {
		if (regex_grow(&regex, rule->parameter, draws, subject, &len) != RESULT_OK)
			continue;
		grown++;
		if (!factors_hold(factors, span_make(subject, len)))
			fail_with(rule, span_make(subject, len));
		*mutated += check_mutated(rule, &regex, factors, draws, span_make(subject, len));
	}
	regex_done(&regex);
	return grown;
}

static void test_grown_subjects(void **state)
{
	struct draws draws = { 3 };
	unsigned patterns = 0, reached = 0, subjects = 0, mutated = 0;

	(void)state;
	if (!has_package())
		skip();
	for (size_t i = 0; i < rules->count; i++) {
		struct seen seen;
		unsigned grown;

		if (!is_rx(&rules->list[i]))
			continue;
		seen = look_at(&rules->list[i]);
		grown = check_grown(&rules->list[i], &seen.factors, &draws, &mutated);
		patterns++;
		reached += grown > 0;
		subjects += grown;
	}
	print_message("%u subjects grown for %u of %u patterns, and %u of them changed\n", subjects, reached, patterns, mutated);
	assert_true(reached * 10 > patterns * 6 && mutated > 10 * subjects);
	crs_rules_free(rules);
}

/* Nothing may be claimed of the rules' own texts either: the longest subjects at hand, and each is full of phrases. */
static void test_patterns_as_subjects(void **state)
{
	unsigned matched = 0;

	(void)state;
	if (!has_package())
		skip();
	for (size_t i = 0; i < rules->count; i++) {
		struct regex regex;
		struct seen seen;

		if (!is_rx(&rules->list[i]))
			continue;
		seen = look_at(&rules->list[i]);
		assert_true(regex_init(&regex, rules->list[i].parameter, true));
		for (size_t j = i % 7; j < rules->count; j += 7) {
			struct span subject = span_take(rules->list[j].parameter, 4096);

			if (!regex_matches(&regex, subject))
				continue;
			matched++;
			if (!factors_hold(&seen.factors, subject))
				fail_with(&rules->list[i], subject);
		}
		regex_done(&regex);
	}
	assert_true(matched > 1000);
	crs_rules_free(rules);
}

static void list(const struct crs_rule *rule, const struct seen *seen)
{
	printf("%-9.*s %4zu phrases", SPAN_ARG(rule->id), seen->is_found ? seen->factors.phrases.count : 0);
	for (unsigned need = 0; seen->is_found && need < seen->factors.bytes.count; need++) {
		unsigned bytes = 0;

		for (unsigned i = 0; i < 4; i++)
			bytes += (unsigned)__builtin_popcountll(seen->factors.bytes.sets[need].words[i]);
		printf(", one of %3u bytes", bytes);
	}
	printf("  %.*s\n   ", SPAN_ARG(span_take(rule->parameter, 100)));
	for (size_t i = 0; seen->is_found && i < seen->factors.phrases.count && i < 10; i++)
		printf(" [%.*s]", SPAN_ARG(seen->factors.phrases.list[i]));
	printf("\n");
}

static struct seen all[CRS_RULES_MAX];
static size_t all_count;

static void test_figures(void **state)
{
	size_t with_phrases = 0, with_bytes = 0, phrases = 0;

	(void)state;
	if (!has_package())
		skip();
	for (size_t i = 0; i < rules->count; i++) {
		struct seen seen;

		if (!is_rx(&rules->list[i]))
			continue;
		seen = look_at(&rules->list[i]);
		if (getenv("PREFILTER_LIST"))
			list(&rules->list[i], &seen);
		with_phrases += seen.is_found && seen.factors.phrases.count;
		with_bytes += seen.is_found && !seen.factors.phrases.count;
		phrases += seen.is_found ? seen.factors.phrases.count : 0;
		all[all_count++] = seen;
	}
	print_message("%zu patterns: %zu with phrases (%zu phrases), %zu with bytes only, %zu with nothing\n", all_count, with_phrases,
	              phrases, with_bytes, all_count - with_phrases - with_bytes);
	assert_true(with_phrases * 10 >= all_count * 7 && (with_phrases + with_bytes) * 10 >= all_count * 9);  /* what this prefilter is for */
}

static struct span ordinary(const char *name)
{
	char path[1024];
	FILE *file;
	char *text = arena_take(&rules->arena, 65536);
	size_t folder = strlen(__FILE__) - strlen("test_prefilter_crs.c"), len;

	assert_non_null(text);
	snprintf(path, sizeof(path), "%.*sordinary/%s", (int)folder, __FILE__, name);
	file = fopen(path, "rb");
	if (!file) {  /* not run from the build folder */
		snprintf(path, sizeof(path), "tests/waf/ordinary/%s", name);
		file = fopen(path, "rb");
	}
	assert_non_null(file);
	len = fread(text, 1, 65536, file);
	fclose(file);
	return span_make(text, len);
}

static void count_firing(const char *what, struct span text, const char *ends)
{
	size_t values = 0, fired = 0, by_phrase = 0;

	while (text.len) {
		size_t len = 0;
		struct span value;

		while (len < text.len && !strchr(ends, text.at[len]))
			len++;
		value = span_take(text, len);
		text = span_skip(text, len + 1);
		if (!value.len)
			continue;
		values++;
		for (size_t i = 0; i < all_count; i++) {
			struct factors phrases_only = { .phrases = all[i].factors.phrases };

			by_phrase += !all[i].is_found || factors_hold(&phrases_only, value);
			fired += !all[i].is_found || factors_hold(&all[i].factors, value);
		}
	}
	print_message("%s: %zu values, of %zu patterns %.1f are tried (%.1f by their phrases alone)\n", what, values, all_count,
	              (double)fired / (double)values, (double)by_phrase / (double)values);
	assert_true(fired * 5 < values * all_count);
}

/* Words of @pm (separated by blanks) or lines of @pmFromFile, in lower case. */
static struct phrases phrases_listed(struct span text, char separator)
{
	struct phrases set = { arena_new_array(&rules->arena, struct span, text.len / 2 + 2), 0 };

	assert_non_null(set.list);
	while (text.len) {
		struct span one = arena_copy(&rules->arena, span_trim(span_cut(&text, separator)));

		assert_non_null(one.at);
		for (size_t i = 0; i < one.len; i++)
			((char *)(uintptr_t)one.at)[i] = ascii_lower(one.at[i]);
		if (one.len && !(separator == '\n' && one.at[0] == '#'))
			set.list[set.count++] = one;
	}
	return set;
}

static struct phrases phrases_of(const struct crs_rule *rule)
{
	char name[256];

	if (span_equal(rule->name, SPAN("rx")))
		return look_at(rule).factors.phrases;
	if (span_equal(rule->name, SPAN("pm")))
		return phrases_listed(rule->parameter, ' ');
	if (!span_starts(rule->name, SPAN("pmf")) && !span_equal(rule->name, SPAN("pmFromFile")))
		return (struct phrases){ NULL, 0 };
	assert_ok(span_to_text(rule->parameter, name, sizeof(name)));
	return phrases_listed(crs_file(&rules->arena, name), '\n');
}

static double ns_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* The scanner with all phrases says of each value what a plain search says; and how long it took, at best of many times. */
static void check_scanner(const char *what, const struct scanner *scanner, const struct scanner_entry *entries, size_t count, struct span text,
                          const char *ends)
{
	double least = 1e18, total = 0;
	size_t values = 0, bytes = text.len;
	struct byte_set set;
	uint64_t hits[CRS_RULES_MAX / 64];

	for (; text.len; values++) {
		struct span value = span_take(text, 0);

		while (value.len < text.len && !strchr(ends, text.at[value.len]))
			value.len++;
		least = 1e18;
		for (unsigned again = 0; again < 200; again++) {
			double from = ns_now();

			for (unsigned i = 0; i < 8; i++)
				scanner_scan(scanner, value, &set, hits);
			from = (ns_now() - from) / 8;
			least = from < least ? from : least;
		}
		total += least;
		for (size_t i = 0; i < count; i++) {
			struct factors factors = { .phrases = entries[i].phrases };

			assert_int_equal(hits[i / 64] >> i % 64 & 1, factors_hold(&factors, value));
		}
		text = span_skip(text, value.len + 1);
	}
	print_message("%s: %.1f ns a value, %.2f ns a byte\n", what, total / (double)values, total / (double)bytes);
}

/* The least of many times, as others use the machine too. */
static void time_long(const char *what, const struct scanner *scanner, const char *pattern, size_t len)
{
	enum { BYTES = 128 << 10 };
	char *text = arena_take(&rules->arena, BYTES);
	struct draws draws = { 9 };
	struct byte_set set;
	uint64_t hits[CRS_RULES_MAX / 64];
	double least = 1e18;

	assert_non_null(text);
	for (size_t i = 0; i < BYTES; i++)
		text[i] = !pattern ? (char)draw_below(&draws, 256) : len ? pattern[draw_below(&draws, len)] : pattern[i % strlen(pattern)];
	for (unsigned again = 0; again < 100; again++) {
		double from = ns_now();

		scanner_scan(scanner, span_make(text, BYTES), &set, hits);
		from = ns_now() - from;
		least = from < least ? from : least;
	}
	print_message("128 KiB of %s: %.2f ns a byte\n", what, least / BYTES);
}

/* What an attacker could send: one phrase of each rule, over and over. */
static void time_worst(const struct scanner *scanner, const struct scanner_entry *entries, size_t count)
{
	enum { BYTES = 4096 };
	char *text = arena_take(&rules->arena, BYTES);
	struct span worst = SPAN_NONE;
	struct byte_set set;
	uint64_t hits[CRS_RULES_MAX / 64];
	double most = 0;

	assert_non_null(text);
	for (size_t i = 0; i < 8 * count; i++) {
		struct phrases phrases = entries[i / 8].phrases;
		struct span phrase = phrases.list[i % 8 * phrases.count / 8];
		double least = 1e18;

		for (size_t at = 0; at < BYTES; at++)
			text[at] = phrase.at[at % phrase.len];
		for (unsigned again = 0; again < 5; again++) {
			double from = ns_now();

			scanner_scan(scanner, span_make(text, BYTES), &set, hits);
			from = ns_now() - from;
			least = from < least ? from : least;
		}
		worst = least > most ? phrase : worst;
		most = least > most ? least : most;
	}
	print_message("4 KiB of one phrase, the worst of %zu, \"%.*s\": %.1f ns a byte\n", 8 * count, SPAN_ARG(worst), most / BYTES);
}

/* For strlen. */
static const char *span_text(struct span span)
{
	char *text = arena_take(&rules->arena, span.len + 1);

	assert_ok(span_to_text(span, text, span.len + 1));
	return text;
}

static void test_scanner(void **state)
{
	static struct scanner_entry entries[CRS_RULES_MAX];
	struct scanner *scanner;
	size_t count = 0, phrases = 0, used;

	(void)state;
	if (!has_package())
		skip();
	for (size_t i = 0; i < rules->count; i++) {
		struct phrases set = phrases_of(&rules->list[i]);

		if (!set.count)
			continue;
		entries[count] = (struct scanner_entry){ (unsigned)count, set };
		count++;
		phrases += set.count;
	}
	assert_true(phrases > 3000);
	used = rules->arena.used_bytes;
	assert_ok(scanner_new(&rules->arena, entries, count, &scanner));
	used = rules->arena.used_bytes - used;
	print_message("%zu rules have %zu phrases; their tables are of %zu KiB\n", count, phrases, used >> 10);
	assert_true(used < (size_t)2 << 20);
	check_scanner("lines of forms", scanner, entries, count, ordinary("words.txt"), "\n");
	check_scanner("words of forms", scanner, entries, count, ordinary("words.txt"), " \n");
	check_scanner("addresses and headers", scanner, entries, count, ordinary("requests.txt"), "\n");
	check_scanner("a page of text", scanner, entries, count, ordinary("words.txt"), "");
	time_long("text", scanner, span_text(ordinary("words.txt")), 0);
	time_long("random bytes", scanner, NULL, 0);
	time_long("base64", scanner, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 64);
	time_long("%2F%41...", scanner, "%2F%41", 0);
	time_worst(scanner, entries, count);
	crs_rules_free(rules);
}

static void test_ordinary_values(void **state)
{
	(void)state;
	if (!all_count)
		skip();
	count_firing("lines of forms", ordinary("words.txt"), "\n");
	count_firing("words of forms", ordinary("words.txt"), " \n");
	count_firing("addresses and headers", ordinary("requests.txt"), "\n");
	crs_rules_free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grown_subjects),
		cmocka_unit_test(test_patterns_as_subjects),
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_ordinary_values),
		cmocka_unit_test(test_scanner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
