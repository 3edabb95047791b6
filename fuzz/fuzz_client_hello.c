/* Any prefix says MORE or the same failure; what follows changes nothing; spans lie inside what was given. */
#include <assert.h>

#include "net/client_hello.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_inside(struct span part, struct span whole)
{
	return part.len == 0 || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_make((const char *)data, size);
	struct buffer scratch;
	struct client_hello hello, other;
	char ja4[JA4_LEN];
	buffer_init(&scratch, CLIENT_HELLO_MAX + 4);
	enum result result = client_hello_read(input, &scratch, &hello);
	assert(result != RESULT_MORE || size < CLIENT_HELLO_INPUT_MAX);
	if (result == RESULT_OK) {
		assert(is_inside(hello.sni, input) || is_inside(hello.sni, buffer_span(&scratch)));
		assert(is_inside(hello.extensions, input) || is_inside(hello.extensions, buffer_span(&scratch)));
		assert(hello.sni.len <= 255 && hello.ciphers.len >= 2);
		if (ja4_write(&hello, ja4) == RESULT_OK)
			assert(ja4[0] == 't' && ja4[10] == '_' && ja4[23] == '_');
	}
	for (size_t len = 0; len < size; len += 1 + size / 16) {
		enum result before = client_hello_read(span_take(input, len), &scratch, &other);
		assert(before == RESULT_MORE || before == result);
	}
	buffer_done(&scratch);
	return 0;
}
