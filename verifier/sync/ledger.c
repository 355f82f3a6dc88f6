#include "ledger.h"
#include "receipt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE_SIZE 8192u /* as connection_open() sets it */

static csign_code unavailable(csign_fault *fault, const char *reason)
{
    return fault_set(fault, CSIGN_E_UNAVAILABLE, "file", reason);
}

/* The lock is flock(2), which SQLite's own locks do not meet; it goes with the process, however that ends. */
static csign_code lock_file(struct ledger *l, csign_fault *fault)
{
    struct stat status;
    l->lock = open(l->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (l->lock < 0)
        return unavailable(fault, errno == EACCES ? "not permitted" : errno == ENOENT ? "no such folder" : "cannot be opened");
    if (fstat(l->lock, &status) != 0 || !S_ISREG(status.st_mode))
        return unavailable(fault, "not a file");
    if (status.st_mode & (S_IRWXG | S_IRWXO))
        return unavailable(fault, "others than its owner may use it: chmod 600");
    if (flock(l->lock, LOCK_EX | LOCK_NB) != 0)
        return fault_set(fault, CSIGN_E_CONFLICT, "file", "another process has it");
    return CSIGN_OK;
}

/* A file that was made just now must be found again after the power has failed. */
static csign_code sync_folder(const char *path, csign_fault *fault)
{
    char *folder = strdup(path), *slash = folder ? strrchr(folder, '/') : NULL;
    if (!folder)
        return fault_set(fault, CSIGN_E_NO_SPACE, "", "no memory");
    if (slash)
        slash[slash == folder ? 1 : 0] = 0;
    int descriptor = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = descriptor >= 0 && fsync(descriptor) == 0;
    if (descriptor >= 0)
        close(descriptor);
    free(folder);
    return synced ? CSIGN_OK : unavailable(fault, "its folder cannot be synced");
}

static csign_code limit_size(struct ledger *l, uint64_t size_max)
{
    char text[96];
    snprintf(text, sizeof text, "pragma max_page_count = %llu", (unsigned long long)(size_max / PAGE_SIZE));
    return connection_execute(&l->writer, text);
}

/* Whose file it is: a chain of receipts is one deployment's. */
static csign_code check_deployment(struct ledger *l, span deployment, csign_fault *fault)
{
    uint8_t head[CSIGN_HASH_SIZE];
    receipt_head_start(deployment, head);
    TRY(RUN(&l->writer, SQL_GATE_BEGIN, TEXT(deployment)));
    TRY(RUN(&l->writer, SQL_OUTBOX_BEGIN, HASH(head)));
    struct sql q = sql_begin(&l->writer, SQL_GATE_READ, NULL, 0);
    bool same = sql_row(&q) && span_equal(sql_bytes(&q, 0), deployment);
    TRY(sql_end(&q));
    return same ? CSIGN_OK : fault_set(fault, CSIGN_E_ARGUMENT, "deployment", "the file is another deployment's");
}

static csign_code read_chain(struct ledger *l)
{
    struct sql q = sql_begin(&l->writer, SQL_OUTBOX_READ, NULL, 0);
    if (sql_row(&q)) {
        l->chain.next_seq = (uint64_t)sql_integer(&q, 0);
        sql_hash(&q, 1, l->chain.head);
        l->chain.acked_seq = (uint64_t)sql_integer(&q, 2);
        sql_hash(&q, 3, l->chain.acked_head);
        l->chain.permits = (uint64_t)sql_integer(&q, 4);
    }
    return sql_end(&q);
}

static csign_code open_database(struct ledger *l, const struct ledger_options *options, csign_fault *fault)
{
    csign_code code = connection_open(&l->writer, l->path);
    if (code == CSIGN_OK)
        code = limit_size(l, options->size_max);
    if (code == CSIGN_OK)
        code = connection_make_tables(&l->writer);
    if (code == CSIGN_E_CONFLICT)
        return fault_set(fault, code, "file", "made by another version of this library");
    if (code == CSIGN_OK)
        code = check_deployment(l, options->deployment, fault);
    if (code == CSIGN_OK)
        code = read_chain(l);
    if (code == CSIGN_OK || code == CSIGN_E_ARGUMENT)
        return code;
    return fault_set(fault, code, "file", "SQLite cannot use it");
}

csign_code ledger_open(const struct ledger_options *options, struct ledger **ret, csign_fault *fault)
{
    struct ledger *l = calloc(1, sizeof *l);
    if (!l || !(l->path = strdup(options->path))) {
        free(l);
        return fault_set(fault, CSIGN_E_NO_SPACE, "", "no memory");
    }
    l->lock = -1;
    l->last = &l->first;
    pthread_mutex_init(&l->mutex, NULL);
    pthread_cond_init(&l->ended, NULL);
    csign_code code = lock_file(l, fault);
    if (code == CSIGN_OK)
        code = sync_folder(l->path, fault);
    if (code == CSIGN_OK)
        code = open_database(l, options, fault);
    if (code != CSIGN_OK) {
        ledger_close(&l);
        return code;
    }
    *ret = l;
    return CSIGN_OK;
}

void ledger_close(struct ledger **ledger)
{
    struct ledger *l = *ledger;
    if (!l)
        return;
    connection_close(&l->writer);
    if (l->lock >= 0)
        close(l->lock); /* behind SQLite: closing it takes SQLite's locks along */
    pthread_cond_destroy(&l->ended);
    pthread_mutex_destroy(&l->mutex);
    free(l->path);
    free(l);
    *ledger = NULL;
}

csign_code ledger_reader(struct ledger *ledger, struct connection *ret)
{
    csign_code code = connection_open(ret, ledger->path);
    if (code != CSIGN_OK)
        connection_close(ret);
    return code;
}
