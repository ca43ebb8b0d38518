/* Confines itself and says, in the job's folder, what it can still do.

   confined FILTER JOB OUTBOX READABLE PLACE: PLACE is what the system's places are. */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "confine.h"

static void say(const char *what, int can)
{
    fprintf(stderr, "%s: %s\n", what, can ? "yes" : "no");
}

static int can_read(const char *path)
{
    int file = open(path, O_RDONLY);
    return file >= 0 && !close(file);
}

static int can_write(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s%s%s", folder, *name ? "/" : "", name);
    int file = open(path, O_WRONLY | (*name ? O_CREAT : 0), 0600);
    return file >= 0 && !close(file);
}

int main(int argc, char **argv)
{
    struct places places = {0};
    const char *reads[] = {argv[4]};
    struct limits limits = {7, 1L << 30, 1000, argv[2], argv[3], reads, 1};
    char secret[4096], much[2000] = {0};

    if (argc != 6 || !load_filter(open(argv[1], O_RDONLY)) || !open_place(&places, argv[5]))
        return 2;
    snprintf(secret, sizeof secret, "%s/../secret", argv[2]);
    signal(SIGXFSZ, SIG_IGN);
    if (!confine(&limits, &places))
        return 3;
    say("read read me", can_read(argv[4]));
    say("write job", can_write(argv[2], "new"));
    say("write outbox", can_write(argv[3], "new"));
    say("read system", can_read("/usr/bin/env"));
    say("write read me", can_write(argv[4], ""));
    say("read secret", can_read(secret));
    say("read /etc/passwd", can_read("/etc/passwd"));
    say("write system", can_write("/usr", "new"));
    int child = fork();
    if (child == 0)
        _exit(0);
    say("fork", child > 0);
    execl("/usr/bin/env", "env", NULL);
    say("program", 0);
    int file = open("much", O_WRONLY | O_CREAT, 0600);
    say("file of 2000 bytes", write(file, much, sizeof much) == (ssize_t)sizeof much);
    struct rlimit cpu;
    getrlimit(RLIMIT_CPU, &cpu);
    fprintf(stderr, "processor seconds: %d\n", (int)cpu.rlim_cur);
    return 0;
}
