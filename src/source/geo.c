#include "source/geo.h"

#include <endian.h>
#include <libloc/country.h>
#include <libloc/database.h>
#include <libloc/format.h>
#include <libloc/libloc.h>
#include <libloc/network.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/library.h"

#include "base/banned.h"

#define LIBRARY "libloc.so.1"
#define SECTIONS 5u
#define SECTIONS_AT 28u
#define HEAD_BYTES (SECTIONS_AT + SECTIONS * 8)

/* X(function): what is asked of the library. Its headers say of what type each is. */
#define FUNCTIONS(X) \
	X(loc_new) \
	X(loc_unref) \
	X(loc_database_new) \
	X(loc_database_unref) \
	X(loc_database_lookup) \
	X(loc_database_get_country) \
	X(loc_network_get_country_code) \
	X(loc_network_get_asn) \
	X(loc_network_unref) \
	X(loc_country_get_name) \
	X(loc_country_get_continent_code) \
	X(loc_country_unref)

static struct {
#define X(function) __typeof__(&function) function;
	FUNCTIONS(X)
#undef X
} library;

static enum result load_result = RESULT_NOT_FOUND;
static pthread_once_t once = PTHREAD_ONCE_INIT;

struct geo {
	pthread_mutex_t lock;
	struct loc_ctx *context;
	struct loc_database *database;
	FILE *file;
};

static void load(void)
{
	const struct library_function functions[] = {
#define X(function) { #function, &library.function },
		FUNCTIONS(X)
#undef X
	};

	load_result = library_open(LIBRARY, functions, sizeof(functions) / sizeof(*functions));
}

/* libloc maps what the head speaks of and does not ask whether the file is that long: a look behind its end would end the edge.
 *
 * Shape   magic 7, version 1 byte (1); created_at 8, vendor 4, description 4, license 4; then, of each of five sections, where it
 *         begins and its length, 4 and 4; big-endian
 * Source  libloc/format.h */
static bool is_whole(FILE *file)
{
	unsigned char head[HEAD_BYTES];
	struct stat status;
	uint32_t places[SECTIONS * 2];

	if (fstat(fileno(file), &status) < 0 || !S_ISREG(status.st_mode) || pread(fileno(file), head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head, LOC_DATABASE_MAGIC "\1", 8) != 0)
		return false;
	memcpy(places, head + SECTIONS_AT, sizeof(places));
	for (unsigned i = 0; i < SECTIONS; i++) {
		if ((uint64_t)be32toh(places[2 * i]) + be32toh(places[2 * i + 1]) > (uint64_t)status.st_size)
			return false;
	}
	return true;
}

enum result geo_open(const char *path, struct geo **out)
{
	struct geo *geo;
	enum result result = RESULT_OK;

	pthread_once(&once, load);
	if (load_result != RESULT_OK)
		return RESULT_NOT_FOUND;
	geo = calloc(1, sizeof(*geo));
	if (!geo)
		return RESULT_NO_MEMORY;
	pthread_mutex_init(&geo->lock, NULL);
	geo->file = fopen(path, "re");
	if (!geo->file)
		result = RESULT_IO;
	else if (!is_whole(geo->file))
		result = RESULT_MALFORMED;
	else if (library.loc_new(&geo->context) < 0)
		result = RESULT_NO_MEMORY;
	else if (library.loc_database_new(geo->context, &geo->database, geo->file) != 0)
		result = RESULT_MALFORMED;
	if (result == RESULT_OK)
		*out = geo;
	else
		geo_close(geo);
	return result;
}

void geo_close(struct geo *geo)
{
	if (!geo)
		return;
	if (geo->database)
		library.loc_database_unref(geo->database);
	if (geo->context)
		library.loc_unref(geo->context);
	if (geo->file)
		fclose(geo->file);
	pthread_mutex_destroy(&geo->lock);
	free(geo);
}

/* Bytes come from a file: what is no country's code is none. */
static bool take_code(const char *from, char out[3])
{
	for (unsigned i = 0; i < 2; i++) {
		if (!from || from[i] < 'A' || from[i] > 'Z')
			return false;
	}
	out[0] = from[0];
	out[1] = from[1];
	out[2] = '\0';
	return true;
}

static void find_names(struct geo *geo, struct geo_country *found)
{
	struct loc_country *country = NULL;
	const char *name;

	if (library.loc_database_get_country(geo->database, &country, found->code) != 0 || !country)
		return;
	name = library.loc_country_get_name(country);
	if (name)
		snprintf(found->name, sizeof(found->name), "%s", name);
	(void)!take_code(library.loc_country_get_continent_code(country), found->continent);
	library.loc_country_unref(country);
}

enum result geo_find(struct geo *geo, const struct address *address, struct geo_country *out)
{
	struct loc_network *network = NULL;
	struct geo_country found = { .code = "" };
	struct in6_addr asked;
	bool is_found = false;

	memcpy(&asked, address->bytes, sizeof(asked));
	pthread_mutex_lock(&geo->lock);
	if (library.loc_database_lookup(geo->database, &asked, &network) == 0 && network) {
		is_found = take_code(library.loc_network_get_country_code(network), found.code);
		library.loc_network_unref(network);
	}
	if (is_found)
		find_names(geo, &found);
	pthread_mutex_unlock(&geo->lock);
	if (is_found)
		*out = found;
	return is_found ? RESULT_OK : RESULT_NOT_FOUND;
}

enum result geo_find_place(struct geo *geo, const struct address *address, struct geo_place *out)
{
	struct loc_network *network = NULL;
	struct geo_place found = { .country = "" };
	struct in6_addr asked;

	memcpy(&asked, address->bytes, sizeof(asked));
	pthread_mutex_lock(&geo->lock);
	if (library.loc_database_lookup(geo->database, &asked, &network) == 0 && network) {
		(void)!take_code(library.loc_network_get_country_code(network), found.country);
		found.asn = library.loc_network_get_asn(network);
		library.loc_network_unref(network);
	}
	pthread_mutex_unlock(&geo->lock);
	if (!found.country[0] && !found.asn)
		return RESULT_NOT_FOUND;
	*out = found;
	return RESULT_OK;
}
