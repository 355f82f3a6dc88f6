/* The listening socket: an address and port of this machine, or a path of a Unix socket. */
#include "serving.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024

static csign_code bad(csign_fault *fault, const char *reason)
{
    return fault_set(fault, CSIGN_E_ARGUMENT, "listen", reason);
}

static csign_code open_socket(const struct sockaddr *address, socklen_t size, int *ret_fd, csign_fault *fault)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0)
        return bad(fault, "the system gives no socket for this address");
    if (address->sa_family == AF_UNIX)
        fchmod(fd, 0600); /* bind makes the file with this mode, so that nobody else gets in meanwhile */
    else
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, address, size) == 0 && listen(fd, BACKLOG) == 0) {
        *ret_fd = fd;
        return CSIGN_OK;
    }
    const char *reason = errno == EADDRINUSE ? "the address is in use" : errno == EACCES ? "not permitted" : "cannot listen";
    close(fd);
    return bad(fault, reason);
}

/* --- unix:PATH --- */

/* A socket that nobody answers on was left behind by a server that was killed. */
static csign_code remove_stale(const struct sockaddr_un *address, csign_fault *fault)
{
    struct stat file;
    if (lstat(address->sun_path, &file) != 0)
        return CSIGN_OK;
    if (!S_ISSOCK(file.st_mode))
        return bad(fault, "the path is a file that is no socket");
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool answered = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;
    if (fd >= 0)
        close(fd);
    if (answered)
        return bad(fault, "the address is in use");
    return unlink(address->sun_path) == 0 ? CSIGN_OK : bad(fault, "a stale socket cannot be removed");
}

static csign_code listen_unix(const char *path, int *ret_fd, csign_fault *fault)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!*path || strlen(path) >= sizeof address.sun_path)
        return bad(fault, "the path of a Unix socket has 1 to 107 bytes");
    memcpy(address.sun_path, path, strlen(path));
    TRY(remove_stale(&address, fault));
    return open_socket((const struct sockaddr *)&address, sizeof address, ret_fd, fault);
}

/* --- ADDRESS:PORT, [ADDRESS]:PORT --- */

static csign_code resolve(const char *where, struct addrinfo **ret, csign_fault *fault)
{
    static const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    char host[64];
    const char *colon = strrchr(where, ':'), *start = where;
    if (!colon || colon == where || !colon[1] || (size_t)(colon - where) >= sizeof host)
        return bad(fault, "give ADDRESS:PORT, [ADDRESS]:PORT or unix:PATH");
    size_t size = (size_t)(colon - where);
    if (where[0] == '[' && colon[-1] == ']') {
        start++;
        size -= 2;
    } else if (memchr(where, ':', size)) {
        return bad(fault, "an address with colons stands in brackets");
    }
    memcpy(host, start, size);
    host[size] = 0;
    if (getaddrinfo(host, colon + 1, &hints, ret) != 0)
        return bad(fault, "give ADDRESS:PORT, [ADDRESS]:PORT or unix:PATH");
    return CSIGN_OK;
}

static csign_code name_socket(int fd, char *ret, size_t size, csign_fault *fault)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    char host[64], port[8];
    if (getsockname(fd, (struct sockaddr *)&address, &length) != 0 ||
        getnameinfo((struct sockaddr *)&address, length, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return bad(fault, "the socket has no name");
    snprintf(ret, size, address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
    return CSIGN_OK;
}

csign_code listen_open(const char *where, int *ret_fd, char *ret_address, size_t size, const char **ret_socket_path,
                       csign_fault *fault)
{
    if (strncmp(where, "unix:", 5) == 0) {
        TRY(listen_unix(where + 5, ret_fd, fault));
        snprintf(ret_address, size, "%s", where);
        *ret_socket_path = ret_address + 5;
        return CSIGN_OK;
    }
    struct addrinfo *address = NULL;
    TRY(resolve(where, &address, fault));
    csign_code code = open_socket(address->ai_addr, address->ai_addrlen, ret_fd, fault);
    freeaddrinfo(address);
    TRY(code);
    code = name_socket(*ret_fd, ret_address, size, fault);
    if (code != CSIGN_OK)
        close(*ret_fd);
    return code;
}
