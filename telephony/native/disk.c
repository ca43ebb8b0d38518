/* The disk thread: received pages reach the platter before the sending machine is told that we have them.
 *
 * The media thread must not wait for a disk. So spandsp writes its TIFF file into memory, and this thread
 * brings every page from there to the file that was asked for, fsync included, while the channel holds its
 * answer back. For a file that is to be sent it reads ahead.
 */

#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

enum { MOST_PAGES = 10000, BLOCK = 1 << 16 };

typedef struct order {
    char *file;
    int memory;             /* a descriptor of our own, or -1: only read ahead */
    fc_event *page;
    struct order *next;
} order;

struct fc_disk {
    fc_core *core;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    order *first, **last;
    bool stopping;
};

static bool copy_bytes(int from, int to, off_t at, off_t end) {
    char *block = fc_zeroed(BLOCK);
    bool copied = true;
    while (copied && at < end) {
        size_t wanted = end - at < BLOCK ? (size_t)(end - at) : BLOCK;
        ssize_t size = pread(from, block, wanted, at);
        copied = size > 0 && pwrite(to, block, (size_t)size, at) == size;
        at += size;
    }
    free(block);
    return copied;
}

/* The links from page to page: the only bytes of earlier pages that a new page changes (TIFF 6.0 section 2). */
static bool copy_links(int from, int to) {
    off_t at = 4;
    for (int i = 0; i < MOST_PAGES; i++) {
        uint32_t next;
        uint16_t entries;
        if (pread(from, &next, sizeof next, at) != sizeof next || pwrite(to, &next, sizeof next, at) != sizeof next)
            return false;
        if (next == 0)
            return true;
        if (pread(from, &entries, sizeof entries, next) != sizeof entries)
            return false;
        at = (off_t)next + 2 + 12 * (off_t)entries;
    }
    return false;
}

static bool sync_folder(const char *file) {
    char *copy = fc_copy(file);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(copy);
    if (fd < 0)
        return false;
    bool synced = fsync(fd) == 0;
    close(fd);
    return synced;
}

/* What is new first, then the links to it, so that a crash leaves a file whose pages are whole. */
static bool bring(const order *it, int file) {
    struct stat there, here;
    if (fstat(it->memory, &there) < 0 || fstat(file, &here) < 0)
        return false;
    return copy_bytes(it->memory, file, here.st_size, there.st_size) && copy_links(it->memory, file) && fsync(file) == 0;
}

static bool make_safe(const order *it) {
    bool first = it->page->page == 1;
    int file = open(it->file, O_RDWR | O_CLOEXEC | (first ? O_CREAT | O_TRUNC : 0), 0666);
    if (file < 0)
        return false;
    bool safe = bring(it, file);
    close(file);
    return safe && (!first || sync_folder(it->file));
}

static void read_ahead(const char *file) {
    char *block = fc_zeroed(BLOCK);
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && read(fd, block, BLOCK) > 0) {}
    if (fd >= 0)
        close(fd);
    free(block);
}

static void store_page(fc_disk *disk, order *it) {
    unsigned channel = it->page->id;
    bool safe = make_safe(it);
    if (safe)
        fc_post(disk->core, it->page);
    else
        fc_event_free(it->page);
    close(it->memory);
    fc_media_page_is_safe(disk->core->media, channel, safe);
}

static void carry_out(fc_disk *disk, order *it) {
    if (it->page)
        store_page(disk, it);
    else
        read_ahead(it->file);
    free(it->file);
    free(it);
}

static void *run(void *user) {
    fc_disk *disk = user;
    pthread_setname_np(pthread_self(), "fax disk");
    pthread_mutex_lock(&disk->lock);
    for (;;) {
        order *it = disk->first;
        if (!it) {
            if (disk->stopping)
                break;
            pthread_cond_wait(&disk->changed, &disk->lock);
            continue;
        }
        disk->first = it->next;
        if (!disk->first)
            disk->last = &disk->first;
        pthread_mutex_unlock(&disk->lock);
        carry_out(disk, it);
        pthread_mutex_lock(&disk->lock);
    }
    pthread_mutex_unlock(&disk->lock);
    return NULL;
}

static void give(fc_disk *disk, const char *file, int memory, fc_event *page) {
    order *it = fc_zeroed(sizeof *it);
    it->file = fc_copy(file);
    it->memory = memory;
    it->page = page;
    pthread_mutex_lock(&disk->lock);
    *disk->last = it;
    disk->last = &it->next;
    pthread_cond_signal(&disk->changed);
    pthread_mutex_unlock(&disk->lock);
}

void fc_disk_sync(fc_disk *disk, const char *file, int memory, fc_event *page) {
    give(disk, file, fcntl(memory, F_DUPFD_CLOEXEC, 0), page);
}

void fc_disk_read_ahead(fc_disk *disk, const char *file) {
    give(disk, file, -1, NULL);
}

fc_disk *fc_disk_start(fc_core *core) {
    fc_disk *disk = fc_zeroed(sizeof *disk);
    disk->core = core;
    disk->last = &disk->first;
    pthread_mutex_init(&disk->lock, NULL);
    pthread_cond_init(&disk->changed, NULL);
    if (fc_thread(&disk->thread, run, disk))
        return disk;
    free(disk);
    return NULL;
}

void fc_disk_stop(fc_disk *disk) {
    pthread_mutex_lock(&disk->lock);
    disk->stopping = true;
    pthread_cond_signal(&disk->changed);
    pthread_mutex_unlock(&disk->lock);
    pthread_join(disk->thread, NULL);
    pthread_cond_destroy(&disk->changed);
    pthread_mutex_destroy(&disk->lock);
    free(disk);
}
