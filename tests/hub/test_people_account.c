/* Accounts: documents, names, secrets, passwords, one-time passwords, sets of tenants. */
#include "base/encode.h"
#include "folder.h"
#include "hub/people/account/password.h"
#include "hub/people/account/person.h"

static void a_person_reads_as_he_was_written(void **unused)
{
	static struct person person, again;
	struct buffer text;

	(void)unused;
	person_init(&person, "agnes", 1796025600000);
	person.roles = ROLE_OPERATOR | ROLE_APPROVER;
	person.tenants.count = 2;
	snprintf(person.tenants.list[0], TENANT_SET_NAME_BYTES, "town");
	snprintf(person.tenants.list[1], TENANT_SET_NAME_BYTES, "v\xc3\xa9lo \"x\"");
	snprintf(person.password, sizeof(person.password), "$argon2id$...");
	person.totp_step = 59867520;
	person.is_disabled = true;
	buffer_init(&text, PERSON_TEXT_MAX);
	assert_ok(person_write(&person, &text));
	assert_ok(person_read(buffer_span(&text), &again));
	memcpy(again.name, person.name, sizeof(again.name));
	assert_memory_equal(&again, &person, sizeof(person));
	for (size_t cut = 0; cut < buffer_len(&text); cut++)
		assert_result(person_read(span_take(buffer_span(&text), cut), &again), RESULT_MALFORMED);
	buffer_done(&text);
}

static void the_largest_person_has_room(void **unused)
{
	static struct person person, again;
	struct buffer text;

	(void)unused;
	person_init(&person, "agnes", 1796025600000);
	memset(person.display, '"', sizeof(person.display) - 1);
	person.tenants.count = TENANT_SET_MAX;
	for (unsigned i = 0; i < TENANT_SET_MAX; i++) {
		memset(person.tenants.list[i], '"', TENANT_SET_NAME_BYTES - 1);
		person.tenants.list[i][0] = (char)('0' + i);
	}
	buffer_init(&text, PERSON_TEXT_MAX);
	assert_ok(person_write(&person, &text));
	assert_ok(person_read(buffer_span(&text), &again));
	buffer_done(&text);
}

static void names(void **unused)
{
	static const struct { const char *text, *name; } rows[] = {
		{ "agnes", "agnes" }, { "Agn.E-s_1@town.example", "agn.e-s_1@town.example" }, { "7", "7" }, { "", NULL }, { "-a", NULL }, { ".a", NULL }, { "a b", NULL },
		{ "a/token:x", NULL }, { "local:root", NULL }, { "break-glass:a", NULL }, { "agn\xc3\xa8s", NULL }, { "a\n", NULL },
		{ "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg", "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg" },
		{ "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg", NULL },
	};
	char name[PERSON_NAME_BYTES];

	(void)unused;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_result(person_name_read(span_of(rows[i].text), name), rows[i].name ? RESULT_OK : RESULT_MALFORMED);
		if (rows[i].name)
			assert_string_equal(name, rows[i].name);
	}
}

static void codes(void **unused)
{
	char code[SECRET_CODE_BYTES], other[SECRET_CODE_BYTES], hash[SECRET_HASH_BYTES], again[SECRET_HASH_BYTES], typed[64] = "";
	size_t len = 0;

	(void)unused;
	secret_code_draw(code);
	secret_code_draw(other);
	assert_string_not_equal(code, other);
	assert_int_equal(strlen(code), 30);
	assert_ok(secret_code_hash(span_of(code), hash));
	/* As people type: small letters, spaces, O for 0, l for 1. */
	for (const char *at = code; *at; at++)
		typed[len++] = (char)(*at == '-' ? ' ' : *at == '0' ? 'O' : *at == '1' ? 'l' : ascii_lower(*at));
	assert_ok(secret_code_hash(span_make(typed, len), again));
	assert_true(secret_equal(hash, again));
	assert_ok(secret_code_hash(span_of(other), again));
	assert_false(secret_equal(hash, again));
	assert_result(secret_code_hash(span_take(span_of(code), 29), again), RESULT_MALFORMED);
	assert_result(secret_code_hash(SPAN("7KQ4X-7KQ4X-7KQ4X-7KQ4X-7KQ4XU"), again), RESULT_MALFORMED);
	assert_result(secret_code_hash(SPAN_NONE, again), RESULT_MALFORMED);
	again[0] = hash[0] = 0;
	assert_false(secret_equal(hash, again));
}

