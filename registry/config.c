#include "config.h"
#include "credential.h"
#include "cursor.h"
#include "files.h"
#include "journal.h"
#include "output.h"

#include <ini.h>
#include <stdio.h>

/* --- the settings, as the file tells of them --- */

enum setting_kind { SETTING_TEXT, SETTING_PATH, SETTING_NUMBER, SETTING_WORD };

struct setting {
    const char *section, *key;
    enum setting_kind kind;
    bool required;
    size_t offset;
    uint64_t min, max;            /* of a number */
    const struct vocabulary *words; /* of a word */
    const char *comment;
};

#define AT(member) offsetof(struct config, member)

static const struct setting config_keys[] = {
    {"server", "listen", SETTING_TEXT, true, AT(listen), 0, 0, NULL,
     "Where it listens: an address of this machine and a port, or unix:PATH. TLS is a proxy's."},
    {"server", "base_url", SETTING_TEXT, true, AT(base_url), 0, 0, NULL,
     "Where others reach it. http is for loopback and a test root alone."},
    {"server", "threads", SETTING_NUMBER, false, AT(threads), 1, 64, NULL, "Threads that answer."},
    {"server", "connections", SETTING_NUMBER, false, AT(connections), 16, 1000000, NULL, "Connections at once, streams included."},
    {"server", "receive_deadline", SETTING_NUMBER, false, AT(receive_deadline), 1, 600, NULL,
     "Seconds within which a request must be here, however slowly it drips."},
    {"server", "idle", SETTING_NUMBER, false, AT(idle), 1, 3600, NULL, "Seconds that a connection may wait between requests."},
    {"server", "proofs_per_minute", SETTING_NUMBER, false, AT(proofs_per_minute), 0, 1000000, NULL,
     "Challenges, tokens and bindings that one client address may ask for in a minute; 0: as many as it likes."},
    {"data", "database", SETTING_PATH, true, AT(database), 0, 0, NULL, "The database file. Paths are relative to the folder of this file."},
    {"data", "mark", SETTING_PATH, true, AT(mark), 0, 0, NULL,
     "How far the log was published, by which a restored backup is told apart. It should lie on another volume than the database."},
    {"trust", "root", SETTING_PATH, true, AT(root), 0, 0, NULL, "The folder of the trust roots: files 1, 2, … without a gap."},
    {"trust", "keys", SETTING_PATH, true, AT(keys), 0, 0, NULL, "The folder of the registry's sealed keys, with their master."},
    {"trust", "passphrase_file", SETTING_PATH, false, AT(passphrase_file), 0, 0, NULL,
     "Its first line opens the master key. Without it the terminal asks."},
    {"trust", "iss", SETTING_TEXT, true, AT(iss), 0, 0, NULL, "The issuer that credentials name, as on an issuer line of the root."},
    {"credentials", "life", SETTING_NUMBER, false, AT(life), 60, CREDENTIAL_LIFE_MAX, NULL, "Seconds that a credential lives."},
    {"log", "level", SETTING_WORD, false, AT(level), 0, 0, &journal_levels, "What is written to standard error: error, warning or info."},
};
#define SETTING_COUNT (sizeof config_keys / sizeof *config_keys)

void config_default(struct config *ret)
{
    *ret = (struct config){.listen = "127.0.0.1:8440", .base_url = "http://127.0.0.1:8440", .threads = 2, .connections = 20000,
                           .receive_deadline = 10, .idle = 30, .proofs_per_minute = 600, .database = "registry.db",
                           .mark = "mark", .root = "root", .keys = "keys", .life = 3600, .level = JOURNAL_INFO};
}

static void *place(struct config *config, const struct setting *s)
{
    return (uint8_t *)config + s->offset;
}

/* --- reading --- */

struct reading {
    struct call *call;
    struct config *config;
    span rest; /* of the file */
    unsigned line;
    bool given[SETTING_COUNT];
    int outcome; /* the first error; what follows it is not looked at */
};

static int bad(struct reading *r, const char *fix, const char *what, const char *name)
{
    return fail(r->call, USAGE, fix, "%s %s, %s:%u", what, name, r->config->path, r->line);
}

/* "give one of listen, base_url, …": the keys of a section, or the sections. */
static const char *names_of(struct reading *r, const char *section)
{
    struct buffer out = call_buffer(r->call, 1024);
    const char *last = "";
    buffer_text(&out, "remove it, or give one of");
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const char *name = section ? config_keys[i].key : config_keys[i].section;
        if ((section && strcmp(section, config_keys[i].section) != 0) || strcmp(last, name) == 0)
            continue;
        buffer_byte(&out, ' ');
        buffer_text(&out, name);
        last = name;
    }
    return (const char *)out.data;
}

static bool has_section(const char *section)
{
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (strcmp(config_keys[i].section, section) == 0)
            return true;
    return false;
}

static const char *path_of(struct reading *r, const char *value)
{
    return value[0] == '/' ? value : call_format(r->call, "%s/%s", folder_of(r->call, r->config->path), value);
}

