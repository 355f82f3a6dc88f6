#include <countersign/decide.h>

const char *csign_version(void)
{
    return COUNTERSIGN_VERSION; /* the project's, from meson.build */
}
