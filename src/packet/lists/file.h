/* A file of networks: what an administrator, or an authority, gives to deny.
 *
 * Shape    a network or an address a line; # or ; and what follows is a comment (published lists have both); empty lines and CR are nothing
 * Limits   PREFIX_FILE_BYTES, PREFIX_LINE_BYTES a line, PREFIX_FILE_COUNT networks; after PREFIX_FILE_ERRORS errors reading ends
 * Errors   all of them with file and line in COMPLAINTS, and then nothing is read: a bad file changes nothing
 */
#ifndef BOUCLIER_PACKET_LISTS_FILE_H
#define BOUCLIER_PACKET_LISTS_FILE_H

#include "base/complaint.h"
#include "packet/lists/prefixes.h"

#define PREFIX_FILE_BYTES ((size_t)32 << 20)
#define PREFIX_FILE_COUNT 500000u
#define PREFIX_FILE_ERRORS 20u
#define PREFIX_LINE_BYTES 512u

/* Reads TEXT, which FILE is said to hold, into OUT, merged; OUT is born by prefixes_init and empty unless RESULT_OK. RESULT_REFUSED: complained. */
enum result prefix_text_read(struct span file, struct span text, struct complaints *complaints, struct packet_prefixes *out) must_check;
/* The same of the regular file PATH. */
enum result prefix_file_read(const char *path, struct complaints *complaints, struct packet_prefixes *out) must_check;

#endif
