/* sshd's ports out of all the files that may say one: what sshd_config includes, and the units that listen in sshd's place. */
#include "../base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "packet/ssh_ports.h"

#include "base/banned.h"

static struct spared spared;
static char folder[] = "/tmp/bouclier-ssh-XXXXXX";

/* "22 2200": in their order; 22 is always there. */
static void assert_ports(const char *expected)
{
	char said[256] = "";
	size_t len = 0;

	for (unsigned i = 0; i < spared.ssh_port_count; i++)
		len += (size_t)snprintf(said + len, sizeof(said) - len, "%s%u", i ? " " : "", spared.ssh_ports[i]);
	assert_string_equal(said, expected);
}

static void units(void **state)
{
	static const struct { const char *text, *expected; } rows[] = {
		{ "[Socket]\nListenStream=2222\nAccept=no\n", "22 2222" },
		{ "ListenStream=\nListenStream=0.0.0.0:2222\nListenStream=[::]:2223\nListenStream = 2224 \r\n", "22 2222 2223 2224" },
		{ "ListenStream=/run/ssh.sock\nListenStream=@ssh\nListenStream=vsock::22\nListenStream=vsock:2:x\n", "22" },
		{ "#ListenStream=2222\nListenDatagram=2222\nXListenStream=2222\nListenStream\nListenStream=65536\nListenStream=0\nListenStream=-1", "22" },
		{ "ListenStream=ssh.example:2225", "22 2225" }, { "", "22" }, { "=\n\n=", "22" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		spared_init(&spared);
		ssh_unit_read(&spared, span_of(rows[i].text));
		assert_ports(rows[i].expected);
	}
}

static void hear(void *context, struct span pattern)
{
	struct buffer *said = context;

	assert_ok(buffer_print(said, "[%.*s]", SPAN_ARG(pattern)));
}

static void includes(void **state)
{
	struct buffer said;

	(void)state;
	buffer_init(&said, 4096);
	spared_init(&spared);
	ssh_config_read(&spared, SPAN("Include /etc/ssh/sshd_config.d/*.conf\ninclude=more.conf\tother.conf\nInclude \"with a blank.conf\" \"\" last.conf\nInclude\n#Include no\nIncluded no\nInclude \"open"),
	                hear, &said);
	assert_span(buffer_span(&said), "[/etc/ssh/sshd_config.d/*.conf][more.conf][other.conf][with a blank.conf][open]");
	buffer_done(&said);
}

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0 && fclose(file) == 0);
}

static void make(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static unsigned look(void)
{
	char config[64], unit_folder[64];
	const char *const unit_folders[] = { "/nonexistent", unit_folder, NULL };
	const struct spared_files files = { .sshd_config = config, .unit_folders = unit_folders };
	struct complaints complaints;
	unsigned count;

	snprintf(config, sizeof(config), "%s/sshd_config", folder);
	snprintf(unit_folder, sizeof(unit_folder), "%s/units", folder);
	complaints_init(&complaints);
	spared_init(&spared);
	ssh_ports_look(&spared, &files, &complaints);
	count = (unsigned)complaints.count;
	complaints_done(&complaints);
	return count;
}

static void all_files(void **state)
{
	char text[256];

	(void)state;
	assert_non_null(mkdtemp(folder));
	make("sshd_config.d");
	make("deep");
	make("units");
	make("units/ssh.socket.d");
	snprintf(text, sizeof(text), "Port 2201\nInclude deep/*.conf %s/absolute\nInclude deep/none*\n", folder);
	put("sshd_config", text);
	put("deep/a.conf", "Port 2202\nInclude deep/b.more\n");
	put("deep/b.more", "ListenAddress [::]:2203\n");
	put("deep/b.not", "Port 1\n");
	put("absolute", "Match all\n  Port 2204\n");
	put("sshd_config.d/x.conf", "Port 2205\n");
	put("units/ssh.socket", "[Socket]\nListenStream=2206\n");
	put("units/ssh.socket.d/addresses.conf", "[Socket]\nListenStream=\nListenStream=0.0.0.0:2207\n");
	put("units/sshd.socket", "[Socket]\nListenStream=2208\n");
	put("units/other.socket", "[Socket]\nListenStream=1\n");
	assert_int_equal(look(), 0);
	assert_ports("22 2201 2202 2203 2204 2205 2206 2208 2207");
}

/* Files that include themselves end: by depth, and by their number. */
static void rings(void **state)
{
	(void)state;
	put("sshd_config", "Port 2201\nInclude sshd_config\n");
	assert_int_equal(look(), 0);
	assert_ports("22 2201 2205 2206 2208 2207");
	put("sshd_config", "Port 2201\nInclude sshd_config sshd_config\n");
	assert_int_equal(look(), 1);
	assert_int_equal(spared.ssh_ports[1], 2201);
}

static int clean(void **state)
{
	char command[96];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(units), cmocka_unit_test(includes), cmocka_unit_test(all_files), cmocka_unit_test(rings) };

	return cmocka_run_group_tests(tests, NULL, clean);
}
