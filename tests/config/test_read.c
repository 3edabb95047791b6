#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/clock.h"
#include "config/read.h"
#include "tables.h"

#define MINIMAL \
	"listen: \"127.0.0.1:8443\"\n" \
	"sites:\n" \
	"  - name: www.commune.example\n" \
	"    certificate: /etc/bouclier/tls/commune.pem\n" \
	"    origins: \"http://10.0.0.11:8080\"\n"

struct reading {
	struct config_texts image;
	struct config_source source;
	struct complaints complaints;
	struct snapshot *snapshot;
	enum result result;
	struct buffer text;
};

static void reading_init(struct reading *reading)
{
	memset(reading, 0, sizeof(*reading));
	config_texts_init(&reading->image);
	complaints_init(&reading->complaints);
	buffer_init(&reading->text, 1 << 20);
	assert_int_equal(config_source_init(&reading->source, SPAN("/c/bouclier.yaml")), RESULT_OK);
	reading->source.image = &reading->image;
}

static void reading_add(struct reading *reading, const char *path, const char *text)
{
	assert_int_equal(config_texts_add(&reading->image, span_of(path), span_of(text)), RESULT_OK);
}

static const char *reading_do(struct reading *reading)
{
	reading->result = config_read(&reading->source, test_sections, &reading->complaints, &reading->snapshot);
	assert_int_equal(complaints_write(&reading->complaints, &reading->text), RESULT_OK);
	assert_int_equal(buffer_append_byte(&reading->text, 0), RESULT_OK);
	return buffer_span(&reading->text).at;
}

static void reading_done(struct reading *reading)
{
	snapshot_drop(reading->snapshot);
	config_source_done(&reading->source);
	complaints_done(&reading->complaints);
	config_texts_done(&reading->image);
	buffer_done(&reading->text);
}

static void four_lines_are_enough(void **state)
{
	struct reading reading;
	const struct site *site;
	const struct test_pool *pool;
	const struct test_origin *origin;

	(void)state;
	reading_init(&reading);
	reading_add(&reading, "/c/bouclier.yaml", MINIMAL);
	assert_string_equal(reading_do(&reading), "");
	assert_int_equal(reading.result, RESULT_OK);
	site = config_find_site(reading.snapshot, SPAN("WWW.commune.example"));
	assert_non_null(site);
	assert_true(span_equal(site->tenant, SPAN("default")));
	assert_int_equal(site->route_count, 1);
	pool = site->sections[ROOM_ORIGIN];
	assert_int_equal(pool->origins.count, 1);
	origin = pool->origins.items;
	assert_true(span_equal(origin->url.text, SPAN("http://10.0.0.11:8080")));
	assert_int_equal(origin->weight, 1);
	pool = site->routes[0].sections[ROOM_ORIGIN];
	assert_ptr_equal(pool->origins.items, origin);
	assert_int_equal(((const struct test_top *)reading.snapshot->sections[ROOM_PROCESS])->workers, -1);
	reading_done(&reading);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(four_lines_are_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
