// simdjson's DOM parser for Swift: one document at a time, values as two words, nothing allocated once a
// parser has seen a document of that size. A value lives until the next parse with the same parser.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tocsin_json_parser tocsin_json_parser;

typedef struct {
    const void *document;
    size_t index;
} tocsin_json;

typedef struct {
    tocsin_json next, end;
} tocsin_json_items;

tocsin_json_parser *tocsin_json_parser_create(size_t bytes_max);
void tocsin_json_parser_destroy(tocsin_json_parser *parser);

// 0, or simdjson's error code. Refuses what RFC 8259 refuses, numbers beyond a double, and depths over 64.
int tocsin_json_parse(tocsin_json_parser *parser, const uint8_t *bytes, size_t count, tocsin_json *root);
const char *tocsin_json_error_text(int code);

// Follows an RFC 6901 JSON Pointer; the empty one is the value itself.
bool tocsin_json_at(tocsin_json value, const uint8_t *pointer, size_t count, tocsin_json *found);
bool tocsin_json_member(tocsin_json object, const char *key, size_t count, tocsin_json *found);

bool tocsin_json_is_null(tocsin_json value);
bool tocsin_json_is_object(tocsin_json value);
bool tocsin_json_is_array(tocsin_json value);
bool tocsin_json_number(tocsin_json value, double *number);
bool tocsin_json_boolean(tocsin_json value, bool *boolean);
bool tocsin_json_string(tocsin_json value, const uint8_t **bytes, size_t *count);
// An integer as it was written, where it fits: epoch nanoseconds do not survive a double.
bool tocsin_json_integer(tocsin_json value, int64_t *integer);

bool tocsin_json_items_of(tocsin_json array, tocsin_json_items *items);
bool tocsin_json_next(tocsin_json_items *items, tocsin_json *value);

// Writes the shortest text that reads back as the same finite number; returns its length, at most 24.
size_t tocsin_json_write_number(double number, char *text, size_t size);

// Whether any key ends in that character (SenML marks must-understand labels so).
bool tocsin_json_has_key_with_suffix(tocsin_json object, char suffix);

#ifdef __cplusplus
}
#endif
