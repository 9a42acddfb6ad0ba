/* fsync and fdatasync of a journal fail with EIO while the file named by FSYNC_FAILS exists; what was written stays visible, as
 * it does in a page cache whose disk has lost it. Loaded with LD_PRELOAD. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int of_a_journal(int file)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = '\0';
    return strstr(path, "/journal.sqlite") != NULL;
}

static int synced(long call, int file)
{
    const char *fails = getenv("FSYNC_FAILS");
    if (fails && access(fails, F_OK) == 0 && of_a_journal(file)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(call, file);
}

int fsync(int file) { return synced(SYS_fsync, file); }
int fdatasync(int file) { return synced(SYS_fdatasync, file); }
