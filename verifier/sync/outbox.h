#ifndef SYNC_OUTBOX_H
#define SYNC_OUTBOX_H
struct outbox { int unused; };
#endif
