#include "schema_write.h"
#include "date.h"

void json_put_word_member(struct json_out *o, const char *name, const struct vocabulary *v, uint8_t word)
{
    json_put_text_member(o, name, span_text(vocabulary_word(v, word)));
}

void json_put_texts_member(struct json_out *o, const char *name, struct text_list list)
{
    json_put_name(o, name);
    json_put_array(o);
    for (size_t i = 0; i < list.count; i++)
        json_put_text(o, list.items[i]);
    json_end_array(o);
}

void json_put_date_member(struct json_out *o, const char *name, uint32_t date)
{
    uint8_t memory[10];
    struct buffer text = buffer_open(memory, sizeof memory);
    if (!date)
        return;
    date_write(&text, date);
    json_put_text_member(o, name, buffer_span(&text));
}
