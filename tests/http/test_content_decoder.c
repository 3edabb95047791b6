/* Encoded bodies in any pieces, into buffers of any size; truncated at every byte, damaged at every byte; bombs. */
#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include "base/check.h"
#include "http/content_decoder.h"

#define TEXT_BYTES 20000u

static char text[TEXT_BYTES];

static size_t encode_zlib(int window, char *out, size_t room)
{
	z_stream stream = { 0 };

	assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
	stream.next_in = (unsigned char *)text;
	stream.avail_in = TEXT_BYTES;
	stream.next_out = (unsigned char *)out;
	stream.avail_out = (unsigned)room;
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	deflateEnd(&stream);
	return room - stream.avail_out;
}

static bool is_whole;  /* what the last decoder said at its end */

/* Everything that comes out; what ended it. */
static enum result decode(enum content_coding coding, struct span body, size_t piece_bytes, size_t out_bytes, char *all, size_t *len)
{
	struct content_decoder *decoder = content_decoder_new(coding);
	enum result result = RESULT_MORE;
	char out[4096];

	assert_non_null(decoder);
	*len = 0;
	while (result == RESULT_MORE && body.len) {
		struct span piece = span_take(body, piece_bytes);
		size_t made;

		body = span_skip(body, piece.len);
		while ((result = content_decoder_turn(decoder, &piece, out, out_bytes, &made)) == RESULT_OK) {
			assert_true(made > 0 && made <= out_bytes);
			made = made < TEXT_BYTES - *len ? made : TEXT_BYTES - *len;  /* damage may make more of it */
			memcpy(all + *len, out, made);
			*len += made;
		}
		assert_int_equal(made, 0);
	}
	is_whole = content_decoder_is_whole(decoder);
	content_decoder_free(decoder);
	return result;
}

/* How a body ends: gzip and zstd may always be followed by more. */
static const struct { enum content_coding coding; int window; enum result end; } codings[] = {
	{ CODING_GZIP, 16 + MAX_WBITS, RESULT_MORE }, { CODING_DEFLATE, MAX_WBITS, RESULT_END }, { CODING_DEFLATE, -MAX_WBITS, RESULT_END },
	{ CODING_BROTLI, 0, RESULT_END }, { CODING_ZSTD, 0, RESULT_MORE },
};

#define CODINGS (sizeof(codings) / sizeof(*codings))

static size_t encode(size_t which, char *out, size_t room)
{
	size_t len = room;

	switch ((int)codings[which].coding) {
	case CODING_BROTLI:
		assert_true(BrotliEncoderCompress(5, 22, BROTLI_MODE_GENERIC, TEXT_BYTES, (const uint8_t *)text, &len, (uint8_t *)out));
		return len;
	case CODING_ZSTD:
		len = ZSTD_compress(out, room, text, TEXT_BYTES, 3);
		assert_false(ZSTD_isError(len));
		return len;
	default:
		return encode_zlib(codings[which].window, out, room);
	}
}

static void every_byte_comes_out(void **state)
{
	static const size_t pieces[] = { 2, 7, 1000, TEXT_BYTES }, rooms[] = { 1, 13, 4096 };
	char body[TEXT_BYTES + 100], all[TEXT_BYTES];
	size_t len, count;

	(void)state;
	for (unsigned kind = 0; kind < 2; kind++) {  /* what hardly shrinks; and what is one run, whose end needs no more input */
		for (size_t i = 0; i < TEXT_BYTES; i++)
			text[i] = kind ? 'a' : (char)(i * 2654435761u >> 11);
		for (size_t c = 0; c < CODINGS; c++) {
			count = encode(c, body, sizeof(body));
			for (size_t p = 0; p < 4; p++) {
				for (size_t r = 0; r < 3; r++) {
					assert_int_equal(decode(codings[c].coding, span_make(body, count), pieces[p], rooms[r], all, &len), codings[c].end);
					assert_true(is_whole);
					assert_int_equal(len, TEXT_BYTES);
					assert_memory_equal(all, text, TEXT_BYTES);
				}
			}
		}
	}
}

static void truncated_and_damaged_bodies_end(void **state)
{
	char body[TEXT_BYTES + 100], all[TEXT_BYTES];
	size_t len, count;

	(void)state;
	for (size_t i = 0; i < TEXT_BYTES; i++)
		text[i] = "abcd"[i * i % 7 % 4];
	for (size_t c = 0; c < CODINGS; c++) {
		count = encode(c, body, sizeof(body));
		for (size_t cut = 1; cut < count; cut++) {
			assert_int_equal(decode(codings[c].coding, span_make(body, cut), TEXT_BYTES, 4096, all, &len), RESULT_MORE);
			assert_true(len <= TEXT_BYTES && !is_whole);
			assert_int_equal(decode(codings[c].coding, span_make(body, cut), 1 + cut % 40, 1 + cut % 50, all, &len), RESULT_MORE);
			assert_false(is_whole);
		}
		for (size_t at = 0; at < count; at += 3) {  /* some are other good bodies: only that it ends is sure */
			body[at] ^= 0x55;
			(void)!decode(codings[c].coding, span_make(body, count), 1000, 4096, all, &len);
			body[at] ^= 0x55;
		}
	}
	count = encode(0, body, sizeof(body));
	body[count - 5] ^= 1;  /* of the checksum */
	assert_int_equal(decode(CODING_GZIP, span_make(body, count), TEXT_BYTES, 4096, all, &len), RESULT_MALFORMED);
	assert_int_equal(decode(CODING_GZIP, SPAN("no gzip at all"), 14, 4096, all, &len), RESULT_MALFORMED);
	assert_int_equal(decode(CODING_ZSTD, SPAN("no zstd at all"), 14, 4096, all, &len), RESULT_MALFORMED);
	assert_int_equal(len, 0);
}

