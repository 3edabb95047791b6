#include "event/crc32c.h"

#include <pthread.h>

#include "base/banned.h"

#define POLYNOMIAL 0x82f63b78u  /* 0x1edc6f41 with its bits reversed */

/* tables[k][b] is the remainder of byte b followed by k zero bytes: eight bytes are folded at a time. */
static uint32_t tables[8][256];
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

static void make_tables(void)
{
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t crc = byte;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
		tables[0][byte] = crc;
	}
	for (int zeros = 1; zeros < 8; zeros++) {
		for (uint32_t byte = 0; byte < 256; byte++) {
			uint32_t crc = tables[zeros - 1][byte];

			tables[zeros][byte] = crc >> 8 ^ tables[0][crc & 255];
		}
	}
}

uint32_t crc32c_by_table(uint32_t crc, struct span bytes)
{
	const unsigned char *at = (const unsigned char *)bytes.at;
	size_t left = bytes.len;

	pthread_once(&tables_once, make_tables);
	crc = ~crc;
	for (; left >= 8; left -= 8, at += 8) {
		crc ^= (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
		crc = tables[7][crc & 255] ^ tables[6][crc >> 8 & 255] ^ tables[5][crc >> 16 & 255] ^ tables[4][crc >> 24] ^
		      tables[3][at[4]] ^ tables[2][at[5]] ^ tables[1][at[6]] ^ tables[0][at[7]];
	}
	for (; left; left--, at++)
		crc = crc >> 8 ^ tables[0][(crc ^ *at) & 255];
	return ~crc;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) static uint32_t crc32c_by_processor(uint32_t crc, struct span bytes)
{
	uint64_t folded = ~crc;
	const char *at = bytes.at;
	size_t left = bytes.len;

	for (; left >= 8; left -= 8, at += 8) {
		uint64_t word;

		memcpy(&word, at, 8);
		folded = __builtin_ia32_crc32di(folded, word);
	}
	crc = (uint32_t)folded;
	for (; left; left--, at++)
		crc = __builtin_ia32_crc32qi(crc, (unsigned char)*at);
	return ~crc;
}

uint32_t crc32c_more(uint32_t crc, struct span bytes)
{
	return __builtin_cpu_supports("sse4.2") ? crc32c_by_processor(crc, bytes) : crc32c_by_table(crc, bytes);
}

#else

uint32_t crc32c_more(uint32_t crc, struct span bytes)
{
	return crc32c_by_table(crc, bytes);
}

#endif
