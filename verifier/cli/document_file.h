/* `document_file` of a release in JSON (PROTOCOL 9): a document that lies in a file of this machine. */
#ifndef CLI_DOCUMENT_FILE_H
#define CLI_DOCUMENT_FILE_H

#include "buffer.h"

/* The path, absent if the release names none; whatever else is wrong with it, csign_release_read() says. */
span document_file_find(span json, struct buffer *scratch);

#endif
