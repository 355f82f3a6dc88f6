/*
 * replay FOLDER: gives every file of a corpus to a fuzz target, in exactly as many bytes of the heap as it has,
 * and at the end of a page, whole and cut off after each of its first bytes. So corpora are ordinary tests with
 * any compiler.
 *
 * A seed whose name ends in _fail must be refused and any other accepted; files that a fuzzer named, by forty
 * hexadecimal digits or crash-…, may be either.
 */
#include "fuzz.h"

#include "page_end.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#define INPUT_MAX (1u << 20)
#define CUTS_MAX  2048u /* cuts of a longer file are spread evenly */

static void replay(const uint8_t *bytes, size_t size, struct page_end *page)
{
    struct buffer copy = fuzz_scratch(size);
    buffer_put(&copy, span_of(bytes, size));
    LLVMFuzzerTestOneInput(copy.data, size);
    free(copy.data);
    size_t step = size / CUTS_MAX + 1;
    for (size_t cut = 0; cut < size; cut += step)
        LLVMFuzzerTestOneInput(page_end_place(page, bytes, cut), cut);
    LLVMFuzzerTestOneInput(page_end_place(page, bytes, size), size);
}

static bool as_expected(const char *name)
{
    size_t size = strlen(name);
    bool must_fail = size > 5 && strcmp(name + size - 5, "_fail") == 0;
    bool by_fuzzer =
        strspn(name, "0123456789abcdef") == 40 || strstr(name, "crash-") || strstr(name, "timeout-");
    return by_fuzzer || fuzz_accepted != must_fail;
}

static int usage(const char *what)
{
    fprintf(stderr, "replay: %s\n", what);
    return 1;
}

int main(int argc, char **argv)
{
    static uint8_t bytes[INPUT_MAX];
    static char path[4096];
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (!folder)
        return usage("the one argument is a corpus folder");
    struct page_end page = page_end_open(INPUT_MAX);
    unsigned files = 0;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct stat info;
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
            continue;
        FILE *file = fopen(path, "rb");
        if (!file)
            return usage(path);
        size_t size = fread(bytes, 1, sizeof bytes, file);
        bool whole = feof(file) || fgetc(file) == EOF;
        fclose(file);
        if (!whole)
            return usage("a file is larger than 1 MiB");
        fprintf(stderr, "%s\n", entry->d_name); /* the last one named is the one that broke a promise */
        replay(bytes, size, &page);
        files++;
        if (!as_expected(entry->d_name))
            return usage(fuzz_accepted ? "the seed was accepted" : "the seed was refused");
    }
    closedir(folder);
    page_end_close(&page);
    printf("%u files\n", files);
    return files ? 0 : usage("the corpus is empty");
}
