/* The sandbox of the workers that are no Python: the same as sandbox.py, landlock.py and seccomp.py make.

   Limits on time, memory and files; a group and a folder of its own; no file but those of its job and the system's;
   no other process, no program, no socket. None of it can be undone.

   Spec: setrlimit(2), landlock(7), linux/landlock.h, seccomp(2). */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confine.h"

/* linux/landlock.h of Debian 12 knows less than newer kernels do. */
enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446, PATH_BENEATH = 1, GET_VERSION = 1 };
enum { EXECUTE = 1 << 0, WRITE_FILE = 1 << 1, READ_FILE = 1 << 2, READ_DIR = 1 << 3 };
enum { REFER = 1 << 13, TRUNCATE = 1 << 14, DEVICES = 1 << 15 };
enum { READ = EXECUTE | READ_FILE | READ_DIR, OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | DEVICES };
enum { TCP = 3, ABSTRACT_SOCKETS_AND_SIGNALS = 3 };

struct ruleset {
    uint64_t files, network, scoped;
};
struct rule {
    uint64_t rights;
    int32_t parent;
} __attribute__((packed));

/* The system calls that are refused, as seccomp.py compiled them; none without libseccomp. */
static struct sock_filter instructions[BPF_MAXINSNS];
static struct sock_fprog filter = {0, instructions};

/* Takes the filter from a file; returns 0 when it is no filter. */
int load_filter(int file)
{
    ssize_t size = read(file, instructions, sizeof instructions);

    if (size < 0 || size % (ssize_t)sizeof instructions[0])
        return 0;
    filter.len = (unsigned short)(size / (ssize_t)sizeof instructions[0]);
    return 1;
}

static int place_of(const char *path, struct place *place)
{
    struct stat facts;

    place->file = open(path, O_PATH | O_CLOEXEC);
    if (place->file < 0)
        return 0;
    place->is_folder = fstat(place->file, &facts) == 0 && S_ISDIR(facts.st_mode);
    return 1;
}

/* Adds a place of the system; one that is not there is left out. Returns 0 when there is no memory. */
int open_place(struct places *places, const char *path)
{
    if (places->count == places->room) {
        int room = places->room ? 2 * places->room : 64;
        struct place *more = realloc(places->places, (size_t)room * sizeof *more);
        if (!more)
            return 0;
        places->places = more;
        places->room = room;
    }
    places->count += place_of(path, places->places + places->count);
    return 1;
}

static int set_limit(__rlimit_resource_t name, long soft, long hard)
{
    struct rlimit limit;

    if (getrlimit(name, &limit))
        return 0;
    rlim_t most = limit.rlim_max;
    limit.rlim_max = (rlim_t)hard < most ? (rlim_t)hard : most;
    limit.rlim_cur = (rlim_t)soft < most ? (rlim_t)soft : most;
    return setrlimit(name, &limit) == 0;
}

/* Input from nowhere, output to nowhere, complaints into the folder's "stderr". */
static int quieten(void)
{
    int nothing = open("/dev/null", O_RDWR), complaints = open("stderr", O_WRONLY | O_CREAT | O_TRUNC, 0600);

    return nothing >= 0 && complaints >= 0 && dup2(nothing, 0) == 0 && dup2(nothing, 1) == 1 &&
           dup2(complaints, 2) == 2;
}

static int allow(int ruleset, const struct place *place, uint64_t rights)
{
    struct rule rule = {place->is_folder ? rights : rights & OF_FILES, place->file};
    return syscall(ADD_RULE, ruleset, PATH_BENEATH, &rule, 0) == 0;
}

static int allow_path(int ruleset, const char *path, uint64_t rights)
{
    struct place place;

    if (!place_of(path, &place))
        return 0;
    int done = allow(ruleset, &place, rights);
    close(place.file);
    return done;
}

/* Leaves the files of the job and the system's; 1 also where the kernel has no Landlock. */
static int restrict_files(const struct limits *limits, const struct places *places)
{
    long version = syscall(CREATE_RULESET, NULL, 0, GET_VERSION);
    if (version < 1)
        return 1;
    uint64_t rights = version < 2 ? REFER - 1 : version < 3 ? TRUNCATE - 1 : version < 5 ? DEVICES - 1 : 2 * DEVICES - 1;
    struct ruleset wanted = {rights, TCP, ABSTRACT_SOCKETS_AND_SIGNALS};
    size_t size = version < 4 ? offsetof(struct ruleset, network) : version < 6 ? offsetof(struct ruleset, scoped) : sizeof wanted;
    int ruleset = (int)syscall(CREATE_RULESET, &wanted, size, 0);
    int done = ruleset >= 0;

    for (int i = 0; done && i < places->count; i++)
        done = allow(ruleset, places->places + i, READ & rights);
    for (int i = 0; done && i < limits->read_count; i++)
        done = allow_path(ruleset, limits->reads[i], READ & rights);
    done = done && allow_path(ruleset, "/dev/null", rights & ~(uint64_t)EXECUTE) &&
           allow_path(ruleset, limits->folder, rights & ~(uint64_t)EXECUTE) &&
           allow_path(ruleset, limits->writes, rights & ~(uint64_t)EXECUTE) && syscall(RESTRICT_SELF, ruleset, 0) == 0;
    if (ruleset >= 0)
        close(ruleset);
    return done;
}

/* Makes this process the head of a group of its own, in its folder and within the limits for good. Returns 0 when
   something of it failed. */
int confine(const struct limits *limits, const struct places *places)
{
    long cpu = limits->cpu_seconds;

    if (setsid() < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || chdir(limits->folder))
        return 0;
    if (!set_limit(RLIMIT_CPU, cpu, cpu + 5) || /* SIGXCPU, then SIGKILL */
        !set_limit(RLIMIT_AS, limits->memory_bytes, limits->memory_bytes) ||
        !set_limit(RLIMIT_FSIZE, limits->file_bytes, limits->file_bytes) || !set_limit(RLIMIT_NOFILE, 256, 256) ||
        !set_limit(RLIMIT_CORE, 0, 0))
        return 0;
    if (!quieten() || !restrict_files(limits, places))
        return 0;
    return !filter.len || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0;
}
