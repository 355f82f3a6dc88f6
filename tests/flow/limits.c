/*
 * limits URL ROOT-HASH DEPLOYMENT FILE BACKLOG OUTBOX: an app with libcountersign-sync and nothing else, whose receipts are never
 * sent. Releases what it reads, one JSON a line, until the end; prints "ready" when it may allow, and for each line the code, or
 * `allow` and what asking for the record with one byte of memory gives.
 */
#include <countersign/sync.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_SIZE 65536
#define READY_MS      20000

static int hash_from_hex(const char *text, uint8_t ret[32])
{
    for (size_t i = 0; i < 32; i++) {
        const char pair[3] = {text[2 * i], text[2 * i] ? text[2 * i + 1] : 0, 0};
        char *end;
        ret[i] = (uint8_t)strtoul(pair, &end, 16);
        if (end != pair + 2)
            return 0;
    }
    return text[64] == 0;
}

static void release(csign_sync *sync, csign_desk *desk, const char *line)
{
    static char record[4096];
    uint8_t salt[32];
    size_t size = strlen(line);
    void *memory = malloc(csign_release_memory(size));
    struct csign_release release = {.struct_size = sizeof release};
    csign_decision decision = {.struct_size = sizeof decision};
    csign_fault fault;
    const csign_span json = {(const uint8_t *)line, size};
    csign_code code = CSIGN_E_UNAVAILABLE;
    if (memory)
        code = csign_release_read(json, 0, memory, csign_release_memory(size), &release, &fault);
    if (code == CSIGN_OK && csign_release(desk, &release, &decision) == CSIGN_ALLOW) {
        code = csign_release_record(sync, release.release_id, record, 1, &size, salt);
        printf("allow %s\n", csign_code_name(code));
    } else {
        printf("%s\n", csign_code_name(code == CSIGN_OK ? decision.code : code));
    }
    fflush(stdout);
    free(memory);
}

int main(int argc, char **argv)
{
    static char line[LINE_MAX_SIZE];
    uint8_t hash[32];
    csign_sync *sync = NULL;
    csign_desk *desk = NULL;
    csign_fault fault = {0};
    if (argc != 7 || !hash_from_hex(argv[2], hash))
        return 2;
    const csign_sync_options options = {.struct_size = sizeof options,
                                        .base_url = argv[1],
                                        .file = argv[4],
                                        .deployment = {(const uint8_t *)argv[3], strlen(argv[3])},
                                        .root_hash = hash,
                                        .accept_test = 1,
                                        .backlog_max = strtoull(argv[5], NULL, 10),
                                        .outbox_max = strtoull(argv[6], NULL, 10)};
    csign_code code = csign_sync_open(&options, &sync, &fault);
    if (code == CSIGN_OK)
        code = csign_desk_open(sync, 16, &desk);
    if (code == CSIGN_OK)
        code = csign_sync_wait(sync, READY_MS);
    if (code == CSIGN_OK) {
        puts("ready");
        fflush(stdout);
        while (fgets(line, sizeof line, stdin))
            release(sync, desk, line);
    } else {
        printf("%s: %s %s\n", csign_code_name(code), fault.field ? fault.field : "", fault.reason ? fault.reason : "");
    }
    csign_desk_close(&desk);
    csign_sync_close(&sync);
    return code == CSIGN_OK ? 0 : 1;
}
