/* The mark and fsck: what a log that was restored, changed or damaged is recognised by. */
#include "log_world.h"
#include "sequencer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void begin(struct world *w)
{
    const struct leaf root = world_root_leaf(w, 1);
    assert_int_equal(world_append(w, &root), CSIGN_OK);
}

static void copy_file(const char *from, const char *to)
{
    static uint8_t bytes[1u << 22];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    assert_non_null(in);
    assert_non_null(out);
    size_t size = fread(bytes, 1, sizeof bytes, in);
    assert_true(size < sizeof bytes);
    assert_int_equal(fwrite(bytes, 1, size, out), size);
    assert_int_equal(fclose(in) | fclose(out), 0);
}

static void refuse_mark(struct world *w)
{
    csign_fault fault = {0};
    assert_int_equal(world_open(w, &fault), CSIGN_E_CONFLICT);
    assert_string_equal(fault.field, "mark");
}

static void reopen(struct world *w)
{
    csign_fault fault = {0};
    assert_int_equal(world_open(w, &fault), CSIGN_OK);
}

/* --- the mark --- */

struct copies {
    char *store, *mark;
};

static struct copies copies_make(struct world *w, const char *store, const char *mark)
{
    void *folder = w->folder;
    const struct copies copies = {folder_file(&folder, store), folder_file(&folder, mark)};
    copy_file(w->store_path, copies.store);
    copy_file(w->mark_path, copies.mark);
    return copies;
}

static void copies_free(struct copies *copies)
{
    free(copies->store);
    free(copies->mark);
}

static void test_restored_backup_fail(void **state)
{
    struct world *w = *state;
    begin(w);
    world_close(w);
    struct copies before = copies_make(w, "store-1", "mark-1");
    reopen(w);
    assert_int_equal(world_bind(w, 1), CSIGN_OK);
    world_close(w);
    struct copies then = copies_make(w, "store-2", "mark-2");

    copy_file(before.store, w->store_path);
    refuse_mark(w);

    /* The crash was between commit and mark: the mark is behind, and is moved. */
    copy_file(then.store, w->store_path);
    copy_file(before.mark, w->mark_path);
    reopen(w);
    world_close(w);
    copy_file(before.store, w->store_path);
    refuse_mark(w);

    /* Another history of the same size, and of a larger one. */
    for (uint64_t count = 1; count <= 300; count += 299) {
        copy_file(before.store, w->store_path);
        copy_file(before.mark, w->mark_path);
        reopen(w);
        const struct leaf other = {.type = LEAF_FLOOR, .floor = {.recorded_ms = 1}};
        assert_int_equal(world_append(w, &other), CSIGN_OK);
        assert_int_equal(world_bind(w, count - 1), CSIGN_OK);
        world_close(w);
        copy_file(then.mark, w->mark_path);
        refuse_mark(w);
    }
    copies_free(&before);
    copies_free(&then);
}

static void overwrite(const char *path, long at, const char *bytes)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    assert_int_equal(fputs(bytes, file) >= 0, 1);
    assert_int_equal(fclose(file), 0);
}

static void test_torn_mark_leaves_the_one_before(void **state)
{
    struct world *w = *state;
    begin(w); /* the first sector has size 0, the second 1 */
    world_close(w);
    struct copies at_1 = copies_make(w, "store-1", "mark-1");
    reopen(w);
    assert_int_equal(world_bind(w, 1), CSIGN_OK); /* the first: size 2 */
    world_close(w);
    overwrite(w->mark_path, 60, "torn");
    struct copies torn = copies_make(w, "store-2", "mark-2");
    copy_file(at_1.store, w->store_path); /* 1 still counts: that is not a restored backup as far as it tells */
    reopen(w);
    world_close(w);
    copy_file(torn.store, w->store_path);
    copy_file(torn.mark, w->mark_path);
    reopen(w);
    world_close(w);
    overwrite(w->mark_path, 60, "torn");
    overwrite(w->mark_path, 4096 + 60, "torn");
    refuse_mark(w);
    copies_free(&at_1);
    copies_free(&torn);
}

