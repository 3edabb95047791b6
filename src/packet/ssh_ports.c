#include "packet/ssh_ports.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "base/read_file.h"

#include "base/banned.h"

#define PATH_BYTES 512u
#define SSHD_CONFIG "/etc/ssh/sshd_config"

struct looking {
	struct spared *spared;
	struct complaints *complaints;
	const char *folder;          /* of relative names; FOLDER_LEN bytes of it */
	size_t folder_len;
	unsigned files, depth;
	bool is_full;
};

/* -- sshd_config -- */

/* "192.0.2.1:2222", "[2001:db8::1]:2222", "host:2222"; "2001:db8::1" has no port. */
static void add_listen_port(struct spared *spared, struct span text)
{
	struct span rest = text;
	struct span host = span_cut(&rest, span_starts(text, SPAN("[")) ? ']' : ':');

	if (host.len == text.len)
		return;
	if (span_starts(text, SPAN("[")) && span_starts(rest, SPAN(":")))
		rest = span_skip(rest, 1);
	spared_add_port(spared, rest);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next word of LINE, which goes on behind it; in quotes, with blanks in it. Empty: there is none. */
static struct span word_cut(struct span *line)
{
	struct span rest = span_trim(*line), word;
	size_t len = 0;

	if (span_starts(rest, SPAN("\""))) {
		rest = span_skip(rest, 1);
		word = span_take(rest, span_find(rest, '"'));
		*line = span_skip(rest, word.len < rest.len ? word.len + 1 : word.len);
		return word;
	}
	while (len < rest.len && !is_blank(rest.at[len]))
		len++;
	*line = span_skip(rest, len);
	return span_take(rest, len);
}

/* "Port 22", "Port=22", "Port = \"22\"": the keyword, and OUT what follows. */
static struct span keyword_of(struct span line, struct span *out)
{
	struct span keyword;
	size_t len = 0;

	line = span_trim(line);
	while (len < line.len && !is_blank(line.at[len]) && line.at[len] != '=')
		len++;
	keyword = span_take(line, len);
	line = span_trim(span_skip(line, len));
	*out = span_starts(line, SPAN("=")) ? span_skip(line, 1) : line;
	return keyword;
}

void ssh_config_read(struct spared *spared, struct span text, void (*include)(void *context, struct span pattern), void *context)
{
	while (text.len) {
		struct span rest, keyword = keyword_of(span_cut(&text, '\n'), &rest), word = word_cut(&rest);

		if (span_equal_nocase(keyword, SPAN("Port")))
			spared_add_port(spared, word);
		else if (span_equal_nocase(keyword, SPAN("ListenAddress")))
			add_listen_port(spared, word);
		for (bool is_include = include && span_equal_nocase(keyword, SPAN("Include")); is_include && word.len; word = word_cut(&rest))
			include(context, word);
	}
}

void ssh_unit_read(struct spared *spared, struct span text)
{
	while (text.len) {
		struct span value = span_cut(&text, '\n');
		struct span key = span_trim(span_cut(&value, '='));

		value = span_trim(span_ends(value, SPAN("\r")) ? span_take(value, value.len - 1) : value);
		if (!span_equal(key, SPAN("ListenStream")))
			continue;
		spared_add_port(spared, value);    /* "22"; a path or a name is none */
		add_listen_port(spared, value);
	}
}

/* -- files -- */

static void read_pattern(void *context, struct span pattern);

static void read_one(struct looking *looking, const char *path, bool is_unit)
{
	struct buffer text;
	enum result result;

	if (looking->files++ >= SSH_FILES_MAX) {
		looking->is_full = true;
		return;
	}
	buffer_init(&text, SPARED_FILE_BYTES);
	result = read_file(path, &text);
	if (result == RESULT_OK && is_unit)
		ssh_unit_read(looking->spared, buffer_span(&text));
	else if (result == RESULT_OK)
		ssh_config_read(looking->spared, buffer_span(&text), read_pattern, looking);
	else if (result == RESULT_LIMIT)
		complain(looking->complaints, COMPLAINT_WARNING, (struct place){ .file = span_of(path) }, SPAN_NONE, "it is longer than what is read: ports of sshd in it are not known");
	buffer_done(&text);
}

static void read_all(struct looking *looking, const char *pattern, bool is_unit)
{
	glob_t found;

	if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc && !looking->is_full; i++)
		read_one(looking, found.gl_pathv[i], is_unit);
	globfree(&found);
}

static void read_pattern(void *context, struct span pattern)
{
	struct looking *looking = context;
	char path[PATH_BYTES];
	int len;

	if (looking->depth == SSH_DEPTH_MAX)
		return;
	if (span_starts(pattern, SPAN("/")))
		len = snprintf(path, sizeof(path), "%.*s", SPAN_ARG(pattern));
	else
		len = snprintf(path, sizeof(path), "%.*s%.*s", (int)looking->folder_len, looking->folder, SPAN_ARG(pattern));
	if (len <= 0 || (size_t)len >= sizeof(path))
		return;
	looking->depth++;
	read_all(looking, path, false);
	looking->depth--;
}

static void read_units(struct looking *looking, const char *folder)
{
	static const char *const patterns[] = { "ssh.socket", "sshd.socket", "ssh.socket.d/*.conf", "sshd.socket.d/*.conf" };
	char path[PATH_BYTES];

	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, patterns[i]);
		read_all(looking, path, true);
	}
}

void ssh_ports_look(struct spared *spared, const struct spared_files *files, struct complaints *complaints)
{
	static const char *const folders[] = { "/etc/systemd/system", "/run/systemd/system", "/run/systemd/generator", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
	                                       "/lib/systemd/system", NULL };
	const char *config = files->sshd_config ? files->sshd_config : SSHD_CONFIG, *slash = strrchr(config, '/');
	struct looking looking = { .spared = spared, .complaints = complaints, .folder = config, .folder_len = slash ? (size_t)(slash - config) + 1 : 0 };

	read_one(&looking, config, false);
	read_pattern(&looking, SPAN("sshd_config.d/*.conf"));  /* where the file itself cannot be read */
	for (const char *const *folder = files->unit_folders ? files->unit_folders : folders; *folder; folder++)
		read_units(&looking, *folder);
	if (looking.is_full)
		complain(complaints, COMPLAINT_WARNING, (struct place){ .line = 0 }, SPAN("add its ports to packet.expose.tcp"), "sshd's configuration is of more than %u files: ports in the others are not known",
		         SSH_FILES_MAX);
}
