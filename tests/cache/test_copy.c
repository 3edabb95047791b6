/* The form of a copy: what was written is read again, and nothing else is: no part of it, no byte changed, none more, no other key, no other version. */
#include "../base/check.h"

#include <stdlib.h>

#include "cache/continuity/copy.h"
#include "guard/signed.h"

#include "base/banned.h"

#define BODY "<!doctype html><title>Urgences</title>"

static const uint8_t mac_key[MAC_KEY_LEN] = "the key of this test, 32 bytes..";

static struct copy page(void)
{
	struct copy copy = {
		.kind = COPY_ANSWER, .flags = COPY_IS_JUDGED, .made_s = 1790000000, .kept_s = 1790000005, .site = SPAN("www.x.example"),
		.key = SPAN("0123456789abcdef https://www.x.example/urgences/"), .vary = SPAN("accept-language"), .variant = SPAN("\rnl\n"), .tags = SPAN("news a"),
		.fields = { { SPAN("Content-Type"), SPAN("text/html"), FIELD_CONTENT_TYPE }, { SPAN("X-Empty"), SPAN(""), FIELD_OTHER } }, .field_count = 2,
		.body_bytes = sizeof(BODY) - 1,
	};

	assert_ok(digest_plain(SPAN(BODY), copy.body_digest));
	return copy;
}

/* The file: head and body. */
static void write_page(const struct copy *copy, struct buffer *out)
{
	buffer_init(out, COPY_HEAD_MAX + 4096);
	assert_ok(copy_write_head(copy, mac_key, out));
	assert_ok(buffer_append(out, SPAN(BODY)));
}

static enum result read_page(struct span file, uint64_t file_bytes)
{
	struct copy copy;
	size_t head;
	enum result result = copy_read_head(file, file_bytes, mac_key, &copy, &head);

	return result == RESULT_OK && !copy_has_body(&copy, span_skip(file, head)) ? RESULT_MALFORMED : result;
}

static void round_trip(void **state)
{
	struct copy written = page(), read;
	struct buffer file;
	size_t head;

	(void)state;
	write_page(&written, &file);
	assert_ok(copy_read_head(buffer_span(&file), buffer_len(&file), mac_key, &read, &head));
	assert_int_equal(read.kind, COPY_ANSWER);
	assert_int_equal(read.flags, COPY_IS_JUDGED);
	assert_true(read.made_s == 1790000000 && read.kept_s == 1790000005 && read.body_bytes == sizeof(BODY) - 1);
	assert_span(read.site, "www.x.example");
	assert_span(read.key, "0123456789abcdef https://www.x.example/urgences/");
	assert_span(read.vary, "accept-language");
	assert_span(read.variant, "\rnl\n");
	assert_span(read.tags, "news a");
	assert_int_equal(read.field_count, 2);
	assert_int_equal(read.fields[0].id, FIELD_CONTENT_TYPE);
	assert_span(read.fields[0].value, "text/html");
	assert_span(read.fields[1].name, "X-Empty");
	assert_true(copy_has_body(&read, span_skip(buffer_span(&file), head)));
	buffer_done(&file);
}

/* Cut at every byte, also where the folder still says how long it was. */
static void cut(void **state)
{
	struct copy written = page();
	struct buffer file;
	struct span all;

	(void)state;
	write_page(&written, &file);
	all = buffer_span(&file);
	for (size_t len = 0; len < all.len; len++) {
		char *copy = malloc(len + 1);  /* of its own: reading beyond it is seen */

		assert_non_null(copy);
		memcpy(copy, all.at, len);
		assert_true(read_page(span_make(copy, len), len) != RESULT_OK);
		assert_true(read_page(span_make(copy, len), all.len) != RESULT_OK);
		free(copy);
	}
	assert_ok(read_page(all, all.len));
	assert_true(read_page(all, all.len + 1) != RESULT_OK);
	assert_ok(buffer_append_byte(&file, 'x'));
	assert_true(read_page(buffer_span(&file), buffer_len(&file)) != RESULT_OK);
	buffer_done(&file);
}

