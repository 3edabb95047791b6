#include "store/words.h"

#include <stdlib.h>

#include "base/hash.h"
#include "store/store.h"

#include "base/banned.h"

#define INDEX_SIZE 65536u    /* more than twice the sum of all limits */
#define ARENA_BYTES (16u << 20)
#define WORDS_MAX (STORE_SOURCES_MAX + STORE_TENANTS_MAX + STORE_SITES_MAX + STORE_KINDS_MAX + 1)

static const uint32_t limits[WORD_KINDS] = {
	[WORD_SOURCE] = STORE_SOURCES_MAX, [WORD_TENANT] = STORE_TENANTS_MAX, [WORD_SITE] = STORE_SITES_MAX, [WORD_COUNT] = STORE_KINDS_MAX,
};

enum result words_init(struct words *words, struct database *database)
{
	enum result result;

	*words = (struct words){ .database = database, .is_stale = true };
	arena_init(&words->arena, ARENA_BYTES, 65536);
	words->index = calloc(INDEX_SIZE, sizeof(words->index[0]));
	words->list = calloc(WORDS_MAX, sizeof(words->list[0]));
	if (!words->index || !words->list)
		return RESULT_NO_MEMORY;
	result = statement_new(database, "INSERT INTO names(id, kind, parent, name) VALUES(?1, ?2, ?3, ?4)", &words->insert);
	if (result == RESULT_OK)
		result = statement_new(database, "UPDATE names SET parent = ?2 WHERE id = ?1", &words->move);
	if (result == RESULT_OK)
		result = statement_new(database, "INSERT OR REPLACE INTO site_now(name, site) VALUES(?1, ?2)", &words->now);
	return result == RESULT_OK ? words_ready(words) : result;
}

void words_done(struct words *words)
{
	statement_free(words->insert);
	statement_free(words->move);
	statement_free(words->now);
	arena_done(&words->arena);
	free(words->index);
	free(words->list);
}

const struct word *words_at(const struct words *words, uint32_t number)
{
	return number && number <= words->count ? &words->list[number - 1] : NULL;
}

struct span words_text_of(const struct words *words, uint32_t number)
{
	return number && number <= words->count ? words->list[number - 1].text : SPAN_NONE;
}

/* Where a walk for KIND and TEXT begins: it ends at the first free place. */
static uint32_t index_of(enum word_kind kind, struct span text)
{
	return (uint32_t)(hash_span(hash_process_seed(), text) + (unsigned)kind * 0x9e3779b9u) & (INDEX_SIZE - 1);
}

static bool is_word(const struct word *word, enum word_kind kind, struct span text)
{
	return word->kind == kind && span_equal(word->text, text);
}

uint32_t words_find(const struct words *words, enum word_kind kind, uint32_t parent, struct span text)
{
	for (uint32_t at = index_of(kind, text); words->index[at]; at = (at + 1) & (INDEX_SIZE - 1)) {
		const struct word *word = &words->list[words->index[at] - 1];

		if (is_word(word, kind, text) && word->parent == parent)
			return words->index[at];
	}
	return WORD_NONE;
}

static uint32_t find_now(const struct words *words, struct span text)
{
	for (uint32_t at = index_of(WORD_SITE, text); words->index[at]; at = (at + 1) & (INDEX_SIZE - 1)) {
		const struct word *word = &words->list[words->index[at] - 1];

		if (is_word(word, WORD_SITE, text) && word->is_now)
			return words->index[at];
	}
	return WORD_NONE;
}

uint32_t words_same_name(const struct words *words, uint32_t site)
{
	const struct word *wanted = words_at(words, site);
	uint32_t lowest = site;

	if (!wanted || wanted->kind != WORD_SITE)
		return site;
	for (uint32_t at = index_of(WORD_SITE, wanted->text); words->index[at]; at = (at + 1) & (INDEX_SIZE - 1)) {
		if (words->index[at] < lowest && is_word(&words->list[words->index[at] - 1], WORD_SITE, wanted->text))
			lowest = words->index[at];
	}
	return lowest;
}

/* ---- the table ---- */

static enum result enter(struct words *words, enum word_kind kind, uint32_t parent, struct span text)
{
	uint32_t at = index_of(kind, text);
	struct span copy = arena_copy(&words->arena, text);

	if (!copy.at)
		return RESULT_NO_MEMORY;
	while (words->index[at])
		at = (at + 1) & (INDEX_SIZE - 1);
	words->list[words->count++] = (struct word){ kind, parent, false, copy };
	words->index[at] = words->count;
	words->counts[kind]++;
	return RESULT_OK;
}

static enum result read_name(struct words *words, const struct statement *row)
{
	int64_t id = statement_number(row, 0), kind = statement_number(row, 1), parent = statement_number(row, 2);

	if (id != (int64_t)words->count + 1 || id > WORDS_MAX || kind < 0 || kind >= WORD_KINDS || parent < 0 || parent > WORDS_MAX) {
		database_complain(words->database, "the table of names is not what this program wrote (at %lld)", (long long)id);
		return RESULT_MALFORMED;
	}
	return enter(words, (enum word_kind)kind, (uint32_t)parent, statement_text(row, 3));
}

