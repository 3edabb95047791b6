/* Which ports egress lets the shield answer from. What a list of them does is shown in tests/packet/test_egress.c and in scenes. */
#include "../base/check.h"

#include "cli/packet/egress_gather.h"
#include "cli/wiring.h"
#include "config/read.h"

#include "base/banned.h"

static struct snapshot *read_snapshot(const char *text)
{
	struct config_texts image;
	struct config_source source;
	struct complaints complaints;
	struct snapshot *snapshot = NULL;

	config_texts_init(&image);
	complaints_init(&complaints);
	assert_ok(config_texts_add(&image, SPAN("/c/b.yaml"), span_of(text)));
	assert_ok(config_source_init(&source, SPAN("/c/b.yaml")));
	source.image = &image;
	assert_ok(config_read(&source, wiring_sections(), &complaints, &snapshot));
	config_source_done(&source);
	complaints_done(&complaints);
	config_texts_done(&image);
	return snapshot;
}

static void they_are_those_on_which_it_listens(void **state)
{
	static const uint16_t ours[] = { 80, 8443, 9000, 9145 };
	struct snapshot *snapshot = read_snapshot("listen:\n"
	                                          "  - { address: \"192.0.2.1:8443\", public_port: 443 }\n"
	                                          "  - { address: \"127.0.0.1:9000\", tls: false }\n"
	                                          "redirect_http: true\n"
	                                          "sites:\n"
	                                          "  - name: a.example\n"
	                                          "    certificate: /c/a.pem\n"
	                                          "    origins: \"http://10.0.0.11:8080\"\n");
	struct egress_list list;
	unsigned next = 0;

	(void)state;
	assert_ok(egress_list_init(&list));
	egress_gather_answers(snapshot, &list);
	for (unsigned port = 0; port < 65536; port++) {
		bool is_ours = next < sizeof(ours) / sizeof(*ours) && ours[next] == port;

		next += is_ours;
		if (egress_list_answers(&list, (uint16_t)port) != is_ours)
			fail_msg("port %u", port);
	}
	egress_list_done(&list);
	snapshot_drop(snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(they_are_those_on_which_it_listens) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
