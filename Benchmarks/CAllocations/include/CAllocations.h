// Counts what is allocated: malloc and its kin, taken over for the whole benchmark.
#ifndef TOCSIN_CALLOCATIONS_H
#define TOCSIN_CALLOCATIONS_H

#include <stdint.h>

uint64_t tocsin_allocation_count(void);

#endif
