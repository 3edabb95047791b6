/* Whatever a client writes into Forwarded or X-Forwarded-For, it is known by what the trusted proxy behind it appended, also
 * when the proxy repeats the client's host in quotes; and whoever is not trusted is believed nothing. */
#include <assert.h>

#include "source/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define V4(a, b, c, d) { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d } }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_make((const char *)data, size), host = span_take(input, span_find(input, '"'));
	struct address proxy = V4(10, 0, 0, 1), client = V4(192, 0, 2, 7), stranger = V4(203, 0, 113, 9), found;
	struct network network = { proxy, 128 };
	struct list_value trusted = { &network, 1 };
	struct arena arena;

	arena_init(&arena, 1 << 20, 4096);
	for (int how = 0; how < 3; how++) {
		struct buffer value = { .max_bytes = size + 100 };
		struct fields fields;
		bool is_plain = how == 0;

		fields_init(&fields, &arena, 4);
		assert(buffer_print(&value, "%.*s, %s192.0.2.7", SPAN_ARG(how == 2 ? SPAN_NONE : input), is_plain ? "" : "for=") == RESULT_OK);
		if (how == 2)
			assert(buffer_print(&value, ";host=\"") == RESULT_OK && buffer_append(&value, host) == RESULT_OK && buffer_append_byte(&value, '"') == RESULT_OK);
		assert(fields_add(&fields, is_plain ? FIELD_X_FORWARDED_FOR : FIELD_FORWARDED, SPAN("f"), buffer_span(&value)) == RESULT_OK);
		found = source_identify(&proxy, &trusted, &fields);
		assert(address_equal(&found, &client) || (how == 2 && address_equal(&found, &proxy) && span_find(host, '\\') < host.len));
		assert((found = source_identify(&stranger, &trusted, &fields), address_equal(&found, &stranger)));
		buffer_done(&value);
	}
	arena_done(&arena);
	return 0;
}
