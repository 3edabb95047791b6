#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "config/edit.h"

enum operation { ADD, ADD_RULES, REMOVE, ADD_ITEM, REMOVE_ITEM };

#define HEAD "# the portals\nlisten: \"127.0.0.1:1\"  # one\n\n"
#define ITEM "{ name: p, until: \"2027-01-31T00:00:00Z\" }"
#define F "sites:\n  - name: a\n    l:"
#define NEW "name: b.example\n    certificate: /t/b.pem\n    origins: \"http://10.0.0.2:80\"\n"

static const struct example {
	enum operation operation;
	enum result result;
	const char *key, *value, *text, *edited;
} examples[] = {
	{ ADD, RESULT_OK, 0, 0, HEAD "sites:\n  - name: a\n    x: 1  # why\n  # end\n", HEAD "sites:\n  - name: a\n    x: 1  # why\n  - " NEW "  # end\n" },
	{ ADD, RESULT_OK, 0, 0, HEAD "sites:\n- name: a\n  y: [1, 2]\n\nlog: x\n", HEAD "sites:\n- name: a\n  y: [1, 2]\n- name: b.example\n  certificate: /t/b.pem\n  origins: \"http://10.0.0.2:80\"\n\nlog: x\n" },
	{ ADD, RESULT_OK, 0, 0, "sites:\n  - name: a", "sites:\n  - name: a\n  - name: b.example\n    certificate: /t/b.pem\n    origins: \"http://10.0.0.2:80\"" },
	{ ADD, RESULT_OK, 0, 0, HEAD, HEAD "sites:\n  - " NEW },
	{ ADD, RESULT_OK, 0, 0, "", "sites:\n  - " NEW },
	{ ADD, RESULT_OK, 0, 0, "listen: a", "listen: a\nsites:\n  - " NEW },
	{ ADD, RESULT_OK, 0, 0, "sites: []  # none\n", "sites: \n  - name: b.example\n    certificate: /t/b.pem\n    origins: \"http://10.0.0.2:80\"  # none\n" },
	{ ADD, RESULT_OK, 0, 0, "sites:  # none\nlog: x\n", "sites:  # none\n  - " NEW "log: x\n" },
	{ ADD, RESULT_OK, 0, 0, "sites: [{ name: a }]\n", "sites: [{ name: a }, { name: b.example, certificate: /t/b.pem, origins: \"http://10.0.0.2:80\" }]\n" },
	{ ADD, RESULT_OK, 0, 0, "a: b\r\nsites:\r\n  - name: a\r\n", "a: b\r\nsites:\r\n  - name: a\r\n  - name: b.example\r\n    certificate: /t/b.pem\r\n    origins: \"http://10.0.0.2:80\"\r\n" },
	{ ADD_RULES, RESULT_OK, 0, 0, HEAD, HEAD "sites:\n  - " NEW "    waf: { mode: detect, graduate: 7d, ruleset: crs }\n" },
	{ ADD_RULES, RESULT_OK, 0, 0, "sites: [{ name: a }]\n", "sites: [{ name: a }, { name: b.example, certificate: /t/b.pem, origins: \"http://10.0.0.2:80\", waf: { mode: detect, graduate: 7d, ruleset: crs } }]\n" },
	{ ADD, RESULT_REFUSED, 0, 0, "sites:\n  - name: b.example\n", NULL },
	{ ADD, RESULT_REFUSED, 0, 0, "{ a: b }\n", NULL },
	{ ADD, RESULT_REFUSED, 0, 0, "sites: { a: b }\n", NULL },
	{ ADD, RESULT_MALFORMED, 0, 0, "sites: [\n", NULL },
	{ REMOVE, RESULT_OK, "a", 0, "sites:\n  # first\n  - name: a\n    x: 1\n  # second\n  - name: b\n", "sites:\n  # first\n  # second\n  - name: b\n" },
	{ REMOVE, RESULT_OK, "b", 0, "sites:\n  - name: a\n  -   x:\n        - 1\n      name: b  # this\n# end\n", "sites:\n  - name: a\n# end\n" },
	{ REMOVE, RESULT_OK, "a", 0, "sites:  # all\n  - name: a\nlog: x\n", "sites: []  # all\nlog: x\n" },
	{ REMOVE, RESULT_OK, "a", 0, "sites: [{ name: a }, { name: b }]\n", "sites: [{ name: b }]\n" },
	{ REMOVE, RESULT_OK, "b", 0, "sites: [{ name: a }, { name: b } ]\n", "sites: [{ name: a } ]\n" },
	{ REMOVE, RESULT_OK, "a", 0, "sites: [{ name: a }]\n", "sites: []\n" },
	{ REMOVE, RESULT_NOT_FOUND, "z", 0, "sites: [{ name: a }]\n", NULL },
	{ REMOVE, RESULT_OK, "a", 0, "sites:\n  - # odd - or not\n    name: a\n  - name: b\n", "sites:\n  - name: b\n" },
	{ REMOVE, RESULT_OK, "b", 0, "sites:\n  - name: a  # this - that\n  # of b\n  -\n    # odd\n    name: b\n# end\n", "sites:\n  - name: a  # this - that\n  # of b\n# end\n" },
	{ ADD_ITEM, RESULT_OK, 0, 0, "sites:\n  - name: a\n    y: [1]  # list\n  - name: b\n", "sites:\n  - name: a\n    y: [1]  # list\n    l: [" ITEM "]\n  - name: b\n" },
	{ ADD_ITEM, RESULT_OK, 0, 0, "sites: [{ name: a }]\n", "sites: [{ name: a, l: [" ITEM "] }]\n" },
	{ ADD_ITEM, RESULT_OK, 0, 0, "sites:\n  - name: a\n    l: [{ name: q }]  # these\n", "sites:\n  - name: a\n    l: [{ name: q }, " ITEM "]  # these\n" },
	{ ADD_ITEM, RESULT_OK, 0, 0, "sites:\n  - name: a\n    l: []  # none\n", "sites:\n  - name: a\n    l: [" ITEM "]  # none\n" },
	{ ADD_ITEM, RESULT_OK, 0, 0, "sites:\n  - name: a\n    l:\n      - name: q  # q\n        x: 1  # one\n    z: 1\n",
	  "sites:\n  - name: a\n    l:\n      - name: q  # q\n        x: 1  # one\n      - " ITEM "\n    z: 1\n" },
	{ ADD_ITEM, RESULT_REFUSED, 0, 0, "sites:\n  - name: a\n    l: [{ name: p }]\n", NULL },
	{ ADD_ITEM, RESULT_REFUSED, 0, "3:8", F " off\n", NULL },
	{ ADD_ITEM, RESULT_NOT_FOUND, 0, 0, "sites:\n  - name: b\n", NULL },
	{ REMOVE_ITEM, RESULT_OK, 0, 0, "sites:\n  - name: a\n    l: [{ name: q }, " ITEM "]\n", "sites:\n  - name: a\n    l: [{ name: q }]\n" },
	{ REMOVE_ITEM, RESULT_OK, 0, 0, "sites:\n  - name: a\n    l: [" ITEM "]\n", "sites:\n  - name: a\n    l: []\n" },
	{ REMOVE_ITEM, RESULT_OK, 0, 0, "sites:\n  - name: a\n    l:\n      # this\n      - name: p\n        x: 1\n      - name: q\n", "sites:\n  - name: a\n    l:\n      # this\n      - name: q\n" },
	{ REMOVE_ITEM, RESULT_OK, 0, 0, "sites:\n  - name: a\n    l:  # all\n      - name: p\n    z: 1\n", "sites:\n  - name: a\n    l: []  # all\n    z: 1\n" },
	{ REMOVE_ITEM, RESULT_NOT_FOUND, 0, 0, "sites:\n  - name: a\n    l: [{ name: q }]\n", NULL },
	{ REMOVE_ITEM, RESULT_NOT_FOUND, 0, 0, "sites:\n  - name: a\n", NULL },
	/* Comments of a flow stay, wherever they stand. */
	{ ADD_ITEM, RESULT_OK, 0, 0, F " [{ name: q }] # why\n", F " [{ name: q }, " ITEM "] # why\n" },
	{ ADD_ITEM, RESULT_OK, 0, 0, F " [{ name: q },  # of q\n       { name: r }  # of r, not of p\n      ]  # why\n",
	  F " [{ name: q },  # of q\n       { name: r },  # of r, not of p\n       " ITEM "\n      ]  # why\n" },
	{ ADD_ITEM, RESULT_OK, 0, 0, F " [\n      { name: q },  # of q, not of p\n      # more\n    ]\n", F " [\n      { name: q },  # of q, not of p\n      " ITEM "\n      # more\n    ]\n" },
	{ ADD_ITEM, RESULT_OK, 0, 0, F " [\n      { name: q }  # of q\n      , # more\n    ]\n", F " [\n      { name: q }  # of q\n      , " ITEM " # more\n    ]\n" },
	{ ADD_ITEM, RESULT_OK, 0, 0, F " [\n      { name: q }\n      # more\n    ]\n", F " [\n      { name: q }, " ITEM "\n      # more\n    ]\n" },
	{ ADD_ITEM, RESULT_OK, 0, 0, F " [ # none yet, [really]\n    ] # why\n", F " [" ITEM " # none yet, [really]\n    ] # why\n" },
	{ ADD_ITEM, RESULT_OK, 0, 0, F " [name: q # of q\n    ]\n", F " [name: q, # of q\n        " ITEM "\n    ]\n" },
	{ ADD_ITEM, RESULT_OK, 0, 0, "sites: [{ name: a # of a\n  }]\n", "sites: [{ name: a, # of a\n          l: [" ITEM "]\n  }]\n" },
	{ ADD_ITEM, RESULT_OK, 0, 0, F "\n    z: 1\n", F " [" ITEM "]\n    z: 1\n" },
	{ ADD_ITEM, RESULT_OK, 0, 0, F " # none\n", F " [" ITEM "] # none\n" },
	{ REMOVE_ITEM, RESULT_OK, 0, 0, F " [" ITEM ", { name: q }] # why\n", F " [{ name: q }] # why\n" },
	{ REMOVE_ITEM, RESULT_OK, 0, 0, F " [" ITEM "] # why\n", F " [] # why\n" },
	{ REMOVE_ITEM, RESULT_OK, 0, 0, F " [\n      " ITEM ",  # of p\n      # of q\n      { name: q }\n    ] # why\n", F " [\n      # of p\n      # of q\n      { name: q }\n    ] # why\n" },
	{ REMOVE_ITEM, RESULT_OK, 0, 0, F " [" ITEM ", # of p\n      { name: q }]\n", F " [ # of p\n      { name: q }]\n" },
	{ REMOVE_ITEM, RESULT_OK, 0, 0, F " [\n      " ITEM ",\n      # of q\n      { name: q }\n    ]\n", F " [\n      # of q\n      { name: q }\n    ]\n" },
	{ REMOVE_ITEM, RESULT_OK, 0, 0, F " [\n      " ITEM " # of p\n      , # of all\n      { name: q }\n    ]\n", F " [\n      # of p\n      # of all\n      { name: q }\n    ]\n" },
	{ REMOVE_ITEM, RESULT_OK, 0, 0, F " [\n      { name: q },  # of q, r\n      " ITEM ",  # of p\n      # more\n    ]\n", F " [\n      { name: q },  # of q, r\n      # of p\n      # more\n    ]\n" },
	{ REMOVE_ITEM, RESULT_OK, 0, 0, F " [\n      { name: q },  # of q\n      " ITEM "\n    ]\n", F " [\n      { name: q },  # of q\n    ]\n" },
	{ REMOVE_ITEM, RESULT_OK, 0, 0, F " [\n      { name: q } # of q\n      , " ITEM " ]\n", F " [\n      { name: q } # of q\n      , ]\n" },
	{ REMOVE_ITEM, RESULT_OK, 0, 0, F " [name: p # of p\n      , name: q]\n", F " [ # of p\n      name: q]\n" },
	{ REMOVE_ITEM, RESULT_OK, 0, 0, F " [\n      { name: p }, # of p\n    ]\n", F " [\n      # of p\n    ]\n" },
	{ REMOVE_ITEM, RESULT_OK, 0, 0, F " [{ name: p },]\n", F " []\n" },
	{ REMOVE_ITEM, RESULT_OK, 0, 0, F " [{ name: q }, { name: p },]\r\n", F " [{ name: q },]\r\n" },
	{ REMOVE, RESULT_OK, "a", 0, "sites: [ # all\n  { name: a },  # of a\n  { name: b }  # of b\n]\n", "sites: [ # all\n  # of a\n  { name: b }  # of b\n]\n" },
	{ ADD, RESULT_OK, 0, 0, "sites: [ # none\n]\n", "sites: [{ name: b.example, certificate: /t/b.pem, origins: \"http://10.0.0.2:80\" } # none\n]\n" },
	{ ADD, RESULT_OK, 0, 0, "sites: [\n  { name: a }  # of a\n]\n", "sites: [\n  { name: a },  # of a\n  { name: b.example, certificate: /t/b.pem, origins: \"http://10.0.0.2:80\" }\n]\n" },
	/* Refused with the place. */
	{ REMOVE_ITEM, RESULT_REFUSED, 0, "3:9", F " [{ name: p } # only a carriage return ends this\r , { name: q }]\n", NULL },
	{ REMOVE_ITEM, RESULT_REFUSED, 0, 0, "sites:\n  - name: a\n    ? l\n    : - name: p\n", NULL },
	{ REMOVE_ITEM, RESULT_OK, 0, 0, "sites:\n  - name: a\n    l:\n      - ? name\n        : p\n", "sites:\n  - name: a\n    l: []\n" },
	{ REMOVE_ITEM, RESULT_REFUSED, 0, "2:7", "defaults:\n  l: [{ name: p }]\nsites:\n  - name: a\n", NULL },
	{ ADD_ITEM, RESULT_REFUSED, 0, "2:6", "defaults:\n  l: [{ name: q }]\nsites:\n  - name: a\n", NULL },
	{ ADD_ITEM, RESULT_REFUSED, 0, "4:7", F "\n      name: q\n", NULL },
	{ ADD_ITEM, RESULT_OK, 0, 0, "defaults: { l: [] }\nsites:\n  - name: a\n", "defaults: { l: [] }\nsites:\n  - name: a\n    l: [" ITEM "]\n" },
	/* A mapping is a list of one. */
	{ ADD_ITEM, RESULT_OK, 0, 0, F " { name: q, # of q\n      x: 1 }  # why\n", F " [{ name: q, # of q\n      x: 1 }, " ITEM "]  # why\n" },
	{ REMOVE_ITEM, RESULT_OK, 0, 0, F " { name: p }  # why\n", F " []  # why\n" },
	{ REMOVE_ITEM, RESULT_OK, 0, 0, F "  # all\n      # of p\n      name: p\n      x: 1\n    z: 1\n", F " []  # all\n      # of p\n    z: 1\n" },
	{ ADD_ITEM, RESULT_REFUSED, 0, "3:9", F " [name: p]\n", NULL },
};

