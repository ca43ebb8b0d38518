/* The disk thread: received pages reach the platter before the sending machine is told that we have them.
 *
 * fsync may take long; the media thread must not wait for it. The channel holds its answer back meanwhile.
 */

#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

typedef struct order {
    char *file;
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

static bool sync_path(const char *path, int flags) {
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool synced = fsync(fd) == 0;
    return close(fd) == 0 && synced;
}

/* The file, and with the first page the folder entry that leads to it. */
static bool make_safe(const order *it) {
    if (!sync_path(it->file, O_RDONLY))
        return false;
    if (it->page->page > 1)
        return true;
    char *copy = fc_copy(it->file);
    bool synced = sync_path(dirname(copy), O_RDONLY | O_DIRECTORY);
    free(copy);
    return synced;
}

static void carry_out(fc_disk *disk, order *it) {
    unsigned channel = it->page->id;
    bool safe = make_safe(it);
    if (safe)
        fc_post(disk->core, it->page);
    else
        fc_event_free(it->page);
    fc_media_page_is_safe(disk->core->media, channel, safe);
    free(it->file);
    free(it);
}

static void *run(void *user) {
    fc_disk *disk = user;
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

void fc_disk_sync(fc_disk *disk, const char *file, fc_event *page) {
    order *it = fc_zeroed(sizeof *it);
    it->file = fc_copy(file);
    it->page = page;
    pthread_mutex_lock(&disk->lock);
    *disk->last = it;
    disk->last = &it->next;
    pthread_cond_signal(&disk->changed);
    pthread_mutex_unlock(&disk->lock);
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
