#include "process/image.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static void write_sample(struct image_writer *writer)
{
	struct image_listener listener = { .backlog = 5, .flags = 9 };
	struct image_file file = { .path = SPAN("/etc/bouclier/a.pem"), .bytes = SPAN("PEM"), .kind = 4, .flags = IMAGE_FILE_REQUIRED };

	image_writer_init(writer);
	assert_int_equal(endpoint_read(SPAN("127.0.0.1:443"), &listener.endpoint), RESULT_OK);
	image_write_complaints(writer, SPAN("one warning\n"));
	image_write_settings(writer, &(struct image_settings){ SPAN("/var/lib/bouclier"), 3, 12000 });
	image_write_admin(writer, SPAN("/run/bouclier/admin.sock"), 0660);
	image_write_listener(writer, &listener);
	assert_int_equal(endpoint_read(SPAN("[::1]:443"), &listener.endpoint), RESULT_OK);
	image_write_listener(writer, &listener);
	image_write_file(writer, &file);
	image_write_text(writer, SPAN("/etc/bouclier/b.yaml"), span_make("a\0b", 3));
	image_write_view(writer, SPAN("/usr/share/rules"), false);
	image_write_rules(writer, IMAGE_RULE_TEXT, SPAN("tenant"), SPAN("/r/a.conf"), span_make("x\0y", 3));
	image_write_rules(writer, IMAGE_RULE_SET, SPAN(""), SPAN("crs"), SPAN("digest"));
	image_write_hub(writer, SPAN("/var/lib/bouclier/hub"), SPAN("{}"), &listener.endpoint);
	image_write_hub_file(writer, SPAN("/etc/bouclier/hub.pem"));
}

/* Of the hub's address and files no edge is told. */
static void check_hub(const struct image *image)
{
	struct span folder, settings;
	struct endpoint endpoint;
	struct image_file file;

	assert_int_equal(image_hub(image, &folder, &settings), RESULT_OK);
	assert_true(span_equal(folder, SPAN("/var/lib/bouclier/hub")) && span_equal(settings, SPAN("{}")));
	assert_true(image_hub_listener(image, &endpoint));
	assert_int_equal(endpoint.port, 443);
	assert_int_equal(image_find_file(image, SPAN("/etc/bouclier/hub.pem"), &file), RESULT_NOT_FOUND);
}

static void check_sample(const struct image *image)
{
	struct image_listener listener;
	struct image_file file;
	struct image_record record;
	struct span text, path;
	size_t at = 0;
	unsigned mode;

	assert_true(span_equal(image_complaints(image), SPAN("one warning\n")));
	assert_int_equal(image_settings(image).workers, 3);
	assert_int_equal(image_settings(image).drain_ms, 12000);
	assert_true(span_equal(image_settings(image).state_folder, SPAN("/var/lib/bouclier")));
	assert_int_equal(image_admin(image, &path, &mode), RESULT_OK);
	assert_int_equal(mode, 0660);
	assert_true(image_next_listener(image, &at, &listener));
	assert_int_equal(listener.endpoint.port, 443);
	assert_int_equal(listener.flags, 9);
	assert_true(image_next_listener(image, &at, &listener));
	assert_false(image_next_listener(image, &at, &listener));
	assert_int_equal(image_find_file(image, SPAN("/etc/bouclier/a.pem"), &file), RESULT_OK);
	assert_true(span_equal(file.bytes, SPAN("PEM")) && file.kind == 4 && file.flags == IMAGE_FILE_REQUIRED);
	assert_int_equal(image_find_text(image, SPAN("/etc/bouclier/b.yaml"), &text), RESULT_OK);
	assert_true(span_equal(text, span_make("a\0b", 3)));
	assert_int_equal(image_find_text(image, SPAN("/etc/bouclier/b"), &text), RESULT_NOT_FOUND);
	at = 0;
	assert_true(image_next(image, IMAGE_RULE_TEXT, &at, &record));
	assert_true(span_equal(record.name, SPAN("/r/a.conf")) && span_equal(image_rules_owner(&record), SPAN("tenant")));
	assert_true(span_equal(image_rules_bytes(&record), span_make("x\0y", 3)));
	at = 0;
	assert_true(image_next(image, IMAGE_RULE_SET, &at, &record));
	assert_true(span_equal(image_rules_owner(&record), SPAN("")) && span_equal(image_rules_bytes(&record), SPAN("digest")));
	check_hub(image);
}

static void test_write_and_read(void **unused)
{
	struct image_writer writer;
	struct image image;
	struct span bytes;

	(void)unused;
	write_sample(&writer);
	assert_int_equal(image_finish_bytes(&writer, &bytes), RESULT_OK);
	assert_int_equal(image_read(bytes, &image), RESULT_OK);
	check_sample(&image);
	image_writer_done(&writer);
}

static void test_sealed_only(void **unused)
{
	int fd = memfd_create("test", MFD_ALLOW_SEALING);
	struct image_writer writer;
	struct image image;

	(void)unused;
	write_sample(&writer);
	assert_int_equal(image_finish(&writer, fd), RESULT_OK);
	image_writer_done(&writer);
	assert_int_equal(image_open(fd, &image), RESULT_REFUSED);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
	assert_int_equal(image_open(fd, &image), RESULT_REFUSED);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
	assert_int_equal(image_open(fd, &image), RESULT_OK);
	check_sample(&image);
	image_close(&image);
	close(fd);
}

