#include "waf/prefilter/rarity.h"

#include "waf/prefilter/rarity_table.h"
#include "base/banned.h"


/* As in tools/pair_table: 26 letters, digits, 18 signs, and three classes of all other bytes. */
#define CLASS_DIGIT 26
#define CLASS_OTHER 45
#define CLASS_CONTROL 46
#define CLASS_HIGH 47
#define CLASSES 48

static const char COLUMNS[CLASS_OTHER + 1] = "abcdefghijklmnopqrstuvwxyz0 /.-_=&%?:;,()+'\"*";
static const char PAIRS[CLASSES][CLASSES + 1] = { RARITY_PAIRS };
static const double SINGLES[CLASSES] = { RARITY_SINGLES };

static unsigned class_of(unsigned char byte)
{
	const char *found;

	if (byte >= 'a' && byte <= 'z')
		return (unsigned)(byte - 'a');
	if (byte >= '0' && byte <= '9')
		return CLASS_DIGIT;
	if (byte > 127)
		return CLASS_HIGH;
	if (byte < ' ' || byte == 127)
		return CLASS_CONTROL;
	found = strchr(COLUMNS, byte);
	return found ? (unsigned)(found - COLUMNS) : CLASS_OTHER;
}

/* Of all neighbours, how many are A and B: 2^-4 for 'a', half as many for each letter more. A class of many bytes is
 * shared by them. */
static double pair_rate(unsigned a, unsigned b)
{
	return 1.0 / (double)(16u << (PAIRS[a][b] - 'a'));
}

static double members(unsigned class)
{
	return class == CLASS_DIGIT ? 10 : class == CLASS_OTHER ? 15 : class == CLASS_CONTROL ? 33 : class == CLASS_HIGH ? 128 : 1;
}

double rarity_rate(struct span text)
{
	unsigned last = class_of((unsigned char)text.at[0]);
	double rate = SINGLES[last] / members(last);

	for (size_t i = 1; i < text.len; i++) {
		unsigned next = class_of((unsigned char)text.at[i]);

		rate *= pair_rate(last, next) / SINGLES[last] / members(next);
		last = next;
	}
	return rate;
}
