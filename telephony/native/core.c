/* The core: its threads, and the one queue that events leave by. */

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <sofia-sip/nua.h>
#include <spandsp.h>
#include <tiffio.h>

#include "internal.h"

void *fc_zeroed(size_t size) {
    void *memory = calloc(1, size);
    if (!memory) {
        fputs("faxgw: no memory left for a fax call\n", stderr);
        abort();
    }
    return memory;
}

char *fc_copy(const char *text) {
    if (!text)
        return NULL;
    size_t size = strlen(text) + 1;
    return memcpy(fc_zeroed(size), text, size);
}

bool fc_thread(pthread_t *thread, void *(*run)(void *), void *user) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(thread, NULL, run, user) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

/* ---- libtiff: silent, but its errors count ----------------------------------------------------------- */

static _Thread_local unsigned file_errors;

unsigned fc_file_errors(void) {
    return file_errors;
}

static void count_file_error(const char *module, const char *format, va_list arguments) {
    (void)module;
    (void)format;
    (void)arguments;
    file_errors++;
}

static void silence_libtiff(void) {
    TIFFSetWarningHandler(NULL);
    TIFFSetErrorHandler(count_file_error);
}

/* ---- events ------------------------------------------------------------------------------------------ */

fc_event *fc_event_new(int kind, unsigned id) {
    fc_event *event = fc_zeroed(sizeof *event);
    event->kind = kind;
    event->id = id;
    return event;
}

void fc_event_free(fc_event *event) {
    if (!event)
        return;
    free(event->text);
    free(event->sdp);
    free(event->boundary);
    free(event->from_user);
    free(event->from_name);
    free(event->to_user);
    free(event->request_user);
    free(event->sip_call_id);
    free(event->source);
    free(event->contact);
    free(event->to_tag);
    free(event->asserted);
    free(event->diversion);
    free(event->remote_id);
    free(event->sub_address);
    free(event);
}

void fc_post(fc_core *core, fc_event *event) {
    uint64_t one = 1;
    pthread_mutex_lock(&core->event_lock);
    bool was_empty = core->first_event == NULL;
    *core->last_event = event;
    core->last_event = &event->next;
    pthread_mutex_unlock(&core->event_lock);
    if (was_empty && write(core->event_fd, &one, sizeof one) < 0)
        return;             /* the counter is full: it is readable anyway */
}

fc_event *fc_next_event(fc_core *core) {
    uint64_t count;
    pthread_mutex_lock(&core->event_lock);
    fc_event *event = core->first_event;
    if (event) {
        core->first_event = event->next;
        event->next = NULL;
        if (!core->first_event)
            core->last_event = &core->first_event;
    } else if (read(core->event_fd, &count, sizeof count) < 0) {
        /* nothing was announced since: fine */
    }
    pthread_mutex_unlock(&core->event_lock);
    return event;
}

int fc_event_fd(fc_core *core) {
    return core->event_fd;
}

const char *fc_versions(void) {
    static char text[128];
    snprintf(text, sizeof text, "sofia-sip %s, spandsp %s", nua_version, FC_SPANDSP_VERSION);
    return text;
}

const char *fc_t30_result_text(int result) {
    return t30_completion_code_to_str(result);
}

fc_core *fc_start(const fc_settings *settings, char *error, int error_size) {
    fc_core *core = fc_zeroed(sizeof *core);
    pthread_mutex_init(&core->event_lock, NULL);
    core->last_event = &core->first_event;
    core->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (core->event_fd < 0) {
        snprintf(error, (size_t)error_size, "no file descriptor left for events");
        free(core);
        return NULL;
    }
    silence_libtiff();
    core->disk = fc_disk_start(core);
    if (core->disk)
        core->media = fc_media_start(core, error, error_size);
    else
        snprintf(error, (size_t)error_size, "no thread can be started");
    if (core->media)
        core->sip = fc_sip_start(core, settings, error, error_size);
    if (!core->sip) {
        fc_free(core);
        return NULL;
    }
    return core;
}

void fc_stop(fc_core *core) {
    fc_sip_stop(core->sip);
}

void fc_free(fc_core *core) {
    if (core->sip)
        fc_sip_join(core->sip);
    if (core->media)
        fc_media_stop(core->media);
    if (core->disk)
        fc_disk_stop(core->disk);   /* finishes its orders, which speak of channels */
    if (core->media)
        fc_media_free(core->media);
    for (fc_event *event; (event = fc_next_event(core)) != NULL;)
        fc_event_free(event);
    close(core->event_fd);
    pthread_mutex_destroy(&core->event_lock);
    free(core);
}
