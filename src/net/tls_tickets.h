/* Seals and opens session tickets with struct ticket_keys. Inside net/ only. */
#ifndef BOUCLIER_NET_TLS_TICKETS_H
#define BOUCLIER_NET_TLS_TICKETS_H

#include <openssl/ssl.h>

#include "net/ticket_keys.h"

/* TICKETS NULL: no tickets, no resumption. It must outlive CONTEXT. */
void tls_tickets_use(SSL_CTX *context, const struct ticket_keys *tickets);
/* Sessions resume for FRESH_S seconds after their full handshake. Not SSL_CTX_set_timeout: TLS 1.3 gives a new ticket at each
 * resumption, whose time begins anew, so that a client who comes often would never be looked at again. */
void tls_tickets_limit(SSL_CTX *context, uint32_t fresh_s);

#endif
