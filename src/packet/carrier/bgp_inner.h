/* Between bgp.c, which makes changes, and bgp_watch.c, which takes them back.
 *
 * Owns     nothing
 */
#ifndef BOUCLIER_PACKET_CARRIER_BGP_INNER_H
#define BOUCLIER_PACKET_CARRIER_BGP_INNER_H

#include <sys/types.h>

#include "packet/carrier/bgp.h"

#define BGP_BYTE_OF_WATCH 1   /* of the lock's file: who has it watches */
#define BGP_BYTE_OF_REACH 2   /* who has it watches, and is connected to BIRD */

bool bgp_lock_take(int fd, off_t byte);
void bgp_lock_leave(int fd, off_t byte);
/* OUT: BIRD's tables hold as many routes as INCLUDE. RESULT_REFUSED: it has no such tables; others as in bird.h. */
enum result bgp_has_all(struct bird *bird, const struct bgp_include *include, bool *out) must_check;
/* The list into the file, and the file into BIRD (NULL: none runs). What is not in the list any more is announced no more, one way or the other: where BIRD
 * does not take the file over, its protocols are turned off. `error` says what went wrong. BIRD is another connection then, or closed (fd -1). */
enum result bgp_take_back(struct bgp *bgp, struct bird *bird) must_check;

#endif
