/* Who asks: chains of proxies, honest and forged. */
#include "../base/check.h"

#include <stdlib.h>

#include "source/source.h"

#define PROXY "10.0.0.1"
#define LINES_MAX 4

/* Trusted everywhere here: 10.0.0.0/8 and 2001:db8:f::/48. */
static const char *const trusted_networks[] = { "10.0.0.0/8", "2001:db8:f::/48" };

struct scene {
	struct arena arena;
	struct fields fields;
	struct network networks[2];
	struct list_value trusted;
};

static void scene_init(struct scene *scene)
{
	arena_init(&scene->arena, 1 << 20, 4096);
	fields_init(&scene->fields, &scene->arena, 64);
	for (unsigned i = 0; i < 2; i++)
		assert_ok(network_read(span_of(trusted_networks[i]), &scene->networks[i]));
	scene->trusted = (struct list_value){ scene->networks, 2 };
}

static void add(struct scene *scene, const char *name, const char *value)
{
	struct span text = span_of(name);

	assert_ok(fields_add(&scene->fields, field_id_of(text), text, span_of(value)));
}

static void assert_source(struct scene *scene, const char *peer, const char *expected)
{
	struct address from, found;
	char text[ADDRESS_TEXT_MAX];

	assert_ok(address_read(span_of(peer), &from));
	found = source_identify(&from, &scene->trusted, &scene->fields);
	address_write(&found, text);
	assert_string_equal(text, expected);
}

struct example {
	const char *peer;
	const char *lines[LINES_MAX];   /* of one header, in their order */
	const char *source;
};

static void check_all(const struct example *examples, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		struct scene scene;

		scene_init(&scene);
		for (unsigned l = 0; l < LINES_MAX && examples[i].lines[l]; l++)
			add(&scene, name, examples[i].lines[l]);
		assert_source(&scene, examples[i].peer, examples[i].source);
		arena_done(&scene.arena);
	}
}

static void x_forwarded_for(void **state)
{
	static const struct example examples[] = {
		{ PROXY, { NULL }, PROXY },
		{ PROXY, { "192.0.2.7" }, "192.0.2.7" },
		{ PROXY, { "  192.0.2.7\t" }, "192.0.2.7" },
		{ PROXY, { "2001:db8::7" }, "2001:db8::7" },
		{ PROXY, { "[2001:db8::7]:4711" }, "2001:db8::7" },
		{ PROXY, { "192.0.2.7:4711" }, "192.0.2.7" },
		{ "2001:db8:f::1", { "192.0.2.7" }, "192.0.2.7" },
		/* a client's own words, before what a proxy added, count for nothing */
		{ PROXY, { "127.0.0.1, 192.0.2.7" }, "192.0.2.7" },
		{ PROXY, { "10.9.9.9, 192.0.2.7" }, "192.0.2.7" },
		{ PROXY, { "10.9.9.9", "192.0.2.7" }, "192.0.2.7" },
		{ PROXY, { "<script>, ,,192.0.2.7" }, "192.0.2.7" },
		/* an unbroken chain of trusted proxies is followed */
		{ PROXY, { "192.0.2.7, 10.0.0.3, 10.0.0.2" }, "192.0.2.7" },
		{ PROXY, { "198.51.100.1, 192.0.2.7, 10.0.0.2" }, "192.0.2.7" },
		{ PROXY, { "192.0.2.7", "2001:db8:f::9", "10.0.0.2" }, "192.0.2.7" },
		{ PROXY, { "10.0.0.3, 10.0.0.2" }, "10.0.0.3" },
		/* what is no address ends the search: the last good one stands */
		{ PROXY, { "192.0.2.7, unknown" }, PROXY },
		{ PROXY, { "192.0.2.7, unknown, 10.0.0.2" }, "10.0.0.2" },
		{ PROXY, { "192.0.2.7, " }, PROXY },
		{ PROXY, { "" }, PROXY },
		{ PROXY, { "192.0.2.7:0" }, PROXY },
		{ PROXY, { "192.0.2.7 10.0.0.2" }, PROXY },
		{ PROXY, { "\"192.0.2.7\"" }, PROXY },
		{ PROXY, { "::ffff:192.0.2.7" }, "192.0.2.7" },
		/* ::ffff:10.0.0.2 is 10.0.0.2, and trusted as such */
		{ PROXY, { "192.0.2.7, ::ffff:10.0.0.2" }, "192.0.2.7" },
		/* whoever is not trusted says nothing about anybody */
		{ "192.0.2.99", { "192.0.2.7" }, "192.0.2.99" },
		{ "11.0.0.1", { "10.0.0.1" }, "11.0.0.1" },
	};

	(void)state;
	check_all(examples, sizeof(examples) / sizeof(examples[0]), "X-Forwarded-For");
}

