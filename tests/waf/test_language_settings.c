#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ruleset_reading.h"

static void what_is_not_said_is_as_in_2_9_7(void **state)
{
	struct reading reading;
	const struct settings *settings;

	(void)state;
	reading_good(&reading, "");
	settings = &reading.ruleset->settings;
	assert_int_equal(settings->given, 0);
	assert_int_equal(settings->rule_engine, ENGINE_OFF);
	assert_int_equal(settings->request_body_limit, 134217728);
	assert_int_equal(settings->request_body_no_files_limit, 1048576);
	assert_int_equal(settings->arguments_limit, 1000);
	assert_int_equal(settings->collection_timeout, 3600);
	assert_int_equal(settings->argument_separator, '&');
	assert_span(settings->audit_log_parts, "ABCFHZ");
	assert_int_equal(settings->response_body_mime_types.count, 2);
	assert_null(settings->relevant_status);
	reading_done(&reading);
}

static void each_directive_finds_its_field(void **state)
{
	struct reading reading;
	const struct settings *settings;

	(void)state;
	reading_good(&reading,
		"SecRuleEngine DetectionOnly\nsecrequestbodyaccess on\nSecRequestBodyLimit 13107200\nSecRequestBodyNoFilesLimit 131072\n"
		"SecRequestBodyInMemoryLimit 9\nSecRequestBodyLimitAction ProcessPartial\nSecRequestBodyJsonDepthLimit 512\n"
		"SecResponseBodyAccess On\nSecResponseBodyLimit 524289\nSecResponseBodyLimitAction ProcessPartial\n"
		"SecResponseBodyMimeType text/plain text/xml\nSecResponseBodyMimeType application/json\n"
		"SecAuditEngine RelevantOnly\nSecAuditLogRelevantStatus \"^(?:5|4(?!04))\"\nSecAuditLogParts ABDEFHIJZ\nSecAuditLogType Concurrent\n"
		"SecAuditLogFormat JSON\nSecAuditLog /a\nSecAuditLog2 /b\nSecAuditLogStorageDir /c\nSecAuditLogDirMode 02750\n"
		"SecAuditLogFileMode default\nSecArgumentSeparator ;\nSecCookieFormat 1\nSecCookieV0Separator ,\nSecCollectionTimeout 600\n"
		"SecComponentSignature \"A/1\"\nSecComponentSignature \"B/2\"\nSecPcreMatchLimit 5000\nSecPcreMatchLimitRecursion 6000\n"
		"SecTmpDir /d\nSecDataDir /e\nSecUploadDir /f\nSecUploadKeepFiles RelevantOnly\nSecUploadFileLimit 7\nSecUploadFileMode 0600\n"
		"SecUnicodeMapFile unicode.mapping 20127\nSecWebAppId app\nSecSensorId s\nSecContentInjection On\nSecArgumentsLimit 5\n"
		"SecXmlExternalEntity Off\nSecHashEngine Off\n");
	settings = &reading.ruleset->settings;
	assert_int_equal(settings->rule_engine, ENGINE_DETECTION_ONLY);
	assert_true(settings->request_body_access && settings->response_body_access && settings->content_injection);
	assert_int_equal(settings->request_body_limit, 13107200);
	assert_int_equal(settings->request_body_no_files_limit, 131072);
	assert_int_equal(settings->request_body_in_memory_limit, 9);
	assert_int_equal(settings->request_body_limit_action, LIMIT_PROCESS_PARTIAL);
	assert_int_equal(settings->request_body_json_depth_limit, 512);
	assert_int_equal(settings->response_body_limit, 524289);
	assert_int_equal(settings->response_body_limit_action, LIMIT_PROCESS_PARTIAL);
	assert_int_equal(settings->response_body_mime_types.count, 3);
	assert_span(settings->response_body_mime_types.list[0], "text/plain");
	assert_span(settings->response_body_mime_types.list[2], "application/json");
	assert_int_equal(settings->audit_engine, AUDIT_RELEVANT_ONLY);
	assert_non_null(settings->relevant_status);
	assert_span(settings->audit_log_parts, "ABDEFHIJZ");
	assert_int_equal(settings->audit_log_type, AUDIT_CONCURRENT);
	assert_int_equal(settings->audit_log_format, AUDIT_JSON);
	assert_span(settings->audit_log, "/a");
	assert_span(settings->audit_log_2, "/b");
	assert_span(settings->audit_log_storage_dir, "/c");
	assert_int_equal(settings->audit_log_dir_mode, 02750);
	assert_int_equal(settings->audit_log_file_mode, 0);
	assert_int_equal(settings->argument_separator, ';');
	assert_int_equal(settings->cookie_format, 1);
	assert_int_equal(settings->cookie_v0_separator, ',');
	assert_int_equal(settings->collection_timeout, 600);
	assert_int_equal(settings->component_signatures.count, 2);
	assert_int_equal(reading.ruleset->operator_limits.match_limit, 5000);
	assert_int_equal(reading.ruleset->operator_limits.depth_limit, 6000);
	assert_span(settings->tmp_dir, "/d");
	assert_span(settings->data_dir, "/e");
	assert_span(settings->upload_dir, "/f");
	assert_int_equal(settings->upload_keep_files, KEEP_RELEVANT_ONLY);
	assert_int_equal(settings->upload_file_limit, 7);
	assert_int_equal(settings->upload_file_mode, 0600);
	assert_span(settings->unicode_map_file, "unicode.mapping");
	assert_int_equal(settings->unicode_code_page, 20127);
	assert_span(settings->web_app_id, "app");
	assert_span(settings->sensor_id, "s");
	assert_int_equal(settings->arguments_limit, 5);
	assert_true(settings_has(settings, SETTING_RULE_ENGINE) && !settings_has(settings, SETTING_GEO_LOOKUP_DB));
	assert_null(settings->code_page);
	assert_non_null(strstr(reading_said(&reading), "warning: the file \"unicode.mapping\" cannot be read: %uXXXX is decoded without a code page\n"));
	assert_non_null(strstr(reading_said(&reading), "warning: SecAuditLog does nothing here: the shield writes audit logs into its own state folder"));
	assert_non_null(strstr(reading_said(&reading), "SecAuditLogDirMode does nothing here: folders of audit logs are for the shield's own account alone (0700)"));
	assert_null(strstr(reading_said(&reading), "SecAuditLogFileMode"));  /* its default is what is done */
	assert_int_equal(reading.complaints.count, 11);
	reading_done(&reading);
}

