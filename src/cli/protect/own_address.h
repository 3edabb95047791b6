/* Whether an address leads to this machine. Asked once by a command, not on anybody's way. */
#ifndef BOUCLIER_CLI_PROTECT_OWN_ADDRESS_H
#define BOUCLIER_CLI_PROTECT_OWN_ADDRESS_H

#include "base/address.h"

/* Loopback, or an address of one of its interfaces. False for "any" (0.0.0.0, ::), which nobody else can reach it by. */
bool is_own_address(const struct address *address);

#endif
