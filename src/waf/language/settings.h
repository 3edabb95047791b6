/* What the directives that are not rules say: engine modes, limits, the audit log.
 *
 * Owns     spans lie in the ruleset's arena; the expression is freed with the ruleset
 * Units    sizes in bytes, times in seconds
 */
#ifndef BOUCLIER_WAF_LANGUAGE_SETTINGS_H
#define BOUCLIER_WAF_LANGUAGE_SETTINGS_H

#include "base/span.h"
#include "waf/rule.h"

enum engine_mode { ENGINE_OFF, ENGINE_ON, ENGINE_DETECTION_ONLY };
enum limit_action { LIMIT_REJECT, LIMIT_PROCESS_PARTIAL };
enum audit_engine { AUDIT_OFF, AUDIT_ON, AUDIT_RELEVANT_ONLY };
enum audit_type { AUDIT_SERIAL, AUDIT_CONCURRENT, AUDIT_HTTPS };
enum audit_format { AUDIT_NATIVE, AUDIT_JSON };
enum keep_files { KEEP_OFF, KEEP_ON, KEEP_RELEVANT_ONLY };

/* X(ID, "Directive", kind, field, low, high or choices): of settings.c. A choice is its place in the list. */
#define SETTING_LIST(X) \
	X(ARGUMENTS_LIMIT, "SecArgumentsLimit", NUMBER, arguments_limit, 1, UINT32_MAX, NULL) \
	X(ARGUMENT_SEPARATOR, "SecArgumentSeparator", LETTER, argument_separator, 0, 0, NULL) \
	X(AUDIT_ENGINE, "SecAuditEngine", CHOICE, audit_engine, 0, 0, "Off\0On\0RelevantOnly\0") \
	X(AUDIT_LOG, "SecAuditLog", TEXT, audit_log, 0, 0, NULL) \
	X(AUDIT_LOG_2, "SecAuditLog2", TEXT, audit_log_2, 0, 0, NULL) \
	X(AUDIT_LOG_DIR_MODE, "SecAuditLogDirMode", MODE, audit_log_dir_mode, 0, 0, NULL) \
	X(AUDIT_LOG_FILE_MODE, "SecAuditLogFileMode", MODE, audit_log_file_mode, 0, 0, NULL) \
	X(AUDIT_LOG_FORMAT, "SecAuditLogFormat", CHOICE, audit_log_format, 0, 0, "Native\0JSON\0") \
	X(AUDIT_LOG_PARTS, "SecAuditLogParts", PARTS, audit_log_parts, 0, 0, NULL) \
	X(AUDIT_LOG_RELEVANT_STATUS, "SecAuditLogRelevantStatus", EXPRESSION, audit_log_relevant_status, 0, 0, NULL) \
	X(AUDIT_LOG_STORAGE_DIR, "SecAuditLogStorageDir", TEXT, audit_log_storage_dir, 0, 0, NULL) \
	X(AUDIT_LOG_TYPE, "SecAuditLogType", CHOICE, audit_log_type, 0, 0, "Serial\0Concurrent\0HTTPS\0") \
	X(COLLECTION_TIMEOUT, "SecCollectionTimeout", NUMBER, collection_timeout, 0, 2592000, NULL) \
	X(COMPONENT_SIGNATURE, "SecComponentSignature", LIST, component_signatures, 0, 0, NULL) \
	X(CONTENT_INJECTION, "SecContentInjection", SWITCH, content_injection, 0, 0, "Off\0On\0") \
	X(COOKIE_FORMAT, "SecCookieFormat", CHOICE, cookie_format, 0, 0, "0\0" "1\0") \
	X(COOKIE_V0_SEPARATOR, "SecCookieV0Separator", LETTER, cookie_v0_separator, 0, 0, NULL) \
	X(DATA_DIR, "SecDataDir", TEXT, data_dir, 0, 0, NULL) \
	X(GEO_LOOKUP_DB, "SecGeoLookupDB", TEXT, geo_lookup_db, 0, 0, NULL) \
	X(HTTP_BL_KEY, "SecHttpBlKey", TEXT, http_bl_key, 0, 0, NULL) \
	X(INTERCEPT_ON_ERROR, "SecInterceptOnError", SWITCH, intercept_on_error, 0, 0, "Off\0On\0") \
	X(PARSE_XML_INTO_ARGS, "SecParseXmlIntoArgs", CHOICE, parse_xml_into_args, 0, 0, "Off\0On\0OnlyArgs\0") \
	X(PCRE_MATCH_LIMIT, "SecPcreMatchLimit", NUMBER, pcre_match_limit, 1, UINT32_MAX, NULL) \
	X(PCRE_MATCH_LIMIT_RECURSION, "SecPcreMatchLimitRecursion", NUMBER, pcre_match_limit_recursion, 1, UINT32_MAX, NULL) \
	X(REQUEST_BODY_ACCESS, "SecRequestBodyAccess", SWITCH, request_body_access, 0, 0, "Off\0On\0") \
	X(REQUEST_BODY_IN_MEMORY_LIMIT, "SecRequestBodyInMemoryLimit", NUMBER, request_body_in_memory_limit, 1, 1073741824, NULL) \
	X(REQUEST_BODY_JSON_DEPTH_LIMIT, "SecRequestBodyJsonDepthLimit", NUMBER, request_body_json_depth_limit, 1, 1000000, NULL) \
	X(REQUEST_BODY_LIMIT, "SecRequestBodyLimit", NUMBER, request_body_limit, 1, 1099511627776, NULL) \
	X(REQUEST_BODY_LIMIT_ACTION, "SecRequestBodyLimitAction", CHOICE, request_body_limit_action, 0, 0, "Reject\0ProcessPartial\0") \
	X(REQUEST_BODY_NO_FILES_LIMIT, "SecRequestBodyNoFilesLimit", NUMBER, request_body_no_files_limit, 1, 1099511627776, NULL) \
	X(RESPONSE_BODY_ACCESS, "SecResponseBodyAccess", SWITCH, response_body_access, 0, 0, "Off\0On\0") \
	X(RESPONSE_BODY_LIMIT, "SecResponseBodyLimit", NUMBER, response_body_limit, 1, 1073741824, NULL) \
	X(RESPONSE_BODY_LIMIT_ACTION, "SecResponseBodyLimitAction", CHOICE, response_body_limit_action, 0, 0, "Reject\0ProcessPartial\0") \
	X(RESPONSE_BODY_MIME_TYPE, "SecResponseBodyMimeType", LIST, response_body_mime_types, 0, 0, NULL) \
	X(RESPONSE_BODY_MIME_TYPES_CLEAR, "SecResponseBodyMimeTypesClear", CLEAR, response_body_mime_types, 0, 0, NULL) \
	X(RULE_ENGINE, "SecRuleEngine", CHOICE, rule_engine, 0, 0, "Off\0On\0DetectionOnly\0") \
	X(SENSOR_ID, "SecSensorId", TEXT, sensor_id, 0, 0, NULL) \
	X(STREAM_IN_BODY_INSPECTION, "SecStreamInBodyInspection", SWITCH, stream_in_body_inspection, 0, 0, "Off\0On\0") \
	X(STREAM_OUT_BODY_INSPECTION, "SecStreamOutBodyInspection", SWITCH, stream_out_body_inspection, 0, 0, "Off\0On\0") \
	X(TMP_DIR, "SecTmpDir", TEXT, tmp_dir, 0, 0, NULL) \
	X(TMP_SAVE_UPLOADED_FILES, "SecTmpSaveUploadedFiles", SWITCH, tmp_save_uploaded_files, 0, 0, "Off\0On\0") \
	X(UNICODE_CODE_PAGE, "SecUnicodeCodePage", NUMBER, unicode_code_page, 1, 65535, NULL) \
	X(UNICODE_MAP_FILE, "SecUnicodeMapFile", MAP, unicode_map_file, 0, 0, NULL) \
	X(UPLOAD_DIR, "SecUploadDir", TEXT, upload_dir, 0, 0, NULL) \
	X(UPLOAD_FILE_LIMIT, "SecUploadFileLimit", NUMBER, upload_file_limit, 0, 1000000, NULL) \
	X(UPLOAD_FILE_MODE, "SecUploadFileMode", MODE, upload_file_mode, 0, 0, NULL) \
	X(UPLOAD_KEEP_FILES, "SecUploadKeepFiles", CHOICE, upload_keep_files, 0, 0, "Off\0On\0RelevantOnly\0") \
	X(WEB_APP_ID, "SecWebAppId", TEXT, web_app_id, 0, 0, NULL)

