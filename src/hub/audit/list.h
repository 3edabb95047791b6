/* Tells entries of the files in FOLDER, as audit_list does: for `bouclier audit show`, which has no log open. */
#ifndef BOUCLIER_HUB_AUDIT_LIST_H
#define BOUCLIER_HUB_AUDIT_LIST_H

#include "hub/audit/audit.h"

enum result audit_list_folder(int folder, uint64_t before, bool (*row)(void *context, const struct audit_entry *entry), void *context) must_check;

#endif
