/* The closed list of outcomes. A function that can fail returns one of these, and its caller must look. */
#ifndef BOUCLIER_BASE_RESULT_H
#define BOUCLIER_BASE_RESULT_H

enum result {
	RESULT_OK,
	RESULT_MORE,       /* not a failure: needs more input, or would block */
	RESULT_END,        /* not a failure: the other side has finished */
	RESULT_LIMIT,      /* a bound set at birth would be passed */
	RESULT_MALFORMED,  /* the input is not what its grammar says */
	RESULT_REFUSED,    /* understood, and not allowed */
	RESULT_NOT_FOUND,
	RESULT_TIMEOUT,
	RESULT_IO,         /* the operating system said no; errno tells */
	RESULT_NO_MEMORY,
};

/* The outcome's name in lower case, for logs and tests. Never NULL. */
const char *result_name(enum result result);

#define must_check __attribute__((warn_unused_result))

#endif
