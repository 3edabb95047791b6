/* The keys under `admin`: where a running shield answers, and to whom. */
#ifndef BOUCLIER_CLI_SETTINGS_H
#define BOUCLIER_CLI_SETTINGS_H

#include "config/snapshot.h"

#define ADMIN_SOCKET_DEFAULT "/run/bouclier/admin.sock"

enum admin_mode { ADMIN_MODE_OWNER, ADMIN_MODE_GROUP };

struct admin_settings {
	struct span socket;        /* path */
	struct endpoint metrics;   /* loopback */
	int mode;                  /* enum admin_mode */
};

/* The section of ROOM_PROCESS at SCOPE_TOP. */
struct process_settings {
	struct admin_settings admin;
};

extern const struct config_section admin_section;

static inline const struct admin_settings *admin_settings_of(const struct snapshot *snapshot)
{
	return &((const struct process_settings *)snapshot->sections[ROOM_PROCESS])->admin;
}

/* Permissions of the socket's file. */
static inline unsigned admin_socket_mode(const struct admin_settings *settings)
{
	return settings->mode == ADMIN_MODE_GROUP ? 0660 : 0600;
}

#endif
