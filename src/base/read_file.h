/* The whole of a regular file, in a buffer whose maximum is the limit.
 *
 * Errors   RESULT_NOT_FOUND, RESULT_IO: errno says why; RESULT_REFUSED: it is no regular file (a pipe must hold nobody); RESULT_LIMIT: there is more,
 *          and OUT has the front of it; RESULT_NO_MEMORY
 * Owns     nothing
 * Threads  any
 */
#ifndef BOUCLIER_BASE_READ_FILE_H
#define BOUCLIER_BASE_READ_FILE_H

#include "base/buffer.h"

enum result read_file(const char *path, struct buffer *out) must_check;
/* NAME of FOLDER, which is no link: RESULT_REFUSED. */
enum result read_file_at(int folder, const char *name, struct buffer *out) must_check;
/* From where FD stands to its end, whatever it is. */
enum result read_descriptor(int fd, struct buffer *out) must_check;

#endif
