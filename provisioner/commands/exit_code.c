/* exit_code.c: the exit status for each error code. */
#include "commands/exit_code.h"

enum exit_code exit_code_of(enum err_code code)
{
    switch (code) {
    case ERR_OK: return EXIT_DONE;
    case ERR_USAGE:
    case ERR_CONFIG: return EXIT_BAD_USAGE;
    case ERR_REFUSED: return EXIT_REFUSED;
    case ERR_INTERRUPTED: return EXIT_INTERRUPTED;
    case ERR_IO:
    case ERR_PARSE:
    case ERR_NET:
    case ERR_TIMEOUT:
    case ERR_CREDENTIALS:
    case ERR_AWS:
    case ERR_NOT_FOUND: return EXIT_FAILED;
    }
    return EXIT_FAILED;
}
