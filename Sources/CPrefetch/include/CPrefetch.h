// What Swift has no word for: a hint that memory will be needed soon.
#ifndef TOCSIN_CPREFETCH_H
#define TOCSIN_CPREFETCH_H

static inline __attribute__((always_inline)) void tocsin_prefetch(const void *address) { __builtin_prefetch(address, 1, 3); }

#endif
