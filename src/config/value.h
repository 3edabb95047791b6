/* One value of a key: from the text a person wrote, to the text that `dump` prints, and what to say that is allowed.
 *
 * Owns     text is copied into the pool's arena, packed: an arena aligns to 16, and most values are shorter than that
 */
#ifndef BOUCLIER_CONFIG_VALUE_H
#define BOUCLIER_CONFIG_VALUE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "config/key.h"

#define KEY_TEXT_DEFAULT_MAX 1024
#define KEY_PATH_MAX 4095
#define KEY_HOST_MAX 253

struct text_pool {
	struct arena *arena;
	char *at, *end;
};

/* A copy of TEXT with a NUL behind it; {NULL, 0} without memory. */
struct span text_pool_copy(struct text_pool *pool, struct span text) must_check;

struct value_reader {
	struct text_pool *pool;
	struct span folder;         /* that relative paths start from; empty: they stay as written */
	char words[96];             /* the suggestion after a failure; empty: none */
};

/* Reads a scalar of KEY's type (anything but KEY_MAP and KEY_FIELDS) into OUT, which has value_size(key) bytes.
 * RESULT_MALFORMED or RESULT_LIMIT: not what value_expect says; OUT is untouched, words may hold a suggestion. */
enum result value_read(const struct key *key, struct span text, struct value_reader *reader, void *out) must_check;
/* VALUE of a KEY_PATH is one of the key's words, and no path. */
bool path_is_word(const struct key *key, struct span value);
/* No control characters (C0, C1), line separators or characters that are none: what may go to a log, a header, a page. */
bool text_is_plain(struct span text);
/* Bytes of one value, KEY_LIST apart. */
size_t value_size(const struct key *key);
/* Bytes of the struct's field. */
size_t key_size(const struct key *key);

#define VALUE_EXPECT_MAX 2048     /* bytes of the sentence below, whatever the key */
/* "a duration with its unit (...), from 1s to 1h": what may stand for KEY. */
enum result value_expect(const struct key *key, struct buffer *out) must_check;
/* The canonical text of a scalar value, without quotes; reading it again gives the same value. */
enum result value_write(const struct key *key, const void *value, struct buffer *out) must_check;
/* Nothing was written and there is no default: `dump` leaves it out. */
bool value_is_absent(const struct key *key, const void *value);

/* The types with units, in units.c. WORDS gets a suggestion as in struct value_reader. */
enum result units_read(const struct key *key, struct span text, char words[96], int64_t *out) must_check;
enum result rate_read(const struct key *key, struct span text, char words[96], struct rate *out) must_check;
/* Milliseconds since 1970, of the years 1971 to 9999: 0 is what nobody said, and before it nothing can end. */
enum result time_read(struct span text, int64_t *out) must_check;
enum result date_read(struct span text, int64_t *out) must_check;
/* A number of KEY's unit: "5s", "10MiB", "3". */
enum result units_write(enum key_type type, int64_t value, struct buffer *out) must_check;
enum result rate_write(const struct rate *rate, struct buffer *out) must_check;

/* Names, in names.c. OUT is a NUL-free copy in the pool. */
enum result host_read(struct span text, struct value_reader *reader, struct span *out) must_check;
enum result url_read(struct span text, struct value_reader *reader, struct url *out) must_check;
enum result path_read(struct span text, struct value_reader *reader, struct span *out) must_check;
/* HOST falls under PATTERN: equal, or PATTERN is "*.x" and HOST ends in ".x" (also when HOST is itself "*.y.x"). */
bool host_matches(struct span pattern, struct span host);

#endif
