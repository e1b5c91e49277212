/// What the C library has and Swift's view of it does not.
#ifndef TOCSIN_CLOCK_H
#define TOCSIN_CLOCK_H

#include <sys/timex.h>

/// 1 if the kernel knows of nothing that keeps its clock right (adjtimex(2)), 0 if it does, -1 if it does not say.
static inline int tocsin_clock_is_unsynchronised(void) {
    struct timex state = {0};
    const int code = adjtimex(&state);
    return code < 0 ? -1 : code == TIME_ERROR || (state.status & STA_UNSYNC) != 0;
}

#endif
