/* Countries of addresses, of the database that Debian packages; and what is no database. */
#include "../base/check.h"

#include <stdlib.h>
#include <unistd.h>

#include "source/geo.h"

#define DATABASE "/usr/share/libloc-location/location.db"

static struct address address_of(const char *text)
{
	struct address address;

	assert_ok(address_read(span_of(text), &address));
	return address;
}

static void addresses_are_somewhere(void **state)
{
	static const struct {
		const char *address, *code, *name, *continent;
	} cases[] = {
		{ "193.190.198.27", "BE", "Belgium", "EU" },  /* Belnet */
		{ "2001:6a8::1", "BE", "Belgium", "EU" },
		{ "132.229.1.1", "NL", "Netherlands", "EU" }, /* Leiden */
		{ "18.1.1.1", "US", "United States of America", "NA" },
	};
	struct geo_country found;
	struct geo *geo;

	(void)state;
	if (access(DATABASE, R_OK) < 0)
		skip();
	assert_ok(geo_open(DATABASE, &geo));
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct address address = address_of(cases[i].address);

		assert_ok(geo_find(geo, &address, &found));
		assert_string_equal(found.code, cases[i].code);
		assert_string_equal(found.name, cases[i].name);
		assert_string_equal(found.continent, cases[i].continent);
	}
	geo_close(geo);
}

static void systems_are_somewhere(void **state)
{
	static const struct {
		const char *address, *country;
		uint32_t asn;
	} cases[] = {
		{ "193.190.198.27", "BE", 2611 },  /* Belnet */
		{ "2001:6a8::1", "BE", 2611 },
		{ "132.229.1.1", "NL", 1103 },     /* SURF */
	};
	struct geo_place found = { "XX", 7 };
	struct address nowhere = address_of("10.1.2.3");
	struct geo *geo;

	(void)state;
	if (access(DATABASE, R_OK) < 0)
		skip();
	assert_ok(geo_open(DATABASE, &geo));
	assert_int_equal(geo_find_place(geo, &nowhere, &found), RESULT_NOT_FOUND);
	assert_true(found.country[0] == 'X' && found.asn == 7);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct address address = address_of(cases[i].address);

		assert_ok(geo_find_place(geo, &address, &found));
		assert_string_equal(found.country, cases[i].country);
		assert_int_equal(found.asn, cases[i].asn);
	}
	geo_close(geo);
}

static void some_are_nowhere(void **state)
{
	static const char *const nowhere[] = { "127.0.0.1", "10.1.2.3", "::1", "fe80::1", "0.0.0.0", "255.255.255.255" };
	struct geo_country found = { .code = "XX" };
	struct geo *geo;

	(void)state;
	if (access(DATABASE, R_OK) < 0)
		skip();
	assert_ok(geo_open(DATABASE, &geo));
	for (size_t i = 0; i < sizeof(nowhere) / sizeof(*nowhere); i++) {
		struct address address = address_of(nowhere[i]);

		assert_int_equal(geo_find(geo, &address, &found), RESULT_NOT_FOUND);
		assert_string_equal(found.code, "XX");
	}
	geo_close(geo);
}

/* Cut by a copy that ended early: nobody looks behind its end. */
static void a_part_of_one_is_none(void **state)
{
	static const size_t lens[] = { 8, 20, 67, 68, 4096, 1 << 20 };
	static char bytes[1 << 20];
	char path[] = "/tmp/bouclier-geo-XXXXXX";
	struct geo *geo = NULL;
	FILE *whole = fopen(DATABASE, "r");
	int fd;

	(void)state;
	if (!whole)
		skip();
	assert_int_equal(fread(bytes, 1, sizeof(bytes), whole), sizeof(bytes));
	fclose(whole);
	fd = mkstemp(path);
	assert_true(fd >= 0);
	for (size_t i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
		assert_int_equal(pwrite(fd, bytes, lens[i], 0), lens[i]);
		assert_int_equal(ftruncate(fd, (off_t)lens[i]), 0);
		assert_int_equal(geo_open(path, &geo), RESULT_MALFORMED);
	}
	close(fd);
	unlink(path);
}

static void what_is_no_database_is_told(void **state)
{
	char path[] = "/tmp/bouclier-geo-XXXXXX";
	struct geo *geo = NULL;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(geo_open(path, &geo), RESULT_MALFORMED);
	assert_int_equal(write(fd, "LOCDBXX\1 and then nothing that one is made of", 45), 45);
	assert_int_equal(geo_open(path, &geo), RESULT_MALFORMED);
	close(fd);
	unlink(path);
	assert_int_equal(geo_open(path, &geo), RESULT_IO);
	assert_int_equal(geo_open("/", &geo), RESULT_MALFORMED);
	assert_null(geo);
	geo_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_somewhere),
		cmocka_unit_test(systems_are_somewhere),
		cmocka_unit_test(some_are_nowhere),
		cmocka_unit_test(a_part_of_one_is_none),
		cmocka_unit_test(what_is_no_database_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
