/* What a table denies, read back: an attach anew must not lose the list that is loaded, and nobody has to keep its file.
 *
 * What is denied within a network that is allowed is not in the table, and so not carried: it comes back with the next load.
 */
#ifndef BOUCLIER_PACKET_LISTS_CARRY_H
#define BOUCLIER_PACKET_LISTS_CARRY_H

#include "packet/lists/table.h"

/* Adds what TABLE denies to OUT, merged. MORE has each address once, as the kernel's map does. RESULT_NO_MEMORY. */
enum result table_carry(const struct packet_table *table, struct packet_prefixes *out) must_check;

#endif
