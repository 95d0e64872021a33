/* Makes one file operation of a process fail: preloaded, it counts what changes a disk and fails the one of number
   FAULT_AT with ENOSPC (a write has then written half). It tells by making the file FAULT_MARK. Standard streams, and
   whatever is opened for reading alone, do not count. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long count;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int fails(void) {
    const char *at = getenv("FAULT_AT"), *mark = getenv("FAULT_MARK");
    if (!at || !mark || atomic_fetch_add(&count, 1) + 1 != atol(at)) return 0;
    close(REAL(open)(mark, O_CREAT | O_WRONLY, 0600));
    errno = ENOSPC;
    return 1;
}

static int is_file(int fd) {
    struct stat about;
    return fd > 2 && fstat(fd, &about) == 0 && (S_ISREG(about.st_mode) || S_ISDIR(about.st_mode));
}

ssize_t write(int fd, const void *bytes, size_t length) {
    if (is_file(fd) && fails()) {
        if (length > 1 && REAL(write)(fd, bytes, length / 2) < 0) return -1;
        errno = ENOSPC;
        return -1;
    }
    return REAL(write)(fd, bytes, length);
}
int fsync(int fd) { return is_file(fd) && fails() ? -1 : 0; }
int fdatasync(int fd) { return is_file(fd) && fails() ? -1 : 0; }
int ftruncate64(int fd, off64_t length) { return is_file(fd) && fails() ? -1 : REAL(ftruncate64)(fd, length); }
int rename(const char *from, const char *to) { return fails() ? -1 : REAL(rename)(from, to); }
int mkdir(const char *path, mode_t mode) { return fails() ? -1 : REAL(mkdir)(path, mode); }
int unlink(const char *path) { return fails() ? -1 : REAL(unlink)(path); }
int rmdir(const char *path) { return fails() ? -1 : REAL(rmdir)(path); }

static int creates(int flags) { return (flags & O_CREAT) && (flags & O_ACCMODE) != O_RDONLY; }
int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = (flags & O_CREAT) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return creates(flags) && fails() ? -1 : REAL(open64)(path, flags, mode);
}
int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = (flags & O_CREAT) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return creates(flags) && fails() ? -1 : REAL(open)(path, flags, mode);
}
