#include "cli/command.h"
int protect_command(const struct options *o){(void)o;return 1;}
int unprotect_command(const struct options *o){(void)o;return 1;}
int doctor_command(const struct options *o){(void)o;return 1;}
