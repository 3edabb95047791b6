/* What the edge makes of a snapshot: pools that are shared or not, methods, limits, ports. */
#include "../base/check.h"

#include <stdlib.h>

#include "config/read.h"
#include "edge/sites/plan.h"
#include "net/settings.h"

struct scene {
	struct origins origins;
	struct snapshot *snapshot;
	unsigned tls_asked;
};

static const struct plan *plan(const struct scene *scene)
{
	return plan_of(scene->snapshot);
}

static void read_file(struct scene *scene, const char *text)
{
	struct config_section sections[] = { net_top_section, edge_top_section, net_site_section, origin_site_section, edge_site_section,
		                             origin_route_section, edge_route_section, { 0 } };
	struct config_source source;
	struct config_texts image;
	struct complaints complaints;
	struct buffer said;

	memset(scene, 0, sizeof(*scene));
	origins_init(&scene->origins);
	config_texts_init(&image);
	complaints_init(&complaints);
	buffer_init(&said, 65536);
	assert_ok(config_texts_add(&image, SPAN("/c/bouclier.yaml"), span_of(text)));
	assert_ok(config_source_init(&source, SPAN("/c/bouclier.yaml")));
	source.image = &image;
	enum result result = config_read(&source, sections, &complaints, &scene->snapshot);

	assert_ok(complaints_write(&complaints, &said));
	if (result != RESULT_OK)
		fail_msg("%.*s", SPAN_ARG(buffer_span(&said)));
	config_source_done(&source);
	complaints_done(&complaints);
	config_texts_done(&image);
	buffer_done(&said);
}

static struct tls_client *tls_client_of(void *context, const struct origin_settings *settings)
{
	struct scene *scene = context;

	(void)settings;
	scene->tls_asked++;
	return NULL;
}

static enum result make(struct scene *scene, const struct edge_port *ports, size_t port_count)
{
	return plan_make(scene->snapshot, &(struct plan_needs){ .origins = &scene->origins, .tls_client_of = tls_client_of, .context = scene,
	                                                        .ports = ports, .port_count = port_count });
}

static void scene_done(struct scene *scene)
{
	snapshot_drop(scene->snapshot);
	assert_true(list_is_empty(&scene->origins.all));
	origins_done(&scene->origins);
}

#define LISTEN "listen: { address: \"127.0.0.1:8080\", tls: false }\n"

static void a_route_without_origins_uses_the_sites_pool(void **state)
{
	struct scene scene;
	const struct edge_site *site;

	(void)state;
	read_file(&scene, LISTEN
	          "sites:\n"
	          "  - name: www.commune.example\n"
	          "    origins: [\"http://10.0.0.1\", \"http://10.0.0.2\"]\n"
	          "    routes:\n"
	          "      - path: /a/b\n"
	          "        maintenance: true\n"
	          "      - path: /a\n"
	          "        origins: \"http://10.0.0.1\"\n"
	          "      - path: /h\n"
	          "        balance: hash\n");
	assert_ok(make(&scene, NULL, 0));
	site = &plan(&scene)->sites[0];
	assert_int_equal(site->site->route_count, 4);
	for (size_t i = 0; i < 4; i++) {
		const struct edge_route *route = &site->routes[i], *root = &site->routes[3];

		assert_ptr_equal(route->route, &site->site->routes[i]);
		if (span_equal(route->route->path, SPAN("/a/b"))) {
			assert_ptr_equal(route->pool, root->pool);
			assert_true(route->settings->maintenance && !route->owns_pool);
		} else if (span_equal(route->route->path, SPAN("/a"))) {
			assert_ptr_not_equal(route->pool, root->pool);
			assert_int_equal(route->pool->count, 1);
			assert_ptr_equal(route->pool->members[0].origin, root->pool->members[0].origin);  /* one origin for both */
		} else if (span_equal(route->route->path, SPAN("/h"))) {
			assert_ptr_not_equal(route->pool, root->pool);
			assert_int_equal(route->pool->settings->balance, BALANCE_HASH);
			assert_int_equal(route->pool->count, 2);
		}
	}
	scene_done(&scene);
}

