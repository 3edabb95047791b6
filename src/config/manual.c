/* bouclier.yaml(5) from the key tables. */
#include "config/dump.h"
#include "config/settings.h"
#include "config/value.h"

#include "base/banned.h"

struct manual {
	struct buffer *out;
	enum result result;
};

static void put(struct manual *manual, const char *text)
{
	if (manual->result == RESULT_OK)
		manual->result = buffer_append(manual->out, span_of(text));
}

/* Text as a line of its own: no control line by accident, no escape. */
static void put_line(struct manual *manual, struct span text)
{
	if (text.len && (text.at[0] == '.' || text.at[0] == '\''))
		put(manual, "\\&");
	for (size_t i = 0; i < text.len && manual->result == RESULT_OK; i++) {
		if (text.at[i] == '\\')
			put(manual, "\\e");
		else
			manual->result = buffer_append_byte(manual->out, text.at[i] == '\n' ? ' ' : text.at[i]);
	}
	put(manual, "\n");
}

static void put_text(struct manual *manual, const char *before, const char *text)
{
	if (manual->result == RESULT_OK)
		manual->result = buffer_print(manual->out, "%s%s\n", before, text);
}

static void write_flags(struct manual *manual, const struct key *key)
{
	if (key->flags & KEY_REQUIRED)
		put(manual, "It must be written.\n");
	if (key->flags & KEY_RESTART)
		put(manual, "A change takes effect at the next restart.\n");
	if (key->fallback) {
		put(manual, "Default: ");
		put_line(manual, span_of(key->fallback));
	}
}

static void write_table(struct manual *manual, const struct key_table *table);

static void write_key(struct manual *manual, const struct key *key)
{
	struct buffer expected;

	buffer_init(&expected, VALUE_EXPECT_MAX);
	if (manual->result == RESULT_OK)
		manual->result = value_expect(key, &expected);
	if (manual->result == RESULT_OK)
		manual->result = buffer_append_byte(&expected, '.');
	put_text(manual, ".It Ic ", key->name);
	if (key->help)
		put_line(manual, span_of(key->help));
	put(manual, "Value: ");
	put_line(manual, buffer_span(&expected));
	buffer_done(&expected);
	write_flags(manual, key);
	if (key->type == KEY_MAP)
		write_table(manual, key->table);
}

static void write_table(struct manual *manual, const struct key_table *table)
{
	put(manual, ".Bl -tag -width 8n\n");
	for (const struct key *key = table->keys; key->name; key++)
		write_key(manual, key);
	put(manual, ".El\n");
}

static void write_scope(struct manual *manual, config_sections sections, enum config_scope scope, const char *title)
{
	static const struct key_table *const own[SCOPE_COUNT] = { &config_top_table, &config_site_table, &config_route_table };

	put_text(manual, ".Sh ", title);
	put(manual, ".Bl -tag -width 8n\n");
	for (const struct key *key = own[scope]->keys; key->name; key++)
		write_key(manual, key);
	for (size_t i = 0; i < STRUCTURAL_COUNT; i++) {
		if (structural_keys[i].scope != scope)
			continue;
		put_text(manual, ".It Ic ", structural_keys[i].name);
		put_line(manual, span_of(structural_keys[i].help));
	}
	for (; sections->table; sections++) {
		for (const struct key *key = sections->table->keys; sections->scope == scope && key->name; key++)
			write_key(manual, key);
	}
	put(manual, ".El\n");
}

enum result config_manual(config_sections sections, struct buffer *out)
{
	struct manual manual = { out, RESULT_OK };

	put(&manual, ".Dd January 1, 2026\n.Dt BOUCLIER.YAML 5\n.Os\n.Sh NAME\n.Nm bouclier.yaml\n.Nd configuration of bouclier\n"
	             ".Sh DESCRIPTION\nThe file is YAML, read strictly: an unknown key, a wrong type, a missing unit or a key written twice is an error,\n"
	             "and all errors are reported at once.\nEach value is read by the type of its key: quotes are never needed to keep YAML from guessing.\n"
	             "Anchors, aliases, tags, merge keys and several documents are refused.\n.Pp\n"
	             "Where a list is allowed, a single value counts as a list of one.\n"
	             "Durations, sizes and speeds carry their unit.\nRelative paths start from the folder of the file that says them.\n.Pp\n"
	             "What a site does not say, it takes from\n.Ic defaults ;\nwhat a route does not say, it takes from its site.\n"
	             "Mappings are merged key by key, lists are replaced whole.\n");
	write_scope(&manual, sections, SCOPE_TOP, "TOP LEVEL");
	write_scope(&manual, sections, SCOPE_SITE, "SITES");
	write_scope(&manual, sections, SCOPE_ROUTE, "ROUTES");
	put(&manual, ".Sh EXAMPLES\n.Bd -literal -offset indent\nlisten: \"0.0.0.0:443\"\nsites:\n  - name: www.commune.example\n"
	             "    certificate: /etc/bouclier/tls/commune.pem\n    origins: http://10.0.0.11:8080\n.Ed\n.Sh SEE ALSO\n.Xr bouclier 1\n");
	return manual.result;
}