static int take(struct reading *r, const struct setting *s, const char *value)
{
    span text = span_text(value);
    const char *copy = call_text(r->call, text);
    uint64_t number;
    uint8_t word;
    if (text.size == 0)
        return bad(r, "give a value, or put a # before the line", "no value for", s->key);
    switch (s->kind) {
    case SETTING_TEXT:
        *(const char **)place(r->config, s) = copy;
        return DONE;
    case SETTING_PATH:
        *(const char **)place(r->config, s) = path_of(r, copy);
        return DONE;
    case SETTING_NUMBER:
        if (!span_decimal(text, s->max, &number) || number < s->min)
            return bad(r, call_format(r->call, "give a whole number from %llu to %llu", (unsigned long long)s->min,
                                      (unsigned long long)s->max), "not a number in its range for", s->key);
        *(uint64_t *)place(r->config, s) = number;
        return DONE;
    case SETTING_WORD:
        word = vocabulary_find(s->words, text);
        if (!word)
            return bad(r, s->comment, "unknown word for", s->key);
        *(uint8_t *)place(r->config, s) = word;
        return DONE;
    }
    return DONE;
}

static int take_named(struct reading *r, const char *section, const char *name, const char *value)
{
    if (section[0] == 0)
        return bad(r, "put it below a section like [server]", "no section above", name);
    if (!has_section(section))
        return bad(r, names_of(r, NULL), "unknown section", section);
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (strcmp(config_keys[i].section, section) != 0 || strcmp(config_keys[i].key, name) != 0)
            continue;
        if (r->given[i])
            return bad(r, "give it once", "given twice,", name);
        r->given[i] = true;
        return take(r, &config_keys[i], value);
    }
    return bad(r, names_of(r, section), "unknown key", name);
}

static int on_value(void *context, const char *section, const char *name, const char *value)
{
    struct reading *r = context;
    if (r->outcome == DONE)
        r->outcome = take_named(r, section, name, value);
    return 1;
}

/*
 * Gives the parser a line. It would go on in the middle of one that is longer than its buffer, and read the tail as a line of
 * its own: such a line is an error. So is a section without keys whose name is wrong, which it never tells of.
 */
static char *next_line(char *into, int size, void *context)
{
    struct reading *r = context;
    const uint8_t *end = r->rest.size ? memchr(r->rest.data, '\n', r->rest.size) : NULL;
    size_t length = end ? (size_t)(end - r->rest.data) + 1 : r->rest.size;
    if (length == 0 || r->outcome != DONE)
        return NULL;
    r->line++;
    if (length + 1 > (size_t)size || memchr(r->rest.data, 0, length)) {
        r->outcome = bad(r, "make it shorter; paths may be relative to this file", "a line that is too long, or has a zero byte", "");
        return NULL;
    }
    memcpy(into, r->rest.data, length);
    into[length] = 0;
    r->rest = span_of(r->rest.data + length, r->rest.size - length);
    if (into[0] == '[' && strchr(into, ']')) {
        const char *section = call_text(r->call, span_of(into + 1, (size_t)(strchr(into, ']') - into - 1)));
        if (!has_section(section)) {
            r->outcome = bad(r, names_of(r, NULL), "unknown section", section);
            return NULL;
        }
    }
    return into;
}

int config_read(struct call *call, const char *path, struct config *ret)
{
    struct reading r = {.call = call, .config = ret, .outcome = DONE};
    config_default(ret);
    ret->path = path;
    STEP(file_read(call, path, CONFIG_MAX, &r.rest));
    int line = ini_parse_stream(next_line, &r, on_value, &r);
    STEP(r.outcome);
    if (line != 0)
        return fail(call, USAGE, "write key = value, [section] or # comment", "not a line of a configuration, %s:%d", path, line);
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (config_keys[i].required && !r.given[i])
            return fail(call, USAGE, call_format(call, "add the line %s = … below [%s]: %s", config_keys[i].key, config_keys[i].section,
                        config_keys[i].comment), "missing key %s, %s", config_keys[i].key, path);
    return DONE;
}

/* --- writing --- */

static void put_value(struct buffer *out, const struct config *config, const struct setting *s)
{
    const void *at = (const uint8_t *)config + s->offset;
    const char *text;
    switch (s->kind) {
    case SETTING_TEXT:
    case SETTING_PATH:
        text = *(const char *const *)at;
        buffer_text(out, text ? text : "");
        break;
    case SETTING_NUMBER:
        buffer_decimal(out, *(const uint64_t *)at);
        break;
    case SETTING_WORD:
        buffer_text(out, vocabulary_word(s->words, *(const uint8_t *)at));
        break;
    }
}

static bool is_absent(const struct config *config, const struct setting *s)
{
    const void *at = (const uint8_t *)config + s->offset;
    return (s->kind == SETTING_TEXT || s->kind == SETTING_PATH) && !*(const char *const *)at;
}

void config_write(struct buffer *out, const struct config *config)
{
    const char *section = "";
    buffer_text(out, "# countersign-registry. An unknown key is an error.\n");
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *s = &config_keys[i];
        if (strcmp(section, s->section) != 0) {
            section = s->section;
            buffer_text(out, "\n[");
            buffer_text(out, section);
            buffer_text(out, "]\n");
        }
        buffer_text(out, "# ");
        buffer_text(out, s->comment);
        buffer_text(out, is_absent(config, s) ? "\n# " : "\n");
        buffer_text(out, s->key);
        buffer_text(out, " = ");
        put_value(out, config, s);
        buffer_byte(out, '\n');
    }
}