static void test_nothing_is_told_while_the_mark_cannot_move(void **state)
{
    struct world *w = *state;
    struct log_fresh fresh;
    begin(w);
    world_forget_told(w);
    int kept = w->log->mark.file;
    w->log->mark.file = open(w->mark_path, O_RDONLY);
    assert_true(w->log->mark.file >= 0);
    assert_int_equal(world_bind(w, 1), CSIGN_OK); /* durable, and not taken back */
    assert_null(w->told);
    assert_int_equal(world_bind(w, 1), CSIGN_E_UNAVAILABLE);
    log_fresh_init(&fresh, w->log);
    assert_int_equal(store_perform(w->store, &fresh.operation), CSIGN_E_UNAVAILABLE);
    assert_null(w->told);
    close(w->log->mark.file);
    w->log->mark.file = kept;
    assert_int_equal(world_bind(w, 1), CSIGN_OK);
    assert_int_equal(world_count_told(w, LOG_COMMIT), 2);
    assert_int_equal(w->told->size, 2);
}

static void test_mark_without_a_folder_fail(void **state)
{
    struct world *w = *state;
    void *folder = w->folder;
    char *missing = folder_file(&folder, "no-such-folder/mark"), *kept = w->mark_path;
    csign_fault fault = {0};
    world_close(w);
    w->mark_path = missing;
    assert_int_equal(world_open(w, &fault), CSIGN_E_UNAVAILABLE);
    assert_string_equal(fault.field, "mark");
    w->mark_path = kept;
    free(missing);
}

/* --- fsck --- */

static csign_code check(struct world *w, csign_fault *fault)
{
    const struct log_check asked = world_check(w);
    struct session *reader = store_reader(w->store);
    uint64_t size = 0;
    csign_code code = log_fsck(reader, &asked, &size, fault);
    store_reader_end(w->store, reader);
    if (code == CSIGN_OK)
        assert_int_equal(size, log_size(w->log));
    return code;
}

static void fill(struct world *w)
{
    const struct leaf cut = {.type = LEAF_CUT, .cut = {.kind = CUT_TOOL, .cut_ms = 5, .id = {3}}};
    struct leaf policy = {.type = LEAF_POLICY, .policy = {.version = 1, .effective_ms = 1, .id = {9}}};
    const struct leaf end = world_end_leaf(0), floor = {.type = LEAF_FLOOR, .floor = {.floor = 1, .recorded_ms = 1}};
    begin(w);
    assert_int_equal(world_bind(w, 1500), CSIGN_OK);
    assert_int_equal(world_append(w, &end), CSIGN_OK);
    for (; policy.policy.version <= 4; policy.policy.version++) {
        policy.policy.id[0] ^= 12; /* two policies by turns, neither in the order of its id */
        assert_int_equal(world_append(w, &policy), CSIGN_OK);
    }
    assert_int_equal(world_append(w, &cut), CSIGN_OK);
    assert_int_equal(world_append(w, &floor), CSIGN_OK);
    assert_int_equal(world_bind(w, 3), CSIGN_OK);
}

static void count_progress(void *context, uint64_t checked, uint64_t size)
{
    assert_true(checked <= size);
    ++*(int *)context;
}

static void test_fsck_takes_a_whole_log(void **state)
{
    struct world *w = *state;
    csign_fault fault = {0};
    uint64_t size = 0;
    int calls = 0;
    assert_int_equal(check(w, &fault), CSIGN_OK); /* of no leaves */
    fill(w);
    assert_int_equal(check(w, &fault), CSIGN_OK);
    assert_int_equal(world_bind(w, 4096), CSIGN_OK);
    struct log_check asked = world_check(w);
    asked.progress = count_progress;
    asked.context = &calls;
    struct session *reader = store_reader(w->store);
    assert_int_equal(log_fsck(reader, &asked, &size, &fault), CSIGN_OK);
    assert_int_equal(calls, 1);
    asked.origin = SPAN("other.registry.test");
    asked.mark_path = NULL;
    assert_int_equal(log_fsck(reader, &asked, &size, &fault), CSIGN_E_CONFLICT);
    store_reader_end(w->store, reader);
}