static void forwarded(void **state)
{
	static const struct example examples[] = {
		{ PROXY, { "for=192.0.2.7" }, "192.0.2.7" },
		{ PROXY, { "For=\"192.0.2.7:4711\"" }, "192.0.2.7" },
		{ PROXY, { "for=\"[2001:db8::7]:4711\"" }, "2001:db8::7" },
		{ PROXY, { "for=\"[2001:db8::7]\"" }, "2001:db8::7" },
		{ PROXY, { "proto=https;FOR=192.0.2.7;by=203.0.113.43" }, "192.0.2.7" },
		{ PROXY, { "proto=https ; for=192.0.2.7" }, "192.0.2.7" },
		{ PROXY, { "for=198.51.100.17, for=192.0.2.7, for=10.0.0.2" }, "192.0.2.7" },
		{ PROXY, { "for=198.51.100.17", "for=192.0.2.7" }, "192.0.2.7" },
		{ PROXY, { "for=unknown" }, PROXY },
		{ PROXY, { "for=_gazonk" }, PROXY },
		{ PROXY, { "for=\"_gazonk:80\"" }, PROXY },
		{ PROXY, { "by=192.0.2.7" }, PROXY },
		{ PROXY, { "xfor=192.0.2.7" }, PROXY },
		{ PROXY, { "for =192.0.2.7" }, PROXY },
		{ PROXY, { "for=\"192.0.2.7" }, PROXY },
		{ PROXY, { "for=192.0.2.7\"" }, PROXY },
		{ PROXY, { "for=\"192.0.2.7\\\"" }, PROXY },
		{ PROXY, { "for=" }, PROXY },
		/* an open quote in what the client sent does not swallow what the proxy added */
		{ PROXY, { "for=\", for=192.0.2.7" }, "192.0.2.7" },
		{ PROXY, { "for=\"x", "for=192.0.2.7" }, "192.0.2.7" },
		/* a proxy that repeats the client's Host in quotes: , ; and = are allowed in a host name (RFC 3986, 3.2.2) */
		{ PROXY, { "for=192.0.2.7;host=\"a,for=198.51.100.1;b\"" }, "192.0.2.7" },
		{ PROXY, { "host=\"a;for=198.51.100.1;b\";for=192.0.2.7" }, "192.0.2.7" },
		{ PROXY, { "for=192.0.2.7;host=\"a,for=10.0.0.9,for=198.51.100.1\"" }, "192.0.2.7" },
		{ PROXY, { "for=192.0.2.7;host=\"a\\\",for=198.51.100.1;b\"" }, PROXY },
		{ PROXY, { "for=192.0.2.7;host=\"a,b\", for=10.0.0.2" }, "192.0.2.7" },
	};

	(void)state;
	check_all(examples, sizeof(examples) / sizeof(examples[0]), "Forwarded");
}

static void at_most_32_entries_are_looked_at(void **state)
{
	(void)state;
	for (unsigned count = 30; count < 40; count++) {
		struct scene scene;
		char value[1024] = "192.0.2.7";
		size_t len = strlen(value);
		char expected[ADDRESS_TEXT_MAX] = "192.0.2.7";

		scene_init(&scene);
		for (unsigned i = count - 1; i > 0; i--)  /* with the client's, COUNT entries */
			len += (size_t)snprintf(value + len, sizeof(value) - len, ", 10.1.0.%u", i);
		if (count > 32)
			snprintf(expected, sizeof(expected), "10.1.0.%u", 32u);
		add(&scene, "X-Forwarded-For", value);
		assert_source(&scene, PROXY, expected);
		arena_done(&scene.arena);
	}
}

static void x_forwarded_for_goes_before_forwarded(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene);
	add(&scene, "Forwarded", "for=198.51.100.1");
	add(&scene, "X-Forwarded-For", "192.0.2.7");
	assert_source(&scene, PROXY, "192.0.2.7");
	assert_source(&scene, "203.0.113.5", "203.0.113.5");
	arena_done(&scene.arena);
}

static void without_trust_nothing_is_believed(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene);
	scene.trusted = (struct list_value){ NULL, 0 };
	add(&scene, "X-Forwarded-For", "192.0.2.7");
	assert_source(&scene, PROXY, PROXY);
	arena_done(&scene.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(x_forwarded_for), cmocka_unit_test(forwarded), cmocka_unit_test(at_most_32_entries_are_looked_at),
		cmocka_unit_test(x_forwarded_for_goes_before_forwarded), cmocka_unit_test(without_trust_nothing_is_believed),
	};

	return cmocka_run_group_tests_name("source/source", tests, NULL, NULL);
}
