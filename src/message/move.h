/* Moves a head that was read in place to where it can stay: every span that points into FROM points to the same bytes of
 * the copy at TO afterwards. Spans that point elsewhere (constants) are left alone. */
#ifndef BOUCLIER_MESSAGE_MOVE_H
#define BOUCLIER_MESSAGE_MOVE_H

#include "message/head.h"

void request_head_move(struct request_head *head, struct span from, const char *to);

#endif