struct damage {
    const char *name, *sql;
    csign_code code;
    const char *field;
};

static const struct damage damages[] = {
    {"entry_changed", "update log_entry set leaf = cast(substr(leaf, 1, 40) || x'01' || substr(leaf, 42) as blob) where position = 700",
     CSIGN_E_TILE_MALFORMED, "tile"},
    {"entry_changed_behind_the_last_tile",
     "update log_entry set leaf = cast(substr(leaf, 1, 40) || x'01' || substr(leaf, 42) as blob) where position = 1501",
     CSIGN_E_CHECKPOINT_MALFORMED, "root"},
    {"entry_malformed", "update log_entry set leaf = cast(x'5a' || substr(leaf, 2) as blob) where position = 700", CSIGN_E_LEAF_MALFORMED,
     "type"},
    {"entry_missing", "delete from log_entry where position = 700", CSIGN_E_LEAF_MALFORMED, "entry"},
    {"entry_out_of_order",
     "update log_entry set leaf = (select leaf from log_entry where position = 699) where position = 700", CSIGN_E_LEAF_MALFORMED, "index"},
    {"entries_end_early", "delete from log_entry where position >= 1507", CSIGN_E_TILE_MALFORMED, "tile"},
    {"entry_too_many", "insert into log_entry select 1511, leaf from log_entry where position = 1501", CSIGN_E_TILE_MALFORMED, "tile"},
    {"tile_changed", "update log_tile set hashes = cast(zeroblob(32) || substr(hashes, 33) as blob) where level = 0 and tile = 2",
     CSIGN_E_TILE_MALFORMED, "tile"},
    {"edge_changed", "update log_tile set hashes = cast(substr(hashes, 1, 32) || zeroblob(32) || substr(hashes, 65) as blob) where level = 1",
     CSIGN_E_TILE_MALFORMED, "tile"},
    {"tile_missing", "delete from log_tile where level = 0 and tile = 0", CSIGN_E_TILE_MALFORMED, "tile"},
    {"tile_of_nothing", "insert into log_tile values (0, 99, 1, zeroblob(32))", CSIGN_E_TILE_MALFORMED, "tile"},
    {"tile_width", "update log_tile set width = 1 where level = 1", CSIGN_E_TILE_MALFORMED, "tile"},
    {"commit_note_changed", "update log_commit set note = replace(note, char(10) || '1025' || char(10), char(10) || '1026' || char(10)) "
                            "where size = 1025",
     CSIGN_E_NOTE_SIGNATURE_BAD, "checkpoint"},
    {"commit_note_of_another", "update log_commit set note = (select note from log_commit where size = 1501) where size = 1025",
     CSIGN_E_CHECKPOINT_MALFORMED, "root"},
    {"commit_note_cut", "update log_commit set note = '' where size = 1025", CSIGN_E_NOTE_MALFORMED, ""},
    {"commit_missing", "delete from log_commit where size = 1025", CSIGN_E_CHECKPOINT_MALFORMED, "commit"},
    {"last_commit_missing", "delete from log_commit where size = 1511", CSIGN_E_CHECKPOINT_MALFORMED, "commit"},
    {"first_changed", "update log_commit set first = 2 where size = 1025", CSIGN_E_CHECKPOINT_MALFORMED, "commit"},
    {"head_size", "update log_head set size = 1510", CSIGN_E_CHECKPOINT_MALFORMED, "head"},
    {"head_root", "update log_head set root = zeroblob(32)", CSIGN_E_CHECKPOINT_MALFORMED, "head"},
    {"head_bindings", "update log_head set next_index = next_index + 1", CSIGN_E_CHECKPOINT_MALFORMED, "head"},
    {"head_note", "update log_head set note = (select note from log_commit where size = 1025)", CSIGN_E_CHECKPOINT_MALFORMED, "root"},
    {"head_note_unsigned", "update log_head set note = replace(note, char(8212) || ' log.', char(8212) || ' lag.')", CSIGN_E_NOTE_UNSIGNED,
     "checkpoint"},
    {"limit_lowered", "update log_limit set value = 1 where type = 'X2'", CSIGN_E_LEAF_MALFORMED, "limit"},
    {"limit_missing", "delete from log_limit where type = 'P'", CSIGN_E_LEAF_MALFORMED, "limit"},
    {"limit_too_many", "insert into log_limit values ('X1', x'00000000000000000000000000000000', 3)", CSIGN_E_LEAF_MALFORMED, "limit"},
};

