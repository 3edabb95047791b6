/* recv and send of a transport's descriptor, with what the last edge told. Inside net/ only. */
#ifndef BOUCLIER_NET_SOCKET_IO_H
#define BOUCLIER_NET_SOCKET_IO_H

#include "net/transport.h"

/* Results as transport_read and transport_write_list; never SIGPIPE. */
enum result socket_read(struct transport *transport, char *out, size_t size, size_t *got) must_check;
enum result socket_write(struct transport *transport, struct span bytes, size_t *sent) must_check;
enum result socket_write_list(struct transport *transport, const struct iovec *list, int count, size_t *sent) must_check;

#endif
