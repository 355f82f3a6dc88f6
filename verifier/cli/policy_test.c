/*
 * countersign policy test: what policies answer, case by case. A file of cases is Markdown that people read: paragraphs that
 * begin with `Policies:`, `Date:`, `Given:` and `Signed:` say what holds for the tables below, and each row of a table of four columns
 * is a case: its name, what is released, who signed, and the answer.
 */
#include "policy_verbs.h"
#include "case_words.h"
#include "clock.h"
#include "files.h"
#include "options.h"
#include "output.h"

#define CASES_MAX    (1024u * 1024u)
#define DATE_DEFAULT INT64_C(1795338870) /* 2026-11-22T09:14:30Z */

struct cases {
    struct call *call;
    const char *path;
    struct texts policies;      /* from the command line, instead of those that the file names */
    span texts[REHEARSAL_POLICIES_MAX];
    size_t text_count;
    bool named, is_open;        /* the file named its policies; the rehearsal is under way */
    int64_t date;
    struct rehearsal rehearsal;
    void *memory;
    struct buffer words;        /* what the phrases point to */
    struct rehearsed given;
    size_t line, run, refused, red;
};

static int fail_line(const struct cases *c, const char *fix, const char *what, span at)
{
    return fail(c->call, REFUSED, fix, "%s, %s:%zu, %s", what, c->path, c->line, plain(c->call, at));
}

/* --- what is given --- */

static int read_policy_file(struct cases *c, const char *path)
{
    if (c->text_count == REHEARSAL_POLICIES_MAX)
        return fail(c->call, USAGE, "try at most 8 together", "too many policies, %s", path);
    return file_read(c->call, path, POLICY_NOTE_MAX, &c->texts[c->text_count++]);
}

/* A file that the file of cases names: it lies beside it. */
static int read_beside(struct cases *c, span path)
{
    return read_policy_file(c, call_format(c->call, "%s/%s", folder_of(c->call, c->path), call_text(c->call, path)));
}

/* "Policies: [California](us-ca.json), [DEA](us-dea.json)": the files of the links. */
static int read_policies(struct cases *c, span line)
{
    if (c->is_open)
        rehearsal_close(&c->rehearsal);
    c->is_open = false;
    c->named = true;
    c->text_count = 0;
    for (size_t i = 0; i < c->policies.count; i++)
        STEP(read_policy_file(c, c->policies.items[i]));
    for (span before, path; c->policies.count == 0 && words_next(&line, ']', &before) && words_next(&line, ')', &path);)
        STEP(path.size < 2 || path.data[0] != '(' ? fail_line(c, "name each as [name](file.json)", "not a link", path)
                                                  : read_beside(c, span_of(path.data + 1, path.size - 1)));
    return c->text_count ? DONE : fail_line(c, "name each as [name](file.json)", "no policy", line);
}

/* Opens the registry that the next cases play in; what is usual there is then given. */
static int open_rehearsal(struct cases *c)
{
    csign_fault fault;
    if (!c->named)
        STEP(read_policies(c, (span){NULL, 0}));
    csign_code code = rehearsal_open(&c->rehearsal, c->memory, c->texts, c->text_count, (span){NULL, 0}, c->date, &fault);
    if (code != CSIGN_OK)
        return fail_code(c->call, REFUSED, code, &fault, c->path);
    c->is_open = true;
    return DONE;
}

static int read_date_line(struct cases *c, span line)
{
    const char *text = call_format(c->call, "%sT09:14:30Z", call_text(c->call, line));
    if (c->is_open)
        rehearsal_close(&c->rehearsal);
    c->is_open = false;
    return clock_read_time(span_text(text), &c->date) ? DONE : fail_line(c, "give it as 2026-11-22", "not a date", line);
}

static int read_given(struct cases *c, span line)
{
    struct rehearsed_signer signers[CSIGN_SLOTS_MAX];
    size_t count = c->given.signer_count;
    span phrase;
    memcpy(signers, c->given.signers, sizeof signers);
    rehearsed_usual(&c->given, SPAN("US-KS"));
    memcpy(c->given.signers, signers, sizeof signers);
    c->given.signer_count = count;
    return words_read_release(line, &c->words, &c->given, &phrase) ? DONE
           : fail_line(c, "`man countersign-policy` lists the phrases", "not a phrase of a release", phrase);
}

static int read_signed(struct cases *c, span line)
{
    span phrase;
    for (size_t i = 0; i < CSIGN_SLOTS_MAX; i++)
        rehearsed_signer_usual(&c->given.signers[i]);
    return words_read_signers(line, &c->words, &c->given, &phrase) ? DONE
           : fail_line(c, "`man countersign-policy` lists the phrases", "not a phrase of a signer", phrase);
}

/* --- a case --- */

struct answer {
    csign_verdict verdict;
    csign_code code;
    span exception;
};

/* "allow", "allow, consultation", "break-glass", or "refuse" and a code. */
static bool read_answer(span cell, struct answer *ret)
{
    span word, code;
    char name[CSIGN_ID_MAX + 1];
    *ret = (struct answer){CSIGN_REFUSE, CSIGN_OK, {NULL, 0}};
    if (span_equal(cell, SPAN("break-glass"))) {
        ret->verdict = CSIGN_BREAK_GLASS;
        ret->exception = SPAN("break_glass");
        return true;
    }
    if (span_starts(cell, SPAN("allow"))) {
        ret->verdict = CSIGN_ALLOW;
        return words_next(&cell, ',', &word) && span_equal(word, SPAN("allow")) && (!cell.data || words_next(&cell, ',', &ret->exception));
    }
    if (!words_next(&cell, ' ', &word) || !span_equal(word, SPAN("refuse")) || !words_next(&cell, ' ', &code) || code.size >= sizeof name)
        return false;
    memcpy(name, code.data, code.size);
    name[code.size] = 0;
    ret->code = csign_code_find(name);
    return ret->code != CSIGN_OK;
}

