#include "serving.h"

#include <netinet/in.h>

/* The last address of a list: the one that the nearest proxy saw. Those before it are what the client says. */
static span last_of(span list)
{
    size_t from = list.size;
    while (from > 0 && list.data[from - 1] != ',')
        from--;
    while (from < list.size && list.data[from] == ' ')
        from++;
    return span_of(list.data + from, list.size - from);
}

span exchange_client(const struct exchange *x)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    span forwarded = last_of(exchange_header(x, "X-Forwarded-For"));
    if (x->peer->local)
        return forwarded.size ? forwarded : SPAN("local");
    /* Without the port: it is another one with each connection. The addresses live as long as the connection. */
    if (info && info->client_addr->sa_family == AF_INET)
        return span_of(&((const struct sockaddr_in *)(const void *)info->client_addr)->sin_addr, sizeof(struct in_addr));
    if (info && info->client_addr->sa_family == AF_INET6) /* a client has its last 64 bits to itself */
        return span_of(&((const struct sockaddr_in6 *)(const void *)info->client_addr)->sin6_addr, 8);
    return SPAN("unknown");
}
