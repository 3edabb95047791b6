/* The loader's own folders, and small files in them: what waits (pending.h), and what was confirmed (confirmed.h).
 *
 * Security, fails closed: a folder that others may write to tells nothing that could be trusted
 * Owns     nothing
 * Threads  one at a time, by the lock (pending.h)
 */
#ifndef BOUCLIER_PACKET_LOADER_FILES_H
#define BOUCLIER_PACKET_LOADER_FILES_H

#include "base/buffer.h"

/* Makes FOLDER, mode 0700, where it is missing. RESULT_REFUSED: it is not a folder of this user's own, closed to others; RESULT_IO: errno tells. */
enum result loader_folder_make(const char *folder) must_check;
/* NAME in FOLDER, whole or not at all, and on the disk when it is done. RESULT_IO: errno tells. */
enum result loader_file_write(const char *folder, const char *name, struct span bytes) must_check;
/* As read_file. */
enum result loader_file_read(const char *folder, const char *name, struct buffer *out) must_check;
/* RESULT_NOT_FOUND: it never was there; RESULT_IO: it is still, errno tells. */
enum result loader_file_remove(const char *folder, const char *name) must_check;

#endif
