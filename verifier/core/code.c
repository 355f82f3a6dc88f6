#include <countersign/code.h>

#include <string.h>

struct code_row {
    csign_code code;
    const char *name, *check, *source, *sentence, *fix;
};

static const struct code_row rows[] = {
#define ROW(number, name, code, check, source, sentence, fix) {CSIGN_E_##name, code, check, source, sentence, fix},
    CSIGN_CODES(ROW)
#undef ROW
};

static const struct code_row ok = {CSIGN_OK, "ok", "", "", "", ""};
static const struct code_row none = {CSIGN_OK, NULL, NULL, NULL, NULL, NULL};

static const struct code_row *find(csign_code code)
{
    if (code == CSIGN_OK)
        return &ok;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].code == code)
            return &rows[i];
    return &none;
}

const char *csign_code_name(csign_code code)
{
    return find(code)->name;
}

const char *csign_code_check(csign_code code)
{
    return find(code)->check;
}

const char *csign_code_source(csign_code code)
{
    return find(code)->source;
}

const char *csign_code_sentence(csign_code code)
{
    return find(code)->sentence;
}

const char *csign_code_fix(csign_code code)
{
    return find(code)->fix;
}

csign_code csign_code_find(const char *name)
{
    for (size_t i = 0; name && i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, name) == 0)
            return rows[i].code;
    return CSIGN_OK;
}

csign_code csign_code_at(unsigned place)
{
    return place < sizeof rows / sizeof *rows ? rows[place].code : CSIGN_OK;
}
