/* The folder of what is pinned: PACKET_PIN_FOLDER, on the BPF file system.
 *
 * Shape    maps by their names; "program", and "program_before" while a change waits; "link_N" for the interface of index N (a name may have a
 *          dot, and that file system has none)
 */
#ifndef BOUCLIER_PACKET_LOADER_PINS_H
#define BOUCLIER_PACKET_LOADER_PINS_H

#include "base/complaint.h"

#define PINS_LINKS_MAX 64u

struct pinned_link {
	unsigned index;     /* as its name says */
	bool is_alive;      /* it is attached to that interface still */
};

/* Makes FOLDER, PACKET_PIN_FOLDER or one beside it, where there is a BPF file system to make it in; mounts nothing. RESULT_NOT_FOUND: there is none; RESULT_REFUSED: no right to. Complained. */
enum result pins_make(const char *folder, struct complaints *complaints) must_check;
/* How many links are pinned, at most PINS_LINKS_MAX into OUT. */
unsigned pins_links(struct pinned_link out[PINS_LINKS_MAX]);
/* A descriptor, or -1. */
int pins_open_link(unsigned index);
int pins_open(const char *name);
/* A link of PROGRAM to the interface of INDEX, made and pinned; FLAGS: XDP_FLAGS_DRV_MODE or XDP_FLAGS_SKB_MODE. RESULT_REFUSED: it cannot be made;
 * RESULT_IO: it cannot be pinned, and is gone. errno tells of both. */
enum result pins_attach_link(int program, unsigned index, unsigned flags) must_check;
enum result pins_pin(int fd, const char *name) must_check;
/* Detaches and forgets. */
void pins_drop_link(unsigned index);
void pins_drop(const char *name);
/* Over what is there under the other name. */
enum result pins_rename(const char *from, const char *to) must_check;
/* Every pin, and the folder. False: there was none. */
bool pins_drop_all(void);

#endif
