/* What the headers of Countersign share: export marks and checked attributes. */
#ifndef COUNTERSIGN_EXPORT_H
#define COUNTERSIGN_EXPORT_H

#if defined(__GNUC__)
#define CSIGN_EXPORT __attribute__((visibility("default")))
#define CSIGN_CHECKED __attribute__((warn_unused_result))
#else
#define CSIGN_EXPORT
#define CSIGN_CHECKED
#endif

#endif