static void the_only_tolerant_site_is_known(void **state)
{
	static const struct { const char *first, *second; int index; } cases[] = {
		{ "", "", -1 }, { "http: strict", "http: tolerant", 1 }, { "http: tolerant", "", 0 }, { "http: tolerant", "http: tolerant", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct scene scene;
		char text[1024];

		snprintf(text, sizeof(text), LISTEN
		         "sites:\n"
		         "  - name: a.example\n"
		         "    origins: \"http://10.0.0.1\"\n"
		         "    routes: [{ path: /a, maintenance: true }]\n"
		         "    %s\n"
		         "  - name: b.example\n"
		         "    origins: \"http://10.0.0.1\"\n"
		         "    %s\n", cases[i].first, cases[i].second);
		read_file(&scene, text);
		assert_ok(make(&scene, NULL, 0));
		assert_ptr_equal(plan(&scene)->tolerant, cases[i].index < 0 ? NULL : &plan(&scene)->sites[cases[i].index]);
		scene_done(&scene);
	}
}

static void methods(void **state)
{
	struct scene scene;
	const struct edge_route *routes;

	(void)state;
	read_file(&scene, LISTEN
	          "sites:\n"
	          "  - name: www.commune.example\n"
	          "    origins: \"http://10.0.0.1\"\n"
	          "    routes:\n"
	          "      - path: /form\n"
	          "        methods: [POST, PUT]\n"
	          "        allow_methods: GET\n");
	assert_ok(make(&scene, NULL, 0));
	routes = plan(&scene)->sites[0].routes;
	assert_true(routes[0].selects == ((uint64_t)1 << METHOD_POST | (uint64_t)1 << METHOD_PUT));
	assert_true(routes[0].methods == ((uint64_t)1 << METHOD_GET | (uint64_t)1 << METHOD_HEAD));  /* who has GET has HEAD */
	assert_true(routes[1].selects == 0 && routes[1].methods == 0);
	scene_done(&scene);
}

static void the_widest_limits_are_the_readers(void **state)
{
	struct scene scene;

	(void)state;
	read_file(&scene, LISTEN
	          "sites:\n"
	          "  - name: a.example\n"
	          "    origins: \"http://10.0.0.1\"\n"
	          "    limits: { head: 8KiB, fields: 20 }\n"
	          "    routes:\n"
	          "      - path: /large\n"
	          "        limits: { head: 64KiB }\n"
	          "  - name: b.example\n"
	          "    origins: \"http://10.0.0.1\"\n"
	          "    limits: { head: 16KiB, target: 512B, fields: 50 }\n");
	assert_ok(make(&scene, NULL, 0));
	assert_int_equal(plan(&scene)->limits.head_bytes, 65536);
	assert_int_equal(plan(&scene)->limits.target_bytes, 8192);
	assert_int_equal(plan(&scene)->limits.fields, 50);
	assert_true(plan(&scene)->limits.body_bytes == INT64_MAX);
	assert_true(plan(&scene)->sites[0].key != plan(&scene)->sites[1].key);
	assert_true(plan(&scene)->sites[0].key == plan_site_key(SPAN("a.example")));
	scene_done(&scene);
}

/* A shield without sites reads whole heads, to answer that it does not know the host. */
static void without_sites_heads_are_read(void **state)
{
	struct scene scene;

	(void)state;
	read_file(&scene, LISTEN "sites: []\n");
	assert_ok(make(&scene, NULL, 0));
	assert_true(plan(&scene)->limits.head_bytes >= 4096);
	assert_true(plan(&scene)->limits.target_bytes >= 1024);
	assert_true(plan(&scene)->limits.fields >= 30);
	scene_done(&scene);
}

static void ports_are_found_by_address(void **state)
{
	static const char *const texts[] = { "127.0.0.1:8080", "[::1]:8080", "127.0.0.1:8081" };
	struct edge_port ports[3] = { 0 };
	struct endpoint other;
	struct scene scene;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_ok(endpoint_read(span_of(texts[i]), &ports[i].endpoint));
	ports[1].is_tls = true;
	read_file(&scene, LISTEN "sites:\n  - name: a.example\n    origins: \"http://10.0.0.1\"\n");
	assert_ok(make(&scene, ports, 3));
	for (unsigned i = 0; i < 3; i++) {
		const struct edge_port *port = plan_find_port(plan(&scene), &ports[i].endpoint);

		assert_non_null(port);
		assert_ptr_not_equal(port, &ports[i]);  /* copied */
		assert_int_equal(port->is_tls, i == 1);
	}
	assert_ok(endpoint_read(SPAN("127.0.0.2:8080"), &other));
	assert_null(plan_find_port(plan(&scene), &other));
	scene_done(&scene);
}

/* The second site's TLS cannot be made: nothing is left over of the first, and the snapshot has no plan. */
static void a_plan_that_fails_leaves_nothing(void **state)
{
	struct scene scene;

	(void)state;
	read_file(&scene, LISTEN
	          "sites:\n"
	          "  - name: a.example\n"
	          "    origins: \"http://10.0.0.1\"\n"
	          "    routes:\n"
	          "      - path: /x\n"
	          "        origins: [\"http://10.0.0.3\", \"https://10.0.0.4\"]\n"
	          "  - name: b.example\n"
	          "    origins: \"http://10.0.0.2\"\n");
	assert_result(make(&scene, NULL, 0), RESULT_REFUSED);
	assert_int_equal(scene.tls_asked, 1);
	assert_null(plan(&scene));
	scene_done(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_route_without_origins_uses_the_sites_pool), cmocka_unit_test(methods),
		cmocka_unit_test(the_only_tolerant_site_is_known),
		cmocka_unit_test(the_widest_limits_are_the_readers), cmocka_unit_test(ports_are_found_by_address),
		cmocka_unit_test(without_sites_heads_are_read), cmocka_unit_test(a_plan_that_fails_leaves_nothing),
	};

	return cmocka_run_group_tests_name("edge/plan", tests, NULL, NULL);
}
