/* Files: read whole with a limit, mapped, or replaced as one. What a write leaves behind is the old file or the new one. */
#ifndef PROGRAM_FILES_H
#define PROGRAM_FILES_H

#include "call.h"

/* Reads a file of at most `max` bytes; "-" is standard input. */
int file_read(struct call *call, const char *path, size_t max, span *ret);
/* Reads a file that need not be there: *ret is then absent. */
int file_read_if_there(struct call *call, const char *path, size_t max, span *ret);
/* Maps a file of any size until the process ends. An empty file is not absent. */
int file_map(struct call *call, const char *path, span *ret);

/* Replaces a file, or makes it: written beside it, synced, renamed, and the folder synced. */
int file_write(struct call *call, const char *path, span content);
/* The same for a file that only its owner may read. */
int file_write_private(struct call *call, const char *path, span content);
/* Makes a file that only its owner may read, and refuses to replace one. */
int file_write_new(struct call *call, const char *path, span content);
/* The same for a note, which all may read: what may bear signatures is never replaced. */
int file_write_note(struct call *call, const char *path, span content);
/* file_write_note(), or standard output where `path` is NULL or "-". */
int file_write_note_or_print(struct call *call, const char *path, span content);
/* file_write(), or standard output where `path` is NULL or "-". */
int file_write_or_print(struct call *call, const char *path, span content);

/* Makes the folders above a file. */
int folder_make_above(struct call *call, const char *path);
/* Removes a folder and all in it, as well as it can. */
void folder_remove(const char *path);
/* "a/b" of "a/b/c", "." of "c". */
const char *folder_of(struct call *call, const char *path);

#endif