static void flipped(void **state)
{
	struct copy written = page();
	struct buffer file;

	(void)state;
	write_page(&written, &file);
	for (size_t bit = 0; bit < buffer_len(&file) * 8; bit++) {
		file.bytes[file.start + bit / 8] ^= (char)(1 << bit % 8);
		assert_true(read_page(buffer_span(&file), buffer_len(&file)) != RESULT_OK);
		file.bytes[file.start + bit / 8] ^= (char)(1 << bit % 8);
	}
	assert_ok(read_page(buffer_span(&file), buffer_len(&file)));
	buffer_done(&file);
}

static void another_key(void **state)
{
	static const uint8_t other[MAC_KEY_LEN] = "another";
	struct copy written = page(), read;
	struct buffer file;
	size_t head;

	(void)state;
	write_page(&written, &file);
	assert_result(copy_read_head(buffer_span(&file), buffer_len(&file), other, &read, &head), RESULT_REFUSED);
	buffer_done(&file);
}

/* What is signed again after it was changed: whoever has our key still makes no copy of another version, nor one with a cookie or a line break. */
static void signed_again(void **state)
{
	struct copy written = page();
	struct buffer file;
	size_t head;
	uint8_t mac[MAC_LEN];

	(void)state;
	write_page(&written, &file);
	head = buffer_len(&file) - (sizeof(BODY) - 1);
	(void)bytes_put((uint8_t *)file.bytes + file.start + 8, COPY_VERSION + 1, 2);
	assert_ok(mac_make(mac_key, span_take(buffer_span(&file), head - MAC_LEN), mac));
	memcpy(file.bytes + file.start + head - MAC_LEN, mac, MAC_LEN);
	assert_result(read_page(buffer_span(&file), buffer_len(&file)), RESULT_REFUSED);
	buffer_done(&file);
	for (unsigned i = 0; i < 4; i++) {
		static const struct field wrong[] = {
			{ SPAN_INIT("Set-Cookie"), SPAN_INIT("a=b"), FIELD_SET_COOKIE }, { SPAN_INIT("X-A"), SPAN_INIT("a\r\nb: c"), FIELD_OTHER },
			{ SPAN_INIT("X A"), SPAN_INIT("a"), FIELD_OTHER }, { SPAN_INIT(""), SPAN_INIT("a"), FIELD_OTHER },
		};

		written = page();
		written.fields[1] = wrong[i];
		write_page(&written, &file);
		assert_result(read_page(buffer_span(&file), buffer_len(&file)), RESULT_MALFORMED);
		buffer_done(&file);
	}
}

static void limits(void **state)
{
	struct copy copy = page();
	char *long_text = calloc(1, COPY_HEAD_MAX);
	struct buffer out;

	(void)state;
	assert_non_null(long_text);
	buffer_init(&out, 2 * COPY_HEAD_MAX);
	copy.field_count = COPY_FIELDS_MAX + 1;
	assert_result(copy_write_head(&copy, mac_key, &out), RESULT_LIMIT);
	copy = page();
	copy.fields[0].value = span_make(long_text, COPY_HEAD_MAX - 200);
	assert_result(copy_write_head(&copy, mac_key, &out), RESULT_LIMIT);
	copy.fields[0].value = span_make(long_text, 1000);
	copy.variant = span_make(long_text, COPY_HEAD_MAX - 100);
	assert_result(copy_write_head(&copy, mac_key, &out), RESULT_LIMIT);
	assert_int_equal(buffer_len(&out), 0);
	buffer_done(&out);
	free(long_text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip), cmocka_unit_test(cut), cmocka_unit_test(flipped), cmocka_unit_test(another_key), cmocka_unit_test(signed_again),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
