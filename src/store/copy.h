/* A copy of a store for a backup, made beside a hub that goes on writing.
 *
 * Shape    the files of the folder FROM, each as it is at one moment, into the folder TO: main.db, and with them, where they are wanted, the days
 * Limits   COPY_DAYS_MAX days
 * Errors   RESULT_NOT_FOUND: there is no store in FROM. A day that is deleted meanwhile is none. Anything else: TO holds nothing that can be used
 * Threads  any process that may read FROM, and write what SQLite keeps beside it
 */
#ifndef BOUCLIER_STORE_COPY_H
#define BOUCLIER_STORE_COPY_H

#include "base/complaint.h"

#define COPY_DAYS_MAX 4096u

enum result store_copy(const char *from, const char *to, bool with_days, struct complaints *complaints) must_check;

#endif
