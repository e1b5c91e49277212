#include "CSimdjson.h"

#include <charconv>
#include <cstring>
#include <new>
#include <simdjson.h>

using namespace simdjson;

struct tocsin_json_parser {
    dom::parser parser;
    explicit tocsin_json_parser(size_t bytes_max) : parser(bytes_max) {}
};

namespace {

// A DOM element, and an iterator over an array, are a document and an index into its tape.
static_assert(sizeof(dom::element) == sizeof(tocsin_json) && std::is_trivially_copyable<dom::element>::value,
              "this version of simdjson lays out its elements differently");
static_assert(sizeof(dom::array::iterator) == sizeof(tocsin_json) &&
                  std::is_trivially_copyable<dom::array::iterator>::value,
              "this version of simdjson lays out its iterators differently");

template <class To, class From> To as(const From &from) {
    To to;
    std::memcpy(static_cast<void *>(&to), &from, sizeof to);
    return to;
}

template <class T> dom::element element(const T &value) { return as<dom::element>(value); }

bool give(simdjson_result<dom::element> result, tocsin_json *found) {
    dom::element value;
    if (result.get(value)) return false;
    *found = as<tocsin_json>(value);
    return true;
}

}  // namespace

tocsin_json_parser *tocsin_json_parser_create(size_t bytes_max) {
    auto parser = new (std::nothrow) tocsin_json_parser(bytes_max);
    // The capacity is grown on demand; the depth is fixed here, once.
    if (parser && parser->parser.allocate(4096, 64)) {
        delete parser;
        return nullptr;
    }
    return parser;
}

void tocsin_json_parser_destroy(tocsin_json_parser *parser) { delete parser; }

int tocsin_json_parse(tocsin_json_parser *parser, const uint8_t *bytes, size_t count, tocsin_json *root) {
    dom::element value;
    if (auto error = parser->parser.parse(bytes, count).get(value)) return error;
    *root = as<tocsin_json>(value);
    return 0;
}

const char *tocsin_json_error_text(int code) { return error_message(static_cast<error_code>(code)); }

bool tocsin_json_at(tocsin_json value, const uint8_t *pointer, size_t count, tocsin_json *found) {
    if (count == 0) {
        *found = value;
        return true;
    }
    return give(element(value).at_pointer({reinterpret_cast<const char *>(pointer), count}), found);
}

bool tocsin_json_member(tocsin_json object, const char *key, size_t count, tocsin_json *found) {
    return give(element(object).at_key({key, count}), found);
}

size_t tocsin_json_write_number(double number, char *text, size_t size) {
    auto result = std::to_chars(text, text + size, number);
    return result.ec == std::errc() ? static_cast<size_t>(result.ptr - text) : 0;
}

bool tocsin_json_is_null(tocsin_json value) { return element(value).is_null(); }
bool tocsin_json_is_object(tocsin_json value) { return element(value).is_object(); }
bool tocsin_json_is_array(tocsin_json value) { return element(value).is_array(); }

bool tocsin_json_number(tocsin_json value, double *number) { return !element(value).get_double().get(*number); }
bool tocsin_json_integer(tocsin_json value, int64_t *integer) { return !element(value).get_int64().get(*integer); }
bool tocsin_json_boolean(tocsin_json value, bool *boolean) { return !element(value).get_bool().get(*boolean); }

bool tocsin_json_string(tocsin_json value, const uint8_t **bytes, size_t *count) {
    std::string_view text;
    if (element(value).get_string().get(text)) return false;
    *bytes = reinterpret_cast<const uint8_t *>(text.data());
    *count = text.size();
    return true;
}

bool tocsin_json_items_of(tocsin_json value, tocsin_json_items *items) {
    dom::array array;
    if (element(value).get_array().get(array)) return false;
    items->next = as<tocsin_json>(array.begin());
    items->end = as<tocsin_json>(array.end());
    return true;
}

bool tocsin_json_next(tocsin_json_items *items, tocsin_json *value) {
    auto next = as<dom::array::iterator>(items->next);
    if (!(next != as<dom::array::iterator>(items->end))) return false;
    *value = as<tocsin_json>(*next);
    ++next;
    items->next = as<tocsin_json>(next);
    return true;
}

bool tocsin_json_has_key_with_suffix(tocsin_json value, char suffix) {
    dom::object object;
    if (element(value).get_object().get(object)) return false;
    for (auto field : object) {
        if (!field.key.empty() && field.key.back() == suffix) return true;
    }
    return false;
}
