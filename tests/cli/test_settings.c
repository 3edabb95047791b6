#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "cli/settings.h"
#include "cli/wiring.h"
#include "config/read.h"

#define REST \
	"listen: \"127.0.0.1:8443\"\n" \
	"sites:\n" \
	"  - name: a.example\n" \
	"    certificate: /c/a.pem\n" \
	"    origins: \"http://10.0.0.11:8080\"\n"

/* Reads `admin: ADMIN` and hands the settings to LOOK; NULL: it must be refused, with a sentence that holds SAYS. */
static void try(const char *admin, void (*look)(const struct admin_settings *settings), const char *says)
{
	struct config_texts image;
	struct config_source source;
	struct complaints complaints;
	struct snapshot *snapshot = NULL;
	char text[1024];
	enum result result;

	snprintf(text, sizeof(text), "%s" REST, admin);
	config_texts_init(&image);
	complaints_init(&complaints);
	assert_int_equal(config_texts_add(&image, SPAN("/c/b.yaml"), span_of(text)), RESULT_OK);
	assert_int_equal(config_source_init(&source, SPAN("/c/b.yaml")), RESULT_OK);
	source.image = &image;
	result = config_read(&source, wiring_sections(), &complaints, &snapshot);
	if (look) {
		assert_int_equal(result, RESULT_OK);
		look(admin_settings_of(snapshot));
		snapshot_drop(snapshot);
	} else {
		assert_int_equal(result, RESULT_REFUSED);
		assert_true(span_contains(complaints.list[0].text, span_of(says)));
	}
	config_source_done(&source);
	complaints_done(&complaints);
	config_texts_done(&image);
}

static void look_defaults(const struct admin_settings *settings)
{
	char text[ENDPOINT_TEXT_MAX];

	endpoint_write(&settings->metrics, text);
	assert_string_equal(text, "127.0.0.1:9145");
	assert_true(span_equal(settings->socket, SPAN("/run/bouclier/admin.sock")));
	assert_int_equal(admin_socket_mode(settings), 0600);
}

static void look_written(const struct admin_settings *settings)
{
	assert_true(span_equal(settings->socket, SPAN("/c/x.sock")));
	assert_int_equal(settings->metrics.port, 1);
	assert_int_equal(admin_socket_mode(settings), 0660);
}

static void what_is_said_and_what_is_not(void **state)
{
	(void)state;
	try("", look_defaults, NULL);
	try("admin: { socket: x.sock, metrics: \"[::1]:1\", mode: 0660 }\n", look_written, NULL);
}

static void what_is_not_for_everybody(void **state)
{
	char long_path[256];

	(void)state;
	try("admin: { metrics: \"0.0.0.0:9145\" }\n", NULL, "0.0.0.0:9145 is not a loopback address");
	try("admin: { metrics: \"192.0.2.1:9145\" }\n", NULL, "is not a loopback address");
	try("admin: { mode: 0666 }\n", NULL, "0666");
	snprintf(long_path, sizeof(long_path), "admin: { socket: /%0120d }\n", 0);
	try(long_path, NULL, "at most 107 bytes");
}

static void what_the_hub_cannot_have(void **state)
{
	(void)state;
	try("hub: { client_ca: /c/ca.pem }\n", NULL, "client_ca: only TLS has certificates of people");
	try("hub: { certificate: /c/hub.pem, client_crl: /c/ca.crl }\n", NULL, "client_crl: it is of the authorities of client_ca");
	try("hub: { second_factor: always }\n", NULL, "second_factor");
	try("hub: { certificate: /c/hub.pem, client_ca: /c/ca.pem, client_crl: /c/ca.crl, second_factor: required }\n", look_defaults, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_said_and_what_is_not),
		cmocka_unit_test(what_is_not_for_everybody),
		cmocka_unit_test(what_the_hub_cannot_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
