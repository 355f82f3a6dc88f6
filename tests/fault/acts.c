#include "acts.h"
#include "hash.h"
#include "nonce.h"
#include "proof.h"
#include "uuid.h"

#include <stdio.h>
#include <stdlib.h>

#define THREADS   4u
#define PAUSE_MAX 256u /* turns of an empty loop: as long as a few statements take */

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "acts: %s\n", what);
    abort();
}

/* --- chance --- */

static uint64_t next_random(uint64_t *state) /* splitmix64 */
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint64_t acts_random(struct acts *all)
{
    return next_random(&all->random);
}

/* --- what is asked --- */

void acts_open(struct acts *all, const struct registry *registry, size_t capacity, uint64_t seed)
{
    *all = (struct acts){.registry = registry, .capacity = capacity, .random = seed};
    all->acts = calloc(capacity, sizeof *all->acts);
    all->order = calloc(capacity, sizeof *all->order);
    must(all->acts && all->order, "no memory");
    must(pthread_mutex_init(&all->lock, NULL) == 0 && pthread_cond_init(&all->changed, NULL) == 0, "no mutex");
}

void acts_close(struct acts *all)
{
    acts_clear(all);
    pthread_cond_destroy(&all->changed);
    pthread_mutex_destroy(&all->lock);
    free(all->order);
    free(all->acts);
}

void acts_clear(struct acts *all)
{
    for (size_t i = 0; i < all->count; i++)
        deed_submission_free(&all->acts[i].deed);
    all->count = 0;
}

struct act *act_add(struct acts *all, enum act_kind kind, char what, unsigned scene)
{
    must(all->count < all->capacity, "more acts than there is room for");
    struct act *act = &all->acts[all->count];
    all->order[all->count++] = act;
    *act = (struct act){.kind = kind, .what = what, .scene = scene, .all = all};
    return act;
}

void act_write_deed(struct acts *all, char text[ACT_NOTE_MAX], const char *kind, const char *at, const char *members)
{
    char json[ACT_NOTE_MAX], id_text[UUID_SIZE];
    uint8_t random[10];
    for (size_t i = 0; i < sizeof random; i++)
        random[i] = (uint8_t)acts_random(all);
    struct buffer id = buffer_open(id_text, sizeof id_text), out = buffer_open(text, ACT_NOTE_MAX - 1);
    uuid7_write(&id, clock_ms(), random);
    int size = snprintf(json, sizeof json, "{\"do\":\"%s\",\"at\":\"%s\",\"valid_until\":%llu,%s}", kind, at,
                        (unsigned long long)clock_ms() / 1000 + 3600, members);
    must(size > 0 && (size_t)size < sizeof json, "a deed that is too long");
    deed_write(&out, SPAN("registry.test"), buffer_span(&id), span_text(json));
    must(!out.overflow, "a deed that is too long");
    text[out.size] = 0;
}

void act_sign(struct act *act, const char *text, const char *signers)
{
    struct buffer note = buffer_open(act->note, sizeof act->note);
    buffer_text(&note, text);
    buffer_byte(&note, '\n');
    while (*signers) {
        char name[64];
        size_t size = strcspn(signers, " ");
        snprintf(name, sizeof name, "%.*s", (int)size, signers);
        struct signer signer = signer_make(name, NOTE_ED25519);
        note_sign(&note, span_text(text), &signer.vkey, &signer.key);
        signers += size + strspn(signers + size, " ");
    }
    must(!note.overflow, "a note that is too long");
    act->note_size = note.size;
}

struct signing_key act_key(unsigned number)
{
    uint8_t seed[32] = {'h', (uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16)};
    struct signing_key key;
    signing_key_from_seed(seed, &key);
    return key;
}

static span write_proof(const struct act *act, uint8_t use, uint8_t memory[PROOF_MAX])
{
    char nonce[NONCE_TEXT + 1];
    uint64_t expires;
    struct buffer out = buffer_open(memory, PROOF_MAX);
    struct signing_key key = act_key(act->key);
    nonce_give(act->all->registry->nonces, clock_ms(), nonce, &expires);
    const struct proof proof = {.aud = act->all->registry->iss, .nonce = span_text(nonce), .iat = clock_ms() / 1000, .use = use,
                                .code = span_text(act->code)};
    must(proof_write(&out, &proof, &key) == CSIGN_OK, "a proof that is not written");
    return buffer_span(&out);
}

