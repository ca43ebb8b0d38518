/* What a process that reads strangers' files may see and use. */

#ifndef FAXGW_CONFINE_H
#define FAXGW_CONFINE_H

/* Places that every worker may read, as open file descriptors; made before any worker. */
struct places {
    int count, room;
    struct place {
        int file, is_folder;
    } *places;
};

/* Limits of one worker; `reads` are files, and it writes into `folder` and `writes`. */
struct limits {
    long cpu_seconds, memory_bytes, file_bytes;
    const char *folder, *writes;
    const char **reads;
    int read_count;
};

int open_place(struct places *places, const char *path);
int load_filter(int file);
int confine(const struct limits *limits, const struct places *places);

#endif
