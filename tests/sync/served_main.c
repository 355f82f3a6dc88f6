/*
 * The registry in memory as a program of its own, for tests of the command. It prints its address and the hash of its root, then
 * obeys lines: `app KEY` takes receipts of this public key, `sign ID TEXT` prints a release as JSON, `suspend`, `heartbeat`,
 * `cut`, `restore`, `count` prints the receipts that came. CLOCK_SHIM sets its clock.
 */
#include "base64.h"
#include "hash.h"
#include "json_write.h"
#include "note.h"
#include "served.h"

#include <stdio.h>
#include <stdlib.h>

static struct served served;

static void print(struct buffer *out)
{
    printf("%.*s\n", (int)out->size, (const char *)out->data);
    fflush(stdout);
}

static void print_release(span id, span document)
{
    static uint8_t memory[1u << 20];
    struct buffer out = buffer_open(memory, sizeof memory);
    struct json_out o = json_out(&out);
    const struct csign_release *r = &served.registry.release;
    registry_sign(&served.registry, document);
    json_put_object(&o);
    json_put_text_member(&o, "release_id", id);
    json_put_text_member(&o, "act", r->act);
    json_put_text_member(&o, "setting", r->setting);
    json_put_text_member(&o, "jurisdiction", r->jurisdiction);
    json_put_text_member(&o, "site", r->site);
    json_put_name(&o, "tool");
    json_put_object(&o);
    json_put_text_member(&o, "id", r->tool_id);
    json_put_text_member(&o, "model", r->tool_model);
    json_put_text_member(&o, "version", r->tool_version);
    json_end_object(&o);
    json_put_text_member(&o, "audience", r->audience);
    json_put_text_member(&o, "request_id", r->request_id);
    json_put_name(&o, "requests");
    json_put_array(&o);
    json_put_raw(&o, r->slots[0].request);
    json_end_array(&o);
    json_put_name(&o, "sign_offs");
    json_put_array(&o);
    json_put_object(&o);
    json_put_text_member(&o, "sign_off", r->slots[0].sign_off);
    json_put_name(&o, "transaction_data");
    json_put_array(&o);
    json_put_text(&o, r->slots[0].transaction_data[0]);
    json_end_array(&o);
    json_put_integer_member(&o, "entry", 0);
    json_end_object(&o);
    json_end_array(&o);
    json_put_base64url_member(&o, "document", document);
    json_end_object(&o);
    print(&out);
}

static void obey(char *line)
{
    char *word = strtok(line, " \n"), *first = strtok(NULL, " \n"), *rest = strtok(NULL, "\n");
    if (!word)
        return;
    if (strcmp(word, "app") == 0 && first)
        (void)public_key_read(span_text(first), &served.app);
    else if (strcmp(word, "sign") == 0 && first && rest)
        print_release(span_text(first), span_text(strdup(rest)));
    else if (strcmp(word, "suspend") == 0)
        served_suspend(&served);
    else if (strcmp(word, "heartbeat") == 0)
        served_heartbeat(&served);
    else if (strcmp(word, "cut") == 0)
        served_cut(&served);
    else if (strcmp(word, "restore") == 0)
        served_restore(&served);
    else if (strcmp(word, "count") == 0) {
        pthread_mutex_lock(&served.mutex);
        printf("{\"permits\":%llu,\"refusals\":%llu,\"outcomes\":%llu,\"next\":%llu}\n", (unsigned long long)served.receipts.permits,
               (unsigned long long)served.receipts.refusals, (unsigned long long)served.receipts.outcomes,
               (unsigned long long)served.receipts.next);
        fflush(stdout);
        pthread_mutex_unlock(&served.mutex);
    }
}

int main(void)
{
    static uint8_t memory[1u << 16], text[128];
    struct buffer scratch = buffer_open(memory, sizeof memory), out = buffer_open(text, sizeof text);
    struct note note;
    uint8_t hash[CSIGN_HASH_SIZE];
    char url[64], line[4096];
    served_open(&served, 1);
    if (note_read(served.registry.root_note, &scratch, &note, NULL) != CSIGN_OK)
        return 1;
    note_hash(&note, hash);
    buffer_text(&out, served_url(&served, url));
    buffer_byte(&out, ' ');
    base64url_encode(&out, span_of(hash, sizeof hash));
    print(&out);
    while (fgets(line, sizeof line, stdin))
        obey(line);
    served_close(&served);
    return 0;
}
