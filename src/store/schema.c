/* What the files of the store are made of; docs/store.md tells it to whoever looks into them. A step that was released is never changed. */
#include "store/migrate.h"

#include "base/banned.h"

static const char *const main_steps[] = {
	/* 1 */
	"CREATE TABLE names(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, parent INTEGER NOT NULL, name TEXT NOT NULL);"
	"INSERT INTO names VALUES(1, 0, 0, 'other');"
	"CREATE TABLE site_now(name TEXT PRIMARY KEY, site INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE epochs(id INTEGER PRIMARY KEY, source INTEGER NOT NULL, stream INTEGER NOT NULL, begun_ms INTEGER NOT NULL,"
	" after INTEGER NOT NULL, former INTEGER NOT NULL, until INTEGER NOT NULL);"
	"CREATE TABLE cursors(source INTEGER NOT NULL, stream INTEGER NOT NULL, epoch INTEGER NOT NULL, sequence INTEGER NOT NULL, crc INTEGER NOT NULL,"
	" lines INTEGER NOT NULL, missing INTEGER NOT NULL, damaged INTEGER NOT NULL, PRIMARY KEY(source, stream)) WITHOUT ROWID;"
	"CREATE TABLE marks(epoch INTEGER NOT NULL, sequence INTEGER NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY(epoch, sequence)) WITHOUT ROWID;"
	"CREATE TABLE latest(source INTEGER NOT NULL, slot INTEGER NOT NULL, line TEXT NOT NULL, PRIMARY KEY(source, slot)) WITHOUT ROWID;"
	/* The kind first: a question asks for few kinds, so that it reads what it needs in one piece, and a second of all sites touches
	 * as many places of the tree as there are kinds, not as there are sites. */
	"CREATE TABLE minutes(kind INTEGER NOT NULL, bucket INTEGER NOT NULL, site INTEGER NOT NULL, n INTEGER NOT NULL,"
	" PRIMARY KEY(kind, bucket, site)) WITHOUT ROWID;"
	"CREATE TABLE hours(kind INTEGER NOT NULL, bucket INTEGER NOT NULL, site INTEGER NOT NULL, n INTEGER NOT NULL,"
	" PRIMARY KEY(kind, bucket, site)) WITHOUT ROWID;"
	"CREATE TABLE days(kind INTEGER NOT NULL, bucket INTEGER NOT NULL, site INTEGER NOT NULL, n INTEGER NOT NULL,"
	" PRIMARY KEY(kind, bucket, site)) WITHOUT ROWID;"
	/* What is being deleted, until somebody was told. */
	"CREATE TABLE deletions(id INTEGER PRIMARY KEY, what INTEGER NOT NULL, from_s INTEGER NOT NULL, to_s INTEGER NOT NULL, n INTEGER NOT NULL);",
	/* 2: document.h. Texts are long, so that the trees in which places are looked for do not hold them. */
	"CREATE TABLE documents(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, key TEXT NOT NULL, sort INTEGER NOT NULL, version INTEGER NOT NULL,"
	" text TEXT NOT NULL);"
	"CREATE UNIQUE INDEX documents_by_key ON documents(kind, key);"
	"CREATE INDEX documents_by_sort ON documents(kind, sort, key);",
};

static const char *const day_steps[] = {
	/* 1: id is epoch << 44 | sequence: a line that is there cannot come twice */
	"CREATE TABLE events(id INTEGER PRIMARY KEY, time INTEGER NOT NULL, tenant INTEGER NOT NULL, site INTEGER NOT NULL, decision INTEGER NOT NULL,"
	" line TEXT NOT NULL);"
	"CREATE INDEX by_tenant ON events(tenant, time);"
	/* Of each request 4 bytes of its id and 4 of where it is: a tree of random numbers would write a page for each. */
	"CREATE TABLE requests(first INTEGER PRIMARY KEY, list BLOB NOT NULL);",
	/* 2: up to which row of each epoch fields were taken out, and of how many nobody was told yet */
	"CREATE TABLE fields_out(epoch INTEGER PRIMARY KEY, done INTEGER NOT NULL, untold INTEGER NOT NULL);",
};

const struct schema schema_main = { 0x42434c6d, main_steps, sizeof(main_steps) / sizeof(main_steps[0]) };  /* "BCLm" */
const struct schema schema_day = { 0x42434c64, day_steps, sizeof(day_steps) / sizeof(day_steps[0]) };      /* "BCLd" */
