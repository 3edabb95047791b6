/* OpenSSL's memory. With SSL_MODE_RELEASE_BUFFERS an idle connection holds no record buffers, and a busy one takes and gives two
 * of 16 KiB for each wake; these come from the blocks that the thread keeps (base/block.h).
 *
 * Owns     nothing: what one thread takes another may free
 */
#ifndef BOUCLIER_NET_TLS_MEMORY_H
#define BOUCLIER_NET_TLS_MEMORY_H

/* Before anything else of OpenSSL is called; later it has no effect. */
void tls_memory_begin(void);

#endif
