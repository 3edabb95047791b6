#include "waf/prefilter/rarity.h"

#include <pthread.h>

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

/* What follows from them, asked for a million times while a set of rules is read. */
static struct {
	unsigned char classes[256];
	double singles[CLASSES];          /* of one byte of the class */
	double follows[CLASSES][CLASSES]; /* how often the one is behind the other */
} known;

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

static void learn(void)
{
	for (unsigned byte = 0; byte < 256; byte++)
		known.classes[byte] = (unsigned char)class_of((unsigned char)byte);
	for (unsigned a = 0; a < CLASSES; a++) {
		known.singles[a] = SINGLES[a] / members(a);
		for (unsigned b = 0; b < CLASSES; b++)
			known.follows[a][b] = pair_rate(a, b) / SINGLES[a] / members(b);
	}
}

double rarity_rate(struct span text)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	unsigned last;
	double rate;

	pthread_once(&once, learn);
	last = known.classes[(unsigned char)text.at[0]];
	rate = known.singles[last];
	for (size_t i = 1; i < text.len; i++) {
		unsigned next = known.classes[(unsigned char)text.at[i]];

		rate *= known.follows[last][next];
		last = next;
	}
	return rate;
}