/* A code page that is named and not there, or not one, is an error; a file that is not there is a warning (above). */
static void code_pages(void **state)
{
	static const struct { const char *map, *complaint; } rows[] = {
		{ "20127 (x)\n0107:63\n", NULL }, { "1 (x)\n0107:63\n", "\"m\" has no code page 20127" }, { "20127 (x)\n0107-63\n", "no pair such as 0107:63" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct reading reading;

		reading_start(&reading);
		assert_int_equal(texts_add(&reading.texts, SPAN("m"), span_of(rows[i].map)), RESULT_OK);
		assert_int_equal(texts_add(&reading.texts, SPAN("x"), SPAN("SecUnicodeMapFile m 20127\n")), RESULT_OK);
		reading_load(&reading, "x");
		assert_int_equal(reading.result, rows[i].complaint ? RESULT_MALFORMED : RESULT_OK);
		if (rows[i].complaint)
			assert_non_null(strstr(reading_said(&reading), rows[i].complaint));
		else
			assert_non_null(reading.ruleset->settings.code_page);
		reading_done(&reading);
	}
}

static void a_list_can_be_cleared(void **state)
{
	struct reading reading;

	(void)state;
	reading_good(&reading, "SecResponseBodyMimeTypesClear\n");
	assert_int_equal(reading.ruleset->settings.response_body_mime_types.count, 0);
	reading_done(&reading);
	reading_good(&reading, "SecResponseBodyMimeTypesClear\nSecResponseBodyMimeType a b\n");
	assert_int_equal(reading.ruleset->settings.response_body_mime_types.count, 2);
	reading_done(&reading);
}

static void what_means_nothing_here_is_a_warning(void **state)
{
	struct reading reading;

	(void)state;
	reading_good(&reading, "SecDebugLogLevel 9\nSecServerSignature \"x\"\nSecAction \"id:1,ctl:debugLogLevel=3\"");
	assert_int_equal(reading.complaints.errors, 0);
	assert_int_equal(reading.ruleset->first->action_count, 0);
	assert_string_equal(reading_said(&reading),
	                    "x:1:1: warning: SecDebugLogLevel does nothing here: bouclier explain shows what a rule saw\n"
	                    "x:2:1: warning: SecServerSignature does nothing here: the Server header is the site's to set\n"
	                    "x:3:35: warning: rule 1: ctl:debugLogLevel does nothing here: bouclier explain shows what a rule saw\n");
	reading_done(&reading);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_said_is_as_in_2_9_7), cmocka_unit_test(each_directive_finds_its_field),
		cmocka_unit_test(code_pages), cmocka_unit_test(a_list_can_be_cleared), cmocka_unit_test(what_means_nothing_here_is_a_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
