/* The hash against OpenSSL's SipHash with one and three rounds. */
#include "check.h"

#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.h"

static uint64_t oracle(EVP_MAC_CTX *context, struct hash_seed seed, const unsigned char *bytes, size_t count)
{
	unsigned rounds_each = 1, rounds_end = 3;
	size_t size = 8, len = 0;
	uint64_t hash = 0;
	OSSL_PARAM params[] = { OSSL_PARAM_construct_uint("c-rounds", &rounds_each), OSSL_PARAM_construct_uint("d-rounds", &rounds_end),
		                OSSL_PARAM_construct_size_t("size", &size), OSSL_PARAM_construct_end() };

	assert_int_equal(EVP_MAC_init(context, (const unsigned char *)&seed, sizeof(seed), params), 1);
	assert_int_equal(EVP_MAC_update(context, bytes, count), 1);
	assert_int_equal(EVP_MAC_final(context, (unsigned char *)&hash, &len, sizeof(hash)), 1);
	assert_int_equal(len, 8);
	return hash;
}

static void agrees_with_openssl(void **state)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
	EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
	struct draws draws = { 23 };
	unsigned char bytes[100], lower[100];

	(void)state;
	assert_non_null(context);
	for (unsigned i = 0; i < 1000; i++) {
		struct hash_seed seed = { draw(&draws), draw(&draws) };
		size_t count = i % sizeof(bytes);

		for (size_t b = 0; b < count; b++) {
			bytes[b] = (unsigned char)draw(&draws);
			lower[b] = (unsigned char)ascii_lower((char)bytes[b]);
		}
		assert_int_equal(hash_span(seed, span_make((char *)bytes, count)), oracle(context, seed, bytes, count));
		assert_int_equal(hash_span_nocase(seed, span_make((char *)bytes, count)), oracle(context, seed, lower, count));
	}
	EVP_MAC_CTX_free(context);
	EVP_MAC_free(mac);
}

/* However it was cut. */
static void pieces_are_the_whole(void **state)
{
	struct draws draws = { 24 };
	char bytes[200];

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		struct hash_seed seed = { draw(&draws), draw(&draws) };
		struct span rest = span_make(bytes, draw_below(&draws, sizeof(bytes) + 1)), whole = rest;
		struct hash_stream stream;

		for (size_t b = 0; b < sizeof(bytes); b++)
			bytes[b] = (char)draw(&draws);
		hash_stream_begin(&stream, seed);
		while (rest.len) {
			size_t count = draw_below(&draws, 20);

			hash_stream_add(&stream, span_take(rest, count));
			rest = span_skip(rest, count);
			assert_int_equal(hash_stream_get(&stream), hash_span(seed, span_take(whole, whole.len - rest.len)));
		}
		assert_int_equal(hash_stream_get(&stream), hash_span(seed, whole));
	}
}

static void every_byte_is_lowered_as_ascii(void **state)
{
	struct hash_seed seed = { 1, 2 };

	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		char text[9], low[9];

		memset(text, (int)c, sizeof(text));
		memset(low, ascii_lower((char)c), sizeof(low));
		assert_int_equal(hash_span_nocase(seed, span_make(text, 9)), hash_span(seed, span_make(low, 9)));
	}
}

static void drawn_seeds(void **state)
{
	struct hash_seed first = hash_process_seed(), second = hash_process_seed();
	unsigned char bytes[64] = { 0 }, other[64] = { 0 };

	(void)state;
	assert_memory_equal(&first, &second, sizeof(first));
	assert_true(first.k0 != first.k1);
	random_fill(bytes, sizeof(bytes));
	random_fill(other, sizeof(other));
	assert_memory_not_equal(bytes, other, sizeof(bytes));
	random_fill(bytes, 0);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Small ones are drawn many at a time; none comes twice, whatever the sizes in between. */
static void drawn_numbers(void **state)
{
	static uint64_t numbers[5000];
	unsigned char between[17];

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		random_fill(&numbers[i], sizeof(numbers[i]));
		random_fill(between, i % sizeof(between));
	}
	qsort(numbers, 5000, sizeof(numbers[0]), compare);
	for (unsigned i = 1; i < 5000; i++)
		assert_true(numbers[i] != numbers[i - 1]);
}

/* A child has none of its parent's. */
static void a_child_draws_anew(void **state)
{
	uint64_t ours[3], theirs[3] = { 0 };
	int ends[2], status;
	pid_t child;

	(void)state;
	random_fill(&ours[0], sizeof(ours[0]));
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		random_fill(theirs, sizeof(theirs[0]));
		random_fill(&theirs[1], sizeof(theirs[1]));
		_exit(write(ends[1], theirs, sizeof(theirs)) == (ssize_t)sizeof(theirs) ? 0 : 1);
	}
	assert_true(child > 0);
	assert_int_equal(read(ends[0], theirs, sizeof(theirs)), sizeof(theirs));
	assert_int_equal(waitpid(child, &status, 0), child);
	random_fill(&ours[1], sizeof(ours[1]));
	random_fill(&ours[2], sizeof(ours[2]));
	for (unsigned i = 0; i < 3; i++)
		assert_true(theirs[i % 2] != ours[i] && theirs[(i + 1) % 2] != ours[i]);
	close(ends[0]);
	close(ends[1]);
}

static void numbers_do_not_collide_and_spread(void **state)
{
	unsigned low[16] = { 0 };

	(void)state;
	for (uint64_t i = 0; i < 16000; i++) {
		assert_true(i == 0 || hash_u64(i) != hash_u64(i - 1));
		low[hash_u64(i) & 15]++;
	}
	for (unsigned i = 0; i < 16; i++)
		assert_in_range(low[i], 800, 1200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_openssl), cmocka_unit_test(pieces_are_the_whole), cmocka_unit_test(every_byte_is_lowered_as_ascii), cmocka_unit_test(drawn_seeds), cmocka_unit_test(drawn_numbers), cmocka_unit_test(a_child_draws_anew),
		cmocka_unit_test(numbers_do_not_collide_and_spread),
	};

	return cmocka_run_group_tests_name("base/hash", tests, NULL, NULL);
}