static void members_and_frames_follow_each_other(void **state)
{
	char body[1000], all[TEXT_BYTES];
	size_t len, count;

	(void)state;
	memset(text, 'a', TEXT_BYTES);
	for (size_t c = 0; c < CODINGS; c++) {
		if (codings[c].end == RESULT_END)
			continue;
		count = encode(c, body, sizeof(body));
		assert_true(count * 2 <= sizeof(body));
		memcpy(body + count, body, count);
		for (size_t cut = count - 1; cut <= count + 1; cut++) {
			struct content_decoder *decoder = content_decoder_new(codings[c].coding);
			struct span pieces[2] = { span_make(body, cut), span_make(body + cut, 2 * count - cut) };
			enum result result = RESULT_OK;
			size_t made;

			len = 0;
			for (size_t i = 0; i < 2; i++) {
				while ((result = content_decoder_turn(decoder, &pieces[i], all, sizeof(all), &made)) == RESULT_OK)
					len += made;
				assert_int_equal(result, RESULT_MORE);
			}
			assert_int_equal(len, 2 * TEXT_BYTES);
			assert_true(content_decoder_is_whole(decoder));
			content_decoder_free(decoder);
		}
	}
}

/* What stands behind a whole member or frame: another one, or the body is malformed or cut off. */
static void nothing_else_stands_behind_the_end(void **state)
{
	static const struct span tails[] = { SPAN_INIT("x"), SPAN_INIT("\0\0\0\0\0\0\0\0\0\0\0\0"), SPAN_INIT("\x1f"), SPAN_INIT("\x1f\x8b\x08"),
		                             SPAN_INIT("\x28\xb5\x2f"), SPAN_INIT("a=evil and more of it") };
	char body[1000], all[TEXT_BYTES];
	size_t len, count;

	(void)state;
	memset(text, 'a', TEXT_BYTES);
	for (size_t c = 0; c < CODINGS; c++) {
		count = encode(c, body, sizeof(body));
		for (size_t t = 0; t < sizeof(tails) / sizeof(*tails); t++) {
			memcpy(body + count, tails[t].at, tails[t].len);
			for (size_t piece = 1; piece < count + tails[t].len; piece += 3) {
				enum result result = decode(codings[c].coding, span_make(body, count + tails[t].len), piece, 4096, all, &len);

				assert_int_equal(len, TEXT_BYTES);  /* which is looked at whatever stands behind it */
				assert_true(result == RESULT_MALFORMED || (result == RESULT_MORE && !is_whole) || (result == RESULT_END && codings[c].end == RESULT_END));
			}
		}
	}
}

static void a_body_without_a_byte_is_whole(void **state)
{
	char all[TEXT_BYTES];
	size_t len;

	(void)state;
	for (size_t c = 0; c < CODINGS; c++) {
		(void)!decode(codings[c].coding, SPAN(""), 1, 4096, all, &len);
		assert_true(is_whole && len == 0);
	}
}

/* A frame that asks for 128 MiB of memory to look back to, and one that asks for 8. */
static void large_windows_are_refused(void **state)
{
	char all[TEXT_BYTES];
	size_t len;

	(void)state;
	assert_int_equal(decode(CODING_ZSTD, SPAN("\x28\xb5\x2f\xfd\x00\x88\x0b\x00\x00" "a"), 100, 4096, all, &len), RESULT_MALFORMED);
	assert_int_equal(decode(CODING_ZSTD, SPAN("\x28\xb5\x2f\xfd\x00\x68\x09\x00\x00" "a"), 100, 4096, all, &len), RESULT_MORE);
	assert_int_equal(len, 1);
}

static enum content_coding coding_of(const char *first, const char *second)
{
	struct arena arena;
	struct fields fields;
	enum content_coding coding;

	arena_init(&arena, 65536, 4096);
	fields_init(&fields, &arena, 4);
	if (first)
		assert_ok(fields_add(&fields, FIELD_CONTENT_ENCODING, SPAN("Content-Encoding"), span_of(first)));
	if (second)
		assert_ok(fields_add(&fields, FIELD_CONTENT_ENCODING, SPAN("Content-Encoding"), span_of(second)));
	coding = content_coding_of(&fields);
	arena_done(&arena);
	return coding;
}

static void names_of_codings(void **state)
{
	(void)state;
	assert_int_equal(coding_of(NULL, NULL), CODING_IDENTITY);
	assert_int_equal(coding_of("", NULL), CODING_IDENTITY);
	assert_int_equal(coding_of("identity", NULL), CODING_IDENTITY);
	assert_int_equal(coding_of("GZIP", NULL), CODING_GZIP);
	assert_int_equal(coding_of("x-gzip", NULL), CODING_GZIP);
	assert_int_equal(coding_of("deflate", NULL), CODING_DEFLATE);
	assert_int_equal(coding_of("Br", NULL), CODING_BROTLI);
	assert_int_equal(coding_of("zstd", NULL), CODING_ZSTD);
	assert_int_equal(coding_of("compress", NULL), CODING_OTHER);
	assert_int_equal(coding_of("gzip, gzip", NULL), CODING_OTHER);
	assert_int_equal(coding_of("gzip", "gzip"), CODING_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_comes_out),
		cmocka_unit_test(truncated_and_damaged_bodies_end),
		cmocka_unit_test(members_and_frames_follow_each_other),
		cmocka_unit_test(nothing_else_stands_behind_the_end),
		cmocka_unit_test(a_body_without_a_byte_is_whole),
		cmocka_unit_test(large_windows_are_refused),
		cmocka_unit_test(names_of_codings),
	};

	return cmocka_run_group_tests_name("http/content_decoder", tests, NULL, NULL);
}
