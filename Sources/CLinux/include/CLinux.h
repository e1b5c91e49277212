/// What the C library has and Swift's view of it does not.
#ifndef TOCSIN_LINUX_H
#define TOCSIN_LINUX_H

#include <spawn.h>
#include <stddef.h>
#include <sys/timex.h>

/// 1 if the kernel knows of nothing that keeps its clock right (adjtimex(2)), 0 if it does, -1 if it does not say.
static inline int tocsin_clock_is_unsynchronised(void) {
    struct timex state = {0};
    const int code = adjtimex(&state);
    return code < 0 ? -1 : code == TIME_ERROR || (state.status & STA_UNSYNC) != 0;
}

/// Closes every open file of the child from this number on (glibc 2.34, posix_spawn_file_actions_addclosefrom_np(3)).
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

/// A file in memory, without a name (memfd_create(2)).
int memfd_create(const char *name, unsigned int flags);
static const unsigned int tocsin_memfd_close_on_exec = 1U;

/// Lets the process live where a mapped file can no longer take what is written to its memory (SIGBUS): the file was cut, or the disk
/// of a file system that copies on write is full. The memory goes on without the file. One mapping at a time, whose start and size are
/// multiples of a page.
int tocsin_guard_mapping(void *start, size_t size);
void tocsin_unguard_mapping(void *start);

#endif
