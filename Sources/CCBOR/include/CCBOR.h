#ifndef TOCSIN_CCBOR_H
#define TOCSIN_CCBOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The kinds of items of CBOR (RFC 8949) that a reader of readings tells apart.
typedef enum {
    TOCSIN_CBOR_UNSIGNED,
    /// The number is -1 - `integer`.
    TOCSIN_CBOR_NEGATIVE,
    TOCSIN_CBOR_FLOAT,
    TOCSIN_CBOR_BYTES,
    TOCSIN_CBOR_TEXT,
    /// `integer` is the number of items, or of pairs.
    TOCSIN_CBOR_ARRAY,
    TOCSIN_CBOR_MAP,
    /// Arrays, maps and strings without a length, which end with a break.
    TOCSIN_CBOR_OPEN_ARRAY,
    TOCSIN_CBOR_OPEN_MAP,
    TOCSIN_CBOR_OPEN_BYTES,
    TOCSIN_CBOR_OPEN_TEXT,
    TOCSIN_CBOR_BREAK,
    /// `integer` is the tag.
    TOCSIN_CBOR_TAG,
    TOCSIN_CBOR_BOOLEAN,
    /// Null and undefined.
    TOCSIN_CBOR_NULL,
} tocsin_cbor_kind;

/// An item, without the items in it.
typedef struct {
    tocsin_cbor_kind kind;
    uint64_t integer;
    double number;
    /// Into the bytes that were read.
    const uint8_t *bytes;
    size_t count;
    /// The number of bytes that the item takes.
    size_t taken;
} tocsin_cbor_item;

/// Reads the item at the beginning of some bytes. Allocates nothing.
/// Returns false if there is none, or only a part of one.
bool tocsin_cbor_next(const uint8_t *bytes, size_t count, tocsin_cbor_item *item);

#endif
