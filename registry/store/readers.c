#include "readers.h"

csign_code readers_open(struct readers *r, const char *path, enum session_kind kind, uint64_t (*clock_ms)(void))
{
    r->path = path;
    if (pthread_mutex_init(&r->lock, NULL) != 0 || pthread_cond_init(&r->returned, NULL) != 0)
        return CSIGN_E_UNAVAILABLE;
    for (size_t i = 0; i < READERS_MAX; i++) {
        r->sessions[i].kind = kind;
        r->sessions[i].clock_ms = clock_ms;
        r->idle[r->idle_count++] = &r->sessions[READERS_MAX - 1 - i];
    }
    return CSIGN_OK;
}

void readers_close(struct readers *r)
{
    for (size_t i = 0; i < READERS_MAX; i++)
        session_close(&r->sessions[i]);
    pthread_cond_destroy(&r->returned);
    pthread_mutex_destroy(&r->lock);
}

struct session *readers_lend(struct readers *r)
{
    pthread_mutex_lock(&r->lock);
    while (r->idle_count == 0)
        pthread_cond_wait(&r->returned, &r->lock);
    struct session *session = r->idle[--r->idle_count];
    pthread_mutex_unlock(&r->lock);
    if (!session->connection) /* without one its queries fail, and the next loan tries again */
        (void)session_open(session, r->path, session->kind, session->clock_ms, NULL);
    return session;
}

void readers_return(struct readers *r, struct session *session)
{
    session_read_end(session);
    pthread_mutex_lock(&r->lock);
    r->idle[r->idle_count++] = session;
    pthread_cond_signal(&r->returned);
    pthread_mutex_unlock(&r->lock);
}
