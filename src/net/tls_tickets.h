/* Seals and opens session tickets with struct ticket_keys. Inside net/ only. */
#ifndef BOUCLIER_NET_TLS_TICKETS_H
#define BOUCLIER_NET_TLS_TICKETS_H

#include <openssl/ssl.h>

#include "net/ticket_keys.h"

/* TICKETS NULL: no tickets, no resumption. It must outlive CONTEXT. */
void tls_tickets_use(SSL_CTX *context, const struct ticket_keys *tickets);

#endif
