/* The include file and its lock, in a folder that nobody can write but root, or who we are.
 *
 * Limits   PATH as long as the kernel's; a file of BUFFER's most
 * Owns     nothing but descriptors, which are the caller's
 * Threads  values
 *
 * Security, fails closed: whoever could put a link where we write would have root write over the file behind it. So no link is followed on the way, and
 * nothing is read or written below a folder that another one owns, or that a group or everybody may write (but for those with the sticky bit, on the way).
 *
 * Results  RESULT_REFUSED     it is a link, belongs to another, or may be written by others
 *          RESULT_NOT_FOUND, RESULT_IO, RESULT_LIMIT, RESULT_NO_MEMORY
 * ERROR has a sentence unless RESULT_OK.
 */
#ifndef BOUCLIER_PACKET_CARRIER_BGP_FILE_H
#define BOUCLIER_PACKET_CARRIER_BGP_FILE_H

#include "base/buffer.h"

#define BGP_ERROR_MAX 512u

/* The folder that PATH is in. */
enum result bgp_file_open_folder(const char *path, int *folder, char error[BGP_ERROR_MAX]) must_check;
/* PATH with ".lock" behind it, made if it is not there. */
enum result bgp_file_open_lock(int folder, const char *path, int *lock, char error[BGP_ERROR_MAX]) must_check;
/* Adds what the file holds to TEXT. */
enum result bgp_file_read(int folder, const char *path, struct buffer *text, char error[BGP_ERROR_MAX]) must_check;
/* TEXT takes the file's place, whole or not at all, with its owner and its mode. */
enum result bgp_file_write(int folder, const char *path, struct span text, char error[BGP_ERROR_MAX]) must_check;

#endif