static void sealed_secrets(void **unused)
{
	struct complaints complaints;
	uint8_t key[SEALED_KEY_LEN], again[SEALED_KEY_LEN], secret[TOTP_SECRET_LEN] = "12345678901234567890", out[TOTP_SECRET_LEN];
	char text[SECRET_TEXT_LEN(TOTP_SECRET_LEN) + 1], folder[40], path[64];

	(void)unused;
	folder_make(folder);
	complaints_init(&complaints);
	assert_ok(secret_key_open(span_of(folder), &complaints, key));
	assert_ok(secret_key_open(span_of(folder), &complaints, again));
	assert_memory_equal(key, again, sizeof(key));
	assert_ok(secret_seal(key, SPAN("agnes"), secret, sizeof(secret), text));
	assert_ok(secret_open(key, SPAN("agnes"), span_of(text), out, sizeof(out)));
	assert_memory_equal(secret, out, sizeof(out));
	assert_result(secret_open(key, SPAN("mallory"), span_of(text), out, sizeof(out)), RESULT_MALFORMED);
	text[20] = text[20] == '0' ? '1' : '0';
	assert_result(secret_open(key, SPAN("agnes"), span_of(text), out, sizeof(out)), RESULT_MALFORMED);
	snprintf(path, sizeof(path), "%s/people.key", folder);
	assert_int_equal(chmod(path, 0640), 0);
	assert_result(secret_key_open(span_of(folder), &complaints, again), RESULT_REFUSED);
	assert_int_equal(complaints.errors, 1);
	complaints_done(&complaints);
	folder_remove(folder);
}

static void which_passwords_are_taken(void **unused)
{
	static const struct { const char *password; bool is_good; } rows[] = {
		{ "correct horse", true }, { "elevenchars", false }, { "", false }, { "aaaaaaaaaaaaaaaa", false }, { "abababababab", false }, { "agnes2026!winter", false }, { "AGNES-and-more-text", false },
		{ "hub.town.example1", false }, { "Zonder \xc3\xa9\xc3\xa9n getal", true },
	};

	(void)unused;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(password_complaint(span_of(rows[i].password), SPAN("agnes"), SPAN("hub.town.example")) == NULL, rows[i].is_good);
	assert_null(password_complaint(SPAN("abc and more of it"), SPAN("abc"), SPAN("x")));
}

static void passwords_are_hashed(void **unused)
{
	char hash[PASSWORD_HASH_BYTES], other[PASSWORD_HASH_BYTES];

	(void)unused;
	assert_ok(password_hash(SPAN("correct horse"), hash));
	assert_ok(password_hash(SPAN("correct horse"), other));
	assert_true(span_starts(span_of(hash), SPAN("$argon2id$v=19$m=65536,t=3,p=1$")));
	assert_string_not_equal(hash, other);
	assert_ok(password_verify(SPAN("correct horse"), hash));
	assert_result(password_verify(SPAN("correct horsf"), hash), RESULT_REFUSED);
	assert_result(password_verify(SPAN("correct horse"), NULL), RESULT_REFUSED);
	assert_result(password_verify(SPAN("correct horse"), ""), RESULT_REFUSED);
	assert_result(password_verify(SPAN("correct horse"), "nonsense"), RESULT_REFUSED);
}

