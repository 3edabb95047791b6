#include "base/hash.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/banned.h"

#define DRAWN_BYTES 512u
#define DRAWN_MAX 12u          /* numbers; keys and seeds come from the kernel one by one, and never lay here */
#define ROTATE(x, b) (((x) << (b)) | ((x) >> (64 - (b))))

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline void sip_round(struct sip *s)
{
	s->v0 += s->v1; s->v1 = ROTATE(s->v1, 13); s->v1 ^= s->v0; s->v0 = ROTATE(s->v0, 32);
	s->v2 += s->v3; s->v3 = ROTATE(s->v3, 16); s->v3 ^= s->v2;
	s->v0 += s->v3; s->v3 = ROTATE(s->v3, 21); s->v3 ^= s->v0;
	s->v2 += s->v1; s->v1 = ROTATE(s->v1, 17); s->v1 ^= s->v2; s->v2 = ROTATE(s->v2, 32);
}

static inline void sip_word(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	s->v0 ^= word;
}

static inline struct sip sip_start(struct hash_seed seed)
{
	return (struct sip){ seed.k0 ^ 0x736f6d6570736575u, seed.k1 ^ 0x646f72616e646f6du, seed.k0 ^ 0x6c7967656e657261u,
		             seed.k1 ^ 0x7465646279746573u };
}

static inline uint64_t sip_end(struct sip *s)
{
	s->v2 ^= 0xff;
	sip_round(s);
	sip_round(s);
	sip_round(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

static inline uint64_t load_lower(uint64_t word)
{
	/* Adds 0x20 to each byte that is 'A'..'Z', eight at a time; bytes above 0x7f are left alone. */
	uint64_t low = word & 0x7f7f7f7f7f7f7f7fu;
	uint64_t from_a = low + 0x3f3f3f3f3f3f3f3fu;
	uint64_t past_z = low + 0x2525252525252525u;
	uint64_t upper = from_a & ~past_z & ~word & 0x8080808080808080u;

	return word | (upper >> 2);
}

static inline uint64_t sip_span(struct hash_seed seed, struct span span, bool nocase)
{
	struct sip s = sip_start(seed);
	uint64_t word;
	size_t left = span.len;
	const char *at = span.at;

	for (; left >= 8; left -= 8, at += 8) {
		memcpy(&word, at, 8);
		sip_word(&s, nocase ? load_lower(word) : word);
	}
	word = 0;
	if (left)
		memcpy(&word, at, left);
	word = (nocase ? load_lower(word) : word) | (uint64_t)span.len << 56;
	sip_word(&s, word);
	return sip_end(&s);
}

uint64_t hash_span(struct hash_seed seed, struct span span)
{
	return sip_span(seed, span, false);
}

uint64_t hash_span_nocase(struct hash_seed seed, struct span span)
{
	return sip_span(seed, span, true);
}

void hash_stream_begin(struct hash_stream *stream, struct hash_seed seed)
{
	struct sip s = sip_start(seed);

	*stream = (struct hash_stream){ .v = { s.v0, s.v1, s.v2, s.v3 } };
}

void hash_stream_add(struct hash_stream *stream, struct span piece)
{
	struct sip s = { stream->v[0], stream->v[1], stream->v[2], stream->v[3] };
	unsigned shift = (unsigned)(stream->bytes % 8) * 8;
	uint64_t word;

	stream->bytes += piece.len;
	for (; piece.len && shift; piece = span_skip(piece, 1), shift = (shift + 8) % 64) {
		stream->word |= (uint64_t)(unsigned char)piece.at[0] << shift;
		if (shift == 56) {
			sip_word(&s, stream->word);
			stream->word = 0;
		}
	}
	for (; piece.len >= 8; piece = span_skip(piece, 8)) {
		memcpy(&word, piece.at, 8);
		sip_word(&s, word);
	}
	if (piece.len)
		memcpy(&stream->word, piece.at, piece.len);
	memcpy(stream->v, &s, sizeof(s));
}

uint64_t hash_stream_get(const struct hash_stream *stream)
{
	struct sip s = { stream->v[0], stream->v[1], stream->v[2], stream->v[3] };

	sip_word(&s, stream->word | stream->bytes << 56);
	return sip_end(&s);
}

uint64_t hash_u64(uint64_t x)
{
	x ^= x >> 32;
	x *= 0xe9846af9b1a615du;
	x ^= x >> 32;
	x *= 0xe9846af9b1a615du;
	return x ^ x >> 28;
}

static void draw(void *out, size_t count)
{
	char *at = out;

	while (count) {
		ssize_t got = getrandom(at, count, 0);

		if (got < 0) {
			assert(errno == EINTR);  /* anything else is a sandbox of ours that forbids it: no seed is worse than no process */
			continue;
		}
		at += got;
		count -= (size_t)got;
	}
}

/* Each look at the kernel is a system call, and a flood has two numbers drawn for each of its requests. What was given out is forgotten here. A child of
 * this process draws anew: two would have the same numbers. */
static _Thread_local struct {
	char bytes[DRAWN_BYTES];
	size_t left;
} drawn;

static void forget_drawn(void)
{
	drawn.left = 0;
}

static bool watches_forks;

static void watch_forks(void)
{
	watches_forks = pthread_atfork(NULL, NULL, forget_drawn) == 0;
}

void random_fill(void *out, size_t count)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, watch_forks);
	if (count > DRAWN_MAX || !watches_forks) {
		draw(out, count);
		return;
	}
	if (drawn.left < count) {
		draw(drawn.bytes, sizeof(drawn.bytes));
		drawn.left = sizeof(drawn.bytes);
	}
	drawn.left -= count;
	memcpy(out, drawn.bytes + drawn.left, count);
	explicit_bzero(drawn.bytes + drawn.left, count);
}

static struct hash_seed process_seed;
static pthread_once_t process_seed_once = PTHREAD_ONCE_INIT;

static void draw_seed(void)
{
	random_fill(&process_seed, sizeof(process_seed));
}

struct hash_seed hash_process_seed(void)
{
	pthread_once(&process_seed_once, draw_seed);
	return process_seed;
}