/* --- performing and being answered --- */

static void answer(struct act *act, csign_code code)
{
    struct acts *all = act->all;
    act->answer = code;
    act->place = atomic_fetch_add(&all->places, 1) + 1;
    pthread_mutex_lock(&all->lock);
    act->is_answered = true;
    all->left--;
    pthread_cond_broadcast(&all->changed);
    pthread_mutex_unlock(&all->lock);
}

/* On the writer's thread. */
static void on_done(struct operation *operation, csign_code code)
{
    struct act *act = operation->context;
    if (act->kind == ACT_DEED) {
        act->state = act->deed->state;
        act->fault = act->deed->fault;
    } else if (act->kind == ACT_BIND) {
        act->fault = act->proven.make.fault;
        if (code == CSIGN_OK)
            code = act->proven.make.refusal;
    } else {
        act->fault = act->kind == ACT_ISSUE ? act->proven.issue.fault : act->proven.end.fault;
    }
    answer(act, code);
}

static csign_code prepare(struct act *act, struct operation **ret)
{
    const struct registry *registry = act->all->registry;
    uint8_t memory[PROOF_MAX];
    switch (act->kind) {
    case ACT_DEED:
        TRY(deed_submission_prepare(registry, span_of(act->note, act->note_size), &act->deed, &act->fault));
        *ret = &act->deed->operation;
        return CSIGN_OK;
    case ACT_BIND:
        *ret = &act->proven.make.operation;
        return binding_make_prepare(&act->proven.make, registry, write_proof(act, PROOF_BINDING, memory), clock_ms());
    case ACT_ISSUE:
        *ret = &act->proven.issue.operation;
        return issue_prepare(&act->proven.issue, registry, write_proof(act, PROOF_CREDENTIAL, memory), clock_ms());
    default:
        *ret = &act->proven.end.operation;
        return binding_end_prepare(&act->proven.end, registry, write_proof(act, PROOF_END, memory), clock_ms());
    }
}

static void perform(struct act *act)
{
    struct operation *operation = NULL;
    if (act->kind == ACT_DUE) {
        answer(act, deeds_apply_due(act->all->registry));
        return;
    }
    csign_code code = prepare(act, &operation);
    if (code == CSIGN_OK) {
        operation->done = on_done;
        operation->context = act;
        code = store_submit(act->all->registry->store, operation);
    }
    if (code != CSIGN_OK)
        answer(act, code);
    pthread_mutex_lock(&act->all->lock);
    while (act->all->is_patient && !act->is_answered)
        pthread_cond_wait(&act->all->changed, &act->all->lock);
    pthread_mutex_unlock(&act->all->lock);
}

struct thread {
    pthread_t id;
    struct acts *all;
    uint64_t random;
};

static void *perform_some(void *context)
{
    struct thread *thread = context;
    struct acts *all = thread->all;
    for (;;) {
        size_t at = atomic_fetch_add(&all->next, 1);
        if (at >= all->count)
            return NULL;
        for (volatile uint64_t turns = next_random(&thread->random) % PAUSE_MAX; turns > 0; turns--) {
        }
        perform(all->order[at]);
    }
}

static void shuffle(struct acts *all, size_t spread)
{
    for (size_t i = 0; spread > 1 && i + 1 < all->count; i++) {
        size_t window = all->count - i < spread ? all->count - i : spread, k = i + acts_random(all) % window;
        struct act *held = all->order[i];
        all->order[i] = all->order[k];
        all->order[k] = held;
    }
}

void acts_perform(struct acts *all, size_t spread)
{
    struct thread threads[THREADS];
    shuffle(all, spread);
    atomic_store(&all->next, 0);
    all->left = all->count;
    if (all->count == 0)
        return;
    for (size_t i = 0; i < THREADS; i++) {
        threads[i] = (struct thread){.all = all, .random = acts_random(all)};
        must(pthread_create(&threads[i].id, NULL, perform_some, &threads[i]) == 0, "no thread");
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i].id, NULL);
    pthread_mutex_lock(&all->lock);
    while (all->left > 0)
        pthread_cond_wait(&all->changed, &all->lock);
    pthread_mutex_unlock(&all->lock);
}
