#include "CCBOR.h"

#include <cbor.h>

static void set_integer(void *item, tocsin_cbor_kind kind, uint64_t integer) {
    ((tocsin_cbor_item *)item)->kind = kind;
    ((tocsin_cbor_item *)item)->integer = integer;
}

static void set_bytes(void *item, tocsin_cbor_kind kind, const unsigned char *bytes, uint64_t count) {
    ((tocsin_cbor_item *)item)->kind = kind;
    ((tocsin_cbor_item *)item)->bytes = bytes;
    ((tocsin_cbor_item *)item)->count = (size_t)count;
}

static void set_number(void *item, double number) {
    ((tocsin_cbor_item *)item)->kind = TOCSIN_CBOR_FLOAT;
    ((tocsin_cbor_item *)item)->number = number;
}

static void take_uint8(void *item, uint8_t value) { set_integer(item, TOCSIN_CBOR_UNSIGNED, value); }
static void take_uint16(void *item, uint16_t value) { set_integer(item, TOCSIN_CBOR_UNSIGNED, value); }
static void take_uint32(void *item, uint32_t value) { set_integer(item, TOCSIN_CBOR_UNSIGNED, value); }
static void take_uint64(void *item, uint64_t value) { set_integer(item, TOCSIN_CBOR_UNSIGNED, value); }
static void take_negint8(void *item, uint8_t value) { set_integer(item, TOCSIN_CBOR_NEGATIVE, value); }
static void take_negint16(void *item, uint16_t value) { set_integer(item, TOCSIN_CBOR_NEGATIVE, value); }
static void take_negint32(void *item, uint32_t value) { set_integer(item, TOCSIN_CBOR_NEGATIVE, value); }
static void take_negint64(void *item, uint64_t value) { set_integer(item, TOCSIN_CBOR_NEGATIVE, value); }
static void take_float(void *item, float value) { set_number(item, value); }
static void take_double(void *item, double value) { set_number(item, value); }
static void take_tag(void *item, uint64_t value) { set_integer(item, TOCSIN_CBOR_TAG, value); }
static void take_boolean(void *item, bool value) { set_integer(item, TOCSIN_CBOR_BOOLEAN, value); }
static void take_null(void *item) { set_integer(item, TOCSIN_CBOR_NULL, 0); }
static void take_break(void *item) { set_integer(item, TOCSIN_CBOR_BREAK, 0); }
static void take_open_array(void *item) { set_integer(item, TOCSIN_CBOR_OPEN_ARRAY, 0); }
static void take_open_map(void *item) { set_integer(item, TOCSIN_CBOR_OPEN_MAP, 0); }
static void take_open_bytes(void *item) { set_integer(item, TOCSIN_CBOR_OPEN_BYTES, 0); }
static void take_open_text(void *item) { set_integer(item, TOCSIN_CBOR_OPEN_TEXT, 0); }

// The type of a length is size_t up to libcbor 0.10, and uint64_t later.
#if CBOR_MAJOR_VERSION == 0 && CBOR_MINOR_VERSION <= 10
typedef size_t length_type;
#else
typedef uint64_t length_type;
#endif

static void take_array(void *item, length_type count) { set_integer(item, TOCSIN_CBOR_ARRAY, count); }
static void take_map(void *item, length_type count) { set_integer(item, TOCSIN_CBOR_MAP, count); }
static void take_bytes(void *item, cbor_data bytes, length_type count) {
    set_bytes(item, TOCSIN_CBOR_BYTES, bytes, count);
}
static void take_text(void *item, cbor_data bytes, length_type count) {
    set_bytes(item, TOCSIN_CBOR_TEXT, bytes, count);
}

static const struct cbor_callbacks callbacks = {
    .uint8 = take_uint8,
    .uint16 = take_uint16,
    .uint32 = take_uint32,
    .uint64 = take_uint64,
    .negint8 = take_negint8,
    .negint16 = take_negint16,
    .negint32 = take_negint32,
    .negint64 = take_negint64,
    .byte_string_start = take_open_bytes,
    .byte_string = take_bytes,
    .string = take_text,
    .string_start = take_open_text,
    .indef_array_start = take_open_array,
    .array_start = take_array,
    .indef_map_start = take_open_map,
    .map_start = take_map,
    .tag = take_tag,
    .float2 = take_float,
    .float4 = take_float,
    .float8 = take_double,
    .undefined = take_null,
    .null = take_null,
    .boolean = take_boolean,
    .indef_break = take_break,
};

bool tocsin_cbor_next(const uint8_t *bytes, size_t count, tocsin_cbor_item *item) {
    if (count == 0) return false;
    struct cbor_decoder_result result = cbor_stream_decode(bytes, count, &callbacks, item);
    if (result.status != CBOR_DECODER_FINISHED) return false;
    item->taken = result.read;
    return true;
}