static bool is_answered(const csign_decision *d, const struct answer *wanted)
{
    bool releases = d->verdict == CSIGN_ALLOW || d->verdict == CSIGN_BREAK_GLASS;
    return d->verdict == wanted->verdict && d->code == wanted->code &&
           (!releases || span_equal(span_text(d->exception ? d->exception : ""), wanted->exception));
}

static int run_case(struct cases *c, const span cells[4])
{
    struct rehearsed *what = call_memory(c->call, sizeof *what);
    struct answer wanted;
    csign_decision decision;
    char text[CSIGN_DECISION_TEXT_MAX];
    size_t size, mark = c->words.size;
    span phrase = cells[3];
    if (!c->is_open)
        STEP(open_rehearsal(c));
    *what = c->given;
    if (!words_read_release(cells[1], &c->words, what, &phrase) || !words_read_signers(cells[2], &c->words, what, &phrase))
        return fail_line(c, "`man countersign-policy` lists the phrases", "not a phrase of a case", phrase);
    if (!read_answer(cells[3], &wanted))
        return fail_line(c, "allow, break-glass, or refuse and a code", "not an answer", cells[3]);
    c->run++;
    c->refused += wanted.verdict == CSIGN_REFUSE;
    (void)rehearsal_decide(&c->rehearsal, what, &decision);
    c->words.size = mark;
    if (is_answered(&decision, &wanted))
        return DONE;
    c->red++;
    if (csign_decision_text(&decision, text, sizeof text, &size) != CSIGN_OK)
        size = 0;
    if (!c->call->json)
        say("%s:%zu: %s: expected %s, and the answer is\n  %s", c->path, c->line, plain(c->call, cells[0]), plain(c->call, cells[3]),
            plain_lines(c->call, span_of(text, size)));
    return DONE;
}

/* --- the file --- */

/* A row of a table: its cells, if there are four. A header and the line below it are none. */
static bool read_row(span line, span cells[4])
{
    size_t count = 0;
    span cell;
    line = words_trim(line);
    if (line.size < 2 || line.data[0] != '|' || line.data[line.size - 1] != '|')
        return false;
    line = span_of(line.data + 1, line.size - 2);
    while (words_next(&line, '|', &cell)) {
        if (count == 4)
            return false;
        cells[count++] = cell;
    }
    return count == 4 && !span_equal(cells[3], SPAN("Answer")) && !(cells[3].size && cells[3].data[0] == '-');
}

/* What a paragraph that begins with a word is about, or NULL. */
struct heading {
    span word;
    int (*read)(struct cases *c, span text);
};
static const struct heading headings[] = {
    {{(const uint8_t *)"Policies:", 9}, read_policies},
    {{(const uint8_t *)"Date:", 5}, read_date_line},
    {{(const uint8_t *)"Given:", 6}, read_given},
    {{(const uint8_t *)"Signed:", 7}, read_signed},
};

/* A paragraph goes on until an empty line: its lines as one. */
static span read_paragraph(struct cases *c, span *rest, span line)
{
    struct buffer text = call_buffer(c->call, line.size + rest->size + 2);
    buffer_put(&text, line);
    while (words_next(rest, '\n', &line) && line.size > 0) {
        c->line++;
        buffer_byte(&text, ' ');
        buffer_put(&text, line);
    }
    c->line++;
    span paragraph = words_trim(buffer_span(&text));
    if (paragraph.size > 0 && paragraph.data[paragraph.size - 1] == '.')
        paragraph.size--;
    return paragraph;
}

static int run_file(struct cases *c)
{
    span rest, line, cells[4];
    STEP(file_read(c->call, c->path, CASES_MAX, &rest));
    c->words = call_buffer(c->call, CASES_MAX);
    rehearsed_usual(&c->given, SPAN("US-KS"));
    while (words_next(&rest, '\n', &line)) {
        c->line++;
        if (read_row(line, cells))
            STEP(run_case(c, cells));
        for (size_t i = 0; i < sizeof headings / sizeof *headings; i++)
            if (span_starts(line, headings[i].word)) {
                const size_t at = headings[i].word.size;
                STEP(headings[i].read(c, read_paragraph(c, &rest, span_of(line.data + at, line.size - at))));
                break;
            }
    }
    return DONE;
}

static int report(const struct cases *c)
{
    if (c->run == 0)
        return fail(c->call, REFUSED, "a case is a row of four cells: name, what is released, who signed, answer", "no case, %s", c->path);
    if (c->call->json)
        say("{\"cases\":%zu,\"refusals\":%zu,\"failed\":%zu}", c->run, c->refused, c->red);
    else
        say("%s: %zu cases, %zu of them refusals, %zu answered otherwise", c->path, c->run, c->refused, c->red);
    return c->red ? REFUSED : DONE;
}

int policy_test(struct call *call)
{
    struct cases *c = call_memory(call, sizeof *c);
    const struct option options[] = {
        {"CASES", OPTION_TEXT, true, &c->path, NULL, "a Markdown file with tables of cases, and the policies that it names", NULL, 0},
        {"--policy", OPTION_TEXTS, false, &c->policies, "FILE", "instead of those; its JSON", NULL, 0},
    };
    STEP(OPTIONS(call, "Tries policies on cases: each is signed with keys of the moment and decided by the gate.", options));
    c->call = call;
    c->date = DATE_DEFAULT;
    c->memory = call_memory(call, REHEARSAL_MEMORY);
    int code = run_file(c);
    if (c->is_open)
        rehearsal_close(&c->rehearsal);
    STEP(code);
    return report(c);
}
