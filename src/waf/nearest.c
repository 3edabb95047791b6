#include "waf/nearest.h"

#include "base/banned.h"

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Restricted Damerau-Levenshtein distance, three rows at a time. */
static unsigned distance(struct span a, struct span b)
{
	unsigned rows[3][NEAREST_NAME_MAX + 1];

	for (size_t j = 0; j <= b.len; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a.len; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b.len; j++) {
			char x = ascii_lower(a.at[i - 1]), y = ascii_lower(b.at[j - 1]);

			row[j] = least(above[j] + 1, row[j - 1] + 1, above[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == ascii_lower(b.at[j - 2]) && ascii_lower(a.at[i - 2]) == y &&
			    two_above[j - 2] + 1 < row[j])
				row[j] = two_above[j - 2] + 1;
		}
	}
	return rows[a.len % 3][b.len];
}

const char *nearest_name(struct span name, const char *(*name_at)(size_t index), size_t count)
{
	unsigned best = (unsigned)name.len / 3 + 1;
	const char *found = NULL;

	if (name.len < 2 || name.len > NEAREST_NAME_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		struct span other = span_of(name_at(i));
		unsigned slips;

		if (other.len > NEAREST_NAME_MAX)
			continue;
		slips = distance(name, other);
		if (slips < best) {
			best = slips;
			found = other.at;
		}
	}
	return found;
}
