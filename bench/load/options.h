/* What one run of the generator does, read from its command line. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct options {
	const char *address;
	uint16_t port;
	unsigned connections;
	unsigned in_flight;      /* 0: as many as connections */
	double seconds;
	double rate;             /* requests a second, 0: closed loop */
	uint64_t requests;       /* stop after so many, 0: no limit */
	uint64_t upload_bytes;   /* zeros sent after the request */
	const char *request_file;
	unsigned variants;       /* the request's #### becomes 0000 to variants - 1, in turn */
	unsigned sources;        /* client addresses */
	bool tls, resume, handshake_only, new_connection, hold, h2;
};

/* False: something was wrong and a sentence was printed. */
bool options_read(struct options *options, int argc, char **argv);