static enum result read_now(struct words *words, const struct statement *row)
{
	int64_t site = statement_number(row, 0);

	if (site > 0 && site <= (int64_t)words->count)
		words->list[site - 1].is_now = true;
	return RESULT_OK;
}

static enum result read_rows(struct words *words, const char *constant, enum result (*each)(struct words *words, const struct statement *row))
{
	struct statement *rows;
	enum result result = statement_new(words->database, constant, &rows);

	if (result != RESULT_OK)
		return result;
	while ((result = statement_step(rows)) == RESULT_OK && (result = each(words, rows)) == RESULT_OK)
		;
	statement_free(rows);
	return result == RESULT_END ? RESULT_OK : result;
}

enum result words_ready(struct words *words)
{
	enum result result;

	if (!words->is_stale)
		return RESULT_OK;
	arena_reset(&words->arena);
	memset(words->index, 0, INDEX_SIZE * sizeof(words->index[0]));
	memset(words->counts, 0, sizeof(words->counts));
	words->count = 0;
	words->is_new = false;
	result = read_rows(words, "SELECT id, kind, parent, name FROM names ORDER BY id", read_name);
	if (result == RESULT_OK)
		result = read_rows(words, "SELECT site FROM site_now", read_now);
	words->is_stale = result != RESULT_OK;
	return result;
}

void words_undo(struct words *words)
{
	if (words->is_new)
		words->is_stale = true;
}

/* ---- new ones ---- */

static enum result begin(struct words *words)
{
	words->is_new = true;
	return database_is_begun(words->database) ? RESULT_OK : database_run(words->database, "BEGIN IMMEDIATE");
}

static enum result add(struct words *words, enum word_kind kind, uint32_t parent, struct span text, uint32_t *out)
{
	enum result result;

	if (words->counts[kind] >= limits[kind] || text.len > STORE_NAME_MAX || memchr(text.at, 0, text.len)) {
		*out = WORD_OTHER;
		return RESULT_OK;
	}
	result = begin(words);
	if (result != RESULT_OK)
		return result;
	statement_bind_number(words->insert, 1, (int64_t)words->count + 1);
	statement_bind_number(words->insert, 2, kind);
	statement_bind_number(words->insert, 3, parent);
	statement_bind_text(words->insert, 4, text);
	result = statement_run(words->insert);
	if (result == RESULT_OK)
		result = enter(words, kind, parent, text);
	if (result == RESULT_OK)
		*out = words->count;
	return result;
}

enum result words_intern(struct words *words, enum word_kind kind, struct span text, uint32_t *out)
{
	uint32_t found = WORD_NONE;

	if (text.len)
		found = words_find(words, kind, 0, text);
	if (found || !text.len) {
		*out = found;
		return RESULT_OK;
	}
	return add(words, kind, 0, text, out);
}

static enum result set_now(struct words *words, uint32_t site)
{
	struct word *word = &words->list[site - 1];
	uint32_t before;
	enum result result;

	if (site == WORD_OTHER || word->is_now)
		return RESULT_OK;
	result = begin(words);
	if (result != RESULT_OK)
		return result;
	statement_bind_text(words->now, 1, word->text);
	statement_bind_number(words->now, 2, site);
	result = statement_run(words->now);
	if (result != RESULT_OK)
		return result;
	before = find_now(words, word->text);
	if (before)
		words->list[before - 1].is_now = false;
	word->is_now = true;
	return RESULT_OK;
}

/* A site that nobody had named a tenant of. */
static enum result claim(struct words *words, uint32_t site, uint32_t tenant)
{
	enum result result = begin(words);

	if (result != RESULT_OK)
		return result;
	statement_bind_number(words->move, 1, site);
	statement_bind_number(words->move, 2, tenant);
	result = statement_run(words->move);
	if (result == RESULT_OK)
		words->list[site - 1].parent = tenant;
	return result;
}

enum result words_site(struct words *words, uint32_t tenant, struct span text, uint32_t *out)
{
	uint32_t site = words_find(words, WORD_SITE, tenant, text);
	enum result result = RESULT_OK;

	if (!site) {
		site = words_find(words, WORD_SITE, WORD_NONE, text);
		result = site ? claim(words, site, tenant) : add(words, WORD_SITE, tenant, text, &site);
	}
	if (result == RESULT_OK)
		result = set_now(words, site);
	if (result == RESULT_OK)
		*out = site;
	return result;
}

enum result words_site_now(struct words *words, struct span text, uint32_t *out)
{
	uint32_t site = text.len ? find_now(words, text) : WORD_NONE;
	enum result result;

	if (site || !text.len) {
		*out = site;
		return RESULT_OK;
	}
	result = add(words, WORD_SITE, WORD_NONE, text, &site);
	if (result == RESULT_OK)
		result = set_now(words, site);
	if (result == RESULT_OK)
		*out = site;
	return result;
}
