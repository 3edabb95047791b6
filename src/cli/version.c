/* `bouclier version`. */
#include <nghttp2/nghttp2.h>
#include <openssl/crypto.h>
#include <stdio.h>

#include "cli/command.h"
#include "event/json.h"

#include "base/banned.h"

int version_command(const struct options *options)
{
	struct json_writer json;
	struct buffer text;

	if (!options->is_json) {
		printf("bouclier " BOUCLIER_VERSION " (%s, nghttp2 %s, compiler " __VERSION__ ")\n", OpenSSL_version(OPENSSL_VERSION),
		       nghttp2_version(0)->version_str);
		return EXIT_DONE;
	}
	buffer_init(&text, 4096);
	json_writer_init(&json, &text);
	json_open(&json, SPAN_NONE, '{');
	json_put_text(&json, SPAN("version"), SPAN(BOUCLIER_VERSION));
	json_put_text(&json, SPAN("openssl"), span_of(OpenSSL_version(OPENSSL_VERSION)));
	json_put_text(&json, SPAN("nghttp2"), span_of(nghttp2_version(0)->version_str));
	json_put_text(&json, SPAN("compiler"), SPAN(__VERSION__));
	json_close(&json, '}');
	if (json.result == RESULT_OK)
		printf("%.*s\n", SPAN_ARG(buffer_span(&text)));
	buffer_done(&text);
	return json.result == RESULT_OK ? EXIT_DONE : EXIT_FAILED;
}
