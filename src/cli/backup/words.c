/* A passphrase, from wherever it comes. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "cli/backup/backup.h"
#include "cli/command.h"

#include "base/banned.h"

/* One line, without its end; never through stdio, whose buffer would keep it. */
static bool read_line(int fd, struct passphrase *out)
{
	size_t len = 0;
	ssize_t got;
	char c;

	while (len < sizeof(out->text) - 1 && (got = read(fd, &c, 1)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || c == '\n')
			break;
		out->text[len++] = c;
	}
	if (len && out->text[len - 1] == '\r')
		len--;
	out->words = span_make(out->text, len);
	return len > 0;
}

static int judge(const struct passphrase *passphrase)
{
	if (passphrase->words.len >= PASSPHRASE_MIN && passphrase->words.len <= PASSPHRASE_MAX)
		return EXIT_DONE;
	return command_failed("a passphrase has %u to %u bytes", PASSPHRASE_MIN, PASSPHRASE_MAX);
}

/* Security, fails closed: what others may read is no secret. */
static int from_file(const char *path, struct passphrase *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat stat;
	int code = EXIT_DONE;

	if (fd < 0)
		return command_failed("the passphrase cannot be read from %s: %s", path, strerror(errno));
	if (fstat(fd, &stat) != 0 || (S_ISREG(stat.st_mode) && stat.st_mode & 0077))
		code = command_failed("%s may be read by others than its owner: chmod 600 %s", path, path);
	else if (!read_line(fd, out))
		code = command_failed("%s is empty", path);
	close(fd);
	return code == EXIT_DONE ? judge(out) : code;
}

static int from_terminal(const char *question, struct passphrase *out)
{
	struct termios shown, hidden;
	bool is_read;

	if (tcgetattr(STDIN_FILENO, &shown) != 0)
		return command_failed("the terminal cannot be asked");
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	fprintf(stderr, "%s: ", question);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	is_read = read_line(STDIN_FILENO, out);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	fputc('\n', stderr);
	return is_read ? judge(out) : command_failed("no passphrase was given");
}

int passphrase_ask(const struct options *options, const char *file, bool is_new, struct passphrase *out)
{
	struct passphrase again = { .text = "" };
	int code;

	file = option_text(options, "passphrase-file", file);
	*out = (struct passphrase){ .text = "" };
	if (file)
		return from_file(file, out);
	if (!isatty(STDIN_FILENO))
		return read_line(STDIN_FILENO, out) ? judge(out) : command_failed("no passphrase was given: on standard input, or by --passphrase-file");
	code = from_terminal("Passphrase of the backup", out);
	if (code == EXIT_DONE && is_new)
		code = from_terminal("Once more", &again);
	if (code == EXIT_DONE && is_new && !span_equal(out->words, again.words))
		code = command_failed("these are two different passphrases");
	passphrase_forget(&again, sizeof(again));
	return code;
}
