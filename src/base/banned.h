/* Functions that this house does not call; naming one is a compile error.
 * strcpy strcat sprintf: buffer_append, buffer_print. strtok: span_cut. atoi: span_to_u64.
 * localtime gmtime ctime: the _r forms. Include it last, after every system header. */
#ifndef BOUCLIER_BASE_BANNED_H
#define BOUCLIER_BASE_BANNED_H

/* With _FORTIFY_SOURCE some of these are macros; clang does not poison a macro. */
#undef strcpy
#undef strcat
#undef sprintf
#undef vsprintf
#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atol atoll localtime gmtime ctime asctime gets

#endif