static enum result run(const struct example *example, struct complaints *complaints, struct buffer *out)
{
	const struct new_site site = { SPAN("b.example"), SPAN("/t/b.pem"), SPAN("http://10.0.0.2:80"),
		                       example->operation == ADD_RULES ? SPAN("crs") : SPAN_NONE };
	const struct edit_pair pairs[] = { { "name", SPAN("p") }, { "until", SPAN("2027-01-31T00:00:00Z") } };
	const struct edit_item item = { SPAN("a"), SPAN("l"), pairs, 2 };
	struct span file = SPAN("f"), text = span_of(example->text);

	switch (example->operation) {
	case ADD: case ADD_RULES:
		return config_edit_add_site(file, text, &site, complaints, out);
	case REMOVE:
		return config_edit_remove_site(file, text, span_of(example->key), complaints, out);
	case ADD_ITEM:
		return config_edit_add_item(file, text, &item, complaints, out);
	case REMOVE_ITEM:
		return config_edit_remove_item(file, text, &item, complaints, out);
	}
	return RESULT_REFUSED;
}

static void edits_touch_nothing_else(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		struct complaints complaints;
		struct buffer out;
		enum result result;

		complaints_init(&complaints);
		buffer_init(&out, 1 << 20);
		result = run(&examples[i], &complaints, &out);
		if (result != examples[i].result ||
		    (examples[i].edited && !span_equal(buffer_span(&out), span_of(examples[i].edited)))) {
			print_error("%zu: %s\n%s\n---- became\n%.*s\n", i, result_name(result), examples[i].text, SPAN_ARG(buffer_span(&out)));
			wrong++;
		}
		if (result == RESULT_REFUSED || result == RESULT_MALFORMED)
			assert_int_equal(complaints.errors, 1);
		if (result == RESULT_REFUSED && examples[i].value) {
			char place[32];

			snprintf(place, sizeof(place), "%u:%u", complaints.list->line, complaints.list->column);
			assert_string_equal(place, examples[i].value);
		}
		buffer_done(&out);
		complaints_done(&complaints);
	}
	assert_int_equal(wrong, 0);
}