enum setting {
#define X(id, name, kind, field, low, high, choices) SETTING_##id,
	SETTING_LIST(X)
#undef X
	SETTING_COUNT,
};

struct code_page;

struct span_list {
	struct span *list;
	size_t count, room;
};

struct settings {
	uint64_t given;              /* bit (enum setting): a file said so; the rest are 2.9.7's defaults */
	unsigned rule_engine, audit_engine, audit_log_type, audit_log_format, upload_keep_files, cookie_format;
	unsigned request_body_limit_action, response_body_limit_action;
	unsigned parse_xml_into_args;        /* enum xml_arguments of body/reader.h */
	bool request_body_access, response_body_access, content_injection, intercept_on_error, stream_in_body_inspection;
	bool stream_out_body_inspection, tmp_save_uploaded_files;
	char argument_separator, cookie_v0_separator;
	uint64_t arguments_limit, collection_timeout, pcre_match_limit, pcre_match_limit_recursion, request_body_limit;
	uint64_t request_body_no_files_limit, request_body_in_memory_limit, request_body_json_depth_limit, response_body_limit;
	uint64_t unicode_code_page, upload_file_limit, audit_log_dir_mode, audit_log_file_mode, upload_file_mode;  /* 0: default */
	struct span audit_log, audit_log_2, audit_log_parts, audit_log_storage_dir, data_dir, geo_lookup_db, http_bl_key, sensor_id;
	struct span tmp_dir, unicode_map_file, upload_dir, web_app_id;
	struct span audit_log_relevant_status;
	const struct code_page *code_page;   /* of SecUnicodeMapFile; NULL: none */
	struct regex *relevant_status;   /* NULL: none given */
	struct span_list component_signatures, response_body_mime_types;
};

_Static_assert(SETTING_COUNT <= 64, "a bit of `given` each");

static inline bool settings_has(const struct settings *settings, enum setting setting)
{
	return settings->given >> setting & 1;
}

void settings_init(struct settings *settings);
/* SecWebAppId, or "default". */
static inline struct span web_app_id(const struct settings *settings)
{
	return settings->web_app_id.len ? settings->web_app_id : SPAN("default");
}

#endif
