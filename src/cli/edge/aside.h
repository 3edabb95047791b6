/* Work that makes or frees thousands of pieces of memory, done by a thread that ends with it.
 *
 * Each thread keeps pieces that were freed, 256 of each size here (process/keeper_children.c), and hands them out to malloc only:
 * calloc and realloc, with which most of a configuration is made, look elsewhere. A thread that lives as long as the edge would keep some more
 * with every reload, up to 8 MiB; one that ends gives all of them back.
 *
 * Threads  the caller waits, so that nothing runs beside what did not before
 */
#ifndef BOUCLIER_CLI_EDGE_ASIDE_H
#define BOUCLIER_CLI_EDGE_ASIDE_H

/* Availability, fails open: where there is no thread to be had, the caller does it himself. */
void edge_aside(void (*work)(void *context), void *context);

#endif