/* The way out is another edit, not an editor. */
static void a_name_that_is_there_goes_first(void **state)
{
	static const struct example item = { ADD_ITEM, RESULT_REFUSED, 0, 0, F " [{ name: p }]\n", NULL };
	static const struct example site = { ADD, RESULT_REFUSED, 0, 0, "sites: [{ name: b.example }]\n", NULL };
	const struct example *each[] = { &item, &site };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct complaints complaints;
		struct buffer out;

		complaints_init(&complaints);
		buffer_init(&out, 4096);
		assert_int_equal(run(each[i], &complaints, &out), RESULT_REFUSED);
		assert_true(span_ends(complaints.list->text, SPAN("of that name already: it has to go first")));
		buffer_done(&out);
		complaints_done(&complaints);
	}
}

static void a_file_is_replaced_whole(void **state)
{
	char folder[] = "/tmp/bouclier-edit-XXXXXX", path[64], link[64], text[16] = "";
	struct stat stat_after;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/a.yaml", folder);
	snprintf(link, sizeof(link), "%s/link.yaml", folder);
	assert_int_equal(config_edit_write(span_of(path), SPAN_NONE, SPAN("one")), RESULT_OK);
	assert_int_equal(chmod(path, 0604), 0);
	assert_int_equal(symlink("a.yaml", link), 0);
	assert_int_equal(config_edit_write(span_of(path), SPAN("other"), SPAN("two")), RESULT_REFUSED);
	assert_int_equal(config_edit_write(span_of(link), SPAN("one"), SPAN("two")), RESULT_OK);
	assert_int_equal(lstat(link, &stat_after), 0);
	assert_true(S_ISLNK(stat_after.st_mode));
	assert_int_equal(stat(path, &stat_after), 0);
	assert_int_equal(stat_after.st_mode & 07777, 0604);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fread(text, 1, sizeof(text), file), 3);
	fclose(file);
	assert_memory_equal(text, "two", 3);
	unlink(link);
	unlink(path);
	assert_int_equal(rmdir(folder), 0);  /* nothing temporary stays */
	assert_int_equal(config_edit_write(span_of(path), SPAN_NONE, SPAN("x")), RESULT_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edits_touch_nothing_else),
		cmocka_unit_test(a_name_that_is_there_goes_first),
		cmocka_unit_test(a_file_is_replaced_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