static void damage_store(struct world *w, const char *sql)
{
    sqlite3 *connection = NULL;
    assert_int_equal(sqlite3_open(w->store_path, &connection), SQLITE_OK);
    if (sqlite3_exec(connection, sql, NULL, NULL, NULL) != SQLITE_OK)
        print_error("%s\n", sqlite3_errmsg(connection));
    assert_true(sqlite3_total_changes(connection) > 0);
    sqlite3_close(connection);
}

static csign_code check_file(struct world *w, csign_fault *fault)
{
    const struct store_options at = {.path = w->store_path, .read_only = true, .clock_ms = clock_ms};
    const struct log_check asked = world_check(w);
    struct store *store = NULL;
    uint64_t size;
    assert_int_equal(store_open(&at, &store, fault), CSIGN_OK);
    struct session *reader = store_reader(store);
    csign_code code = log_fsck(reader, &asked, &size, fault);
    store_reader_end(store, reader);
    store_close(&store);
    return code;
}

static void test_fsck_finds_damage(void **state)
{
    struct world *w = *state;
    csign_fault fault = {0};
    bool failed = false;
    fill(w);
    world_close(w);
    struct copies whole = copies_make(w, "whole-store", "whole-mark");
    assert_int_equal(check_file(w, &fault), CSIGN_OK);
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        const struct damage *damage = &damages[i];
        copy_file(whole.store, w->store_path);
        damage_store(w, damage->sql);
        csign_code code = check_file(w, &fault);
        if (code != damage->code || strcmp(fault.field, damage->field) != 0) {
            print_error("%s: %s %s: %s\n", damage->name, csign_code_name(code), code ? fault.field : "", code ? fault.reason : "");
            failed = true;
        }
    }
    assert_false(failed);
    copies_free(&whole);
}

static void test_fsck_compares_with_the_mark(void **state)
{
    struct world *w = *state;
    csign_fault fault = {0};
    begin(w);
    world_close(w);
    struct copies before = copies_make(w, "store-1", "mark-1");
    reopen(w);
    assert_int_equal(world_bind(w, 2), CSIGN_OK);
    world_close(w);
    struct copies then = copies_make(w, "store-2", "mark-2");
    copy_file(before.mark, w->mark_path);
    assert_int_equal(check_file(w, &fault), CSIGN_OK); /* behind is no fault */
    copy_file(then.mark, w->mark_path);
    copy_file(before.store, w->store_path);
    assert_int_equal(check_file(w, &fault), CSIGN_E_CONFLICT);
    assert_string_equal(fault.field, "mark");
    copy_file(before.mark, w->mark_path);
    reopen(w);
    const struct leaf other = {.type = LEAF_FLOOR, .floor = {.recorded_ms = 1}};
    assert_int_equal(world_append(w, &other), CSIGN_OK);
    assert_int_equal(world_append(w, &other), CSIGN_OK);
    world_close(w);
    copy_file(then.mark, w->mark_path);
    assert_int_equal(check_file(w, &fault), CSIGN_E_CONFLICT);
    assert_string_equal(fault.reason, "the log had another history");
    copies_free(&before);
    copies_free(&then);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, world_make, world_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_restored_backup_fail),  CASE(test_torn_mark_leaves_the_one_before), CASE(test_nothing_is_told_while_the_mark_cannot_move),
        CASE(test_mark_without_a_folder_fail),
        CASE(test_fsck_takes_a_whole_log), CASE(test_fsck_finds_damage),              CASE(test_fsck_compares_with_the_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
