#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "../base/write_file.h"
#include "config/read.h"
#include "tables.h"

static char folder[] = "/tmp/bouclier-texts-XXXXXX";
static const struct config_texts *overlay;

static void make(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static enum result read_it(struct buffer *said, size_t *sites, size_t *given)
{
	struct config_source source;
	struct complaints complaints;
	struct snapshot *snapshot = NULL;
	char path[128];
	enum result result;

	snprintf(path, sizeof(path), "%s/main.yaml", folder);
	complaints_init(&complaints);
	assert_int_equal(config_source_init(&source, span_of(path)), RESULT_OK);
	source.overlay = overlay;
	result = config_read(&source, test_sections, &complaints, &snapshot);
	buffer_reset(said);
	assert_int_equal(complaints_write(&complaints, said), RESULT_OK);
	*sites = snapshot ? snapshot->site_count : 0;
	*given = source.given.count;
	snapshot_drop(snapshot);
	config_source_done(&source);
	complaints_done(&complaints);
	return result;
}

static void a_tenants_link_is_not_followed(void **state)
{
	struct buffer said;
	size_t sites, given;
	char path[128];

	(void)state;
	assert_non_null(mkdtemp(folder));
	buffer_init(&said, 1 << 20);
	assert_int_equal(read_it(&said, &sites, &given), RESULT_REFUSED);
	assert_true(span_contains(buffer_span(&said), SPAN("main.yaml cannot be read: No such file or directory")));
	make("d");
	make("d/a");
	make("d/b");
	write_file_in(folder, "main.yaml", "listen: \"127.0.0.1:1\"\ninclude: d/*/*.yaml\ntenants:\n  - { name: a, files: d/a, hosts: \"*.a\", certificates: /t, origins: 10.0.0.0/8 }\n");
	write_file_in(folder, "d/a/2.yaml", "sites: [{ name: x.a, certificate: /t/x, origins: \"http://10.0.0.1\" }]\n");
	write_file_in(folder, "d/a/1.yaml", "sites: [{ name: y.a, certificate: /t/x, origins: \"http://10.0.0.1\" }]\n");
	write_file_in(folder, "d/a/.hidden.yaml", "nonsense");
	write_file_in(folder, "d/b/1.yaml", "sites: [{ name: z.b, certificate: /t/x, origins: \"http://10.0.0.1\" }]\n");
	write_file_in(folder, "secret", "root:x:0:0\n");
	assert_int_equal(read_it(&said, &sites, &given), RESULT_OK);
	assert_int_equal(buffer_len(&said), 0);
	assert_int_equal(sites, 3);
	assert_int_equal(given, 4);
	snprintf(path, sizeof(path), "%s/d/a/3.yaml", folder);
	assert_int_equal(symlink("../../secret", path), 0);
	assert_int_equal(read_it(&said, &sites, &given), RESULT_OK);
	assert_int_equal(sites, 1);
	assert_true(span_contains(buffer_span(&said), SPAN("a tenant's file may not be behind a symbolic link")));
	assert_false(span_contains(buffer_span(&said), SPAN("root:x")));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);  /* must not hang */
	assert_int_equal(read_it(&said, &sites, &given), RESULT_OK);
	assert_true(span_contains(buffer_span(&said), SPAN("3.yaml: warning: tenant a: not a regular file")));
	assert_int_equal(unlink(path), 0);
	write_file_in(folder, "d/a/3.yaml", "x");
	assert_int_equal(truncate(path, (off_t)TENANT_TEXT_MAX_BYTES + 1), 0);
	assert_int_equal(read_it(&said, &sites, &given), RESULT_OK);
	assert_true(span_contains(buffer_span(&said), SPAN("larger than 512 KiB")));
	buffer_done(&said);
}

/* A change that is tried stands for the file, with the same limits; a file that it does not name is read. */
static void a_change_stands_for_its_file(void **state)
{
	static char large[TENANT_TEXT_MAX_BYTES + 1];
	const struct config_texts *const none = NULL;
	struct config_texts changes;
	struct buffer said;
	size_t sites, given;
	char path[128];

	(void)state;
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
	assert_non_null(mkdtemp(folder));
	buffer_init(&said, 1 << 20);
	make("d");
	make("d/a");
	write_file_in(folder, "main.yaml", "listen: \"127.0.0.1:1\"\ninclude: d/*/*.yaml\ntenants:\n  - { name: a, files: d/a, hosts: \"*.a\", certificates: /t, origins: 10.0.0.0/8 }\n");
	write_file_in(folder, "d/a/1.yaml", "sites: [{ name: y.a, certificate: /t/x, origins: \"http://10.0.0.1\" }]\n");
	snprintf(path, sizeof(path), "%s/d/a/1.yaml", folder);
	config_texts_init(&changes);
	assert_int_equal(config_texts_add(&changes, span_of(path), SPAN("sites: [{ name: y.a, certificate: /t/x, origins: \"http://10.0.0.1\" }, "
	                                                                "{ name: x.a, certificate: /t/x, origins: \"http://10.0.0.1\" }]\n")), RESULT_OK);
	overlay = &changes;
	assert_int_equal(read_it(&said, &sites, &given), RESULT_OK);
	assert_int_equal(sites, 2);
	assert_int_equal(given, 2);
	overlay = none;
	assert_int_equal(read_it(&said, &sites, &given), RESULT_OK);
	assert_int_equal(sites, 1);
	config_texts_done(&changes);
	config_texts_init(&changes);
	memset(large, '#', sizeof(large));
	assert_int_equal(config_texts_add(&changes, span_of(path), span_make(large, sizeof(large))), RESULT_OK);
	overlay = &changes;
	assert_int_equal(read_it(&said, &sites, &given), RESULT_OK);
	assert_int_equal(sites, 0);
	assert_true(span_contains(buffer_span(&said), SPAN("larger than 512 KiB")));
	overlay = none;
	config_texts_done(&changes);
	buffer_done(&said);
}

static int clean(void **state)
{
	static const char *const names[] = { "d/a/.hidden.yaml", "d/a/1.yaml", "d/a/2.yaml", "d/a/3.yaml", "d/b/1.yaml", "d/a", "d/b", "d", "main.yaml", "secret", "" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		remove(path);
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_tenants_link_is_not_followed, clean),
		cmocka_unit_test_teardown(a_change_stands_for_its_file, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