/* RFC 6238, appendix B, the last six of its eight digits. */
static void one_time_passwords(void **unused)
{
	static const struct { uint64_t wall_s; const char *code; } rows[] = {
		{ 59, "287082" }, { 1111111109, "081804" }, { 1111111111, "050471" }, { 1234567890, "005924" }, { 2000000000, "279037" }, { 20000000000, "353130" },
	};
	static const uint8_t secret[TOTP_SECRET_LEN] = "12345678901234567890";
	char text[TOTP_BASE32_LEN + 1], code[7];
	uint64_t step = 0;
	struct buffer uri;

	(void)unused;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_ok(totp_make(secret, rows[i].wall_s / TOTP_STEP_S, code));
		assert_string_equal(code, rows[i].code);
		if (rows[i].wall_s < 60)
			continue;
		assert_ok(totp_check(secret, span_of(code), rows[i].wall_s, 0, &step));
		assert_int_equal(step, rows[i].wall_s / TOTP_STEP_S);
		assert_ok(totp_check(secret, span_of(code), rows[i].wall_s + 30, 0, &step));
		assert_ok(totp_check(secret, span_of(code), rows[i].wall_s - 30, 0, &step));
		assert_result(totp_check(secret, span_of(code), rows[i].wall_s + 60, 0, &step), RESULT_REFUSED);
		assert_result(totp_check(secret, span_of(code), rows[i].wall_s - 60, 0, &step), RESULT_REFUSED);
		assert_result(totp_check(secret, span_of(code), rows[i].wall_s, rows[i].wall_s / TOTP_STEP_S, &step), RESULT_REFUSED);  /* used */
		assert_ok(totp_check(secret, span_of(code), rows[i].wall_s, rows[i].wall_s / TOTP_STEP_S - 1, &step));
		assert_result(totp_check(secret, span_take(span_of(code), 5), rows[i].wall_s, 0, &step), RESULT_REFUSED);
	}
	totp_secret_write(secret, text);
	assert_string_equal(text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
	buffer_init(&uri, 1024);
	assert_ok(totp_uri_write(text, SPAN("hub.town.example"), SPAN("agnes@town"), &uri));
	assert_span(buffer_span(&uri), "otpauth://totp/hub.town.example:agnes%40town?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=hub.town.example");
	buffer_done(&uri);
}

static void read_set(const char *text, struct tenant_set *out, enum result due)
{
	struct json *root;

	assert_ok(json_read(span_of(text), &root));
	assert_result(tenant_set_read(root, out), due);
	json_drop(root);
}

static void sets_of_tenants(void **unused)
{
	static struct tenant_set all, none, two, one, both;

	(void)unused;
	read_set("[\"*\"]", &all, RESULT_OK);
	read_set("[]", &none, RESULT_OK);
	read_set("[\"a\",\"b\"]", &two, RESULT_OK);
	read_set("[\"b\"]", &one, RESULT_OK);
	read_set("[\"a\",\"*\"]", &both, RESULT_MALFORMED);
	read_set("[\"a\",\"a\"]", &both, RESULT_MALFORMED);
	read_set("[\"\"]", &both, RESULT_MALFORMED);
	read_set("[1]", &both, RESULT_MALFORMED);
	read_set("{}", &both, RESULT_MALFORMED);
	assert_true(tenant_set_has(&all, SPAN("x")) && tenant_set_has(&two, SPAN("a")) && !tenant_set_has(&one, SPAN("a")) && !tenant_set_has(&none, SPAN("a")));
	assert_true(tenant_set_within(&one, &two) && tenant_set_within(&two, &all) && tenant_set_within(&none, &one));
	assert_false(tenant_set_within(&two, &one) || tenant_set_within(&all, &two) || tenant_set_within(&one, &none));
	tenant_set_meet(&two, &one, &both);
	assert_true(both.count == 1 && tenant_set_has(&both, SPAN("b")) && !both.is_all);
	tenant_set_meet(&all, &two, &both);
	assert_true(both.count == 2 && !both.is_all);
	tenant_set_meet(&all, &all, &both);
	assert_true(both.is_all);
	tenant_set_meet(&none, &all, &both);
	assert_true(!both.count && !both.is_all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_person_reads_as_he_was_written), cmocka_unit_test(the_largest_person_has_room), cmocka_unit_test(names), cmocka_unit_test(codes),
		cmocka_unit_test(sealed_secrets), cmocka_unit_test(which_passwords_are_taken), cmocka_unit_test(passwords_are_hashed), cmocka_unit_test(one_time_passwords),
		cmocka_unit_test(sets_of_tenants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
