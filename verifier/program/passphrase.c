#include "passphrase.h"
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;

static void note_signal(int number)
{
    interrupted = number;
}

/* Reads a line of at most PASSPHRASE_MAX bytes into `ret`, without its end. False at the end of input or a signal. */
static bool read_line(int fd, char ret[PASSPHRASE_MAX + 1], size_t *ret_size)
{
    size_t size = 0;
    char c;
    for (;;) {
        ssize_t n = read(fd, &c, 1);
        if (n < 0 && errno == EINTR && !interrupted)
            continue;
        if (n < 0 || interrupted || (n == 0 && size == 0))
            return false;
        if (n == 0 || c == '\n')
            break;
        if (size == PASSPHRASE_MAX)
            return false;
        ret[size++] = c;
    }
    while (size > 0 && ret[size - 1] == '\r')
        size--;
    ret[size] = 0;
    *ret_size = size;
    return true;
}

/* Asks at the terminal; its echo is put back whatever happens, also when a signal ends the process. */
static bool ask(int terminal, const char *question, bool echo, char ret[PASSPHRASE_MAX + 1], size_t *ret_size)
{
    struct termios before, silent;
    struct sigaction noting = {.sa_handler = note_signal}, old_int, old_term;
    bool changed = !echo && tcgetattr(terminal, &before) == 0;
    interrupted = 0;
    sigaction(SIGINT, &noting, &old_int);
    sigaction(SIGTERM, &noting, &old_term);
    if (changed) {
        silent = before;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(terminal, TCSAFLUSH, &silent);
    }
    dprintf(terminal, "%s", question);
    bool good = read_line(terminal, ret, ret_size);
    if (changed) {
        tcsetattr(terminal, TCSAFLUSH, &before);
        dprintf(terminal, "\n");
    }
    sigaction(SIGINT, &old_int, NULL);
    sigaction(SIGTERM, &old_term, NULL);
    if (interrupted)
        raise(interrupted);
    return good;
}

static int from_file(struct call *call, const char *file, char *memory, span *ret)
{
    size_t size = 0;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return fail_system(call, "cannot open the passphrase file", file, "correct the path, or let this user read it");
    interrupted = 0;
    bool good = read_line(fd, memory, &size);
    close(fd);
    if (!good || size == 0)
        return fail(call, CANNOT, "put the passphrase into the file's first line, at most 1024 bytes",
                    "no passphrase in the file, %s", file);
    *ret = span_of(memory, size);
    return DONE;
}

int passphrase_read(struct call *call, const char *file, const char *whose, bool is_new, span *ret)
{
    char *memory = call_secret(call, PASSPHRASE_MAX + 1), *again = call_secret(call, PASSPHRASE_MAX + 1);
    size_t size = 0, again_size = 0;
    if (file)
        return from_file(call, file, memory, ret);
    int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (terminal < 0)
        return fail(call, CANNOT, "give --passphrase-file FILE", "no terminal to ask for the passphrase of %s", whose);
    pid_t foreground = tcgetpgrp(terminal);
    if (foreground >= 0 && foreground != getpgrp()) { /* to read here would stop it, without a word */
        close(terminal);
        return fail(call, CANNOT, "start it in the foreground, or give the passphrase in a file",
                    "in the background nobody can be asked for the passphrase of %s", whose);
    }
    bool good = ask(terminal, call_format(call, "passphrase of %s: ", whose), false, memory, &size);
    bool repeated = !is_new || (good && ask(terminal, "the same again: ", false, again, &again_size));
    close(terminal);
    if (!good || !repeated || size == 0)
        return fail(call, CANNOT, "type it, at most 1024 bytes", "no passphrase was given for %s", whose);
    if (is_new && (size != again_size || sodium_memcmp(memory, again, size) != 0))
        return fail(call, CANNOT, "type the same twice", "the two passphrases for %s differ", whose);
    *ret = span_of(memory, size);
    return DONE;
}

int confirm(struct call *call, span text, const char *question)
{
    char answer[PASSPHRASE_MAX + 1];
    size_t size = 0;
    int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (terminal < 0)
        return fail(call, CANNOT, "show it to the person first, then give --yes", "no terminal to confirm at, --yes");
    dprintf(terminal, "%.*s", (int)text.size, (const char *)text.data);
    bool yes = ask(terminal, question, true, answer, &size) && strcmp(answer, "yes") == 0;
    close(terminal);
    return yes ? DONE : fail(call, REFUSED, "type yes to sign", "not signed, the answer was not yes");
}
