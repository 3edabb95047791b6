#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/read_file.h"
#include "cli/probe/probe.h"

#include "base/banned.h"

enum result probe_key_load(const char *path, struct evp_pkey_st **out)
{
	struct buffer pem;
	enum result result;

	buffer_init(&pem, 2 * SIGNATURE_PEM_MAX);
	result = read_file(path, &pem);
	if (result == RESULT_OK)
		result = signature_key_read(buffer_span(&pem), out);
	if (pem.bytes)
		explicit_bzero(pem.bytes, pem.size);
	buffer_done(&pem);
	return result == RESULT_LIMIT || result == RESULT_REFUSED ? RESULT_MALFORMED : result;
}

/* A file that is there is never written over: it may be the key that a hub knows. */
static int create(const char *path)
{
	struct evp_pkey_st *key = NULL;
	struct buffer pem;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600), code = EXIT_DONE;
	enum result result;

	if (fd < 0)
		return command_failed("%s cannot be made: %s", path, strerror(errno));
	buffer_init(&pem, SIGNATURE_PEM_MAX);
	result = signature_key_make(&key);
	if (result == RESULT_OK)
		result = signature_key_write(key, &pem);
	if (result == RESULT_OK && (write(fd, buffer_span(&pem).at, buffer_len(&pem)) != (ssize_t)buffer_len(&pem) || fsync(fd) != 0))
		result = RESULT_IO;
	if (result != RESULT_OK) {
		code = command_failed("%s cannot be written: %s", path, result == RESULT_IO ? strerror(errno) : result_name(result));
		(void)unlink(path);
	}
	close(fd);
	if (key)
		signature_key_free(key);
	if (pem.bytes)
		explicit_bzero(pem.bytes, pem.size);
	buffer_done(&pem);
	return code;
}

static int show(const char *path)
{
	uint8_t public_key[SIGNATURE_PUBLIC_LEN];
	struct evp_pkey_st *key = NULL;
	struct buffer text;
	enum result result = probe_key_load(path, &key);

	if (result == RESULT_OK)
		result = signature_public(key, public_key);
	if (key)
		signature_key_free(key);
	if (result != RESULT_OK)
		return command_failed("%s is no key of a probe: %s", path, result == RESULT_IO || result == RESULT_NOT_FOUND ? strerror(errno) : "a private key of Ed25519 in PEM, without a passphrase, is needed");
	buffer_init(&text, 128);
	result = base64_write(span_make((const char *)public_key, sizeof(public_key)), &text);
	if (result == RESULT_OK)
		printf("%.*s\n", SPAN_ARG(buffer_span(&text)));
	buffer_done(&text);
	return result == RESULT_OK ? EXIT_DONE : command_failed("no memory");
}

int probe_key_command(const char *path)
{
	int code = access(path, F_OK) == 0 ? EXIT_DONE : create(path);

	return code == EXIT_DONE ? show(path) : code;
}
