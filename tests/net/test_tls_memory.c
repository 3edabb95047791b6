/* OpenSSL's record buffers come from the thread's blocks; everything else from the allocator. */
#include <openssl/ssl.h>

#include "base/check.h"

#include "base/block.c"
#include "net/tls_memory.c"

static unsigned kept_records(void)
{
	return kept[size_find(BLOCK_RECORD_BYTES)].count;
}

static void a_record_comes_back_as_a_block(void **state)
{
	void *record = OPENSSL_malloc(16712), *other;

	(void)state;
	assert_non_null(record);
	memset(record, 1, 16712);
	OPENSSL_free(record);
	assert_int_equal(kept_records(), keeps_blocks ? 1 : 0);
	other = OPENSSL_malloc(16584);
	assert_non_null(other);
	if (keeps_blocks)
		assert_ptr_equal(other, record);
	OPENSSL_free(other);
	block_thread_done();
}

/* A block must hold the largest record: what is shorter, or longer by far, is never taken for one. */
static void other_sizes_are_no_blocks(void **state)
{
	static const size_t others[] = { 1, 16384, 17 * 1024 + 1024, 65536 };

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		void *bytes = OPENSSL_malloc(others[i]);

		assert_non_null(bytes);
		memset(bytes, 1, others[i]);
		OPENSSL_free(bytes);
	}
	assert_int_equal(kept_records(), 0);
	assert_null(OPENSSL_malloc(0));
	OPENSSL_free(NULL);
}

static void a_block_can_grow(void **state)
{
	char *bytes = OPENSSL_malloc(17000);

	(void)state;
	assert_non_null(bytes);
	bytes[16999] = 7;
	bytes = OPENSSL_realloc(bytes, 100000);
	assert_non_null(bytes);
	assert_int_equal(bytes[16999], 7);
	OPENSSL_free(bytes);
	assert_int_equal(kept_records(), 0);
}

static void it_is_openssls(void **state)
{
	SSL_CTX *context = SSL_CTX_new(TLS_method());
	CRYPTO_malloc_fn taker;

	(void)state;
	CRYPTO_get_mem_functions(&taker, NULL, NULL);
	assert_true(taker == memory_malloc);
	assert_non_null(context);
	SSL_CTX_free(context);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_comes_back_as_a_block),
		cmocka_unit_test(other_sizes_are_no_blocks),
		cmocka_unit_test(a_block_can_grow),
		cmocka_unit_test(it_is_openssls),
	};

	tls_memory_begin();
	return cmocka_run_group_tests_name("net/tls_memory", tests, NULL, NULL);
}
