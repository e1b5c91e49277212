#define _GNU_SOURCE
#include "CLinux.h"

#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>

static uintptr_t guarded_start;
static uintptr_t guarded_end;

/// Memory without a file takes the place of what the file can no longer keep, and the access is made again. mmap(2) is a call of the
/// system alone, and as safe here as those that signal-safety(7) lists. Anything else is what it always was: the end of the process.
static void take_place(int number, siginfo_t *info, void *context) {
    (void)context;
    const uintptr_t page = (uintptr_t)info->si_addr & ~(uintptr_t)4095;
    if (page >= guarded_start && page < guarded_end
        && mmap((void *)guarded_start, guarded_end - guarded_start, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0)
               != MAP_FAILED)
        return;
    signal(number, SIG_DFL);
}

int tocsin_guard_mapping(void *start, size_t size) {
    guarded_start = (uintptr_t)start;
    guarded_end = guarded_start + size;
    struct sigaction action = {0};
    action.sa_sigaction = take_place;
    action.sa_flags = SA_SIGINFO;
    return sigaction(SIGBUS, &action, 0);
}

void tocsin_unguard_mapping(void *start) {
    if (guarded_start == (uintptr_t)start) guarded_start = guarded_end = 0;
}
