/* The tools of the suite at work: what they must catch, caught. A check that cannot fail would show nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "confine.h"
#include "counting.h"
#include "page_end.h"
#include "quiet.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hash.h"
#include "key.h"

/* Runs the act in a child of its own; its status as waitpid() gives it. */
static int status_of(void (*act)(void))
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL); /* cmocka's would carry on */
        signal(SIGBUS, SIG_DFL);
        act();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void confined_compute(void)
{
    if (confine() != 0)
        _exit(1);
    uint8_t digest[CSIGN_HASH_SIZE];
    hash_of(SPAN("abc"), digest);
    void *big = malloc(8u << 20);
    printf("%s", big ? "" : "no memory");
    free(big);
}

static void confined_open(void)
{
    if (confine() == 0)
        (void)!open("/dev/null", O_RDONLY);
}

static void confined_socket(void)
{
    if (confine() == 0)
        (void)!socket(AF_INET, SOCK_STREAM, 0);
}

static void confined_exec(void)
{
    if (confine() == 0)
        execl("/bin/true", "true", (char *)NULL);
}

static void offline_opens_no_socket_and_no_file(void **state)
{
    (void)state;
    if (!confine_available())
        skip();
    assert_int_equal(status_of(confined_compute), 0);
    void (*const forbidden[])(void) = {confined_open, confined_socket, confined_exec};
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++) {
        int status = status_of(forbidden[i]);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
    }
}

static void compute(void *context)
{
    hash_of(SPAN("abc"), context);
}

static void verify(void *context)
{
    static const struct public_key key;
    static const uint8_t signature[CSIGN_SIGNATURE_SIZE];
    *(bool *)context = !public_key_verify(&key, SPAN("abc"), signature);
}

static void call(void *context)
{
    *(pid_t *)context = getpid();
}

static void quiet_shows_a_system_call(void **state)
{
    long number = 0;
    (void)state;
    if (!quiet_available())
        skip();
    uint8_t *digest = quiet_memory(CSIGN_HASH_SIZE);
    assert_true(quiet_run(compute, digest, &number));
    assert_int_equal(digest[0], 0xba);
    bool *refused = quiet_memory(sizeof *refused);
    assert_true(quiet_run(verify, refused, &number));
    assert_true(*refused);
    assert_false(quiet_run(call, quiet_memory(sizeof(pid_t)), &number));
    assert_true(number > 0);
}

static struct page_end page;

static void read_past_the_end(void)
{
    const volatile uint8_t *at = page_end_place(&page, "abc", 3);
    (void)at[3];
}

static void a_page_ends_where_the_input_ends(void **state)
{
    (void)state;
    page = page_end_open(5000);
    assert_memory_equal(page_end_place(&page, "abc", 3), "abc", 3);
    assert_int_not_equal(status_of(read_past_the_end), 0);
    page_end_close(&page);
}

static void counting_fails_one_allocation(void **state)
{
    (void)state;
    size_t before = counting_allocations(), live = counting_live();
    counting_fail_at(2, false);
    void *first = malloc(1), *second = malloc(1), *third = calloc(1, 1);
    assert_non_null(first);
    assert_null(second);
    assert_non_null(third);
    assert_true(counting_failed());
    assert_int_equal(counting_allocations() - before, 3);
    assert_int_equal(counting_live() - live, 2);
    free(first);
    free(third);
    assert_int_equal(counting_live(), live);

    counting_fail_at(1, true);
    first = malloc(1);
    second = malloc(1);
    counting_fail_at(0, false);
    assert_null(first);
    assert_null(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offline_opens_no_socket_and_no_file),
        cmocka_unit_test(quiet_shows_a_system_call),
        cmocka_unit_test(a_page_ends_where_the_input_ends),
        cmocka_unit_test(counting_fails_one_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