static void test_empty(void **unused)
{
	struct image none = { 0 };
	struct span text;

	(void)unused;
	assert_int_equal(image_find_text(&none, SPAN("/a"), &text), RESULT_NOT_FOUND);
	assert_int_equal(image_settings(&none).workers, 1);
	assert_int_equal(image_read(SPAN_NONE, &none), RESULT_MALFORMED);
}

/* No prefix of an image is an image, and no byte of it can be changed into something that reads outside. */
static void test_damaged(void **unused)
{
	struct image_writer writer;
	struct image image;
	struct span bytes;
	char *copy;

	(void)unused;
	write_sample(&writer);
	assert_int_equal(image_finish_bytes(&writer, &bytes), RESULT_OK);
	for (size_t len = 0; len < bytes.len; len++)
		assert_int_not_equal(image_read(span_make(bytes.at, len), &image), RESULT_OK);
	copy = malloc(bytes.len);
	for (size_t i = 0; i < bytes.len; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			struct image_record record;

			memcpy(copy, bytes.at, bytes.len);
			copy[i] = (char)(copy[i] ^ (1 << bit));
			if (image_read(span_make(copy, bytes.len), &image) != RESULT_OK)
				continue;
			for (enum image_kind kind = IMAGE_COMPLAINTS; kind < IMAGE_KIND_COUNT; kind++) {
				for (size_t at = 0; image_next(&image, kind, &at, &record);)
					assert_true(record.name.at >= copy && record.bytes.at + record.bytes.len <= copy + bytes.len);
			}
		}
	}
	free(copy);
	image_writer_done(&writer);
}

static void expect_refused(struct image_writer *writer, enum result expected)
{
	struct image image;
	struct span bytes;

	assert_int_equal(image_finish_bytes(writer, &bytes), RESULT_OK);
	assert_int_equal(image_read(bytes, &image), expected);
	image_writer_done(writer);
}

static void test_bad_content(void **unused)
{
	struct image_listener listener = { .backlog = 5 };
	struct image_writer writer;

	(void)unused;
	image_writer_init(&writer);
	image_write_file(&writer, &(struct image_file){ .path = SPAN("relative.pem") });
	expect_refused(&writer, RESULT_MALFORMED);
	image_writer_init(&writer);
	image_write_text(&writer, span_make("/a\0b", 4), SPAN("x"));
	expect_refused(&writer, RESULT_MALFORMED);
	image_writer_init(&writer);
	image_write_rules(&writer, IMAGE_RULE_TEXT, SPAN(""), SPAN(""), SPAN("x"));
	expect_refused(&writer, RESULT_MALFORMED);
	image_writer_init(&writer);
	image_write_settings(&writer, &(struct image_settings){ .workers = 65 });
	expect_refused(&writer, RESULT_MALFORMED);
	image_writer_init(&writer);
	image_write_settings(&writer, &(struct image_settings){ .workers = 1, .drain_ms = UINT64_MAX });
	expect_refused(&writer, RESULT_MALFORMED);
	image_writer_init(&writer);
	image_write_admin(&writer, SPAN("/a"), 04777);
	expect_refused(&writer, RESULT_MALFORMED);
	image_writer_init(&writer);
	image_write_complaints(&writer, SPAN("a"));
	image_write_complaints(&writer, SPAN("b"));
	expect_refused(&writer, RESULT_MALFORMED);
	image_writer_init(&writer);
	image_write_listener(&writer, &listener);
	image_write_listener(&writer, &listener);
	expect_refused(&writer, RESULT_MALFORMED);
	image_writer_init(&writer);
	for (uint16_t i = 0; i <= IMAGE_LISTENERS_MAX; i++)
		image_write_listener(&writer, &(struct image_listener){ .endpoint.port = i });
	expect_refused(&writer, RESULT_LIMIT);
}

static void test_limits(void **unused)
{
	static char path[IMAGE_PATH_MAX];
	struct image_writer writer;
	struct span bytes;
	char *much = calloc(1, IMAGE_BYTES_MAX);

	(void)unused;
	memset(path, '/', sizeof(path));
	image_writer_init(&writer);
	image_write_text(&writer, span_make(path, sizeof(path)), SPAN("x"));
	image_write_text(&writer, SPAN("/a"), SPAN("x"));
	assert_int_equal(image_finish_bytes(&writer, &bytes), RESULT_LIMIT);
	image_writer_done(&writer);
	image_writer_init(&writer);
	image_write_text(&writer, SPAN("/a"), span_make(much, IMAGE_BYTES_MAX));
	assert_int_equal(image_finish_bytes(&writer, &bytes), RESULT_LIMIT);
	image_writer_done(&writer);
	image_writer_init(&writer);
	for (unsigned i = 0; i <= IMAGE_RECORDS_MAX; i++)
		image_write_view(&writer, SPAN("/a"), false);
	assert_int_equal(image_finish_bytes(&writer, &bytes), RESULT_LIMIT);
	image_writer_done(&writer);
	free(much);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_and_read), cmocka_unit_test(test_sealed_only), cmocka_unit_test(test_empty),
		cmocka_unit_test(test_damaged), cmocka_unit_test(test_bad_content), cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
