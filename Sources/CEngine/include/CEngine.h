// What the engine needs and Swift has no word for, or only in a library that opens files and asks clocks.
#ifndef TOCSIN_CENGINE_H
#define TOCSIN_CENGINE_H

#include <math.h>

// A hint that memory will be needed soon; any address will do.
static inline __attribute__((always_inline)) void tocsin_prefetch(const void *address) { __builtin_prefetch(address, 1, 3); }

static inline double tocsin_exp(double x) { return exp(x); }
static inline double tocsin_log(double x) { return log(x); }
static inline double tocsin_pow(double x, double y) { return pow(x, y); }

#endif
