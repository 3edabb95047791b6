/* A file that a test puts down; its folders are there. It knows nothing of the house, for tests that link nothing of it. */
#ifndef BOUCLIER_TESTS_BASE_WRITE_FILE_H
#define BOUCLIER_TESTS_BASE_WRITE_FILE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

static inline void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static inline void write_file_in(const char *folder, const char *name, const char *text)
{
	char path[256];

	assert_in_range(snprintf(path, sizeof(path), "%s/%s", folder, name), 1, sizeof(path) - 1);
	write_file(path, text);
}

#endif
