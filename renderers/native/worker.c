/* Makes faxes of PDFs and pictures, each in a process of its own that ends with it.

   The foreman (foreman.py) starts this program once. It loads pdfium, draws a document that knows all letters, and
   forks for each job it is sent: in a tenth of the time a fork of the foreman takes, which is a large process of
   objects that a fork must copy as soon as it looks at them. The fork is the foreman's child (CLONE_PARENT),
   which sees to its limits and its end as to those of its own; this program only tells its process id.

   A job is one message of texts that end with 0, in the order of read_job() below. A worker ends with 0 when the fax
   lies in its place and its facts in result.json, and with FOR_PYTHON when the documents need more than this.

   The first job is a rehearsal, which the program does itself; its process id is told as 0.

   usage: _native_worker SOCKET PDFIUM FILTER PLACE...
   SOCKET and FILTER are file descriptors, the latter of what seccomp.py compiled; workers may read the PLACEs. */

#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confine.h"
#include "fax.h"
#include "pdfium.h"

enum { FOR_PYTHON = 77, LONGEST_JOB = 1 << 16, MOST_DOCUMENTS = 256 };

struct job {
    struct limits limits;
    struct wish wish;
    const char *in_place; /* where the fax shall lie when it is complete */
    const char *documents[MOST_DOCUMENTS];
};

static struct places places;

static const char *next_text(const char **at, const char *end)
{
    const char *text = *at, *stop = text < end ? memchr(text, 0, (size_t)(end - text)) : NULL;

    *at = stop ? stop + 1 : end;
    return stop ? text : "";
}

static long next_number(const char **at, const char *end)
{
    return atol(next_text(at, end));
}

static void read_profile(const char **at, const char *end, struct profile *profile)
{
    int *numbers[] = {&profile->room_width, &profile->room_rows, &profile->y_dpi, &profile->page_limit, &profile->drop_blank};

    profile->resolution = next_text(at, end);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        *numbers[i] = (int)next_number(at, end);
    int32_t *looks = &profile->looks.threshold; /* all of them are, one after another */
    for (size_t i = 0; i < sizeof profile->looks / sizeof *looks; i++)
        looks[i] = (int32_t)next_number(at, end);
}

static int is_profile(const struct profile *profile)
{
    return profile->room_rows > 0 && profile->y_dpi > 0;
}

/* Returns 0 when the message is no job. */
static int read_job(const char *message, long size, struct job *job)
{
    const char *at = message, *end = message + size;

    memset(job, 0, sizeof *job);
    job->limits.folder = next_text(&at, end);
    job->limits.writes = next_text(&at, end);
    job->limits.cpu_seconds = next_number(&at, end);
    job->limits.memory_bytes = next_number(&at, end);
    job->limits.file_bytes = next_number(&at, end);
    job->wish.out = next_text(&at, end);
    job->in_place = next_text(&at, end);
    job->wish.description = next_text(&at, end);
    job->wish.by_content = (int)next_number(&at, end);
    read_profile(&at, end, &job->wish.profile);
    read_profile(&at, end, &job->wish.at_standard);
    while (at < end && job->wish.document_count < MOST_DOCUMENTS)
        job->documents[job->wish.document_count++] = next_text(&at, end);
    job->wish.documents = job->limits.reads = job->documents;
    job->limits.read_count = job->wish.document_count;
    return at == end && job->wish.document_count && is_profile(&job->wish.profile) && is_profile(&job->wish.at_standard);
}

static int fax_of(const struct job *job)
{
    FILE *answer = fopen("result.json", "w");

    if (!answer)
        return 0;
    int done = write_fax(&job->wish, answer);
    if (fclose(answer))
        done = 0;
    return done && rename(job->wish.out, job->in_place) == 0;
}

/* In the fork; does not return. */
static void work_on(const char *message, long size, pid_t parent)
{
    struct job job;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || !read_job(message, size, &job) || !confine(&job.limits, &places))
        _exit(FOR_PYTHON);
    if (fax_of(&job))
        _exit(0);
    unlink(job.wish.out);
    _exit(FOR_PYTHON);
}

/* Returns when the foreman is gone. */
static void serve(int control)
{
    static char message[LONGEST_JOB];
    const pid_t parent = getppid();

    for (long size; (size = recv(control, message, sizeof message, 0)) > 0;) {
        int32_t pid = (int32_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
        if (pid == 0) {
            close(control);
            work_on(message, size, parent);
        }
        if (send(control, &pid, sizeof pid, MSG_NOSIGNAL) != sizeof pid)
            return;
    }
}

/* Does the first job, so that all workers find its letters drawn. */
static int rehearse(int control)
{
    static char message[LONGEST_JOB];
    const int32_t nobody = 0;
    struct job job;
    long size = recv(control, message, sizeof message, 0);
    FILE *nothing = fopen("/dev/null", "w");

    if (size > 0 && nothing && read_job(message, size, &job)) {
        write_fax(&job.wish, nothing);
        unlink(job.wish.out);
    }
    if (nothing)
        fclose(nothing);
    return size > 0 && send(control, &nobody, sizeof nobody, MSG_NOSIGNAL) == sizeof nobody;
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGXFSZ, SIG_IGN); /* a file that grows too large is an error of write() */
    for (int i = 4; i < argc; i++)
        if (!open_place(&places, argv[i]))
            return 1;
    if (!load_filter(atoi(argv[3])) || !load_pdfium(argv[2]))
        return 1;
    close(atoi(argv[3]));
    pdf.FPDF_InitLibrary();
    if (rehearse(atoi(argv[1])))
        serve(atoi(argv[1]));
    return 0;
}
