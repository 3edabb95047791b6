#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char usage[] =
	"usage: load -p PORT [options]; prints one line of JSON\n"
	"  -a ADDRESS   of the server (127.0.0.1)\n"
	"  -c N         connections (64)\n"
	"  -w N         open all connections first, say \"ready\" on stderr, wait for a line on stdin, then keep N\n"
	"               requests in flight, each on the connection that has rested longest\n"
	"  -i           open all connections, one request on each, say \"ready\", hold them until stdin says or ends\n"
	"  -d SECONDS   how long (3)\n"
	"  -n N         stop after N requests\n"
	"  -r RATE      requests a second, at their own time whatever the answers do; waits count from the time a\n"
	"               request was due, so that a stalled server cannot hide its queue\n"
	"  -k           a new connection for each request\n"
	"  -s           TLS 1.3    -H  handshakes only    -t  resume a session    -2  HTTP/2 (with -i and -s)\n"
	"  -f FILE      the request, byte for byte    -u BYTES  zeros sent after it\n"
	"  -V N         #### in the request becomes 0000 to N-1 in turn\n"
	"  -S N         spread connections over N client addresses of 127.1.0.0/16\n";

static bool number_read(const char *text, double min, double max, double *number)
{
	char *end;

	errno = 0;
	*number = strtod(text, &end);
	if (!errno && end != text && !*end && *number >= min && *number <= max)
		return true;
	fprintf(stderr, "load: %s is not a number from %.0f to %.0f\n", text, min, max);
	return false;
}

/* A flat table of letters: longer than most functions because there are many, not because it is deep. */
static bool option_read(struct options *options, int letter, const char *text)
{
	double number = 0;

	switch (letter) {
	case 'a': options->address = text; return true;
	case 'f': options->request_file = text; return true;
	case 'i': options->hold = true; return true;
	case 'k': options->new_connection = true; return true;
	case 's': options->tls = true; return true;
	case 'H': options->handshake_only = true; return true;
	case 't': options->resume = true; return true;
	case '2': options->h2 = true; return true;
	default: break;
	}
	if (letter == '?' || !number_read(text, 0, 1e15, &number))
		return false;
	switch (letter) {
	case 'p': options->port = (uint16_t)number; return number >= 1 && number <= 65535;
	case 'c': options->connections = (unsigned)number; return number >= 1 && number <= 1e6;
	case 'w': options->in_flight = (unsigned)number; return number >= 1 && number <= 1e6;
	case 'd': options->seconds = number; return number <= 1e6;
	case 'n': options->requests = (uint64_t)number; return true;
	case 'r': options->rate = number; return number >= 1 && number <= 1e7;
	case 'u': options->upload_bytes = (uint64_t)number; return true;
	case 'V': options->variants = (unsigned)number; return number >= 1 && number <= 10000;
	case 'S': options->sources = (unsigned)number; return number >= 1 && number <= 60000;
	default: return false;
	}
}

bool options_read(struct options *options, int argc, char **argv)
{
	int letter;

	*options = (struct options){.address = "127.0.0.1", .connections = 64, .seconds = 3, .variants = 1};
	while ((letter = getopt(argc, argv, "a:p:c:w:id:n:r:kstH2f:u:V:S:")) != -1)
		if (!option_read(options, letter, optarg)) {
			fputs(usage, stderr);
			return false;
		}
	if (!options->port || (options->h2 && !(options->hold && options->tls))) {
		fputs(usage, stderr);
		return false;
	}
	return true;
}
