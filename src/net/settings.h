/* What an administrator writes about listeners, names and certificates: the keys of net/, as tables for config/.
 *
 * Owns  values lie in the snapshot's arena
 */
#ifndef BOUCLIER_NET_SETTINGS_H
#define BOUCLIER_NET_SETTINGS_H

#include "config/snapshot.h"

/* One of `listen`. A plain string is the address of a TLS listener. */
#define LISTEN_PORT_OWN (-1)              /* `auto` */

struct listen_settings {
	struct endpoint address;
	int64_t public_port;             /* visitors name it, where it is not the address's; LISTEN_PORT_OWN: it is */
	bool is_tls;
	bool h2;                         /* offered by ALPN */
	bool h2c;                        /* plain: prior-knowledge HTTP/2 too */
	bool proxy_protocol;             /* every connection must begin with a PROXY header */
	struct list_value trusted_proxies; /* struct network; who may send that header; empty: the top-level list */
};

/* `redirect_http`: true, false, or the addresses to do it on. */
struct redirect_settings {
	bool is_on;
	struct list_value addresses;     /* struct endpoint: on these (whatever is_on says); empty: see redirect_endpoints */
};

struct net_settings {                    /* SCOPE_TOP */
	struct list_value listen;        /* struct listen_settings */
	struct redirect_settings redirect_http;
	struct list_value trusted_proxies; /* struct network */
};

/* One of `certificate`. A plain string is a file with chain and key. */
struct certificate_settings {
	struct span chain;
	struct span key;                 /* empty: the key is in CHAIN */
	struct span ocsp;                /* file with a DER response; OCSP_FETCH: the responder is asked; empty: none */
};

#define OCSP_FETCH "fetch"

enum tls_mode { TLS_TERMINATE, TLS_PASSTHROUGH };

struct client_certificate_settings {
	int mode;                        /* enum tls_client_mode */
	struct span ca, crl;
};

struct tls_settings {
	int mode;                        /* enum tls_mode */
	int min_version;                 /* enum tls_version */
	struct client_certificate_settings client_certificate;
};

struct net_site_settings {               /* SCOPE_SITE */
	struct list_value certificate;   /* struct certificate_settings */
	struct tls_settings tls;
	struct span acme;                /* folder served under /.well-known/acme-challenge/; empty: none */
	int64_t hsts_ms;                 /* 0: not sent */
};

extern const struct config_section net_top_section, net_site_section;

/* The endpoints to open for `redirect_http`, each once, at most MAX into OUT: those of the list, or, when it is true, port
 * 80 on each address of a TLS listener. Returns their number. */
size_t redirect_endpoints(const struct net_settings *settings, struct endpoint *out, size_t max);

static inline const struct net_settings *net_settings(const struct snapshot *snapshot)
{
	return snapshot->sections[ROOM_NET];
}

static inline const struct net_site_settings *net_site_settings(const struct site *site)
{
	return site->sections[ROOM_NET];
}

#endif
