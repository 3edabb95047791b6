/* The operators of the rules that Debian's package modsecurity-crs installs, for tests that want real ones. Not a parser of
 * SecLang: it finds SecRule's second argument, as Apache's words are quoted, and what @pmFromFile names. */
#ifndef BOUCLIER_TESTS_WAF_CRS_RULES_H
#define BOUCLIER_TESTS_WAF_CRS_RULES_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"

#define CRS_FOLDER "/usr/share/modsecurity-crs/rules"
#define CRS_RULES_MAX 2048

struct crs_rule {
	struct span id, name, parameter;  /* NAME without its @, "rx" where none stands */
	bool is_negated;
};

struct crs_rules {
	struct arena arena;
	struct crs_rule list[CRS_RULES_MAX];
	size_t count;
};

static inline struct span crs_file(struct arena *arena, const char *name)
{
	char path[512];
	struct span text = SPAN_NONE;
	FILE *file;
	long size;
	char *at;

	snprintf(path, sizeof(path), CRS_FOLDER "/%s", name);
	file = fopen(path, "rb");
	if (!file)
		return text;
	if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0 && fseek(file, 0, SEEK_SET) == 0 &&
	    (at = (char *)arena_take(arena, (size_t)size)) && fread(at, 1, (size_t)size, file) == (size_t)size)
		text = span_make(at, (size_t)size);
	fclose(file);
	return text;
}

/* A word of Apache's configuration: quoted or not, \" and \\ resolved, a line continued behind "\". */
static inline struct span crs_word(struct span *rest, struct arena *arena)
{
	char *word = (char *)arena_take(arena, rest->len + 1), quote = 0;
	size_t at = 0, len = 0;

	while (at < rest->len && (strchr(" \t\\", rest->at[at]) || (rest->at[at] == '\n' && at && rest->at[at - 1] == '\\')))
		at++;
	if (at < rest->len && rest->at[at] == '"')
		quote = rest->at[at++];
	for (; word && at < rest->len && (quote ? rest->at[at] != quote : !strchr(" \t\n", rest->at[at])); at++) {
		bool has_next = rest->at[at] == '\\' && at + 1 < rest->len;

		if (has_next && rest->at[at + 1] == '\n') {
			at++;
			continue;
		}
		at += has_next && (rest->at[at + 1] == '\\' || rest->at[at + 1] == '"');
		word[len++] = rest->at[at];
	}
	*rest = span_skip(*rest, at + (quote != 0));
	return span_make(word, word ? len : 0);
}

static inline struct span crs_id(struct span actions)
{
	while (actions.len) {
		struct span action = span_trim(span_cut(&actions, ','));

		if (span_starts(action, SPAN("id:")))
			return span_skip(action, 3);
	}
	return SPAN("(chained)");
}

static inline void crs_read(struct crs_rules *rules, struct span text)
{
	while (text.len && rules->count < CRS_RULES_MAX) {
		struct span line = span_trim(span_take(text, span_find(text, '\n'))), rest, word;
		struct crs_rule *rule = &rules->list[rules->count];

		if (!span_starts(line, SPAN("SecRule "))) {
			text = span_skip(text, span_find(text, '\n') + 1);
			continue;
		}
		rest = span_skip(text, (size_t)(line.at - text.at) + 8);
		(void)crs_word(&rest, &rules->arena);
		word = crs_word(&rest, &rules->arena);
		rule->id = crs_id(crs_word(&rest, &rules->arena));
		rule->is_negated = span_starts(word, SPAN("!"));
		word = span_skip(word, rule->is_negated);
		rule->name = SPAN("rx");
		if (span_starts(word, SPAN("@"))) {
			rule->name = span_skip(span_cut(&word, ' '), 1);
			word = span_trim(word);
		}
		rule->parameter = word;
		rules->count++;
		text = rest;
	}
}

/* NULL: the package is not there. */
static inline struct crs_rules *crs_rules_new(void)
{
	struct crs_rules *rules = (struct crs_rules *)calloc(1, sizeof(*rules));
	struct dirent **names;
	int count = scandir(CRS_FOLDER, &names, NULL, alphasort);

	if (!rules || count < 0) {
		free(rules);
		return NULL;
	}
	arena_init(&rules->arena, (size_t)1 << 30, (size_t)1 << 20);
	for (int i = 0; i < count; i++) {
		if (span_ends(span_of(names[i]->d_name), SPAN(".conf")))
			crs_read(rules, crs_file(&rules->arena, names[i]->d_name));
		free(names[i]);
	}
	free(names);
	return rules;
}

static inline void crs_rules_free(struct crs_rules *rules)
{
	arena_done(&rules->arena);
	free(rules);
}

#endif
